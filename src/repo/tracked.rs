//! Which files git tracks. What `.gitignore` names and git tracks all the same is in every checkout: it is read.

use std::path::{MAIN_SEPARATOR, Path, PathBuf};
use std::sync::OnceLock;

use git2::{Index, IndexEntry};

use super::{date, open};

/// How much of a path git tracks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tracked {
    /// The path itself: a file, or a folder that is a submodule.
    Whole,
    /// Something in the folder.
    Inside,
}

/// The list of a repository's tracked files, which is read when it is first asked.
pub(super) struct List {
    repository: PathBuf,
    paths: OnceLock<Vec<Vec<u8>>>,
}

impl List {
    pub(super) fn of(repository: &Path) -> Self {
        Self {
            repository: repository.to_path_buf(),
            paths: OnceLock::new(),
        }
    }

    /// `None` for what git does not track, or where its list cannot be read: a split one, a sparse one.
    pub(super) fn find(&self, path: &Path) -> Option<Tracked> {
        let path = path.strip_prefix(&self.repository).ok()?.as_os_str();
        let mut path = path.as_encoded_bytes().to_vec();
        for byte in path.iter_mut().filter(|byte| char::from(**byte) == MAIN_SEPARATOR) {
            *byte = b'/';
        }
        let paths = self.paths.get_or_init(|| read(&self.repository).unwrap_or_default());
        if paths.binary_search(&path).is_ok() {
            return Some(Tracked::Whole);
        }
        path.push(b'/');
        let next = paths.get(paths.partition_point(|other| *other < path))?;
        next.starts_with(&path).then_some(Tracked::Inside)
    }
}

/// In order. Git's library is given the file alone: it refuses the repository of another user.
fn read(repository: &Path) -> Option<Vec<Vec<u8>>> {
    let (own, _) = date::folders(repository).ok()??;
    let path = own.join("index");
    let data = path.symlink_metadata().ok()?;
    if !data.is_file() || data.len() > open::GIT {
        return None;
    }
    let entries = Index::open(&path).ok()?;
    let mut paths: Vec<Vec<u8>> = entries.iter().map(|IndexEntry { path, .. }| path).collect();
    paths.sort_unstable();
    Some(paths)
}
