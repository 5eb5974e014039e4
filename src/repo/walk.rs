//! Finding the files that may be configuration, and reading them without ever leaving the repository.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use globset::GlobSet;
use rayon::prelude::*;

use super::ignored::{self, Ignored, Share};
use super::open;

/// Folders that hold no configuration of this repository, whatever .gitignore says.
const SKIPPED_FOLDERS: [&str; 8] = [
    ".git",
    ".hg",
    ".svn",
    ".jj",
    "node_modules",
    ".terraform",
    ".terragrunt-cache",
    ".venv",
];

/// What the walk leaves out.
#[derive(Clone, Debug, Default)]
pub struct WalkOptions {
    /// Globs relative to the root, from the config's `exclude`.
    pub exclude: GlobSet,
}

/// Whether the file at a path, relative to the root, may be configuration: its name tells.
pub type Wanted<'w> = &'w (dyn Fn(&str) -> bool + Sync);

/// A file whose name says that it may be configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Relative to the root, with `/`. Bytes of a name that are not UTF-8 are written as `\xE9`.
    pub path: String,
    /// Its real path relative to the root, where `path` is not that already.
    odd: Option<PathBuf>,
}

impl Candidate {
    /// A file whose path, relative to the root, is text.
    pub fn plain(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            odd: None,
        }
    }
}

/// A symbolic link inside the repository to a place inside the repository. Its target is walked anyway; includes may
/// name the link.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// The link, relative to the root.
    pub path: String,
    /// The file or folder it leads to, relative to the root; empty for the root itself.
    pub target: String,
}

/// Why a file is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailureKind {
    /// Left out because of its size or form.
    Skipped,
    /// The operating system refused.
    Unreadable,
}

/// A file or folder that was not read although it may be configuration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Failure {
    /// Relative to the root, with `/`.
    pub path: String,
    /// Which of the report's kinds of problem it is.
    pub kind: FailureKind,
    /// Why, as a sentence without a full stop.
    pub message: String,
}

impl Failure {
    pub(super) fn unreadable(path: &str, message: String) -> Self {
        Self::new(path, FailureKind::Unreadable, message)
    }

    fn new(path: impl Into<String>, kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            kind,
            message: message.into(),
        }
    }
}

/// What was found. Each list is sorted by path, so the order does not depend on threads or the file system.
#[derive(Debug, Default)]
pub struct Walked {
    /// Files to read.
    pub files: Vec<Candidate>,
    /// The other files, by path: they are read where something names them.
    pub others: Vec<String>,
    /// Symbolic links that stay inside.
    pub links: Vec<Link>,
    /// What was not read and why.
    pub problems: Vec<Failure>,
}

/// Walks a repository for the files whose paths are wanted. Files that .gitignore excludes and git does not track are
/// left out; hidden ones are not.
pub fn walk(root: &Path, options: &WalkOptions, wanted: Wanted<'_>) -> Walked {
    // Links are compared with real paths.
    let root = &fs::canonicalize(root).unwrap_or_else(|_| root.to_path_buf());
    let walk = Walk {
        root,
        exclude: &options.exclude,
        wanted,
        walked: Mutex::default(),
    };
    rayon::scope(|scope| walk.folder(scope, root, Share::Whole, None));
    let mut walked = walk.walked.into_inner().unwrap_or_else(PoisonError::into_inner);
    walked.files.par_sort_unstable_by(|a, b| a.path.cmp(&b.path));
    walked.others.par_sort_unstable();
    walked.links.sort_unstable();
    walked.problems.sort_unstable();
    walked
}

struct Walk<'w> {
    root: &'w Path,
    exclude: &'w GlobSet,
    wanted: Wanted<'w>,
    walked: Mutex<Walked>,
}

impl<'w> Walk<'w> {
    /// Looks at what is in one folder; each folder in it is a task of its own.
    fn folder<'s>(&'s self, scope: &rayon::Scope<'s>, folder: &Path, read: Share, above: Option<Arc<Ignored>>) {
        let mut own = Walked::default();
        let mut entries = Vec::new();
        let unreadable =
            |error: io::Error| Failure::new(self.shown(folder), FailureKind::Unreadable, open::reason(&error));
        match fs::read_dir(folder) {
            Ok(listed) => {
                for entry in listed {
                    match entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?))) {
                        Ok(entry) => entries.push(entry),
                        Err(error) => own.problems.push(unreadable(error)),
                    }
                }
            }
            Err(error) => own.problems.push(unreadable(error)),
        }
        let names = |name: &str| entries.iter().any(|(other, _)| other == name);
        let ignored = ignored::below(folder, &names, above, &mut |name, message| {
            let path = relative(self.root, &folder.join(name));
            own.problems.push(Failure::new(path, FailureKind::Skipped, message));
        });
        for (name, kind) in entries {
            let path = folder.join(&name);
            if is_left_out(self.root, &path, &name, kind.is_dir(), self.exclude) {
                continue;
            }
            let share = ignored
                .as_ref()
                .map_or(read, |ignored| ignored.share(read, &path, kind.is_dir()));
            if share == Share::None {
                continue;
            }
            if kind.is_dir() {
                let ignored = ignored.clone();
                scope.spawn(move |scope| self.folder(scope, &path, share, ignored));
            } else if kind.is_symlink() {
                look_through(self.root, &path, self.wanted, &mut own);
            } else if kind.is_file() {
                sort_in(self.root, &path, self.wanted, &mut own);
            }
        }
        let mut walked = self.walked.lock().unwrap_or_else(PoisonError::into_inner);
        walked.files.append(&mut own.files);
        walked.others.append(&mut own.others);
        walked.links.append(&mut own.links);
        walked.problems.append(&mut own.problems);
    }

    fn shown(&self, folder: &Path) -> String {
        let path = relative(self.root, folder);
        if path.is_empty() { ".".to_owned() } else { path }
    }
}

/// Reads one file, completely or not at all.
///
/// # Errors
/// When it is no regular file any more, too large, binary, or the operating system refuses.
pub fn read(root: &Path, file: &Candidate) -> Result<Vec<u8>, Failure> {
    let skipped = |message: String| Err(Failure::new(&file.path, FailureKind::Skipped, message));
    let bytes = match read_regular(&root.join(file.odd.as_deref().unwrap_or(Path::new(&file.path)))) {
        Ok(Content::Bytes(bytes)) => bytes,
        Ok(Content::NoFile) => return skipped("not a regular file".into()),
        Ok(Content::TooLarge(size)) => {
            let (size, limit) = (open::amount(size), open::amount(open::CONFIGURATION));
            return skipped(format!("{size} is more than the limit of {limit} for one file"));
        }
        Err(error) => return Err(Failure::new(&file.path, FailureKind::Unreadable, open::reason(&error))),
    };
    readable(file, bytes)
}

/// Refuses what is no text that people write.
pub(super) fn readable(file: &Candidate, bytes: Vec<u8>) -> Result<Vec<u8>, Failure> {
    let skipped = |message: String| Err(Failure::new(&file.path, FailureKind::Skipped, message));
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        return skipped("UTF-16 text is not read; save it as UTF-8".into());
    }
    if bytes.starts_with(b"\0GITCRYPT\0") {
        return skipped("encrypted by git-crypt".into());
    }
    if memchr::memchr(0, &bytes[..bytes.len().min(8192)]).is_some() {
        return skipped("binary".into());
    }
    Ok(bytes)
}

enum Content {
    Bytes(Vec<u8>),
    NoFile,
    TooLarge(u64),
}

/// The walk saw a regular file there. Should another have taken its place, a link is not followed, a FIFO or device not
/// waited for, and nothing is read of either.
fn read_regular(path: &Path) -> io::Result<Content> {
    let file = match open::open(path) {
        Ok(file) => file,
        // A link, or a socket.
        Err(_) if fs::symlink_metadata(path).is_ok_and(|metadata| !metadata.is_file()) => return Ok(Content::NoFile),
        Err(error) => return Err(error),
    };
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Ok(Content::NoFile);
    }
    if metadata.len() > open::CONFIGURATION {
        return Ok(Content::TooLarge(metadata.len()));
    }
    // No further than the size just asked for: one call less for each file.
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    file.take(metadata.len()).read_to_end(&mut bytes)?;
    Ok(Content::Bytes(bytes))
}

fn is_left_out(root: &Path, path: &Path, name: &OsStr, is_folder: bool, exclude: &GlobSet) -> bool {
    if !exclude.is_empty() && exclude.is_match(relative(root, path)) {
        return true;
    }
    // A folder of that name may well be configuration; Cargo's is marked.
    let is_skipped = || SKIPPED_FOLDERS.iter().any(|skipped| name == *skipped);
    let is_cargo = || name == "target" && path.join("CACHEDIR.TAG").is_file();
    is_folder && (is_skipped() || is_cargo())
}

/// Whether a path lies in a folder that holds no configuration of this repository.
pub(super) fn lies_in_skipped(path: &str) -> bool {
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    folders.split('/').any(|folder| SKIPPED_FOLDERS.contains(&folder))
}

/// Whether the configuration leaves a path out, or a folder that it lies in.
pub(super) fn is_excluded(path: &str, exclude: &GlobSet) -> bool {
    let mut ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    !exclude.is_empty() && ends.any(|end| exclude.is_match(&path[..end]))
}

fn sort_in(root: &Path, full: &Path, wanted: Wanted<'_>, walked: &mut Walked) {
    if let Some(path) = plain(root, full) {
        match wanted(path) {
            true => walked.files.push(Candidate::plain(path)),
            false => walked.others.push(path.to_owned()),
        }
        return;
    }
    let path = relative(root, full);
    let odd = full.strip_prefix(root).unwrap_or(full).to_path_buf();
    if wanted(&path) {
        walked.files.push(Candidate { path, odd: Some(odd) });
    }
}

/// Where a symbolic link leads. Nothing outside the repository is opened; only names are resolved.
fn look_through(root: &Path, link: &Path, wanted: Wanted<'_>, walked: &mut Walked) {
    let path = relative(root, link);
    let is_wanted = || wanted(&path);
    let message = match fs::canonicalize(link) {
        Ok(target) if target.starts_with(root) => {
            let target = relative(root, &target);
            return walked.links.push(Link { path, target });
        }
        Ok(target) if is_wanted() || target.is_dir() => "a symbolic link that leaves the repository",
        Err(error) if is_wanted() => match error.kind() {
            io::ErrorKind::NotFound => "a symbolic link to a file that does not exist",
            io::ErrorKind::PermissionDenied => "a symbolic link whose target cannot be read",
            _ => "a symbolic link that leads back to itself",
        },
        _ => return,
    };
    walked.problems.push(Failure::new(path, FailureKind::Skipped, message));
}

/// The path of a file below the root where it is text already, as nearly all are.
fn plain<'p>(root: &Path, path: &'p Path) -> Option<&'p str> {
    let inside = path.to_str()?.strip_prefix(root.to_str()?)?;
    let inside = inside.strip_prefix('/')?;
    (std::path::MAIN_SEPARATOR == '/').then_some(inside)
}

/// A path as the report writes it. Different paths give different texts.
fn relative(root: &Path, path: &Path) -> String {
    let inside = path.strip_prefix(root).unwrap_or(path);
    let mut out = String::with_capacity(inside.as_os_str().len());
    for part in inside.components() {
        if let Component::Normal(name) = part {
            if !out.is_empty() {
                out.push('/');
            }
            push_name(&mut out, name);
        }
    }
    out
}

fn push_name(out: &mut String, name: &OsStr) {
    push_bytes(out, name.as_encoded_bytes());
}

/// Bytes that are not UTF-8 are written as `\xE9`.
pub(super) fn push_bytes(out: &mut String, name: &[u8]) {
    use std::fmt::Write;
    for chunk in name.utf8_chunks() {
        out.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\x{byte:02X}");
        }
    }
}
