//! `link-lost`: a hop that was linked before a change and is not any more.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::analysis::{Analysis, Judged};
use crate::finding::ignores::{LINK_LOST, about};
use crate::finding::{Finding, settle};
use crate::link::Hop;
use crate::model::field::hop;
use crate::model::nearest::nearest;
use crate::model::{EntityId, Known};
use crate::repo::{Sources, Span};
use crate::rule::Severity;

/// What a hop is called on both sides of a change: its environment, its gateway, its route and the address as it is
/// written.
type Key = [Arc<str>; 4];

/// What a Service is called in front of its name.
const SERVICE: &str = "Service ";

/// Where a hop led before.
#[derive(Debug)]
struct End {
    /// The Service in front of it, else the container.
    name: Arc<str>,
    /// [`SERVICE`] or nothing.
    kind: &'static str,
    path: Arc<str>,
    line: usize,
    /// The file that has the route.
    route: Arc<str>,
}

/// The hops that were linked before a change.
#[derive(Debug, Default)]
pub(super) struct Linked(HashMap<Key, End>);

impl Linked {
    pub(super) fn of(sources: &Sources, analysis: &Analysis<'_>) -> Linked {
        let all = analysis.environments.iter().zip(&analysis.judged);
        let all = all.flat_map(|(environment, judged)| {
            let linked = judged.hops.iter().filter(|hop| is_linked(hop));
            let ends = linked.filter_map(|hop| Some((key(&environment.name, judged, hop), end(sources, judged, hop)?)));
            ends.collect::<Vec<_>>()
        });
        Linked(all.collect())
    }

    /// A finding for each of them that is there and leads nowhere now. What a rule calls an error at the same hop is said
    /// already.
    pub(super) fn lost(&self, sources: &Sources, analysis: &Analysis<'_>, said: &[Finding]) -> Vec<Finding> {
        let errors = said.iter().filter(|finding| finding.severity == Severity::Error);
        let places = errors.clone().flat_map(|finding| &finding.places);
        let told: HashSet<(usize, EntityId)> = places.map(|place| (place.environment, place.root)).collect();
        let told_at: HashSet<Span> = errors.map(|finding| finding.at).collect();
        let names: HashSet<(&str, &str)> = analysis.judged.iter().flat_map(names).collect();
        // Where an environment is gone, as its compose file, its routes are found by themselves.
        let is_left = |name: &Arc<str>| {
            analysis
                .environments
                .iter()
                .any(|environment| environment.name == *name)
        };
        let gone = self.0.iter().filter(|(key, _)| !is_left(&key[0]));
        let gone: HashMap<(&str, &str), &End> = gone.map(|(key, end)| ((&*end.route, &*key[3]), end)).collect();
        let mut found: HashMap<Span, Finding> = HashMap::new();
        for (nth, (environment, judged)) in analysis.environments.iter().zip(&analysis.judged).enumerate() {
            let mut by_key: HashMap<Key, Vec<&Hop>> = HashMap::new();
            for hop in &judged.hops {
                by_key.entry(key(&environment.name, judged, hop)).or_default().push(hop);
            }
            for (key, hops) in by_key {
                let hop = hops[0];
                let at = sources.locate(judged.estate.model.entity(hop.id).span);
                let path = &*sources.get(at.source).path;
                let end = self.0.get(&key).or_else(|| gone.get(&(path, &*key[3])).copied());
                let Some(end) = end.filter(|_| !hops.iter().any(|hop| is_linked(hop))) else {
                    continue;
                };
                let service = judged.estate.model.linked(hop.id, hop::SERVICE).is();
                let is_told = [Some(hop.id), service]
                    .into_iter()
                    .flatten()
                    .any(|id| told.contains(&(nth, id)));
                if is_told || told_at.contains(&at) || found.contains_key(&at) {
                    continue;
                }
                let near = nearest(&end.name, names_of(end, judged));
                found.insert(
                    at,
                    finding(
                        sources,
                        at,
                        end,
                        &key[3],
                        reason(hop),
                        names.contains(&(end.kind, &*end.name)),
                        near,
                    ),
                );
            }
        }
        let mut found: Vec<Finding> = found.into_values().collect();
        settle::sort(sources, &mut found);
        settle::number(&mut found);
        found
    }
}

fn is_linked(hop: &Hop) -> bool {
    matches!(hop.container.parts(), (Known::Is(_), _))
}

fn key(environment: &Arc<str>, judged: &Judged, hop: &Hop) -> Key {
    let model = &judged.estate.model;
    let gateway = judged.estate.gateways[hop.gateway].id;
    let name = |id: EntityId| Arc::from(&*model.entity(id).name);
    [environment.clone(), name(gateway), name(hop.route), hop.address.clone()]
}

fn end(sources: &Sources, judged: &Judged, hop: &Hop) -> Option<End> {
    let model = &judged.estate.model;
    let (container, _) = hop.container.parts();
    let container = &judged.estate.containers[*container.is()?];
    let service = model.linked(hop.id, hop::SERVICE).is();
    let service = service.and_then(|id| judged.estate.services.iter().find(|service| service.id == id));
    let (id, name, kind) = match service {
        Some(service) => (service.id, service.name.clone(), SERVICE),
        None => (container.id, container.name.clone(), ""),
    };
    let at = sources.locate(model.entity(id).span);
    let source = sources.get(at.source);
    let route = sources.locate(model.entity(hop.id).span).source;
    Some(End {
        name,
        kind,
        path: source.path.clone(),
        line: source.lines().line(at.start) + 1,
        route: sources.get(route).path.clone(),
    })
}

fn names(judged: &Judged) -> impl Iterator<Item = (&'static str, &str)> {
    let services = judged.estate.services.iter().map(|service| (SERVICE, &*service.name));
    let containers = judged.estate.containers.iter();
    services.chain(containers.map(|container| ("", &*container.name)))
}

/// What could stand for the end that is gone.
fn names_of<'j>(end: &End, judged: &'j Judged) -> Vec<&'j str> {
    match end.kind {
        "" => judged
            .estate
            .containers
            .iter()
            .map(|container| &*container.name)
            .collect(),
        _ => judged.estate.services.iter().map(|service| &*service.name).collect(),
    }
}

fn reason(hop: &Hop) -> String {
    match hop.container.parts().0 {
        Known::Unknown(doubt) => doubt.reason.to_string(),
        _ => hop
            .why
            .as_deref()
            .unwrap_or("nothing answers at this address")
            .to_owned(),
    }
}

/// An error where what it led to is nowhere any more: requests fail unless somebody else deploys it. Where the name is
/// still there, it may have moved to where it is found.
fn finding(
    sources: &Sources,
    at: Span,
    end: &End,
    address: &str,
    reason: String,
    is_there: bool,
    near: Option<&str>,
) -> Finding {
    let End {
        name, kind, path, line, ..
    } = end;
    let message = format!(
        "before this change {address} led to {kind}{name} ({path}:{line} there), now nothing that answers is found there: {reason}"
    );
    let help = match near.filter(|near| *near != &**name) {
        Some(near) => {
            format!("Did you mean `{near}`? Name what is there now, or keep what was there until no route names it.")
        }
        None => "Name what is there now, or keep what was there until no route names it.".to_owned(),
    };
    Finding {
        severity: if is_there { Severity::Warning } else { Severity::Error },
        category: "targets".into(),
        ..about(sources, LINK_LOST, at, message, &help)
    }
}
