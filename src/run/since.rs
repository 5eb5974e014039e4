//! `--since` and `--staged`: both sides of a change are read, and only what it brings about is reported.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::asked::Asked;
use super::end::Failure;
use super::lost::Linked;
use super::setup::Setup;
use crate::analysis::{Ground, analyse};
use crate::cli::Lint;
use crate::environment::Repository;
use crate::environment::read::{self, Beside, Read};
use crate::finding::Telling;
use crate::finding::before::Before;
use crate::product;
use crate::repo::revision::{History, Refused, Revision};
use crate::repo::root;
use crate::report::progress::Progress;

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Failure {
        Failure::new(refused.message, &refused.help)
    }
}

/// Both sides of a change.
pub(super) struct Change<'h> {
    base: Revision<'h>,
    head: Head<'h>,
}

/// What was known before a change.
pub(super) struct Base {
    /// What was found.
    pub(super) found: Before,
    /// What was linked.
    pub(super) linked: Linked,
}

/// What the change leads to.
enum Head<'h> {
    /// The files of the work tree that git tracks.
    WorkTree(BTreeSet<String>),
    Index(Revision<'h>),
}

/// What a hook is to compare: what pre-commit names, else what is staged, else nothing.
pub(super) fn hook(options: &Lint) -> Result<Lint, Failure> {
    let mut options = options.clone();
    if options.since.is_none() && !options.staged {
        let start = options.paths.first().map_or(Path::new("."), PathBuf::as_path);
        let from = std::env::var("PRE_COMMIT_FROM_REF").ok();
        options.since = from.filter(|revision| !revision.is_empty());
        options.staged = options.since.is_none() && History::of(&root::find(start))?.has_staged()?;
    }
    Ok(options)
}

/// The history that was asked for, if any.
pub(super) fn history(setup: &Setup, options: &Lint) -> Result<Option<History>, Failure> {
    let wanted = options.since.is_some() || options.staged;
    if wanted && options.paths.iter().any(|path| path.as_os_str() == "-") {
        return Err(Failure::new(
            "a text on standard input has no revision",
            "Lint the file where it lies, or without --since and --staged.",
        ));
    }
    Ok(wanted.then(|| History::of(&setup.root)).transpose()?)
}

impl<'h> Change<'h> {
    pub(super) fn of(history: &'h History, options: &Lint) -> Result<Change<'h>, Failure> {
        Ok(match options.since.as_deref() {
            Some(revision) => Change {
                base: history.base(revision)?,
                head: Head::WorkTree(history.tracked()?),
            },
            None => Change {
                base: history.head()?,
                head: Head::Index(history.index()?),
            },
        })
    }

    /// Reads what the change leads to.
    pub(super) fn head(&self, setup: &Setup, progress: &Progress) -> Read {
        match &self.head {
            Head::WorkTree(tracked) => setup.read(None, &|path| tracked.contains(path), progress),
            Head::Index(index) => {
                let work_tree = setup.repository(None, progress);
                revision(setup, index, &work_tree.repository)
            }
        }
    }

    /// What was found before, in what the change did not begin with: read beside what it leads to.
    pub(super) fn before(&self, asked: Asked<'_>, ground: &Ground<'_>, head: &Repository) -> Base {
        let read = revision(asked.setup, &self.base, head);
        let (analysis, settled) = analyse(ground, read.repository, &Telling::ALL);
        let linked = Linked::of(&asked.setup.sources, &analysis);
        let found = Before::of(&asked.setup.sources, &asked.settle(&analysis, settled).findings);
        Base { found, linked }
    }
}

fn revision(setup: &Setup, revision: &Revision<'_>, other: &Repository) -> Read {
    let claimants = product::claimants();
    let wanted = |path: &str| claimants.by_name(path).is_some();
    let walked = revision.walked(&setup.config.exclude, &wanted);
    let beside = Beside::new(revision, &walked, other);
    read::read(&beside, &setup.sources, claimants, walked, None, &|| {})
}
