//! SARIF 2.1.0, as its schema and GitHub's code scanning want it. Only what is found is described: rules by their own
//! pages, findings the worst first, since GitHub shows the first of very many.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::contents::{FileProblem, Options, Report, unread};
use super::json::list;
use super::layout::Layout;
use super::order::worst_first;
use super::pages::{Page, address};
use super::place::{Place, uri};
use crate::finding::{Finding, Fix};
use crate::repo::Sources;
use crate::rule::Severity;
use crate::terminal::escape;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// GitHub refuses a run with more.
const RESULTS: usize = 25_000;
/// GitHub shows so many related places of a result.
const RELATED: usize = 100;

/// `--format sarif`
pub(super) struct Sarif;

impl Layout for Sarif {
    fn write(&self, report: &Report<'_>, _: Options, out: &mut dyn Write) -> io::Result<()> {
        let mut shown = worst_first(report.findings);
        let left = shown.split_off(shown.len().min(RESULTS)).len();
        let ids = shown.iter().map(|finding| (&*finding.rule, *finding));
        let rules: BTreeMap<&str, &Finding> = ids.collect();
        let places: BTreeMap<&str, usize> = rules.keys().enumerate().map(|(at, id)| (*id, at)).collect();
        let version = env!("CARGO_PKG_VERSION");
        write!(
            out,
            "{{\"$schema\":\"{SCHEMA}\",\"version\":\"2.1.0\",\"runs\":[{{\n\"tool\":{{\"driver\":{{\"name\":\"gatelint\",\
             \"semanticVersion\":\"{version}\",\"informationUri\":\"{}\",\"rules\":",
            env!("CARGO_PKG_REPOSITORY")
        )?;
        let described = rules.iter().map(|(id, finding)| {
            let page = Page::of(report.rules, finding);
            rule(&page, address(report.rules, id))
        });
        list(out, described)?;
        write!(
            out,
            "}}}},\n\"columnKind\":\"unicodeCodePoints\",\"automationDetails\":{{\"id\":\"gatelint/\"}},\n\
             \"originalUriBaseIds\":{{\"%SRCROOT%\":{{\"description\":{{\"text\":\"The root of the repository.\"}}}}}},\n\
             \"invocations\":[{{\"executionSuccessful\":true,\"toolExecutionNotifications\":"
        )?;
        let cut = (left > 0).then(|| {
            notice(&format!(
                "{left} findings, the mildest, are left out: GitHub takes {RESULTS}."
            ))
        });
        let kinds =
            (!report.unread.is_empty()).then(|| notice(&format!("Not read: {}.", escape(&unread(report.unread)))));
        list(out, report.problems.iter().map(problem).chain(kinds).chain(cut))?;
        write!(out, "}}],\n\"results\":")?;
        let results = shown
            .iter()
            .map(|finding| result(report.sources, finding, places[&*finding.rule]));
        list(out, results)?;
        writeln!(out, "}}]}}")
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn rule(page: &Page<'_>, address: Option<String>) -> Value {
    let severity = match page.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "recommendation",
    };
    let mut rule = json!({
        "id": page.id,
        "name": name(page.id),
        "shortDescription": { "text": short(page.title) },
        "fullDescription": { "text": short(page.why) },
        "help": { "text": page.help, "markdown": page.markdown },
        "defaultConfiguration": { "level": level(page.severity) },
        "properties": {
            "tags": [page.category],
            "precision": page.precision.name(),
            "problem.severity": severity,
        },
    });
    if let Some(address) = address {
        rule["helpUri"] = address.into();
    }
    rule
}

/// `read-timeout-below-app` as `ReadTimeoutBelowApp`.
fn name(id: &str) -> String {
    let words = id.split(|c: char| !c.is_ascii_alphanumeric());
    let word = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|c| c.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    words.map(word).collect()
}

/// A text within GitHub's limit, ended as a sentence.
fn short(text: &str) -> String {
    const LIMIT: usize = 1024;
    let text = sentence(text);
    match text.char_indices().nth(LIMIT) {
        None => text,
        Some(_) => text.chars().take(LIMIT - 1).chain(['…']).collect(),
    }
}

fn sentence(text: &str) -> String {
    let text = text.trim();
    match text.ends_with(['.', '?', '!']) {
        true => text.to_owned(),
        false => format!("{text}."),
    }
}

fn result(sources: &Sources, finding: &Finding, rule: usize) -> Value {
    let related = || finding.related.iter().take(RELATED).enumerate();
    let mut text = sentence(&literal(&finding.message));
    if let Some(path) = &finding.path {
        text = format!("{text}\nPath: {}", sentence(&literal(path)));
    }
    for (nth, (span, said)) in related() {
        let place = Place::of(sources, *span);
        let link = format!("{}:{}", place.file, place.line);
        let link = bracketed(&escape(&link));
        let said = sentence(&literal(said));
        text = format!("{text}\n[{link}]({}): {said}", nth + 1);
    }
    if !finding.help.is_empty() {
        text = format!("{text}\n{}", sentence(&literal(&finding.help)));
    }
    let related: Vec<Value> = related()
        .map(|(nth, (span, said))| {
            json!({
                "id": nth + 1,
                "message": { "text": sentence(&literal(said)) },
                "physicalLocation": location(&Place::of(sources, *span)),
            })
        })
        .collect();
    let mut result = json!({
        "ruleId": &*finding.rule,
        "ruleIndex": rule,
        "level": level(finding.severity),
        "message": { "text": text },
        "locations": [{ "physicalLocation": location(&Place::head(sources, finding.at)) }],
        "partialFingerprints": { "gatelint/v1": finding.fingerprint },
    });
    if !related.is_empty() {
        result["relatedLocations"] = related.into();
    }
    if let Some(proved) = finding.fix() {
        result["fixes"] = json!([fix(sources, proved)]);
    }
    result
}

/// Text that is no link, whatever stands in it.
fn literal(text: &str) -> String {
    let text = escape(text);
    match text.contains("](") {
        true => bracketed(&text),
        false => text.into_owned(),
    }
}

/// Text of a link, or beside one.
fn bracketed(text: &str) -> String {
    text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

fn artifact(path: &str) -> Value {
    json!({ "uri": uri(path), "uriBaseId": "%SRCROOT%" })
}

fn region(place: &Place) -> Value {
    json!({
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    })
}

fn location(place: &Place) -> Value {
    json!({ "artifactLocation": artifact(&place.file), "region": region(place) })
}

fn fix(sources: &Sources, fix: &Fix) -> Value {
    let mut files: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for edit in &fix.edits {
        let path = &*sources.get(edit.span.source).path;
        files.entry(path).or_default().push(json!({
            "deletedRegion": region(&Place::of(sources, edit.span)),
            "insertedContent": { "text": edit.text },
        }));
    }
    let because = fix.because.as_ref();
    let because = because.map_or_else(String::new, |because| format!(" (unsafe: {because})"));
    let changes = files
        .into_iter()
        .map(|(path, replacements)| json!({ "artifactLocation": artifact(path), "replacements": replacements }));
    json!({
        "description": { "text": sentence(&escape(&format!("{}{because}", fix.title))) },
        "artifactChanges": changes.collect::<Vec<Value>>(),
    })
}

fn notice(text: &str) -> Value {
    json!({ "level": "warning", "message": { "text": text } })
}

fn problem(problem: &FileProblem) -> Value {
    let mut notice = notice(&sentence(&literal(&problem.message)));
    notice["locations"] = json!([{ "physicalLocation": {
        "artifactLocation": artifact(&problem.path),
        "region": { "startLine": problem.line },
    } }]);
    notice
}
