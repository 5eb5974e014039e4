//! Reports: one small file per output format. Adding one is a file with its [`Layout`] and a variant of [`Format`].

pub mod capacity;
pub mod chart;
pub mod concise;
pub mod describe;
pub mod hops;
pub mod human;
pub mod json;
pub mod progress;
mod snippet;
mod summary;

use std::io::{self, Write};

use crate::finding::{Finding, Summary, Unevaluated};
use crate::repo::{Sources, walk};
use crate::rule::Severity;
use crate::syntax::{Problem, ProblemKind};
use crate::terminal::Look;

pub use human::mistake;

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people: each finding with the text it speaks of, and a summary.
    #[default]
    Human,
    /// One line for each finding: `file:line:col: severity rule message`.
    Concise,
    /// One JSON document, described by `gatelint schema report`.
    Json,
}

impl Format {
    fn layout(self) -> &'static dyn Layout {
        match self {
            Format::Human => &human::Human,
            Format::Concise => &concise::Concise,
            Format::Json => &json::Json,
        }
    }

    /// Whether findings come with their fixes. A proof reads what uses the file again, so it is made only where it shows.
    pub fn shows_fixes(self) -> bool {
        self.layout().shows_fixes()
    }

    /// Whether findings milder than [`Options::least`] are counted and nothing else is said of them.
    pub fn hides_milder(self) -> bool {
        self.layout().hides_milder()
    }

    /// The findings it shows, by their place; the rest is counted.
    pub fn shown(self, findings: &[Finding], least: Severity) -> Vec<usize> {
        self.layout().shown(findings, least)
    }
}

/// How one format shows a report.
trait Layout {
    /// Writes it.
    fn write(&self, report: &Report<'_>, options: Options, out: &mut dyn Write) -> io::Result<()>;

    /// As [`Format::shows_fixes`].
    fn shows_fixes(&self) -> bool {
        true
    }

    /// As [`Format::hides_milder`].
    fn hides_milder(&self) -> bool {
        false
    }

    /// As [`Format::shown`].
    fn shown(&self, findings: &[Finding], _least: Severity) -> Vec<usize> {
        (0..findings.len()).collect()
    }
}

/// A file, or part of one, that could not be used.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileProblem {
    /// The file, relative to the repository's root.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// How bad.
    pub kind: ProblemKind,
    /// What, as a sentence without a full stop.
    pub message: String,
}

impl FileProblem {
    /// What a parser could not read, led back to its file.
    pub fn of_text(sources: &Sources, problem: &Problem) -> Self {
        let at = sources.locate(problem.span);
        let source = sources.get(at.source);
        Self {
            path: source.path.to_string(),
            line: source.lines().line(at.start) + 1,
            kind: problem.kind,
            message: problem.message.clone(),
        }
    }

    /// What the walk could not read.
    pub fn of_file(failure: &walk::Failure) -> Self {
        Self {
            path: failure.path.clone(),
            line: 1,
            kind: match failure.kind {
                walk::FailureKind::Skipped => ProblemKind::Skipped,
                walk::FailureKind::Unreadable => ProblemKind::Unreadable,
            },
            message: failure.message.clone(),
        }
    }
}

/// Everything there is to report. Findings are sorted; problems should be.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The sources that spans lie in.
    pub sources: &'a Sources,
    /// The findings to show.
    pub findings: &'a [Finding],
    /// What could not be decided.
    pub unevaluated: &'a [Unevaluated],
    /// What could not be read.
    pub problems: &'a [FileProblem],
    /// What was done, in numbers.
    pub summary: Summary,
}

/// How much to say, and how.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// What the output can show.
    pub look: Look,
    /// Show everything that was not evaluated or not read.
    pub verbose: bool,
    /// Only findings, no summary.
    pub quiet: bool,
    /// A format that hides what is mild hides what is milder than this.
    pub least: Severity,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            look: Look::PLAIN,
            verbose: false,
            quiet: false,
            least: Severity::Warning,
        }
    }
}

/// Writes a report. A reader that stopped reading is not an error.
///
/// # Errors
/// When the output cannot be written for any other reason.
pub fn write(report: &Report<'_>, format: Format, options: Options, out: &mut dyn Write) -> io::Result<()> {
    let written = format.layout().write(report, options, out);
    forgive_closed_pipe(written.and_then(|()| out.flush()))
}

/// `gatelint lint | head` is no failure.
///
/// # Errors
/// Any other error, unchanged.
pub fn forgive_closed_pipe(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// The name of a severity in every format.
pub fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

/// The name of a kind of problem in every format.
pub fn problem_kind(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::Skipped => "skipped",
        ProblemKind::Unreadable => "unreadable",
        ProblemKind::PartlyRead => "partly-read",
    }
}
