//! The containers of an environment with the files they see.

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::cache::ExpandCache;
use super::files::container_files;
use super::seen::{ContainerFiles, SeenFile};
use super::startup::Startup;
use crate::environment::{ContainerSpec, Environment, Placed, Repository, containers};
use crate::repo::{Source, SourceId, Sources};
use crate::speed;

/// A container with the files it sees.
pub type Deployed = (Placed, ContainerFiles);

/// What is made of an environment's documents before anything is lowered.
pub struct Expanded {
    /// Its containers.
    pub containers: Vec<Deployed>,
    /// Files of the repository that one of them sees and may read.
    pub mounted: FxHashSet<SourceId>,
}

/// Finds the containers of an environment and makes the texts of the files they see. `folders` are those of an image in
/// which configuration lies, `startups` what images do when they start; `reads` says whether a container may read a file
/// it sees: a build or a test may mount the whole repository.
pub fn expand(
    sources: &Sources,
    repository: &Repository,
    environment: &Environment,
    cache: &ExpandCache,
    folders: &[&str],
    startups: &[&'static Startup],
    reads: &(dyn Fn(&ContainerSpec, &SeenFile) -> bool + Sync),
) -> Expanded {
    let containers: Vec<Deployed> = containers(environment, repository)
        .into_par_iter()
        .with_min_len(speed::OBJECTS)
        .map(|placed| {
            let files = container_files(sources, repository, &placed.spec, cache, folders, startups);
            (placed, files)
        })
        .collect();
    let mut mounted = FxHashSet::default();
    for (placed, files) in &containers {
        for seen in files.files.iter().filter(|seen| reads(&placed.spec, seen)) {
            origins(sources, &seen.source, &mut mounted, 0);
        }
    }
    Expanded { containers, mounted }
}

/// The files a text comes from.
fn origins(sources: &Sources, source: &Source, found: &mut FxHashSet<SourceId>, depth: usize) {
    match &source.pieces {
        None => {
            found.insert(source.id);
        }
        Some(pieces) if depth < 4 => {
            for piece in pieces {
                if !found.contains(&piece.from.source) {
                    origins(sources, sources.get(piece.from.source), found, depth + 1);
                }
            }
        }
        Some(_) => {}
    }
}
