//! Services that select no workload, and the workload that was probably meant.

use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::names::{Names, nearness};
use crate::estate::{Container, Estate, Service};
use crate::model::field::{service as field, workload};
use crate::model::{EntityId, Known};
use crate::speed;

/// Says of every Service whether it selects anything, and what comes near.
pub(super) fn settle(estate: &mut Estate, names: &Names) {
    if estate.compose {
        return;
    }
    let mut selected: Vec<bool> = vec![false; estate.containers.len()];
    let mut empty: Vec<usize> = Vec::new();
    let mut served: Vec<EntityId> = Vec::new();
    let mut full: Vec<(usize, Known<i64>)> = Vec::new();
    let alike = same_selection(&estate.services);
    let of_services = |alike: &Vec<usize>| {
        let service = &estate.services[alike[0]];
        let labels = service.selector.as_ref().is()?;
        let own = names.selected(estate, labels, &service.namespace, &service.folder);
        let asked = asked(estate, &own);
        Some((alike.clone(), own, asked))
    };
    let all = alike.par_iter().with_min_len(speed::OBJECTS);
    for (alike, own, asked) in all.filter_map(of_services).collect::<Vec<_>>() {
        if own.is_empty() {
            empty.extend(alike);
        } else {
            full.extend(alike.into_iter().map(|at| (at, asked.clone())));
            served.extend(own.iter().map(|at| estate.containers[*at].workload));
        }
        own.into_iter().for_each(|at| selected[at] = true);
    }
    empty.sort_unstable();
    let misses: Vec<_> = empty
        .into_iter()
        .filter_map(|at| {
            let (workload, words) = near_miss(estate, &estate.services[at], &selected)?;
            Some((at, workload, words))
        })
        .collect();
    for (at, asked) in full {
        let id = estate.services[at].id;
        let span = estate.model.entity(id).span;
        let entity = estate.model.entity_mut(id);
        entity.set(field::SELECTS, true, span);
        entity.set_known(field::ASKED_PODS, asked, span);
    }
    for id in served {
        let span = estate.model.entity(id).span;
        estate.model.entity_mut(id).set(workload::SERVED, true, span);
    }
    let incomplete = estate.incomplete.clone();
    for (at, near, words) in misses {
        let id = estate.services[at].id;
        let span = estate.model.entity(id).span;
        let selects = incomplete.clone().map_or(Known::Is(false), Known::Unknown);
        let entity = estate.model.entity_mut(id);
        entity.set_known(field::SELECTS, selects, span);
        entity.set(field::NEAR_MISS_LABEL, words.into(), span);
        entity.link(field::NEAR_MISS, Known::Is(near));
    }
}

/// Services, by number, that select the same: what they select is looked for once.
pub(super) fn same_selection(services: &[Service]) -> Vec<Vec<usize>> {
    let mut alike: FxHashMap<_, Vec<usize>> = FxHashMap::default();
    for (at, service) in services.iter().enumerate() {
        let key = (service.selector.as_ref().is(), &service.namespace, &service.folder);
        alike.entry(key).or_default().push(at);
    }
    let mut alike: Vec<Vec<usize>> = alike.into_values().collect();
    alike.sort_unstable();
    alike
}

/// How many replicas the workloads of some containers are asked to have; absent where one of them has no such number.
fn asked(estate: &Estate, containers: &[usize]) -> Known<i64> {
    let mut workloads: Vec<EntityId> = containers.iter().map(|at| estate.containers[*at].workload).collect();
    workloads.dedup();
    let mut sum = 0_i64;
    for id in workloads {
        let scaled = matches!(estate.model.linked(id, workload::AUTOSCALER), Known::Is(_));
        let own = match estate.model.get(id, workload::REPLICAS) {
            Known::Is(replicas) => Known::Is(replicas),
            _ if scaled => Known::Absent,
            _ => estate.model.get(id, workload::LEAST_REPLICAS),
        };
        match own {
            Known::Is(own) => sum = sum.saturating_add(own),
            other => return other,
        }
    }
    Known::Is(sum)
}

/// The only workload that lacks one label of a selector, and that no other Service selects.
fn near_miss(estate: &Estate, service: &Service, selected: &[bool]) -> Option<(EntityId, String)> {
    let Known::Is(labels) = &service.selector else {
        return None;
    };
    let mut best: Option<(EntityId, String)> = None;
    for (at, container) in estate.containers.iter().enumerate() {
        let apart = nearness(&service.folder, &container.folder).is_none() || service.namespace != container.namespace;
        if apart || container.machine || selected[at] || container.labels.is_empty() {
            continue;
        }
        let kind = estate.model.get(container.workload, workload::KIND).is();
        if kind.is_none_or(|kind| matches!(&*kind, "Job" | "CronJob" | "Pod")) {
            continue;
        }
        let Some(words) = misses_one(estate, service, labels, container) else {
            continue;
        };
        match &best {
            Some((known, _)) if *known == container.workload => {}
            Some(_) => return None,
            None => best = Some((container.workload, words)),
        }
    }
    best
}

/// Labels that controllers give to pods, which no template has: StatefulSets and Jobs ("Well-Known Labels", Kubernetes
/// 1.34), Deployments, Argo Rollouts, Patroni and the operators built on it.
const SET_WHILE_RUNNING: [&str; 9] = [
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "controller-revision-hash",
    "pod-template-hash",
    "batch.kubernetes.io/job-name",
    "batch.kubernetes.io/job-completion-index",
    "rollouts-pod-template-hash",
    "spilo-role",
    "cnpg.io/instanceRole",
];

fn misses_one(
    estate: &Estate,
    service: &Service,
    labels: &[(Arc<str>, Arc<str>)],
    container: &Container,
) -> Option<String> {
    let own = |key: &str| {
        container
            .labels
            .iter()
            .find(|(own, _)| &**own == key)
            .map(|(_, value)| value)
    };
    let mut wrong = labels.iter().filter(|(key, value)| own(key) != Some(value));
    let (key, value) = wrong.next()?;
    if wrong.next().is_some() || SET_WHILE_RUNNING.contains(&&**key) {
        return None;
    }
    let name = estate.model.get(container.workload, workload::NAME).is()?;
    let is_namesake = name == service.name;
    match own(key) {
        // One of two is a slip of the pen, or one says more than the other.
        Some(other) if is_namesake || alike(other, value) => {
            Some(format!("has {key}: {other} instead of {key}: {value}"))
        }
        None if is_namesake || labels.len() > 2 => Some(format!("has no label {key}: {value}")),
        _ => None,
    }
}

/// Whether two values are probably meant to be the same.
fn alike(a: &str, b: &str) -> bool {
    let plain = |text: &str| {
        text.chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_lowercase()
    };
    let (a, b) = (plain(a), plain(b));
    if a == b {
        return true;
    }
    // One letter more, less or other; `web1` and `web2` are two things.
    let (short, long) = if a.len() <= b.len() { (&a, &b) } else { (&b, &a) };
    let same = short.chars().zip(long.chars()).take_while(|(x, y)| x == y).count();
    let tail = |skip: usize| long.chars().skip(same + skip).collect::<String>();
    let rest: String = short.chars().skip(same).collect();
    let rest_after: String = short.chars().skip(same + 1).collect();
    let digit = long.chars().nth(same).is_some_and(|c| c.is_ascii_digit());
    short.len() >= 4 && !digit && (rest == tail(1) || (short.len() == long.len() && rest_after == tail(1)))
}

#[cfg(test)]
mod tests {
    use super::alike;

    #[test]
    fn slips_and_others() {
        for (a, b) in [
            ("my-api", "my_api"),
            ("frontend", "frontent"),
            ("catalog", "catalogs"),
            ("Shop", "shop"),
        ] {
            assert!(alike(a, b), "{a} {b}");
        }
        for (a, b) in [
            ("web1", "web2"),
            ("api", "app"),
            ("orders", "users"),
            ("redis", "redis-slave"),
        ] {
            assert!(!alike(a, b), "{a} {b}");
        }
    }
}
