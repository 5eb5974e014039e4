//! Judging environments again with other texts, to prove fixes.

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::{Prover, context, expand};
use crate::assess::assess;
use crate::environment::claim::Charts;
use crate::environment::{Environment, File, Repository, group};
use crate::estate::{Context, Estate, Settings};
use crate::expand::Expanded;
use crate::fix::outcome::Outcome;
use crate::fix::world::{Again, Answer, Question, World};
use crate::link::link;
use crate::lower::lower;
use crate::model::{EntityId, Model};
use crate::product;
use crate::repo::{Source, SourceId, Sources};
use crate::rule;
use crate::speed;
use crate::syntax::parse;

impl World for Prover<'_> {
    fn sources(&self) -> &Sources {
        self.ground.sources
    }

    fn model(&self, environment: usize) -> &Model {
        &self.kept[environment].model
    }

    fn cost(&self, environment: usize) -> usize {
        self.environments[environment].size()
    }

    fn users(&self, files: &BTreeSet<SourceId>) -> Vec<usize> {
        let users = self.users.get_or_init(|| {
            let mut users: FxHashMap<SourceId, Vec<usize>> = FxHashMap::default();
            for (at, kept) in self.kept.iter().enumerate() {
                for file in &kept.files {
                    users.entry(*file).or_default().push(at);
                }
            }
            users
        });
        let all = files.iter().filter_map(|file| users.get(file)).flatten();
        all.copied().collect::<BTreeSet<usize>>().into_iter().collect()
    }

    fn rule(&self, at: usize) -> &str {
        &self.ground.rules.rule(at).id
    }

    fn decided(&self, environment: usize, rule: usize, root: EntityId) -> bool {
        rule::decided(self.model(environment), self.ground.rules, rule, root)
    }

    fn after(
        &self,
        environments: &[usize],
        files: &[(SourceId, Vec<u8>)],
        question: &Question<'_>,
    ) -> Option<Vec<Answer>> {
        let repository = self.changed(files);
        let before = environments.iter().map(|at| &self.environments[*at]);
        // What is deployed together is said by YAML alone.
        let is_loose = |file: SourceId| self.repository.of_source(file).is_some_and(|file| file.role.is_loose());
        if files.iter().all(|(file, _)| is_loose(*file)) {
            return Some(self.ask(&repository, environments, &before.collect::<Vec<_>>(), question));
        }
        let all = group(&repository);
        let mut by_name: FxHashMap<&str, &Environment> = FxHashMap::default();
        for environment in all.iter().rev() {
            by_name.insert(&environment.name, environment);
        }
        let now: Option<Vec<&Environment>> = before.map(|old| by_name.get(&*old.name).copied()).collect();
        Some(self.ask(&repository, environments, &now?, question))
    }
}

impl Prover<'_> {
    /// Lowers, links and checks environments again, and asks each.
    fn ask(
        &self,
        repository: &Repository,
        environments: &[usize],
        now: &[&Environment],
        question: &Question<'_>,
    ) -> Vec<Answer> {
        let all_expanded = now.par_iter().with_max_len(speed::ENVIRONMENTS);
        let all_expanded = all_expanded.map(|environment| expand(self.ground, repository, environment));
        let all_expanded: Vec<Expanded> = all_expanded.collect();
        let mut mounted = self.mounted.clone();
        mounted.extend(
            all_expanded
                .iter()
                .flat_map(|expanded| expanded.mounted.iter().copied()),
        );
        let settings = Settings::by(product::is_settings);
        let context = context(self.ground, repository, &mounted, &settings);
        let before = |environment: usize| self.kept[environment].outcome(self.ground.sources, self.ground.rules);
        // Taking this down takes room of its own, which reading a large environment should not meet.
        for at in environments.iter().filter(|at| self.environments[**at].is_large()) {
            before(*at);
        }
        let answers = environments.par_iter().zip(now).zip(all_expanded);
        let answers = answers
            .with_max_len(speed::ENVIRONMENTS)
            .map(|((at, environment), expanded)| {
                let mut estate = self.assessed(context, environment, expanded);
                // What only linking needs is not held any longer.
                let model = std::mem::take(&mut estate.model);
                drop(estate);
                question(Again {
                    environment: *at,
                    before: before(*at),
                    after: &self.outcome(&model),
                    model: &model,
                })
            });
        answers.collect()
    }

    /// Lowers, links and assesses an environment, as [`super::analyse`] does.
    fn assessed(&self, context: Context<'_>, environment: &Environment, expanded: Expanded) -> Estate {
        let ground = self.ground;
        let mut estate = lower(context, environment, expanded).finish();
        let hops = link(&mut estate);
        assess(ground.sources, &mut estate, &hops, environment, &ground.traffic);
        estate
    }

    fn outcome(&self, model: &Model) -> Outcome {
        let judgement = rule::verdicts(model, self.ground.rules);
        Outcome::new(
            self.ground.sources,
            model,
            judgement.violations.into_iter(),
            &judgement.undecided,
        )
    }
}

impl Prover<'_> {
    /// The repository with new texts for some files.
    pub fn changed(&self, files: &[(SourceId, Vec<u8>)]) -> Repository {
        let old = files.iter();
        let old = old.filter_map(|(id, text)| Some((self.repository.of_source(*id)?.clone(), text)));
        let changed: Vec<(File, Arc<Source>)> = old
            .map(|(old, text)| {
                let source = self.ground.sources.add_file(&old.path, text.clone());
                (old, source)
            })
            .collect();
        let changed = changed.into_par_iter().with_min_len(speed::TEXTS);
        let changed = changed.map(|(old, source)| {
            let parsed = || parse(&source, old.language).map(Arc::new);
            let tree = old.tree.as_ref().and_then(|_| parsed());
            let claim = product::claimants().by_content(&Charts::default(), &old.path, &source.text);
            // What else it is for could change too, but fixes do not go that far.
            let fragment = match claim.role == old.role {
                true => claim.fragment,
                false => old.fragment,
            };
            File {
                source,
                fragment,
                tree,
                ..old
            }
        });
        self.repository.with(changed.collect())
    }
}
