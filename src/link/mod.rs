//! Addresses to their targets: hops and the chains they form.

mod address;
mod asked;
mod chain;
mod chains;
mod end;
mod hops;
mod machine;
mod names;
mod nearly;
mod policy;
mod policy_port;
mod policy_rule;
mod reach;
mod selects;
mod socket;
mod stale;
mod target_port;

use crate::estate::Estate;
use crate::model::field::service;
use crate::model::host::is_public;
use names::Names;

pub use hops::Hop;

/// Links an environment: adds a hop for every route, endpoint and container that answers.
pub fn link(estate: &mut Estate) -> Vec<Hop> {
    settle_external_names(estate);
    let names = Names::new(estate);
    let mut hops = hops::add(estate, &names);
    target_port::settle(estate, &names);
    policy_port::settle(estate, &names, &hops);
    stale::settle(estate, &hops);
    selects::settle(estate, &names);
    chain::paths(estate, &mut hops);
    chains::add(estate, &hops);
    hops
}

/// Notes of each Service that leads out of the cluster whether that is into the public internet.
fn settle_external_names(estate: &mut Estate) {
    for one in &estate.services {
        if let Some(external) = &one.external {
            let entity = estate.model.entity_mut(one.id);
            entity.set(service::EXTERNAL_PUBLIC, is_public(external), entity.span);
        }
    }
}
