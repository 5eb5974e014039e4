//! What `.gitignore` and `.ignore` leave out. They decide what is read, so they are opened like everything else: a link is
//! not followed, as git does not. What only one machine has (`core.excludesFile`, `.git/info/exclude`) is not asked: the
//! same commit gives the same answer for everybody.

use std::path::Path;
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::open::{self, Unread};

/// Their names, the stronger one first.
const NAMES: [&str; 2] = [".ignore", ".gitignore"];

/// The patterns of one folder, and of those above it.
pub(super) struct Ignored {
    /// In the order of [`NAMES`].
    own: [Option<Gitignore>; 2],
    /// Whether another repository begins here, which what is above does not reach.
    is_repository: bool,
    above: Option<Arc<Ignored>>,
}

/// What holds below a folder that has `names` in it. `problem` is told of a file that is not heeded, by its name, and why.
pub(super) fn below(
    folder: &Path,
    names: &dyn Fn(&str) -> bool,
    above: Option<Arc<Ignored>>,
    problem: &mut dyn FnMut(&str, String),
) -> Option<Arc<Ignored>> {
    let mut own = |name: &str| {
        if !names(name) {
            return None;
        }
        patterns(folder, name).map_err(|message| problem(name, message)).ok()
    };
    let own = NAMES.map(&mut own);
    let is_repository = names(".git");
    if own.iter().all(Option::is_none) && !is_repository {
        return above;
    }
    Some(Arc::new(Ignored {
        own,
        is_repository,
        above,
    }))
}

fn patterns(folder: &Path, name: &str) -> Result<Gitignore, String> {
    let path = folder.join(name);
    let bytes = open::whole(&path, open::POLICY).map_err(|error| match error {
        Unread::NoFile("a symbolic link") => {
            "a symbolic link: what it names is not left out; git, too, follows no link here".to_owned()
        }
        error => format!("it {error}, so what it names is not left out"),
    })?;
    let text = String::from_utf8_lossy(&bytes);
    let mut builder = GitignoreBuilder::new(folder);
    for line in text.trim_start_matches('\u{feff}').lines() {
        // A pattern that is none is passed over, as git does.
        let _ = builder.add_line(None, line);
    }
    builder
        .build()
        .map_err(|error| format!("its patterns are too much ({error}), so what it names is not left out"))
}

impl Ignored {
    /// Whether a path right below the folder is left out.
    pub(super) fn leaves_out(&self, path: &Path, is_folder: bool) -> bool {
        NAMES
            .iter()
            .enumerate()
            .find_map(|(which, name)| self.says(which, *name == ".gitignore", path, is_folder))
            == Some(true)
    }

    fn says(&self, which: usize, ends_at_repository: bool, path: &Path, is_folder: bool) -> Option<bool> {
        let mut level = Some(self);
        while let Some(Ignored {
            own,
            is_repository,
            above,
        }) = level
        {
            match own[which].as_ref().map(|patterns| patterns.matched(path, is_folder)) {
                Some(Match::Ignore(_)) => return Some(true),
                Some(Match::Whitelist(_)) => return Some(false),
                _ => {}
            }
            level = above.as_deref().filter(|_| !(ends_at_repository && *is_repository));
        }
        None
    }
}
