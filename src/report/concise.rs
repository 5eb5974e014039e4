//! One line for each finding: `file:line:col: severity rule message`, as editors and grep expect.

use std::io::{self, Write};

use super::{Report, severity};
use crate::terminal::escape;

/// Writes the findings.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in report.findings {
        let source = report.sources.get(finding.at.source);
        let at = source.lines().position(&source.text, finding.at.start);
        writeln!(
            out,
            "{}:{}:{}: {} {} {}",
            escape(&source.path),
            at.line,
            at.column,
            severity(finding.severity),
            finding.rule,
            escape(&finding.message)
        )?;
    }
    Ok(())
}
