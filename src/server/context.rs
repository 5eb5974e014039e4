//! What lowering a process may look at beside its container.

use std::collections::HashMap;
use std::sync::Arc;

use super::descriptor::Server;
use super::image::Image;
use crate::environment::{ContainerSpec, File, Repository, join};
use crate::expand::{ExpandCache, stage_of};
use crate::model::{ProductId, Version};
use crate::repo::{Source, Sources};
use crate::syntax::dockerfile::joined;
use crate::syntax::{Language, Tree};

/// What lowering a process may look at beside the container.
#[derive(Clone, Copy, Debug)]
pub struct ProcessContext<'a> {
    /// All texts.
    pub sources: &'a Sources,
    /// All files.
    pub repository: &'a Repository,
    /// Files of the environment that belong to no document (indexes into the repository's files).
    pub loose: &'a [usize],
    /// Derived texts and trees.
    pub cache: &'a ExpandCache,
    /// Versions that the configuration states, by product.
    pub versions: &'a HashMap<String, Version>,
    /// The servers that are known, each with its product.
    pub servers: &'static [(ProductId, &'static Server)],
}

impl<'a> ProcessContext<'a> {
    pub(crate) fn tree(&self, source: &Source, language: Language) -> Arc<Tree> {
        self.cache.tree_of(self.repository, source, language)
    }

    pub(crate) fn loose_files(&self) -> impl Iterator<Item = &'a File> {
        let files = self.repository.files();
        self.loose.iter().filter_map(move |at| files.get(*at))
    }

    /// The Dockerfile a container is built from.
    pub(crate) fn dockerfile(&self, spec: &ContainerSpec) -> Option<&'a Source> {
        let file = self.repository.get(spec.dockerfile.as_ref()?)?;
        Some(&file.source)
    }

    /// The image of a container, where it is known.
    pub(crate) fn image(&self, spec: &ContainerSpec) -> Option<Image> {
        match spec.built {
            Some(_) => {
                let text = &self.dockerfile(spec)?.text;
                let (_, own) = stage_of(&joined(text), spec)?;
                Image::base(text, own)
            }
            None => Image::written(spec),
        }
    }

    /// Whether that Dockerfile speaks of something under one of these names.
    pub(crate) fn dockerfile_names(&self, spec: &ContainerSpec, names: &[&str]) -> bool {
        let file = self.dockerfile(spec);
        file.is_some_and(|file| names.iter().any(|name| file.text.contains(name)))
    }

    /// A file of the folder a container is built from.
    pub(crate) fn built_file(&self, spec: &ContainerSpec, path: &str) -> Option<&'a File> {
        self.repository.get(&join(spec.built.as_ref()?, path)?)
    }

    /// The file of that folder that lies at a path of the container: `/app/conf/server.py` may be `conf/server.py`, as the
    /// folder that it is copied to is not known.
    pub(crate) fn copied_file(&self, spec: &ContainerSpec, path: &str) -> Option<&'a File> {
        let path = path.trim_start_matches('/');
        let cuts = path.match_indices('/').map(|(at, _)| at + 1);
        let mut ends = std::iter::once(0).chain(cuts).map(|cut| &path[cut..]);
        ends.find_map(|end| self.built_file(spec, end))
    }
}
