//! Names that are looked up only when the gateway starts: where each is first written, which is where it is said.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::hops::Hop;
use crate::estate::Estate;
use crate::model::field::{endpoint, hop, upstream};
use crate::model::{EntityId, Known, Model};
use crate::speed;

/// What one edit mends.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Cause {
    /// A declared group of several hosts.
    Group(EntityId),
    /// A host, wherever a gateway's configuration names it.
    Host(usize, Arc<str>),
}

/// Notes at each declared group how many hosts it has, and at each hop that may lead to an old address where the cause
/// of it is first written.
pub(super) fn settle(estate: &mut Estate, hops: &[Hop]) {
    groups(estate);
    let model = &estate.model;
    let is_stale = |hop: &&Hop| {
        let is = |field| model.held(hop.id, field).likely() == Some(true);
        is(hop::RESOLVED_ONCE) && is(hop::ADDRESS_MAY_CHANGE)
    };
    let stale = hops.par_iter().with_min_len(speed::HOPS).filter(is_stale);
    let causes: Vec<(EntityId, Cause, EntityId)> = stale.filter_map(|hop| cause(model, hop)).collect();
    let mut first: HashMap<&Cause, EntityId> = HashMap::new();
    for (_, cause, server) in &causes {
        let known = first.entry(cause).or_insert(*server);
        let (own, other) = (model.entity(*server).span, model.entity(*known).span);
        if own.source == other.source && own.start < other.start {
            *known = *server;
        }
    }
    let found = causes
        .iter()
        .filter_map(|(hop, cause, _)| Some((*hop, *first.get(cause)?)));
    let found: Vec<(EntityId, EntityId)> = found.collect();
    for (id, server) in found {
        estate.model.entity_mut(id).link(hop::FIRST_STALE, Known::Is(server));
    }
}

/// Of a hop: itself, the cause, and the endpoint that names it.
fn cause(model: &Model, of: &Hop) -> Option<(EntityId, Cause, EntityId)> {
    let server = model.linked(of.id, hop::ENDPOINT).is()?;
    let host = model.get(server, endpoint::HOST).is()?;
    let group = model.linked(of.id, hop::UPSTREAM).is();
    let several = |group: &EntityId| matches!(model.get(*group, upstream::HOSTS), Known::Is(hosts) if hosts > 1);
    let cause = match group.filter(several) {
        Some(group) => Cause::Group(group),
        None => Cause::Host(of.gateway, host),
    };
    Some((of.id, cause, server))
}

/// Of each declared group that a route leads to: how many hosts it has, and that it is used.
fn groups(estate: &mut Estate) {
    let model = &estate.model;
    let mut counted: HashMap<EntityId, i64> = HashMap::new();
    for route in estate.gateways.iter().flat_map(|gateway| &gateway.routes) {
        let Known::Is(group) = route.upstream else { continue };
        if counted.contains_key(&group) || model.get(group, upstream::NAMED) != Known::Is(true) {
            continue;
        }
        let hosts: HashSet<&str> = route
            .endpoints
            .iter()
            .filter_map(|one| one.host.as_ref().is())
            .map(|host| &**host)
            .collect();
        counted.insert(group, hosts.len() as i64);
    }
    for (group, hosts) in counted {
        let entity = estate.model.entity_mut(group);
        entity.set(upstream::HOSTS, hosts, entity.span);
        entity.set(upstream::USED, true, entity.span);
    }
}
