//! What `.gitignore` and `.ignore` leave out. They decide what is read, so they are opened like everything else: a link is
//! not followed, as git does not. What only one machine has (`core.excludesFile`, `.git/info/exclude`) is not asked: the
//! same commit gives the same answer for everybody.

use std::path::Path;
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::open::{self, Unread};
use super::tracked::{List, Tracked};

/// Their names, the stronger one first.
const NAMES: [&str; 2] = [".ignore", ".gitignore"];

/// The patterns of one folder, and of those above it.
pub(super) struct Ignored {
    /// In the order of [`NAMES`].
    own: [Option<Gitignore>; 2],
    /// What git tracks, where a repository begins here, which what is above does not reach.
    repository: Option<List>,
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
    let repository = names(".git").then(|| List::of(folder));
    if own.iter().all(Option::is_none) && repository.is_none() {
        return above;
    }
    Some(Arc::new(Ignored { own, repository, above }))
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

/// How much of a path is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Share {
    /// All that nothing further in leaves out.
    Whole,
    /// What git tracks.
    Tracked,
    /// Nothing.
    None,
}

impl Ignored {
    /// How much of a path right below the folder is read, when so much of the folder is.
    pub(super) fn share(&self, folder: Share, path: &Path, is_folder: bool) -> Share {
        let mut all = NAMES.iter().enumerate();
        let found = all.find_map(|(which, name)| {
            let is_git = *name == ".gitignore";
            Some((is_git, self.says(which, is_git, path, is_folder)?))
        });
        match found {
            // Git knows nothing of the other file.
            Some((false, true)) => Share::None,
            Some((true, true)) => self.tracked(path),
            _ if folder == Share::Tracked => self.tracked(path),
            _ => Share::Whole,
        }
    }

    fn tracked(&self, path: &Path) -> Share {
        let mut level = Some(self);
        while let Some(Ignored { repository, above, .. }) = level {
            if let Some(list) = repository {
                return match list.find(path) {
                    Some(Tracked::Whole) => Share::Whole,
                    Some(Tracked::Inside) => Share::Tracked,
                    None => Share::None,
                };
            }
            level = above.as_deref();
        }
        Share::None
    }

    fn says(&self, which: usize, ends_at_repository: bool, path: &Path, is_folder: bool) -> Option<bool> {
        let mut level = Some(self);
        while let Some(Ignored { own, repository, above }) = level {
            match own[which].as_ref().map(|patterns| patterns.matched(path, is_folder)) {
                Some(Match::Ignore(_)) => return Some(true),
                Some(Match::Whitelist(_)) => return Some(false),
                _ => {}
            }
            level = above
                .as_deref()
                .filter(|_| !(ends_at_repository && repository.is_some()));
        }
        None
    }
}
