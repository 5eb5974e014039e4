//! Writing a file that a command was asked for: whole or not at all, and never over another one by accident.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::end::Failure;

/// A file to be written.
pub(super) struct Output {
    path: PathBuf,
    force: bool,
}

impl Output {
    /// Refuses what could not be written in the end, before any work is done.
    pub fn prepare(path: &Path, force: bool) -> Result<Output, Failure> {
        if path.is_dir() {
            return Err(Failure::new(
                format!("{} is a folder", path.display()),
                "Name a file in it.",
            ));
        }
        // A device or a pipe would be gone, and a file in its place.
        if path.exists() && !path.is_file() {
            return Err(Failure::new(
                format!("{} is not a file", path.display()),
                "Name a file, which may be new.",
            ));
        }
        if path.exists() && !force {
            return Err(exists(path));
        }
        let folder = folder_of(path);
        if !folder.is_dir() {
            return Err(Failure::new(
                format!("there is no folder {}", folder.display()),
                "Make it first, or write elsewhere.",
            ));
        }
        Ok(Output {
            path: path.to_path_buf(),
            force,
        })
    }

    /// The path as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a new file beside the place it belongs, and moves it there. A file that came to be meanwhile stays.
    pub fn write(&self, bytes: &[u8]) -> Result<(), Failure> {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let beside = folder_of(&self.path).join(format!(".{name}.gatelint-{}", std::process::id()));
        let written = self.write_beside(&beside, bytes);
        let _ = fs::remove_file(&beside);
        written.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists if !self.force => exists(&self.path),
            _ => Failure::new(
                format!("{} cannot be written: {error}", self.path.display()),
                "Is the disk full, or the folder read-only?",
            ),
        })
    }

    fn write_beside(&self, beside: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = fs::OpenOptions::new().write(true).create_new(true).open(beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        drop(file);
        if self.force {
            return fs::rename(beside, &self.path);
        }
        match fs::hard_link(beside, &self.path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
            // Some file systems know no links.
            Err(_) => fs::rename(beside, &self.path),
            Ok(()) => Ok(()),
        }
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

fn exists(path: &Path) -> Failure {
    Failure::new(
        format!("{} exists", path.display()),
        "Replace it with --force, or write elsewhere.",
    )
}
