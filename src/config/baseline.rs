//! `.gatelint-baseline.yaml`: read with every mistake placed, and written so that a review of it is short.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::reader::{ConfigProblem, Reader, is_null};
use crate::finding::baseline::Entry;
use crate::finding::directive::date;
use crate::syntax::{At, ProblemKind, Tree};

/// The file's name, at the repository's root.
pub const FILE: &str = ".gatelint-baseline.yaml";

const HEAD: &str = "\
# What gatelint had found when this was written, and does not report until its day. What is new fails all the same.
# `gatelint baseline show` tells what is left of it, `gatelint baseline prune` removes what was mended.
version: 1
findings:";

/// Reads a baseline. With any problem it must not be used.
pub fn read(tree: &Tree) -> (Vec<Entry>, Vec<ConfigProblem>) {
    let mut reader = Reader::default();
    for problem in tree
        .problems
        .iter()
        .filter(|problem| problem.kind != ProblemKind::Skipped)
    {
        reader.problem(problem.span, problem.message.clone(), None);
    }
    let mut entries = Vec::new();
    let mut documents = tree.root().children();
    let Some(document) = documents.next() else {
        return (entries, reader.problems);
    };
    for part in reader.keys(document, "the baseline", &["version", "findings"]) {
        if part.name() == "findings" {
            for item in reader.list(part, "`findings`") {
                entries.extend(entry(&mut reader, item));
            }
        } else if part.text() != Some("1") {
            let help = "this gatelint reads version 1: write the baseline again, or update gatelint".to_owned();
            reader.problem(part.name_span(), "the baseline is of another version", Some(help));
        }
    }
    let mut seen = HashSet::new();
    for entry in &entries {
        if !seen.insert(entry.fingerprint.clone()) {
            reader.problem(
                entry.span,
                "this finding is listed twice",
                Some("remove one of them".to_owned()),
            );
        }
    }
    if let Some(second) = documents.next() {
        reader.problem(second.head(), "the baseline must be a single document", None);
    }
    (entries, reader.problems)
}

fn entry(reader: &mut Reader, item: At<'_>) -> Option<Entry> {
    const KEYS: [&str; 6] = ["rule", "file", "finding", "fingerprint", "reason", "until"];
    let before = reader.problems.len();
    let parts = reader.keys(item, "an entry", &KEYS);
    let mut entry = Entry {
        rule: String::new(),
        file: String::new(),
        finding: String::new(),
        fingerprint: String::new(),
        reason: None,
        until: None,
        span: item.head(),
    };
    for part in parts.into_iter().filter(|part| !is_null(*part)) {
        let Some(text) = reader.text(part, &format!("`{}`", part.name())) else {
            continue;
        };
        match part.name() {
            "rule" => (entry.rule, entry.span) = (text.value, text.span),
            "file" => entry.file = text.value,
            "finding" => entry.finding = text.value,
            "fingerprint" => entry.fingerprint = text.value,
            "reason" => entry.reason = Some(text.value),
            _ => match date(&text.value) {
                Ok(day) => entry.until = Some(day),
                Err(mistake) => reader.problem(text.span, mistake, None),
            },
        }
    }
    let missing = [("rule", &entry.rule), ("fingerprint", &entry.fingerprint)];
    if let Some((name, _)) = missing.iter().find(|(_, value)| value.is_empty())
        && reader.problems.len() == before
    {
        let help = "`gatelint baseline write` writes the file anew and keeps reasons and days".to_owned();
        reader.problem(item.head(), format!("the entry has no `{name}`"), Some(help));
    }
    (reader.problems.len() == before).then_some(entry)
}

/// The text of a baseline, in order of file, rule and fingerprint.
pub fn write(mut entries: Vec<Entry>) -> String {
    let key = |of: &Entry| {
        (
            of.file.clone(),
            of.rule.clone(),
            of.finding.clone(),
            of.fingerprint.clone(),
        )
    };
    entries.sort_by_cached_key(key);
    let mut text = HEAD.to_owned();
    text.push_str(if entries.is_empty() { " []\n" } else { "\n" });
    for entry in &entries {
        let until = entry.until.map(|day| day.to_string());
        let parts = [
            ("rule", Some(&entry.rule)),
            ("file", Some(&entry.file)),
            ("finding", Some(&entry.finding)),
            ("reason", entry.reason.as_ref()),
            ("until", until.as_ref()),
            ("fingerprint", Some(&entry.fingerprint)),
        ];
        let parts = parts.iter().filter_map(|(name, value)| Some((name, (*value)?)));
        for (nth, (name, value)) in parts.enumerate() {
            let dash = if nth == 0 { "- " } else { "  " };
            // A string can always be written.
            let _ = writeln!(text, "  {dash}{name}: {}", quoted(name, value));
        }
    }
    text
}

/// Ids of rules and days as they are; all else in quotes, as JSON, which is YAML.
fn quoted(name: &str, value: &str) -> String {
    let is_plain = value
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    match name {
        "rule" | "until" if is_plain => value.to_owned(),
        _ => serde_json::Value::from(value).to_string(),
    }
}
