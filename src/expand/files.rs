//! The files a container sees, as far as the repository has them.

use std::sync::Arc;

use super::{ExpandCache, envsubst};
use crate::environment::Repository;
use crate::environment::container::{ContainerSpec, Mount, MountSource};
use crate::model::Doubt;
use crate::repo::{Source, Sources};

/// A file as a container sees it.
#[derive(Clone, Debug)]
pub struct SeenFile {
    /// Absolute path in the container.
    pub path: String,
    /// Its text: a file of the repository, or derived from one.
    pub source: Arc<Source>,
}

/// The files a container sees, in order of path, and the folders about which nothing can be known.
#[derive(Clone, Debug, Default)]
pub struct ContainerFiles {
    /// Files that were mounted, or copied into the image.
    pub files: Vec<SeenFile>,
    /// Paths under which something is mounted that cannot be read here.
    pub unknown: Vec<(String, Doubt)>,
    /// Volumes that other containers may share: path and volume name.
    pub shared: Vec<(String, Arc<str>)>,
}

impl ContainerFiles {
    /// The file at a path.
    pub fn get(&self, path: &str) -> Option<&SeenFile> {
        self.files.iter().find(|file| file.path == path)
    }

    /// The files whose path ends in this one.
    pub fn ending(&self, path: &str) -> impl Iterator<Item = &SeenFile> {
        let tail = format!("/{}", path.trim_start_matches("./").trim_start_matches('/'));
        self.files.iter().filter(move |file| file.path.ends_with(&tail))
    }

    /// Why the content at a path is unknown although something is mounted there.
    pub fn doubt(&self, path: &str) -> Option<&Doubt> {
        self.unknown
            .iter()
            .find(|(folder, _)| within(path, folder))
            .map(|(_, doubt)| doubt)
    }

    /// The files in a folder, subfolders included, in order of path.
    pub fn under<'f>(&'f self, folder: &'f str) -> impl Iterator<Item = &'f SeenFile> {
        self.files.iter().filter(move |file| within(&file.path, folder))
    }

    /// Puts a file where another may have been.
    pub(super) fn put(&mut self, path: String, source: Arc<Source>) {
        self.hide(&path);
        self.files.push(SeenFile { path, source });
    }

    /// What is mounted at a path hides everything that was there and below.
    pub(super) fn hide(&mut self, path: &str) {
        self.files.retain(|file| !within(&file.path, path));
        self.unknown.retain(|(own, _)| !within(own, path));
        self.shared.retain(|(own, _)| !within(own, path));
    }
}

/// Whether a path is a folder or lies in it.
fn within(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || folder.ends_with('/'))
}

/// The files a container sees: what its Dockerfile copies into one of the folders, mounts over it, and what its start makes from templates.
pub fn container_files(
    sources: &Sources,
    repository: &Repository,
    spec: &ContainerSpec,
    cache: &ExpandCache,
    folders: &[&str],
) -> ContainerFiles {
    let mut seen = ContainerFiles::default();
    super::copied::add(&mut seen, repository, spec, folders);
    let mut mounts: Vec<&Mount> = spec.mounts.iter().collect();
    // As runtimes do it: outer folders first, so that inner mounts show.
    mounts.sort_by_key(|mount| mount.path.split('/').filter(|part| !part.is_empty()).count());
    for mount in mounts {
        add(&mut seen, sources, repository, cache, mount);
    }
    envsubst::apply(&mut seen, sources, spec, cache);
    seen.files.sort_by(|a, b| a.path.cmp(&b.path));
    seen
}

fn add(seen: &mut ContainerFiles, sources: &Sources, repository: &Repository, cache: &ExpandCache, mount: &Mount) {
    seen.hide(&mount.path);
    let mut unknown = |reason: String| seen.unknown.push((mount.path.clone(), Doubt::at(reason, mount.span)));
    match &mount.source {
        MountSource::Inline(tree, node) => {
            let at = tree.at(*node);
            // A compose config's text is called `content`, which says nothing.
            let name = match at.name() {
                "" | "content" => mount.path.rsplit('/').next().unwrap_or_default(),
                name => name,
            };
            match cache.embedded(sources, at, name) {
                Some(source) => seen.put(mount.path.clone(), source),
                None => unknown(format!("the text mounted at {} could not be read", mount.path)),
            }
        }
        MountSource::Path(path) => {
            if let Some(file) = repository.get(path) {
                return seen.put(mount.path.clone(), file.source.clone());
            }
            let path = &repository.real(path);
            let files = repository.under(path);
            if files.is_empty() {
                return unknown(format!("{path} is not in the repository"));
            }
            for file in files {
                let rest = file.path.get(path.len()..).unwrap_or_default().trim_start_matches('/');
                let folder = mount.path.trim_end_matches('/');
                seen.put(format!("{folder}/{rest}"), file.source.clone());
            }
        }
        MountSource::Shared(volume) => seen.shared.push((mount.path.clone(), volume.clone())),
        MountSource::Unknown(reason) => unknown(reason.to_string()),
    }
}
