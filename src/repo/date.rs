//! When the newest commit was made.

use super::root::Root;

/// The instant of HEAD's commit, in seconds since 1970 in UTC; `None` outside git, before the first commit, and where
/// git refuses to open the repository.
pub fn of_head(root: &Root) -> Option<i64> {
    if !root.is_git {
        return None;
    }
    let repository = git2::Repository::open(&root.folder).ok()?;
    let commit = repository.head().ok()?.peel_to_commit().ok()?;
    Some(commit.committer().when().seconds())
}
