//! Chains: what a request passes before it meets a hop. Folded hop by hop, never enumerated; a cycle stops it.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::hops::Hop;
use super::reach::Reach;
use crate::estate::Estate;
use crate::model::field::process;
use crate::model::{Known, Lens};
use crate::speed;

/// Writes the path of each hop: `Ingress shop → web:80 → nginx → api:8000 gunicorn`.
pub(super) fn paths(estate: &Estate, hops: &mut [Hop]) {
    // The first hop that ends in a gateway's container, and whose requests a route takes, is the way they reach it.
    let mut into: FxHashMap<usize, Vec<usize>> = FxHashMap::default();
    for (at, hop) in hops.iter().enumerate() {
        if let (Known::Is(container), _) = hop.container.parts() {
            let own = estate.gateways[hop.gateway].container;
            if own != Some(*container) {
                into.entry(*container).or_default().push(at);
            }
        }
    }
    let all = (0..hops.len()).into_par_iter().with_min_len(speed::HOPS);
    let reach = Reach::new(estate);
    let written: Vec<String> = all.map(|at| path(estate, hops, &into, &reach, at)).collect();
    for (hop, path) in hops.iter_mut().zip(written) {
        hop.path = path;
    }
}

fn path(estate: &Estate, hops: &[Hop], into: &FxHashMap<usize, Vec<usize>>, reach: &Reach<'_>, at: usize) -> String {
    const LONGEST: usize = 8;
    let lens = Lens::trusting();
    let mut way = vec![at];
    while way.len() < LONGEST {
        let inner = &hops[way[way.len() - 1]];
        let container = estate.gateways[inner.gateway].container;
        let mut outer = container
            .and_then(|container| into.get(&container))
            .into_iter()
            .flatten();
        match outer.find(|outer| reach.reaches(&lens, hops[**outer].route, inner.route)) {
            Some(outer) if !way.contains(outer) => way.push(*outer),
            _ => break,
        }
    }
    let mut text = String::new();
    for (place, hop) in way.iter().rev().map(|at| &hops[*at]).enumerate() {
        let gateway = &estate.gateways[hop.gateway];
        if place == 0
            && gateway
                .product
                .passing
                .as_ref()
                .is_none_or(|passing| passing.named_in_paths)
        {
            text.push_str(&estate.model.entity(gateway.id).name);
        } else {
            text.push_str(gateway.product.name);
        }
        text.push_str(" → ");
        text.push_str(&hop.address);
        if place + 1 < way.len() {
            text.push_str(" → ");
        }
    }
    if let (Known::Is(container), _) = hops[at].container.parts()
        && let Known::Is(id) = estate.containers[*container].process
        && let Some(name) = estate.model.held(id, process::NAME).likely()
    {
        text.push(' ');
        text.push_str(&name);
    }
    text
}
