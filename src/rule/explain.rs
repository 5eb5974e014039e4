//! Rules as text for people: the table, one page per rule, and the same page in a terminal.

mod terminal;

use std::fmt::Write as _;

pub use terminal::{built_in, terminal};

use serde_json::{Value, json};

use super::advice::advice;
use super::definition::{Example, Rule};
use super::function::FUNCTIONS;
use super::load::RuleSet;
use super::severity::{Precision, Severity};
use crate::terminal::{escape, escape_json, escape_lines, wrap};

impl Severity {
    /// The name reports and configuration use.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        }
    }
}

impl Precision {
    /// The name reports use.
    pub fn name(self) -> &'static str {
        match self {
            Precision::High => "high",
            Precision::Medium => "medium",
            Precision::Low => "low",
        }
    }
}

fn severities(rule: &Rule) -> String {
    if !rule.enabled {
        return "off".to_owned();
    }
    let names: Vec<&str> = rule.severities().into_iter().map(Severity::name).collect();
    names.join(", ")
}

/// Whether there is a fix, and which flag applies it.
fn fix_kind(rule: &Rule) -> &'static str {
    match (rule.fixable(), rule.unsafe_because().is_empty()) {
        (false, _) => "",
        (true, true) => "safe",
        (true, false) => "unsafe",
    }
}

/// How its fix is applied, and what that changes besides.
fn fix_sentence(rule: &Rule) -> Option<String> {
    let because = rule.unsafe_because();
    match fix_kind(rule) {
        "" => None,
        "safe" => Some("`gatelint lint --fix` applies the fix where it can be proved.".to_owned()),
        _ => Some(format!(
            "`gatelint lint --fix --unsafe-fixes` applies the fix where it can be proved; it is unsafe, because {}.",
            because.join("; or because ")
        )),
    }
}

/// All rules, one a line, in columns; titles end where the terminal does.
pub fn table(rules: &RuleSet, width: Option<usize>) -> String {
    let head = ["RULE", "CATEGORY", "SEVERITY", "PRECISION", "FIX", "TITLE"].map(str::to_owned);
    let row = |rule: &Rule| {
        [
            rule.id.to_string(),
            rule.category.to_string(),
            severities(rule),
            rule.precision.name().to_owned(),
            fix_kind(rule).to_owned(),
            rule.title.clone(),
        ]
        .map(|cell| escape(&cell).into_owned())
    };
    let rows: Vec<[String; 6]> = std::iter::once(head).chain(rules.rules().iter().map(row)).collect();
    let mut widths = [0; 6];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in &rows {
        let cells: Vec<String> = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        text.push_str(&shortened(cells.join("  ").trim_end(), width));
        text.push('\n');
    }
    text
}

fn shortened(line: &str, width: Option<usize>) -> String {
    match width {
        Some(width) if line.chars().count() > width => {
            line.chars().take(width.saturating_sub(1)).chain(['…']).collect()
        }
        _ => line.to_owned(),
    }
}

/// All rules as JSON.
pub fn json(rules: &RuleSet) -> String {
    let rules: Vec<Value> = rules.rules().iter().map(as_json).collect();
    escape_json(serde_json::to_string_pretty(&Value::Array(rules)).unwrap_or_default()) + "\n"
}

fn as_json(rule: &Rule) -> Value {
    let option = |option: &super::RuleOption| {
        json!({
            "name": option.name,
            "type": option.value.kind().name(),
            "value": option.value.to_string(),
            "doc": option.doc,
        })
    };
    json!({
        "id": &*rule.id,
        "category": &*rule.category,
        "severity": rule.severities().into_iter().map(Severity::name).collect::<Vec<_>>(),
        "enabled": rule.enabled,
        "precision": rule.precision.name(),
        "since": rule.since,
        "title": rule.title,
        "why": rule.why,
        "each": rule.kind.name(),
        "when": rule.when_text,
        "require": rule.require_text,
        "help": rule.help_text,
        "fix": match fix_kind(rule) {
            "" => Value::Null,
            kind => kind.into(),
        },
        "fixable": rule.fixable(),
        "options": rule.options.iter().map(option).collect::<Vec<_>>(),
        "references": rule.references,
        "file": rule.path(),
    })
}

/// The page of a rule, for `docs/rules`.
pub fn markdown(rule: &Rule) -> String {
    let made_from = format!("\nThis page is made from [`{0}`](../../{0}).\n", rule.path());
    body(rule) + &escape_lines(&made_from)
}

/// What to do about a finding, without a finding.
pub fn help(rule: &Rule) -> String {
    advice(&rule.help_text)
}

/// The page of a rule wherever it is shown.
pub fn body(rule: &Rule) -> String {
    let mut page = format!("# {}\n\n{}.\n\n", rule.id, rule.title);
    let fix = match fix_kind(rule) {
        "" => "no",
        kind => kind,
    };
    let _ = writeln!(
        page,
        "| Category | Severity | Precision | Fix | Since |\n|---|---|---|---|---|"
    );
    let _ = writeln!(
        page,
        "| {} | {} | {} | {fix} | {} |\n",
        rule.category,
        severities(rule),
        rule.precision.name(),
        rule.since
    );
    let _ = writeln!(page, "## Why\n\n{}\n", rule.why);
    let _ = writeln!(page, "## What is checked\n\nFor each {}:\n\n```", rule.kind.name());
    if let Some(when) = &rule.when_text {
        page.push_str("when\n");
        wrapped(&mut page, when, "  ", 100);
    }
    page.push_str("require\n");
    wrapped(&mut page, &rule.require_text, "  ", 100);
    page.push_str("```\n\n");
    let _ = writeln!(page, "## What to do\n\n{}\n", help(rule));
    if let Some(fix) = fix_sentence(rule) {
        let _ = writeln!(page, "{fix}\n");
    }
    if !rule.options.is_empty() {
        page.push_str("## Options\n\n| Name | Type | Default | Meaning |\n|---|---|---|---|\n");
        for option in &rule.options {
            let of = option.value.kind().name();
            let _ = writeln!(
                page,
                "| `{}` | {of} | `{}` | {} |",
                option.name, option.value, option.doc
            );
        }
        page.push('\n');
    }
    page.push_str("## Examples\n");
    for example in rule.examples() {
        example_page(&mut page, &example);
    }
    if !rule.references.is_empty() {
        page.push_str("\n## References\n\n");
        for reference in &rule.references {
            let _ = writeln!(page, "- <{reference}>");
        }
    }
    escape_lines(&page)
}

fn example_page(page: &mut String, example: &Example) {
    let verdict = if example.bad { "Wrong" } else { "Right" };
    match &example.name {
        Some(name) => {
            let _ = writeln!(page, "\n### {verdict}: {name}");
        }
        None => {
            let _ = writeln!(page, "\n### {verdict}");
        }
    }
    if let Some(note) = &example.note {
        let _ = writeln!(page, "\n{note}");
    }
    for (path, text) in &example.files {
        block(page, path, "", text);
    }
    for (path, text) in &example.fixed {
        block(page, path, " after the fix", text);
    }
}

fn block(page: &mut String, path: &str, state: &str, text: &str) {
    let language = match path.rsplit_once('.') {
        Some((_, "yaml" | "yml")) => "yaml",
        Some((_, "conf")) => "nginx",
        Some((_, "json")) => "json",
        Some((_, "tf")) => "hcl",
        _ => "",
    };
    let _ = writeln!(page, "\n`{path}`{state}\n\n```{language}\n{}\n```", text.trim_end());
}

/// The index of `docs/rules`.
pub fn index(rules: &RuleSet) -> String {
    let mut page = String::from(
        "# Rules\n\nOne page each, made from the rule files by `GATELINT_REGENERATE=1 cargo test --test rule_engine`.\n\n\
         | Rule | Category | Severity | Precision | Fix | Title |\n|---|---|---|---|---|---|\n",
    );
    for rule in rules.rules() {
        let _ = writeln!(
            page,
            "| [{0}]({0}.md) | {1} | {2} | {3} | {4} | {5} |",
            rule.id,
            rule.category,
            severities(rule),
            rule.precision.name(),
            fix_kind(rule),
            rule.title
        );
    }
    page.push_str(LANGUAGE);
    for (name, doc) in FUNCTIONS {
        let _ = writeln!(page, "| `{name}` | {doc} |");
    }
    page
}

/// What an author of rules needs besides `schemas/rule.json` and `schemas/model.json`.
const LANGUAGE: &str = "
## Writing a rule

A rule is one YAML file. `schemas/rule.json` describes its keys, `schemas/model.json` the kinds, fields and links it may \
name. Your own rules go into a folder that `.gatelint.yaml` names under `rules`.

Expressions have the syntax of [CEL](https://cel.dev): paths such as `hop.route.read_timeout`, `options.<name>`, whole \
numbers, text in quotes, `true`, `false`, `null`, the operators `&& || ! == != < <= > >= + - * ? :` and `in`, and the \
functions below. Everything is checked when the rule is loaded: names, units, types.

- A field or link may be **absent** (it was looked for and is not there) or **unknown** (it cannot be known here). \
`== null` asks whether it is absent.
- What is computed from something absent is absent, and the rule does not apply: no finding.
- Something unknown decides nothing: a result is known only where every value it could have gives the same result, as in \
`false && x`. Otherwise the rule is *not evaluated*, and the report counts it with the reason.
- What rests on an **assumption** is taken for known, and then once more for unknown. A finding of the first evaluation \
alone is at most a warning, has no safe fix, and says what would make it wrong: [assumptions](../assumptions.md).
- Durations and sizes that are without limit exceed all others.
- `point` takes the first place of its list that is there and whose `when` is true.
- In messages, `{expression}` is replaced by its value and `{{` is a brace.
- `fix` is a list. Conditions (`only`, with the reason `else`) come first; then the changes, which belong together. A \
change to the value that is already there is left out.
- In examples, a line that contains `# <--` must get exactly one finding of the rule, and no other line any.
  `gatelint rules --test` runs the examples of your own rules.

| Function | Meaning |
|---|---|
";

/// Adds a paragraph, broken between words.
fn wrapped(page: &mut String, text: &str, indent: &str, width: usize) {
    let _ = writeln!(page, "{indent}{}", wrap(&escape(text), indent.len(), indent, width));
}
