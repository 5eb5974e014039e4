//! Finding the files that may be configuration, and reading them without ever leaving the repository.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::mpsc;

use globset::GlobSet;
use ignore::{DirEntry, WalkBuilder, WalkState};
use rayon::prelude::*;

/// Larger files are not configuration that a person wrote.
pub const SIZE_LIMIT: u64 = 16 * 1024 * 1024;

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
    /// How many threads walk; 0 means as many as there are processors.
    pub threads: usize,
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

enum Found {
    File(Candidate),
    Other(String),
    Link(Link),
    Problem(Failure),
}

/// Walks a repository for the files whose paths are wanted. Files that .gitignore excludes are left out; hidden ones are
/// not.
pub fn walk(root: &Path, options: &WalkOptions, wanted: Wanted<'_>) -> Walked {
    // Links are compared with real paths.
    let root = &fs::canonicalize(root).unwrap_or_else(|_| root.to_path_buf());
    let (send, receive) = mpsc::channel();
    let exclude = options.exclude.clone();
    let filter_root = root.clone();
    WalkBuilder::new(root)
        .hidden(false)
        .parents(false)
        .require_git(false)
        .follow_links(false)
        .threads(options.threads)
        .filter_entry(move |entry| !is_left_out(&filter_root, entry, &exclude))
        .build_parallel()
        .run(|| {
            let send = send.clone();
            Box::new(move |entry| {
                if let Some(found) = look(root, entry, wanted) {
                    // The receiver outlives the walk.
                    let _ = send.send(found);
                }
                WalkState::Continue
            })
        });
    drop(send);

    let mut walked = Walked::default();
    for found in receive {
        match found {
            Found::File(file) => walked.files.push(file),
            Found::Other(path) => walked.others.push(path),
            Found::Link(link) => walked.links.push(link),
            Found::Problem(problem) => walked.problems.push(problem),
        }
    }
    walked.files.par_sort_unstable_by(|a, b| a.path.cmp(&b.path));
    walked.others.par_sort_unstable();
    walked.links.sort_unstable();
    walked.problems.sort_unstable();
    walked
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
            let (size, limit) = (mebibytes(size), mebibytes(SIZE_LIMIT));
            return skipped(format!("{size} is more than the limit of {limit} for one file"));
        }
        Err(error) => return Err(Failure::new(&file.path, FailureKind::Unreadable, reason(&error))),
    };
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        return skipped("UTF-16 text is not read; save it as UTF-8".into());
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
    let file = match open(path) {
        Ok(file) => file,
        // A link, or a socket.
        Err(_) if fs::symlink_metadata(path).is_ok_and(|metadata| !metadata.is_file()) => return Ok(Content::NoFile),
        Err(error) => return Err(error),
    };
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Ok(Content::NoFile);
    }
    if metadata.len() > SIZE_LIMIT {
        return Ok(Content::TooLarge(metadata.len()));
    }
    // No further than the size just asked for: one call less for each file.
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    file.take(metadata.len()).read_to_end(&mut bytes)?;
    Ok(Content::Bytes(bytes))
}

#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY;
    File::options().read(true).custom_flags(flags).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

fn is_left_out(root: &Path, entry: &DirEntry, exclude: &GlobSet) -> bool {
    if entry.depth() == 0 {
        return false;
    }
    if !exclude.is_empty() && exclude.is_match(relative(root, entry.path())) {
        return true;
    }
    let name = entry.file_name();
    // A folder of that name may well be configuration; Cargo's is marked.
    let is_skipped = || SKIPPED_FOLDERS.iter().any(|skipped| name == *skipped);
    let is_cargo = || name == "target" && entry.path().join("CACHEDIR.TAG").is_file();
    entry.file_type().is_some_and(|kind| kind.is_dir()) && (is_skipped() || is_cargo())
}

fn look(root: &Path, entry: Result<DirEntry, ignore::Error>, wanted: Wanted<'_>) -> Option<Found> {
    let entry = match entry {
        Ok(entry) => entry,
        Err(error) => return Some(Found::Problem(unreadable(root, &error))),
    };
    let kind = entry.file_type()?;
    if kind.is_symlink() && entry.depth() > 0 {
        return look_through(root, entry.path(), wanted);
    }
    if !kind.is_file() {
        return None;
    }
    if let Some(path) = plain(root, entry.path()) {
        let is_wanted = wanted(path);
        let path = path.to_owned();
        return Some(match is_wanted {
            true => Found::File(Candidate { path, odd: None }),
            false => Found::Other(path),
        });
    }
    let path = relative(root, entry.path());
    let odd = entry.path().strip_prefix(root).unwrap_or(entry.path()).to_path_buf();
    wanted(&path).then_some(Found::File(Candidate { path, odd: Some(odd) }))
}

/// Where a symbolic link leads. Nothing outside the repository is opened; only names are resolved.
fn look_through(root: &Path, link: &Path, wanted: Wanted<'_>) -> Option<Found> {
    let path = relative(root, link);
    let problem = |message| Some(Found::Problem(Failure::new(&path, FailureKind::Skipped, message)));
    let is_wanted = || wanted(&path);
    match fs::canonicalize(link) {
        Ok(target) if target.starts_with(root) => Some(Found::Link(Link {
            target: relative(root, &target),
            path,
        })),
        Ok(target) if is_wanted() || target.is_dir() => problem("a symbolic link that leaves the repository"),
        Err(error) if is_wanted() && error.kind() == io::ErrorKind::NotFound => {
            problem("a symbolic link to a file that does not exist")
        }
        Err(error) if is_wanted() && error.kind() == io::ErrorKind::PermissionDenied => {
            problem("a symbolic link whose target cannot be read")
        }
        Err(_) if is_wanted() => problem("a symbolic link that leads back to itself"),
        _ => None,
    }
}

fn unreadable(root: &Path, error: &ignore::Error) -> Failure {
    let path = place(error)
        .map(|path| relative(root, path))
        .filter(|path| !path.is_empty());
    let message = error.io_error().map_or_else(|| error.to_string(), reason);
    Failure::new(path.as_deref().unwrap_or("."), FailureKind::Unreadable, message)
}

fn place(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::Loop { child, .. } => Some(child),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => place(err),
        ignore::Error::Partial(errors) => errors.iter().find_map(place),
        _ => None,
    }
}

/// The operating system's words without Rust's ` (os error 13)`.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split_once(" (os error")
        .map_or(text.as_str(), |(reason, _)| reason)
        .to_lowercase()
}

fn mebibytes(bytes: u64) -> String {
    format!("{} MB", bytes.div_ceil(1024 * 1024))
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
    use std::fmt::Write;
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        out.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\x{byte:02X}");
        }
    }
}
