//! The page of a rule in a terminal.

use std::fmt::Write as _;

use super::{Rule, fix_sentence, severities, wrapped};
use crate::rule::advice::advice;
use crate::terminal::{escape, escape_lines};

fn bold(text: &str, colour: bool) -> String {
    let text = escape(text);
    if colour {
        format!("\u{1b}[1m{text}\u{1b}[0m")
    } else {
        text.into_owned()
    }
}

/// The page of a rule that is not a file: it speaks of gatelint's own ignores.
pub fn built_in(id: &str, title: &str, colour: bool, width: usize) -> String {
    let mut page = format!("{} (warning, config)\n\n", bold(id, colour));
    let text = format!(
        "{title}. Ignores are comments such as `# gatelint: ignore[rule-id] reason until 2027-01-31` and the entries \
         under `ignores` in `.gatelint.yaml`; a stale one would hide the next mistake of its kind."
    );
    wrapped(&mut page, &text, "", width.clamp(40, 100));
    page
}

/// The page of a rule for a terminal of some width.
pub fn terminal(rule: &Rule, colour: bool, width: usize) -> String {
    let width = width.clamp(40, 100);
    let bold = |text: &str| bold(text, colour);
    let mut page = format!(
        "{} ({}, {})\n\n",
        bold(&rule.id),
        severities(rule),
        escape(&rule.category)
    );
    wrapped(&mut page, &format!("{}. {}", rule.title, rule.why), "", width);
    let _ = writeln!(page, "\n{}", bold("What is checked"));
    wrapped(&mut page, &format!("for each {}", rule.kind.name()), "  ", width);
    if let Some(when) = &rule.when_text {
        wrapped(&mut page, &format!("when {when}"), "  ", width);
    }
    wrapped(&mut page, &format!("require {}", rule.require_text), "  ", width);
    let _ = writeln!(page, "\n{}", bold("What to do"));
    wrapped(&mut page, &advice(&rule.help_text), "  ", width);
    if let Some(fix) = fix_sentence(rule) {
        wrapped(&mut page, &fix, "  ", width);
    }
    if !rule.options.is_empty() {
        let _ = writeln!(page, "\n{}", bold("Options"));
        for option in &rule.options {
            let line = format!(
                "{} ({}, {}): {}",
                option.name,
                option.value.kind().name(),
                option.value,
                option.doc
            );
            wrapped(&mut page, &line, "  ", width);
        }
    }
    for example in rule.examples() {
        let verdict = if example.bad { "Wrong" } else { "Right" };
        let name = example
            .name
            .as_ref()
            .map_or_else(String::new, |name| format!(": {name}"));
        let _ = writeln!(page, "\n{}", bold(&format!("{verdict}{name}")));
        let after = example
            .fixed
            .iter()
            .map(|(path, text)| (format!("{path} after the fix"), text));
        for (path, text) in example
            .files
            .iter()
            .map(|(path, text)| (path.clone(), text))
            .chain(after)
        {
            let _ = writeln!(page, "\n  {}", escape(&path));
            for line in escape_lines(text).lines() {
                page.push_str(format!("    {line}").trim_end());
                page.push('\n');
            }
        }
    }
    if !rule.references.is_empty() {
        let _ = writeln!(page, "\n{}", bold("References"));
        for reference in &rule.references {
            let _ = writeln!(page, "  {}", escape(reference));
        }
    }
    page
}
