//! Which targets requests are sent to, and which pass them on.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::estate::Estate;
use crate::estate::scaled::Target;
use crate::link::Hop;
use crate::model::field::{autoscaler, gateway};
use crate::model::{EntityId, Held, Kind, Known, ProductId};
use crate::repo::Span;

/// Says so of every autoscaler.
pub(super) fn settle(estate: &mut Estate, targets: &[Target], hops: &[Hop]) {
    let workloads: FxHashSet<EntityId> = targets.iter().filter_map(|target| target.workload).collect();
    let scaled = |workload: &EntityId| workloads.contains(workload);
    let mut routed: FxHashMap<EntityId, (Held<Arc<str>>, Span)> = FxHashMap::default();
    for hop in hops {
        let (Known::Is(container), unless) = hop.container.parts() else {
            continue;
        };
        let workload = estate.containers[*container].workload;
        let from = estate.gateways[hop.gateway].id;
        if scaled(&workload)
            && let name = estate.model.held(from, gateway::NAME).on(unless)
            && let (Known::Is(_), unless) = name.parts()
        {
            let span = estate.model.entity(hop.route).span;
            // A route that surely leads there is better than one that is assumed to.
            let better = |(known, _): &(Held<Arc<str>>, Span)| unless.is_none() && known.parts().1.is_some();
            match routed.get(&workload) {
                Some(known) if !better(known) => {}
                _ => drop(routed.insert(workload, (name, span))),
            }
        }
    }
    let mut passing: FxHashMap<EntityId, ProductId> = FxHashMap::default();
    for gateway in &estate.gateways {
        let workload = gateway.container.map(|at| estate.containers[at].workload);
        if let Some(workload) = workload.filter(scaled) {
            passing.entry(workload).or_insert(gateway.product);
        }
    }
    let all: Vec<EntityId> = estate.model.all(Kind::Autoscaler).collect();
    for id in all {
        let Known::Is(workload) = estate.model.linked(id, autoscaler::WORKLOAD) else {
            continue;
        };
        let entity = estate.model.entity_mut(id);
        let span = entity.span;
        if let Some((name, route)) = routed.get(&workload) {
            entity.set_known(autoscaler::ROUTED_BY, name.clone(), *route);
        }
        if let Some(product) = passing.get(&workload) {
            entity.set(autoscaler::GATEWAY, Arc::from(product.name), span);
        }
    }
}
