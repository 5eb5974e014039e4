//! Reports: one small file per output format. Adding one is a file with its `Layout` and a variant of [`Format`].

pub mod capacity;
pub mod chart;
pub mod concise;
mod contents;
pub mod describe;
mod github;
mod gitlab;
pub mod hops;
pub mod human;
pub mod json;
mod junit;
mod layout;
mod markdown;
mod order;
mod others;
mod pages;
mod place;
pub mod progress;
mod rdjson;
mod sarif;
mod snippet;
mod summary;

use std::io::{self, Write};

use crate::finding::Finding;
use crate::rule::Severity;
use layout::Layout;

pub use contents::{FileProblem, Options, Report, problem_kind, severity};
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
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of GitHub Actions, the worst ten of a level.
    Github,
    /// Markdown, for the summary of a step or a comment.
    Markdown,
    /// GitLab's Code Quality report.
    Gitlab,
    /// JUnit's XML, a failed case for each finding.
    Junit,
    /// What reviewdog reads, with fixes as suggestions.
    Rdjson,
}

impl Format {
    fn layout(self) -> &'static dyn Layout {
        match self {
            Format::Human => &human::Human,
            Format::Concise => &concise::Concise,
            Format::Json => &json::Json,
            Format::Sarif => &sarif::Sarif,
            Format::Github => &github::Github,
            Format::Markdown => &markdown::Markdown,
            Format::Gitlab => &gitlab::Gitlab,
            Format::Junit => &junit::Junit,
            Format::Rdjson => &rdjson::Rdjson,
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

    /// Whether it draws the weeks of what is scaled too small.
    pub fn draws_weeks(self) -> bool {
        self.layout().draws_weeks()
    }

    /// The findings it shows, by their place; the rest is counted.
    pub fn shown(self, findings: &[Finding], least: Severity) -> Vec<usize> {
        self.layout().shown(findings, least)
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
