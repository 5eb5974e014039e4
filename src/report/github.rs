//! Annotations of GitHub Actions: a workflow command for each finding, the worst first.

use std::io::{self, Write};

use super::contents::{Options, Report, unread};
use super::layout::Layout;
use super::order::{counts, worst_first};
use super::others::others;
use super::place::Place;
use crate::finding::Finding;
use crate::repo::Sources;
use crate::rule::Severity;
use crate::terminal;

/// GitHub shows so many annotations of a level that one step makes.
const OF_A_LEVEL: usize = 10;

/// `--format github`
pub(super) struct Github;

impl Layout for Github {
    fn write(&self, report: &Report<'_>, options: Options, out: &mut dyn Write) -> io::Result<()> {
        let (shown, left) = chosen(report, options.least);
        for finding in shown {
            writeln!(out, "{}", command(report.sources, finding))?;
        }
        if !left.is_empty() {
            let counts = counts(|level| left.iter().filter(|finding| finding.severity == level).count());
            writeln!(
                out,
                "::notice title=gatelint::{counts} more: GitHub shows {OF_A_LEVEL} annotations of a level"
            )?;
        }
        if !report.unread.is_empty() {
            let kinds = data(&terminal::escape(&unread(report.unread)));
            writeln!(
                out,
                "::notice title=gatelint::not read, so nothing is said of them: {kinds}"
            )?;
        }
        Ok(())
    }

    fn shows_fixes(&self) -> bool {
        false
    }

    fn hides_milder(&self) -> bool {
        true
    }
}

/// What is annotated, and what has no room. What is said of the rest, and of what is not read, is a notice each.
fn chosen<'f>(report: &Report<'f>, least: Severity) -> (Vec<&'f Finding>, Vec<&'f Finding>) {
    let loud = report.findings.iter().filter(|finding| finding.severity >= least);
    let mut room = [OF_A_LEVEL - 2, OF_A_LEVEL, OF_A_LEVEL];
    worst_first(loud).into_iter().partition(|finding| {
        let room = &mut room[finding.severity as usize];
        let fits = *room > 0;
        *room = room.saturating_sub(1);
        fits
    })
}

fn command(sources: &Sources, finding: &Finding) -> String {
    let at = Place::head(sources, finding.at);
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let mut lines = vec![finding.message.clone()];
    lines.extend(others(sources, finding));
    lines.extend((!finding.help.is_empty()).then(|| finding.help.clone()));
    let lines: Vec<_> = lines.iter().map(|line| terminal::escape(line)).collect();
    format!(
        "::{level} file={},line={},endLine={},col={},endColumn={},title={}::{}",
        property(&terminal::escape(&at.file)),
        at.line,
        at.end_line,
        at.column,
        at.end_column,
        property(&format!("gatelint {}", finding.rule)),
        data(&lines.join("\n"))
    )
}

/// The text of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of one of its parameters.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{data, property};

    #[test]
    fn what_ends_a_command_or_a_parameter_is_escaped() {
        assert_eq!(data("50%\r\na:b"), "50%25%0D%0Aa:b");
        assert_eq!(property("a,b:c%\n"), "a%2Cb%3Ac%25%0A");
    }
}
