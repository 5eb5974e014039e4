//! What tells one output format from another.

use std::io::{self, Write};

use super::contents::{Options, Report};
use crate::finding::Finding;
use crate::rule::Severity;

/// How one format shows a report.
pub(super) trait Layout {
    /// Writes it.
    fn write(&self, report: &Report<'_>, options: Options, out: &mut dyn Write) -> io::Result<()>;

    /// As `Format::shows_fixes`.
    fn shows_fixes(&self) -> bool {
        true
    }

    /// As `Format::hides_milder`.
    fn hides_milder(&self) -> bool {
        false
    }

    /// As `Format::draws_weeks`.
    fn draws_weeks(&self) -> bool {
        false
    }

    /// As `Format::shown`.
    fn shown(&self, findings: &[Finding], _least: Severity) -> Vec<usize> {
        (0..findings.len()).collect()
    }
}
