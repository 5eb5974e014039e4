//! PodDisruptionBudgets: how many pods may be taken away at once while nodes are drained.

use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::environment::Document;
use crate::estate::Estate;
use crate::kubernetes::policy::selector;
use crate::model::field::{disruption_budget as field, workload};
use crate::model::{Doubt, Entity, EntityId, Kind, Known};
use crate::repo::Span;
use crate::speed;
use crate::syntax::At;

/// A bound of a budget: a number of pods, or a part of them, which is rounded up (Kubernetes,
/// pkg/controller/disruption: `GetScaledValueFromIntOrPercent` with `roundUp`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Amount {
    Pods(i64),
    Percent(i64),
}

impl Amount {
    fn read(text: &str) -> Option<Amount> {
        let number = |text: &str| text.parse::<i64>().ok().filter(|number| *number >= 0);
        match text.strip_suffix('%') {
            Some(percent) => number(percent).map(Amount::Percent),
            None => number(text).map(Amount::Pods),
        }
    }

    fn of(self, pods: i64) -> i64 {
        match self {
            Amount::Pods(number) => number,
            Amount::Percent(percent) => (pods.saturating_mul(percent) + 99) / 100,
        }
    }
}

/// Adds the budgets of an environment, once its workloads are known.
pub(crate) fn lower(estate: &mut Estate, documents: &[Document]) {
    let budgets = documents
        .iter()
        .filter(|document| &*document.kind == "PodDisruptionBudget");
    let budgets: Vec<&Document> = budgets.collect();
    if budgets.is_empty() {
        return;
    }
    let mut pods: FxHashMap<Arc<str>, Vec<usize>> = FxHashMap::default();
    for (at, container) in estate.containers.iter().enumerate() {
        pods.entry(container.namespace.clone()).or_default().push(at);
    }
    let all: Vec<usize> = (0..estate.containers.len()).collect();
    let of_document = |document: &&Document| {
        let near = match &*document.namespace {
            "" => Some(&all),
            namespace => pods.get(namespace),
        };
        budget(estate, document, near.map_or(&[], Vec::as_slice))
    };
    let found = budgets.par_iter().with_min_len(speed::OBJECTS).filter_map(of_document);
    for entity in found.collect::<Vec<Entity>>() {
        estate.model.add(entity);
    }
}

fn budget(estate: &Estate, document: &Document, near: &[usize]) -> Option<Entity> {
    let at = document.at();
    let span = at
        .get("metadata.name")
        .map_or_else(|| at.head(), |name| name.word_span_at(0));
    let name = format!("{} {}", document.namespace, document.name);
    let mut entity = Entity::new(Kind::DisruptionBudget, name, span);
    entity.set(field::NAME, document.name.clone(), span);
    let bound = ["maxUnavailable", "minAvailable"]
        .into_iter()
        .find_map(|name| at.get(&format!("spec.{name}")));
    let bound = bound?;
    let place = bound.word_span_at(0);
    let text = bound.text().unwrap_or_default();
    entity.set(field::BOUND, Arc::from(format!("{} {text}", bound.name())), place);
    let selected = selected(estate, document, near);
    let pods = selected
        .clone()
        .then(|id| estate.model.get(id, workload::LEAST_REPLICAS));
    entity.set_known(field::PODS, pods.clone(), place);
    entity.set_known(field::ALLOWED, allowed(document, bound, place, pods), place);
    entity.link(field::WORKLOAD, selected);
    Some(entity)
}

fn allowed(document: &Document, bound: At<'_>, place: Span, pods: Known<i64>) -> Known<i64> {
    if let Some(doubt) = document.doubt("spec") {
        return Known::Unknown(doubt.clone());
    }
    if let Some(hole) = bound.doubt_at(0) {
        return Known::Unknown(Doubt::at("the budget is filled in later", hole));
    }
    let Some(amount) = bound.text().and_then(Amount::read) else {
        return Known::Unknown(Doubt::at("the budget is neither a number nor a percentage", place));
    };
    let least = bound.name() == "minAvailable";
    match (least, amount) {
        // Nothing may go, however many pods there are.
        (false, Amount::Pods(0) | Amount::Percent(0)) | (true, Amount::Percent(100..)) => Known::Is(0),
        (false, amount) => pods.map(|pods| amount.of(pods)),
        (true, amount) => pods.map(|pods| (pods - amount.of(pods)).max(0)),
    }
}

/// The one workload whose pods a budget counts; unknown where there are several.
fn selected(estate: &Estate, document: &Document, near: &[usize]) -> Known<EntityId> {
    let Some(labels) = document.at().get("spec.selector") else {
        return Known::Absent;
    };
    if let Some(doubt) = document.doubt("spec.selector") {
        return Known::Unknown(doubt.clone());
    }
    let selector = selector(labels);
    let mut found: Vec<EntityId> = Vec::new();
    for container in near.iter().map(|at| &estate.containers[*at]) {
        if container.machine || found.contains(&container.workload) {
            continue;
        }
        match selector.fits(&container.labels) {
            Known::Is(true) => found.push(container.workload),
            Known::Unknown(doubt) => return Known::Unknown(doubt),
            _ => {}
        }
    }
    match found.as_slice() {
        [] => Known::Absent,
        [one] => Known::Is(*one),
        _ => Known::Unknown(Doubt::at("several workloads share the budget", labels.head())),
    }
}

#[cfg(test)]
mod tests {
    use super::Amount;

    #[test]
    fn parts_of_pods_are_rounded_up() {
        let cases = [("50%", 3, 2), ("1", 3, 1), ("0%", 7, 0), ("34%", 3, 2), ("33%", 3, 1)];
        for (text, pods, expected) in cases {
            assert_eq!(
                Amount::read(text).map(|amount| amount.of(pods)),
                Some(expected),
                "{text} of {pods}"
            );
        }
        assert_eq!(Amount::read("-1"), None);
    }
}
