//! The files a container sees, as far as the repository has them.

use std::sync::Arc;

use crate::model::Doubt;
use crate::repo::Source;

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
    /// Whether a script of the repository that starts the container was read.
    pub start_is_read: bool,
    /// What the container's start does that is not understood.
    pub start_others: Vec<String>,
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
pub(super) fn within(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || folder.ends_with('/'))
}
