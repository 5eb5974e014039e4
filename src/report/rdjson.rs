//! What reviewdog reads: `DiagnosticResult` of its format, with fixes as suggestions. Columns count bytes there.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::contents::{Options, Report};
use super::json::list;
use super::layout::Layout;
use super::others::others;
use super::pages::address;
use crate::finding::{Finding, Fix};
use crate::repo::edit::splice;
use crate::repo::{Edit, Sources, Span};
use crate::rule::Severity;
use crate::terminal::escape;

/// `--format rdjson`
pub(super) struct Rdjson;

impl Layout for Rdjson {
    fn write(&self, report: &Report<'_>, _: Options, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "{{\"source\":{{\"name\":\"gatelint\"}},\n\"diagnostics\":")?;
        list(out, report.findings.iter().map(|finding| diagnostic(report, finding)))?;
        writeln!(out, "}}")
    }
}

fn diagnostic(report: &Report<'_>, finding: &Finding) -> Value {
    let sources = report.sources;
    let said = std::iter::once(finding.message.clone()).chain(others(sources, finding));
    let message = said.collect::<Vec<String>>().join("; ");
    let mut code = json!({ "value": &*finding.rule });
    if let Some(page) = address(report.rules, &finding.rule) {
        code["url"] = page.into();
    }
    let mut diagnostic = json!({
        "message": escape(&message),
        "location": { "path": &*sources.get(finding.at.source).path, "range": range(sources, finding.at) },
        "severity": match finding.severity {
            Severity::Error => "ERROR",
            Severity::Warning => "WARNING",
            Severity::Info => "INFO",
        },
        "code": code,
    });
    if let Some(whole) = finding.fix().and_then(|fix| whole(sources, fix, finding.at)) {
        diagnostic["suggestions"] = json!([{ "range": range(sources, whole.span), "text": whole.text }]);
    }
    diagnostic
}

/// A fix as one edit, since suggestions are taken one by one; none where it changes another file too.
fn whole(sources: &Sources, fix: &Fix, at: Span) -> Option<Edit> {
    if fix.edits.iter().any(|edit| edit.span.source != at.source) {
        return None;
    }
    let start = fix.edits.iter().map(|edit| edit.span.start).min()?;
    let end = fix.edits.iter().map(|edit| edit.span.end).max()?;
    let span = Span::new(at.source, start, end);
    let moved = fix.edits.iter().map(|edit| Edit {
        span: Span::new(at.source, edit.span.start - start, edit.span.end - start),
        text: edit.text.clone(),
    });
    let text = splice(&sources.text(span), &moved.collect::<Vec<Edit>>())?;
    Some(Edit { span, text })
}

fn range(sources: &Sources, span: Span) -> Value {
    json!({ "start": position(sources, span, span.start), "end": position(sources, span, span.end) })
}

fn position(sources: &Sources, span: Span, offset: u32) -> Value {
    let lines = sources.get(span.source).lines();
    let line = lines.line(offset);
    json!({ "line": line + 1, "column": offset - lines.start(line) + 1 })
}
