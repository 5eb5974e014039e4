//! How a command ends: its exit code, what it prints, and why it could not do its work.

use std::io::{self, Write};

use crate::{report, terminal};

/// Nothing at or above `--fail-on`.
pub(super) const CLEAN: u8 = 0;
/// Findings.
pub(super) const FOUND: u8 = 1;
/// The tool could not do its work.
pub(super) const FAILED: u8 = 2;

/// Why the tool could not do its work: text for standard error, ready to be shown.
pub(super) struct Failure(pub(super) String);

impl Failure {
    pub(super) fn new(message: impl std::fmt::Display, next: &str) -> Self {
        // Names of files and what was typed may hold anything.
        let message = message.to_string();
        Self(format!(
            "error: {}\n  {}\n",
            terminal::escape(&message),
            terminal::escape(next)
        ))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::new(
            format!("the output cannot be written: {error}"),
            "Is the disk full, or the file read-only?",
        )
    }
}

/// Prints to standard output, whose reader may have left.
pub(super) fn print(text: &[u8]) -> Result<u8, Failure> {
    let mut out = io::stdout().lock();
    report::forgive_closed_pipe(out.write_all(text).and_then(|()| out.flush()))?;
    Ok(CLEAN)
}
