//! Addresses of a machine that files of other things than gateways speak of: somebody may listen there who is not known.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use crate::environment::{File, Role};
use crate::estate::{Builder, Endpoint};
use crate::model::Known;
use crate::model::host::is_loopback;
use crate::speed;

/// For how many addresses files are read; more are taken for spoken of.
const MOST: usize = 64;

impl Builder<'_> {
    /// Notes which of the ports and sockets that gateways outside containers send to on their own machine stand in files
    /// of other things.
    pub(super) fn spoken_of(&mut self) {
        let estate = &self.estate;
        if !estate.containers.iter().any(|container| container.machine) {
            return;
        }
        let outside = estate.gateways.iter().filter(|gateway| gateway.container.is_none());
        let ends = outside
            .flat_map(|gateway| &gateway.routes)
            .flat_map(|route| &route.endpoints);
        let addresses: FxHashSet<Arc<str>> = ends.filter_map(own).collect();
        let too_many = addresses.len() > MOST || self.context.repository.files().len() > speed::SPEAKERS;
        if addresses.is_empty() || too_many {
            self.estate.spoken_of = addresses;
            return;
        }
        let of_gateways = |file: &&File| matches!(file.role, Role::Product(product) if product.is_gateway());
        let mut found = FxHashSet::default();
        for file in self.context.repository.files().iter().filter(|file| !of_gateways(file)) {
            let lines = file.source.text.lines().filter(|line| !is_comment(line));
            for line in lines {
                found.extend(addresses.iter().filter(|address| speaks_of(line, address)).cloned());
            }
        }
        self.estate.spoken_of = found;
    }
}

/// The port or path that an endpoint has on the gateway's own machine.
fn own(endpoint: &Endpoint) -> Option<Arc<str>> {
    match (&endpoint.socket, &endpoint.host, &endpoint.port) {
        (Some(path), ..) => Some(path.clone()),
        (None, Known::Is(host), Known::Is(port)) if is_loopback(host) => Some(Arc::from(port.to_string())),
        _ => None,
    }
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with(['#', ';'])
}

/// Whether a line has an address as a word of its own: `8000` is not in `18000`, nor in `8000.5`.
fn speaks_of(line: &str, address: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    line.match_indices(address).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + address.len()..].chars().next();
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}
