//! Names in the configuration, and whether anything answers to them.

use std::collections::HashSet;
use std::sync::Arc;

use super::Analysis;
use crate::assess::{Demand, Mistake, traffic};
use crate::capacity::schedule::Given;
use crate::environment::Environment;
use crate::model::nearest::nearest;
use crate::repo::Span;

impl Analysis<'_> {
    /// Mistakes in `traffic` that only show once everything is read: targets and environments that do not exist, and
    /// zones that no one names.
    pub fn traffic_mistakes(&self) -> Vec<Mistake> {
        let mut found: Vec<Mistake> = Vec::new();
        for (at, demand) in self.ground.traffic.demands.iter().enumerate() {
            let answered = self.judged.iter().any(|judged| judged.assessed.answered.contains(&at));
            if !answered {
                found.push(self.no_target(demand));
            }
            let exists = |name: &&Given<String>| {
                let called = |environment: &Environment| traffic::names(&name.value, &environment.name);
                self.environments.iter().any(called)
            };
            let unknown = demand.environments.iter().filter(|name| !exists(name));
            found.extend(unknown.map(|name| self.no_environment(name)));
        }
        let own = self.judged.iter().flat_map(|judged| &judged.assessed.mistakes);
        found.extend(own.cloned());
        let mut seen = HashSet::new();
        found.retain(|mistake| seen.insert(mistake.span));
        found
    }

    fn no_target(&self, demand: &Demand) -> Mistake {
        let targets = self.judged.iter().flat_map(|judged| &judged.assessed.targets);
        let names: Vec<&str> = targets.map(|target| target.identity.name()).collect();
        let bare = demand.target.value.rsplit('/').next().unwrap_or_default();
        let help = match nearest(bare, names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "write namespace/name, the workload's bare name, or an address of Terraform".to_owned(),
        };
        Mistake {
            span: demand.target.span,
            message: format!("no workload or group is called `{}`", demand.target.value),
            help,
        }
    }

    fn no_environment(&self, name: &Given<String>) -> Mistake {
        let names = self.environments.iter().map(|environment| environment.name.to_string());
        let names: Vec<String> = names.take(8).collect();
        Mistake {
            span: name.span,
            message: format!("no environment is called `{}`", name.value),
            help: format!(
                "environments are {}; `.` is what no kustomization deploys",
                names.join(", ")
            ),
        }
    }

    /// Names in the configuration's `facts` that nothing in any environment answers to.
    pub fn unanswered(&self) -> Vec<(Arc<str>, Span)> {
        let answered = self.judged.iter().flat_map(|judged| &judged.estate.answered);
        let answered: HashSet<Span> = answered.copied().collect();
        let names = self.ground.facts.names();
        names.filter(|(_, span)| !answered.contains(span)).cloned().collect()
    }
}
