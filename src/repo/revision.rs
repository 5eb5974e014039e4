//! What a repository held at a commit, or holds in the index: read from git's objects, without a checkout.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use git2::{ErrorCode, ObjectType, Oid, Repository, RepositoryOpenFlags, TreeWalkMode, TreeWalkResult};
use globset::GlobSet;

use super::open;
use super::root::Root;
use super::walk::{self, Candidate, Failure, Link, Walked, Wanted};

/// Git's modes of what is no regular file.
const SYMBOLIC_LINK: i32 = 0o120_000;
const SUBMODULE: i32 = 0o160_000;
/// How many links may lead to each other.
const STEPS: usize = 8;

/// Why a revision cannot be compared with, and what to do.
#[derive(Debug)]
pub struct Refused {
    /// What is wrong, as a sentence without a full stop.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl Refused {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: help.into(),
        }
    }
}

/// The commits of a repository.
pub struct History(Mutex<Repository>);

impl History {
    /// Opens the repository of a work tree.
    ///
    /// # Errors
    /// There is none, or git's library refuses it.
    pub fn of(root: &Root) -> Result<History, Refused> {
        let folder = root.folder.display();
        if !root.is_git {
            let help = "Run it in a checkout, or lint without --since and --staged.";
            return Err(Refused::new(format!("{folder} is no work tree of git"), help));
        }
        let none: [&str; 0] = [];
        match Repository::open_ext(&root.folder, RepositoryOpenFlags::NO_SEARCH, none) {
            Ok(repository) => Ok(History(Mutex::new(repository))),
            Err(error) if error.code() == ErrorCode::Owner => Err(Refused::new(
                format!("git refuses {folder}: another user owns it"),
                format!("Allow it: git config --global --add safe.directory {folder}"),
            )),
            Err(error) => Err(Refused::new(
                format!("git cannot read {folder}: {}", error.message()),
                "`git status` there says more.",
            )),
        }
    }

    /// The commit where the work begins that leads to HEAD and is not in `revision`: their merge base.
    ///
    /// # Errors
    /// There is no such revision, or no commit that both have; in a shallow clone it may only not have been fetched.
    pub fn base(&self, revision: &str) -> Result<Revision<'_>, Refused> {
        let repository = &*self.repository();
        let other = repository
            .revparse_single(revision)
            .and_then(|found| found.peel_to_commit());
        let other = other.map_err(|error| match error.code() {
            ErrorCode::NotFound if repository.is_shallow() => Refused::new(
                format!("there is no revision {revision} in this shallow clone"),
                format!("Fetch it: git fetch --deepen=200 origin {}", bare(revision)),
            ),
            _ => Refused::new(
                format!("there is no revision {revision}: {}", error.message()),
                "`git branch --all` and `git log` list what can be named; a branch of the remote is origin/NAME.",
            ),
        })?;
        let head = repository.head().and_then(|head| head.peel_to_commit());
        let head = head.map_err(|_| Refused::new("there is no commit yet", "Lint without --since."))?;
        let base = repository.merge_base(other.id(), head.id()).map_err(|_| {
            if repository.is_shallow() {
                let help = format!(
                    "The clone is shallow. Fetch more: git fetch --unshallow, or git fetch --deepen=200 origin {}",
                    bare(revision)
                );
                return Refused::new(format!("where {revision} and HEAD part has not been fetched"), help);
            }
            Refused::new(
                format!("{revision} and HEAD have no commit in common"),
                "Name a revision that this branch began at.",
            )
        })?;
        self.tree(repository, base)
    }

    /// HEAD's commit; nothing before the first one.
    ///
    /// # Errors
    /// An object is missing.
    pub fn head(&self) -> Result<Revision<'_>, Refused> {
        let repository = &*self.repository();
        match repository.head().and_then(|head| head.peel_to_commit()) {
            Ok(head) => self.tree(repository, head.id()),
            Err(error) if error.code() == ErrorCode::UnbornBranch => Ok(self.revision(BTreeMap::new())),
            Err(error) => Err(broken(&error)),
        }
    }

    /// What is staged.
    ///
    /// # Errors
    /// A merge is not finished, or the index cannot be read.
    pub fn index(&self) -> Result<Revision<'_>, Refused> {
        let index = self.repository().index().map_err(|error| broken(&error))?;
        if index.has_conflicts() {
            let conflict = index.conflicts().ok().and_then(|mut all| all.next()?.ok());
            let entry = conflict.and_then(|of| of.our.or(of.their).or(of.ancestor));
            let path = entry.map_or_else(String::new, |entry| format!(" in {}", name(&entry.path)));
            let help = "Finish the merge and stage the result: git add FILE.";
            return Err(Refused::new(format!("the index has a conflict{path}"), help));
        }
        let entries = index
            .iter()
            .map(|entry| (name(&entry.path), (entry.id, entry.mode as i32)));
        Ok(self.revision(entries.collect()))
    }

    /// Whether anything is staged.
    ///
    /// # Errors
    /// The index or HEAD's tree cannot be read.
    pub fn has_staged(&self) -> Result<bool, Refused> {
        let repository = &*self.repository();
        let head = match repository.head().and_then(|head| head.peel_to_tree()) {
            Ok(head) => Some(head),
            Err(error) if error.code() == ErrorCode::UnbornBranch => None,
            Err(error) => return Err(broken(&error)),
        };
        let changes = repository.diff_tree_to_index(head.as_ref(), None, None);
        Ok(changes.map_err(|error| broken(&error))?.deltas().len() > 0)
    }

    /// The paths that git tracks in the work tree.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn tracked(&self) -> Result<BTreeSet<String>, Refused> {
        let index = self.repository().index().map_err(|error| broken(&error))?;
        Ok(index.iter().map(|entry| name(&entry.path)).collect())
    }

    /// Git's library works for one thread at a time.
    fn repository(&self) -> MutexGuard<'_, Repository> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tree(&self, repository: &Repository, commit: Oid) -> Result<Revision<'_>, Refused> {
        let mut entries = BTreeMap::new();
        let tree = repository.find_commit(commit).and_then(|commit| commit.tree());
        let walked = tree.and_then(|tree| {
            tree.walk(TreeWalkMode::PreOrder, |folder, entry| {
                if entry.kind() != Some(ObjectType::Tree) {
                    let path = format!("{folder}{}", name(entry.name_bytes()));
                    entries.insert(path, (entry.id(), entry.filemode()));
                }
                TreeWalkResult::Ok
            })
        });
        walked.map_err(|error| broken(&error))?;
        Ok(self.revision(entries))
    }

    fn revision(&self, mut entries: BTreeMap<String, (Oid, i32)>) -> Revision<'_> {
        // A submodule is another repository.
        entries.retain(|_, (_, mode)| *mode != SUBMODULE);
        Revision { history: self, entries }
    }
}

/// A branch without the name of its remote, as `git fetch` takes it.
fn bare(revision: &str) -> &str {
    revision.strip_prefix("origin/").unwrap_or(revision)
}

fn broken(error: &git2::Error) -> Refused {
    Refused::new(
        format!("git's objects cannot be read: {}", error.message()),
        "`git fsck` says what is missing; `git fetch` may bring it.",
    )
}

fn name(path: &[u8]) -> String {
    let mut shown = String::new();
    walk::push_bytes(&mut shown, path);
    shown
}

/// The files of one revision.
pub struct Revision<'h> {
    history: &'h History,
    /// By path: the object and its mode.
    entries: BTreeMap<String, (Oid, i32)>,
}

impl Revision<'_> {
    /// What a walk through a checkout of it would find. What `.gitignore` names and git holds is in every checkout.
    pub fn walked(&self, exclude: &GlobSet, wanted: Wanted<'_>) -> Walked {
        let mut walked = Walked::default();
        for (path, (id, mode)) in &self.entries {
            if walk::lies_in_skipped(path) || walk::is_excluded(path, exclude) {
                continue;
            }
            if *mode == SYMBOLIC_LINK {
                let target = self.target(path, *id);
                walked.links.extend(target.map(|target| Link {
                    path: path.clone(),
                    target,
                }));
            } else if wanted(path) {
                walked.files.push(Candidate::plain(path));
            } else {
                walked.others.push(path.clone());
            }
        }
        walked
    }

    /// Where a symbolic link leads, if that is in the repository.
    fn target(&self, path: &str, mut id: Oid) -> Option<String> {
        let mut path = path.to_owned();
        for _ in 0..STEPS {
            let text = String::from_utf8(self.blob(id).ok()?).ok()?;
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            path = joined(folder, &text)?;
            match self.entries.get(&path) {
                Some((next, SYMBOLIC_LINK)) => id = *next,
                Some(_) => return Some(path),
                None => return self.has_folder(&path).then_some(path),
            }
        }
        None
    }

    fn has_folder(&self, path: &str) -> bool {
        let inside = format!("{path}/");
        let next = self.entries.range(inside.clone()..).next();
        path.is_empty() || next.is_some_and(|(path, _)| path.starts_with(&inside))
    }

    /// Whether a file or folder is there.
    pub fn exists(&self, path: &str) -> bool {
        self.entries.contains_key(path) || self.has_folder(path)
    }

    /// Whether a file is there and has exactly this text.
    pub fn has(&self, path: &str, text: &[u8]) -> bool {
        let same = |id: &Oid| Oid::hash_object(ObjectType::Blob, text).is_ok_and(|own| own == *id);
        self.entries
            .get(path)
            .is_some_and(|(id, mode)| *mode != SYMBOLIC_LINK && same(id))
    }

    /// Reads one file, with the limits that hold for those of a folder.
    ///
    /// # Errors
    /// It is not there, too large, binary, or its object is missing.
    pub fn read(&self, file: &Candidate) -> Result<Vec<u8>, Failure> {
        let entry = self.entries.get(&file.path);
        let bytes = entry.map_or(Err("it is not in the revision".to_owned()), |(id, _)| self.blob(*id));
        match bytes {
            Ok(bytes) => walk::readable(file, bytes),
            Err(message) => Err(Failure::unreadable(&file.path, message)),
        }
    }

    fn blob(&self, id: Oid) -> Result<Vec<u8>, String> {
        let repository = self.history.repository();
        let read = || {
            let store = repository.odb()?;
            let (size, _) = store.read_header(id)?;
            if size as u64 > open::CONFIGURATION {
                return Ok(Err(format!(
                    "{} is more than the limit for one file",
                    open::amount(size as u64)
                )));
            }
            store.read(id).map(|object| Ok(object.data().to_vec()))
        };
        read().unwrap_or_else(|error: git2::Error| Err(error.message().to_owned()))
    }
}

/// A path relative to a folder; `None` for one that leaves the repository.
fn joined(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
