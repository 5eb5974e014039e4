//! What a report holds, whatever its format, and how much of it is said.

use super::capacity;
use crate::finding::{Finding, Summary, Unevaluated};
use crate::product::unread::Unread;
use crate::repo::{Sources, walk};
use crate::rule::{RuleSet, Severity};
use crate::syntax::{Problem, ProblemKind};
use crate::terminal::Look;

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
    /// The rules of the run.
    pub rules: &'a RuleSet,
    /// The findings to show.
    pub findings: &'a [Finding],
    /// What could not be decided.
    pub unevaluated: &'a [Unevaluated],
    /// What could not be read.
    pub problems: &'a [FileProblem],
    /// Gateways, routes and deployments of kinds that are not read.
    pub unread: &'a [Unread],
    /// The weeks of what is scaled, where the format draws them.
    pub weeks: &'a [capacity::Shown],
    /// What was done, in numbers.
    pub summary: Summary,
}

/// In words, the most first: `3 VirtualServices, 1 jsonnet file`.
pub fn unread(all: &[Unread]) -> String {
    let words: Vec<String> = all.iter().map(|one| format!("{} {}", one.count, one.kind)).collect();
    words.join(", ")
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
        ProblemKind::Unreadable | ProblemKind::Conflict => "unreadable",
        ProblemKind::PartlyRead | ProblemKind::Twice => "partly-read",
    }
}
