//! GitLab's Code Quality report: what a merge request shows beside the lines it changes.

use std::io::{self, Write};

use serde::Serialize;

use super::contents::{Options, Report};
use super::json::list;
use super::layout::Layout;
use super::place::Place;
use crate::finding::Finding;
use crate::repo::Sources;
use crate::rule::Severity;
use crate::terminal::escape;

/// `--format gitlab`
pub(super) struct Gitlab;

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: &'a str,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
    end: usize,
}

impl Layout for Gitlab {
    fn write(&self, report: &Report<'_>, _: Options, out: &mut dyn Write) -> io::Result<()> {
        list(
            out,
            report.findings.iter().map(|finding| issue(report.sources, finding)),
        )?;
        writeln!(out)
    }

    fn shows_fixes(&self) -> bool {
        false
    }
}

fn issue<'a>(sources: &Sources, finding: &'a Finding) -> Issue<'a> {
    let at = Place::head(sources, finding.at);
    Issue {
        description: escape(&finding.message).into_owned(),
        check_name: &finding.rule,
        fingerprint: &finding.fingerprint,
        severity: match finding.severity {
            Severity::Error => "critical",
            Severity::Warning => "minor",
            Severity::Info => "info",
        },
        location: Location {
            path: at.file,
            lines: Lines {
                begin: at.line,
                end: at.end_line,
            },
        },
    }
}
