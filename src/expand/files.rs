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
    /// Files that were mounted.
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

    /// Why the content at a path is unknown although something is mounted there.
    pub fn doubt(&self, path: &str) -> Option<&Doubt> {
        self.unknown
            .iter()
            .find(|(folder, _)| {
                path == folder
                    || path
                        .strip_prefix(folder.as_str())
                        .is_some_and(|rest| rest.starts_with('/'))
            })
            .map(|(_, doubt)| doubt)
    }
}
