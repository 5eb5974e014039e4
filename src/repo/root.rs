//! Which folder is the repository.

use std::fs;
use std::path::{Path, PathBuf};

/// The folder that is read as a whole, and to which every path of the report is relative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// Absolute, without symbolic links.
    pub folder: PathBuf,
    /// Whether it is the work tree of a git repository.
    pub is_git: bool,
}

/// The work tree of the git repository that encloses `path`, else `path` itself, or its folder when it is a file.
///
/// Only `.git` is looked for, as git itself does first: opening the repository would read its configuration, which may
/// move the work tree anywhere (`core.worktree`) and is refused for repositories that another user owns, as in most CI
/// containers.
pub fn find(path: &Path) -> Root {
    let path = fs::canonicalize(path)
        .or_else(|_| std::path::absolute(path))
        .unwrap_or_else(|_| path.to_path_buf());
    let start = if path.is_dir() {
        path.as_path()
    } else {
        path.parent().unwrap_or(&path)
    };
    match start.ancestors().find(|folder| is_work_tree(folder)) {
        Some(folder) => Root {
            folder: folder.to_path_buf(),
            is_git: true,
        },
        None => Root {
            folder: start.to_path_buf(),
            is_git: false,
        },
    }
}

/// `.git` is a folder with a `HEAD`, or, in a submodule or a linked work tree, a file that names one.
fn is_work_tree(folder: &Path) -> bool {
    let git = folder.join(".git");
    match fs::metadata(&git) {
        // HEAD may be a symbolic link to a branch that has no commit yet.
        Ok(data) if data.is_dir() => git.join("HEAD").symlink_metadata().is_ok(),
        Ok(data) if data.is_file() => super::open::whole(&git, 4096).is_ok_and(|text| text.starts_with(b"gitdir:")),
        _ => false,
    }
}
