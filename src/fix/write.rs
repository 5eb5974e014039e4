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
        if !may_be_replaced(target, folder, &metadata)? {
            return in_place(target, &self.new);
        }
        let mut file = tempfile::Builder::new()
            .prefix(BEGINS)
            .suffix(ENDS)
            .tempfile_in(folder)?;
        file.as_file().set_permissions(metadata.permissions())?;
        file.write_all(&self.new)?;
        file.as_file().sync_all()?;
        file.persist(target)?;
        Ok(())
    }
}

/// Whether a new file would be as the old one: not another's, under one name, without attributes that would be lost.
#[cfg(unix)]
fn may_be_replaced(target: &Path, folder: &Path, metadata: &Metadata) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;

    if metadata.nlink() > 1 || xattr::list(target).is_ok_and(|mut names| names.next().is_some()) {
        return Ok(false);
    }
    // What a new file in this folder would belong to.
    let probe = match tempfile::Builder::new().prefix(BEGINS).suffix(ENDS).tempfile_in(folder) {
        Ok(probe) => probe.as_file().metadata()?,
        // A folder that takes no new file may still hold one that can be written.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Ok(false),
        Err(error) => return Err(error),
    };
    Ok((probe.uid(), probe.gid()) == (metadata.uid(), metadata.gid()))
}

#[cfg(not(unix))]
fn may_be_replaced(_: &Path, _: &Path, _: &Metadata) -> io::Result<bool> {
    Ok(true)
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
        if name.starts_with(BEGINS) && name.ends_with(ENDS) && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}
