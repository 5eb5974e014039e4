//! The containers of an environment, each with the workload it runs in.

mod compose;
mod config_maps;
pub(super) mod kubernetes;
mod names;
mod placed;
pub(super) mod text;
mod volumes;

use rayon::prelude::*;

use super::deployed::Environment;
use super::document::Document;
use super::repository::Repository;
use crate::speed;
use config_maps::ConfigMaps;

use kubernetes::pod_spec_path;
pub use placed::{Naming, Placed};

/// All containers of an environment, in order of documents.
pub fn containers(environment: &Environment, repository: &Repository) -> Vec<Placed> {
    let config_maps = ConfigMaps::new(environment);
    let of = |(at, document): (usize, &Document)| {
        let mut found = Vec::new();
        match &*document.kind {
            "compose" => compose::services(environment, repository, at, &mut found),
            kind => {
                if let Some(path) = pod_spec_path(kind) {
                    kubernetes::pod(&config_maps, at, document, path, &mut found);
                }
            }
        }
        found
    };
    let documents = environment
        .documents
        .par_iter()
        .enumerate()
        .with_min_len(speed::DOCUMENTS);
    documents.flat_map_iter(of).collect()
}
