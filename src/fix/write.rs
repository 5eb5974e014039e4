//! Writing a file whole or not at all.

use std::fs::{self, Metadata, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use super::apply::Replacement;
use crate::repo::open;

/// How the new file is called until it takes the place of the old one.
const BEGINS: &str = ".gatelint-";
const ENDS: &str = ".new";

impl Replacement {
    /// Puts the new bytes where the old ones stand: in a new file that takes the old one's place, or in the file itself
    /// where a new one would not be what the old one is.
    pub(super) fn write(&self) -> io::Result<()> {
        let target = self.target();
        // Only the time between reading and writing is left for someone else to change it.
        let now = open::whole(target, open::CONFIGURATION).map_err(|error| io::Error::other(format!("it {error}")))?;
        if now != self.old {
            return Err(io::Error::other("it has changed since it was read"));
        }
        let folder = target.parent().ok_or_else(|| io::Error::other("it has no folder"))?;
        remove_left_behind(folder);
        let metadata = fs::metadata(target)?;
        let beside = tempfile::Builder::new().prefix(BEGINS).suffix(ENDS).tempfile_in(folder);
        let mut file = match beside {
            Ok(file) if may_be_replaced(target, &metadata, &file.as_file().metadata()?) => file,
            Ok(_) => return in_place(target, &self.new),
            // A folder that takes no new file may still hold one that can be written.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return in_place(target, &self.new),
            Err(error) => return Err(error),
        };
        file.as_file().set_permissions(metadata.permissions())?;
        file.write_all(&self.new)?;
        file.as_file().sync_all()?;
        file.persist(target)?;
        Ok(())
    }
}

/// Whether a new file would be as the old one: not another's, under one name, without attributes that would be lost.
#[cfg(unix)]
fn may_be_replaced(target: &Path, old: &Metadata, new: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;

    let has_attributes = xattr::list(target).is_ok_and(|mut names| names.next().is_some());
    old.nlink() == 1 && !has_attributes && (old.uid(), old.gid()) == (new.uid(), new.gid())
}

#[cfg(not(unix))]
fn may_be_replaced(_: &Path, _: &Metadata, _: &Metadata) -> bool {
    true
}

fn in_place(target: &Path, new: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(target)?;
    file.write_all(new)?;
    file.set_len(new.len() as u64)?;
    file.sync_all()
}

/// What a run that was killed has left in a folder.
fn remove_left_behind(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // As tempfile calls them, and nobody else.
        let middle = name.strip_prefix(BEGINS).and_then(|rest| rest.strip_suffix(ENDS));
        let is_ours = middle.is_some_and(|own| own.len() == 6 && own.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        if is_ours && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}
