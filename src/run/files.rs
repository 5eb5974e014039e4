//! `--output FORMAT=FILE`: the report once more, into files.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::end::Failure;
use super::output::Output;
use crate::cli::Lint;
use crate::report::{self, Format, Options, Report};
use crate::terminal::Look;

/// Files that a report is written to.
pub(super) struct Files(Vec<(Format, Output)>);

impl Files {
    /// Refuses, before any work is done, what could not be written or would be written over.
    pub fn prepare(options: &Lint) -> Result<Files, Failure> {
        let mut taken: Vec<PathBuf> = options.patch_file.iter().map(|path| resolved(path)).collect();
        let mut files = Vec::new();
        for (format, path) in &options.output {
            let place = resolved(path);
            if taken.contains(&place) {
                return Err(Failure::new(
                    format!("two outputs are to be written to {}", path.display()),
                    "Give each a file of its own.",
                ));
            }
            taken.push(place);
            files.push((*format, Output::prepare(path, true)?));
        }
        Ok(Files(files))
    }

    /// Writes them all. Those that cannot be written are named; gives whether there are any.
    pub fn write(&self, report: &Report<'_>, options: Options) -> Result<bool, Failure> {
        let options = Options {
            look: Look::PLAIN,
            ..options
        };
        let mut failed = false;
        for (format, output) in &self.0 {
            let mut text = Vec::new();
            report::write(report, *format, options, &mut text)?;
            if let Err(failure) = output.write(&text) {
                io::stderr().write_all(failure.0.as_bytes())?;
                failed = true;
            }
        }
        Ok(failed)
    }
}

/// Where a file lies that may not be there yet.
fn resolved(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new(".")).canonicalize();
    match (path.canonicalize(), folder, path.file_name()) {
        (Ok(known), ..) => known,
        (Err(_), Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_path_buf(),
    }
}
