//! The JSON report, described by `schemas/report.json`. Written as it is made, one finding a line.

use std::io::{self, Write};

use serde::Serialize;

use super::contents::{Options, Report, problem_kind};
use super::layout::Layout;
use super::place::Place;
use crate::finding::{AsOf, Finding, Fix, Summary, Unevaluated, ValueNote};
use crate::product::unread::Unread;
use crate::repo::Sources;
use crate::rule::{Precision, Severity};
use crate::terminal::escape_json;

/// Version of the format: it changes when something is removed or changes its meaning.
const VERSION: u32 = 2;

#[derive(Serialize)]
struct RelatedOut<'a> {
    #[serde(flatten)]
    place: Place,
    message: &'a str,
}

#[derive(Serialize)]
struct ValueOut<'a> {
    text: &'a str,
    origin: &'a str,
    product: Option<&'a str>,
    version: Option<&'a str>,
    source: Option<&'a str>,
}

#[derive(Serialize)]
struct EditOut<'a> {
    file: String,
    start: u32,
    end: u32,
    text: &'a str,
}

#[derive(Serialize)]
struct FixOut<'a> {
    title: &'a str,
    safety: &'static str,
    because: Option<&'a str>,
    edits: Vec<EditOut<'a>>,
}

#[derive(Serialize)]
struct FindingOut<'a> {
    rule: &'a str,
    category: &'a str,
    severity: Severity,
    precision: Precision,
    message: &'a str,
    help: &'a str,
    path: Option<&'a str>,
    environments: &'a [String],
    #[serde(flatten)]
    at: Place,
    value: Option<ValueOut<'a>>,
    related: Vec<RelatedOut<'a>>,
    fix: Option<FixOut<'a>>,
    no_fix_reason: Option<&'a str>,
    fingerprint: &'a str,
}

#[derive(Serialize)]
struct UnevaluatedOut<'a> {
    rule: &'a str,
    reason: &'a str,
    count: usize,
    file: Option<String>,
    line: Option<usize>,
}

#[derive(Serialize)]
struct ProblemOut<'a> {
    file: &'a str,
    line: usize,
    kind: &'static str,
    message: &'a str,
}

#[derive(Serialize)]
struct SummaryOut<'a> {
    files: usize,
    hops: usize,
    linked: usize,
    errors: usize,
    warnings: usize,
    infos: usize,
    ignored: usize,
    #[serde(skip_serializing_if = "is_none")]
    known: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    mended: Option<usize>,
    fixable: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<String>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    not_read: &'a [Unread],
}

/// `--format json`
pub(super) struct Json;

impl Layout for Json {
    fn write(&self, report: &Report<'_>, _: Options, out: &mut dyn Write) -> io::Result<()> {
        let sources = report.sources;
        let version = env!("CARGO_PKG_VERSION");
        write!(
            out,
            "{{\"version\":{VERSION},\"tool_version\":\"{version}\",\n\"findings\":"
        )?;
        list(out, report.findings.iter().map(|finding| finding_out(sources, finding)))?;
        write!(out, ",\n\"not_evaluated\":")?;
        list(
            out,
            report.unevaluated.iter().map(|entry| unevaluated_out(sources, entry)),
        )?;
        write!(out, ",\n\"problems\":")?;
        let problems = report.problems.iter().map(|problem| ProblemOut {
            file: &problem.path,
            line: problem.line,
            kind: problem_kind(problem.kind),
            message: &problem.message,
        });
        list(out, problems)?;
        write!(out, ",\n\"summary\":")?;
        serde_json::to_writer(&mut *out, &summary_out(report.summary, report.unread))?;
        writeln!(out, "}}")
    }
}

/// One a line.
pub(super) fn list<T: Serialize>(out: &mut dyn Write, items: impl Iterator<Item = T>) -> io::Result<()> {
    write!(out, "[")?;
    for (nth, item) in items.enumerate() {
        out.write_all(if nth == 0 { b"\n" } else { b",\n" })?;
        out.write_all(escape_json(serde_json::to_string(&item)?).as_bytes())?;
    }
    write!(out, "]")
}

fn finding_out<'a>(sources: &Sources, finding: &'a Finding) -> FindingOut<'a> {
    let related = finding.related.iter().map(|(span, message)| RelatedOut {
        place: Place::of(sources, *span),
        message,
    });
    FindingOut {
        rule: &finding.rule,
        category: &finding.category,
        severity: finding.severity,
        precision: finding.precision,
        message: &finding.message,
        help: &finding.help,
        path: finding.path.as_deref(),
        environments: &finding.environments,
        at: Place::of(sources, finding.at),
        value: finding.value.as_ref().map(value_out),
        related: related.collect(),
        fix: finding.fix().map(|fix| fix_out(sources, fix)),
        no_fix_reason: finding.no_fix_reason(),
        fingerprint: &finding.fingerprint,
    }
}

fn value_out(note: &ValueNote) -> ValueOut<'_> {
    ValueOut {
        text: &note.text,
        origin: note.origin,
        product: note.product.as_deref(),
        version: note.version.as_deref(),
        source: note.source.as_deref(),
    }
}

fn fix_out<'a>(sources: &Sources, fix: &'a Fix) -> FixOut<'a> {
    let edits = fix.edits.iter().map(|edit| EditOut {
        file: sources.get(edit.span.source).path.to_string(),
        start: edit.span.start,
        end: edit.span.end,
        text: &edit.text,
    });
    FixOut {
        title: &fix.title,
        safety: if fix.because.is_some() { "unsafe" } else { "safe" },
        because: fix.because.as_deref(),
        edits: edits.collect(),
    }
}

fn unevaluated_out<'a>(sources: &Sources, entry: &'a Unevaluated) -> UnevaluatedOut<'a> {
    let at = entry.at.map(|span| Place::of(sources, span));
    UnevaluatedOut {
        rule: &entry.rule,
        reason: &entry.reason,
        count: entry.count,
        line: at.as_ref().map(|at| at.line),
        file: at.map(|at| at.file),
    }
}

fn summary_out(summary: Summary, not_read: &[Unread]) -> SummaryOut<'_> {
    SummaryOut {
        files: summary.files,
        hops: summary.hops,
        linked: summary.linked,
        errors: summary.errors,
        warnings: summary.warnings,
        infos: summary.infos,
        ignored: summary.ignored,
        known: summary.known,
        mended: summary.mended,
        fixable: summary.fixable,
        as_of: summary.as_of.map(AsOf::day),
        not_read,
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)] // What serde asks for.
fn is_none(count: &usize) -> bool {
    *count == 0
}
