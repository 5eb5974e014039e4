//! The one way a file is opened to be read: a regular file inside its repository, no larger than its kind may be. Nothing
//! is waited for: neither a pipe nor a device is opened.

use std::fmt;
use std::fs::{self, File, FileType, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::root::Root;

/// The most that a file of the repository may have: larger ones are not configuration that a person wrote.
pub const CONFIGURATION: u64 = 16 << 20;
/// The most that gatelint's own configuration, a rule, or a list of ignored files may have.
pub const POLICY: u64 = 1 << 20;
/// The most that a traffic profile may have, packed or not.
pub const PROFILE: u64 = 64 << 20;
/// The most that a file with a token may have.
pub const TOKEN: u64 = 64 << 10;
/// The most that a file of git's that names something may have.
pub const GIT: u64 = 64 << 20;

/// Why a file was not read. Shown, it goes on after the file's name.
#[derive(Debug)]
pub enum Unread {
    /// There is nothing of that name.
    Absent,
    /// A symbolic link to nothing.
    Dangling,
    /// A symbolic link, or a folder that is one, leads out of the repository.
    Outside,
    /// No regular file; what it is instead.
    NoFile(&'static str),
    /// Its size, and what its kind may have.
    TooLarge(u64, u64),
    /// The operating system refused.
    Refused(io::Error),
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unread::Absent => f.write_str("does not exist"),
            Unread::Dangling => f.write_str("is a symbolic link to a file that does not exist"),
            Unread::Outside => f.write_str("is a symbolic link that leaves the repository"),
            Unread::NoFile(kind) => write!(f, "is {kind}, not a regular file"),
            Unread::TooLarge(size, limit) => {
                write!(f, "has {}, more than the limit of {}", amount(*size), amount(*limit))
            }
            Unread::Refused(error) => write!(f, "cannot be read: {}", reason(error)),
        }
    }
}

impl Unread {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Unread::Absent => "Is the name right?",
            Unread::Dangling => "Mend the link, or remove it.",
            Unread::Outside => "Put the file itself into the repository: what lies outside is not read.",
            Unread::NoFile(_) => "Put a file in its place, or remove it.",
            Unread::TooLarge(..) => "Make it smaller: no person writes that much.",
            Unread::Refused(_) => "Let it be read by the user who runs gatelint, or remove it.",
        }
    }
}

/// A file below `root`, which is a real path; no link may lead out of it.
///
/// # Errors
/// When it is not there, lies outside, is no regular file, is too large, or the operating system refuses.
pub fn inside(root: &Path, path: &Path, limit: u64) -> Result<Vec<u8>, Unread> {
    whole(&real(root, path)?, limit)
}

/// A file that the command line names: anywhere, but what lies inside the repository may not lead out of it.
///
/// # Errors
/// As [`inside`].
pub fn named(root: &Root, path: &Path, limit: u64) -> Result<Vec<u8>, Unread> {
    whole(&place(root, path)?, limit)
}

/// The same for a file that is read as a stream, however long; and how many bytes it has.
///
/// # Errors
/// As [`inside`].
pub fn stream(root: &Root, path: &Path) -> Result<(File, u64), Unread> {
    let (file, metadata) = regular(&place(root, path)?)?;
    Ok((file, metadata.len()))
}

/// A file that may itself be no link.
///
/// # Errors
/// As [`inside`].
pub fn whole(path: &Path, limit: u64) -> Result<Vec<u8>, Unread> {
    let (file, metadata) = regular(path)?;
    if metadata.len() > limit {
        return Err(Unread::TooLarge(metadata.len(), limit));
    }
    // It may grow while it is read.
    let mut bytes = Vec::with_capacity(metadata.len() as usize + 1);
    file.take(limit + 1).read_to_end(&mut bytes).map_err(Unread::Refused)?;
    if bytes.len() as u64 > limit {
        return Err(Unread::TooLarge(bytes.len() as u64, limit));
    }
    Ok(bytes)
}

fn place(root: &Root, path: &Path) -> Result<PathBuf, Unread> {
    let full = std::path::absolute(path).map_err(Unread::Refused)?;
    let folder = full.parent().and_then(|folder| fs::canonicalize(folder).ok());
    let is_inside = full.starts_with(&root.folder) || folder.is_some_and(|folder| folder.starts_with(&root.folder));
    let boundary = if root.is_git && is_inside {
        &root.folder
    } else {
        Path::new("/")
    };
    if cfg!(unix) { real(boundary, path) } else { Ok(full) }
}

/// Where a path leads, if that is below `root`. Only names are resolved.
fn real(root: &Path, path: &Path) -> Result<PathBuf, Unread> {
    match fs::canonicalize(path) {
        Ok(real) if real.starts_with(root) => Ok(real),
        Ok(_) => Err(Unread::Outside),
        Err(_) if fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink()) => Err(Unread::Dangling),
        Err(error) => Err(refused(error)),
    }
}

fn regular(path: &Path) -> Result<(File, Metadata), Unread> {
    // A device is not even opened.
    let seen = fs::symlink_metadata(path).map_err(refused)?;
    if !seen.is_file() {
        return Err(Unread::NoFile(kind(seen.file_type())));
    }
    let file = open(path).map_err(refused)?;
    let metadata = file.metadata().map_err(Unread::Refused)?;
    if metadata.is_file() {
        Ok((file, metadata))
    } else {
        Err(Unread::NoFile(kind(metadata.file_type())))
    }
}

/// Opens what should be a regular file. Should another thing have taken its place, a link is not followed, a FIFO or device
/// not waited for.
#[cfg(unix)]
pub(super) fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY;
    #[allow(clippy::disallowed_methods, reason = "this is the place")]
    File::options().read(true).custom_flags(flags).open(path)
}

#[cfg(not(unix))]
pub(super) fn open(path: &Path) -> io::Result<File> {
    #[allow(clippy::disallowed_methods, reason = "this is the place")]
    File::open(path)
}

fn refused(error: io::Error) -> Unread {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Unread::Absent,
        _ => Unread::Refused(error),
    }
}

/// What stands in a file's place, in words.
pub fn kind(kind: FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return "a named pipe";
        }
        if kind.is_socket() {
            return "a socket";
        }
        if kind.is_block_device() || kind.is_char_device() {
            return "a device";
        }
    }
    match kind {
        kind if kind.is_dir() => "a folder",
        kind if kind.is_symlink() => "a symbolic link",
        _ => "something else",
    }
}

/// The operating system's words without Rust's ` (os error 13)`.
pub(super) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split_once(" (os error")
        .map_or(text.as_str(), |(reason, _)| reason)
        .to_lowercase()
}

/// Bytes in words, rounded up.
pub(super) fn amount(bytes: u64) -> String {
    if bytes < 1 << 20 {
        format!("{} kB", bytes.div_ceil(1 << 10))
    } else {
        format!("{} MB", bytes.div_ceil(1 << 20))
    }
}
