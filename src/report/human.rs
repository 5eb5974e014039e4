//! For people: each finding with both ends it speaks of, what to do, and a summary of what was and was not looked at.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::io::{self, Write};

use rayon::prelude::*;

use super::contents::{Options, Report, severity};
use super::layout::Layout;
use super::pages::address;
use super::snippet::{Drawing, Label};
use super::summary;
use super::summary::Hidden;
use crate::finding::{Finding, Repair, ValueNote};
use crate::repo::{Sources, Span};
use crate::rule::{RuleSet, Severity};
use crate::speed;
use crate::terminal::{Look, escape, link, wrap};

/// More findings than anyone reads; the rest is counted.
const SHOWN: usize = 200;
/// How many related places, paths and environments of one finding are shown.
const PLACES: usize = 5;

/// `--format human`
pub(super) struct Human;

impl Layout for Human {
    /// Findings and summary.
    fn write(&self, report: &Report<'_>, options: Options, out: &mut dyn Write) -> io::Result<()> {
        let (shown, cut) = chosen(report.findings, options.least);
        for some in drawn(report, &shown, options.look) {
            out.write_all(some.as_bytes())?;
        }
        if !cut.is_empty() {
            writeln!(out, "and {} more; `--format concise` shows them all\n", cut.len())?;
        }
        if options.quiet {
            return Ok(());
        }
        let hidden = Hidden {
            milder: report.summary.findings().saturating_sub(shown.len() + cut.len()),
            unproved: cut.iter().any(|at| report.findings[*at].is_unproved()),
        };
        let mut lines = summary::lines(report, options, hidden).into_iter();
        lines.try_for_each(|line| writeln!(out, "{line}"))
    }

    fn hides_milder(&self) -> bool {
        true
    }

    fn shown(&self, findings: &[Finding], least: Severity) -> Vec<usize> {
        chosen(findings, least).0
    }
}

/// The findings that people are shown, by their place: all that are not milder, or the worst of very many; and those that
/// are then left.
fn chosen(findings: &[Finding], least: Severity) -> (Vec<usize>, Vec<usize>) {
    let loud = (0..findings.len()).filter(|at| findings[*at].severity >= least);
    let mut shown: Vec<usize> = loud.collect();
    if shown.len() > SHOWN {
        shown.sort_by_key(|at| Reverse(findings[*at].severity));
    }
    let cut = shown.split_off(shown.len().min(SHOWN));
    (shown, cut)
}

/// Findings as text, some in each.
fn drawn(report: &Report<'_>, shown: &[usize], look: Look) -> Vec<String> {
    let each = shown.par_chunks(speed::DRAWN).map(|some| {
        let mut drawing = Drawing::new(report.sources, look);
        let each = some
            .iter()
            .map(|at| one(&report.findings[*at], report.rules, &mut drawing, look) + "\n");
        each.collect()
    });
    each.collect()
}

fn one(finding: &Finding, rules: &RuleSet, drawing: &mut Drawing<'_>, look: Look) -> String {
    let page = address(rules, &finding.rule);
    let rule = Some((&*finding.rule, page.as_deref()));
    let mut out = heading(severity(finding.severity), rule, &finding.message, look);
    let mut labels = vec![Label {
        at: finding.at,
        text: finding
            .value
            .as_ref()
            .and_then(|note| said_of(note, &drawing.text(finding.at))),
        primary: true,
    }];
    let related = finding.related.iter().take(PLACES).map(|(at, text)| Label {
        at: *at,
        text: (!text.is_empty()).then(|| text.clone()),
        primary: false,
    });
    labels.extend(related);
    out.push_str(&drawing.draw(labels));
    let mut line = |name: &str, text: &str| {
        out.push_str(&note(name, text, look));
    };
    if finding.related.len() > PLACES {
        line("also", &format!("{} more places", finding.related.len() - PLACES));
    }
    if let Some(path) = &finding.path {
        let paths: BTreeSet<&str> = finding
            .places
            .iter()
            .filter_map(|place| place.path.as_deref())
            .collect();
        let more = paths.len().saturating_sub(1);
        let more = if more > 0 {
            format!(" (and {more} more)")
        } else {
            String::new()
        };
        line("path", &format!("{path}{more}"));
    }
    if !finding.environments.is_empty() {
        line("only in", &some_of(&finding.environments));
    }
    if !finding.help.is_empty() {
        line("help", &finding.help);
    }
    match &finding.repair {
        Repair::Proved(fix) => match &fix.because {
            None => line("fix", &format!("{}; apply with `gatelint lint --fix`", fix.title)),
            Some(because) => line(
                "fix",
                &format!(
                    "{} (unsafe: {because}); apply with `gatelint lint --fix --unsafe-fixes`",
                    fix.title
                ),
            ),
        },
        Repair::Refused(reason) => line("no fix", reason),
        Repair::None | Repair::Untried => {}
    }
    out
}

/// One finding, as `--format human` shows it.
pub fn finding(finding: &Finding, rules: &RuleSet, sources: &Sources, look: Look) -> String {
    one(finding, rules, &mut Drawing::new(sources, look), look)
}

/// Renders a mistake in a file that stops the tool, such as one in the configuration.
pub fn mistake(sources: &Sources, at: Span, message: &str, help: Option<&str>, look: Look) -> String {
    let mut out = heading("error", None, message, look);
    let label = Label {
        at,
        text: None,
        primary: true,
    };
    out.push_str(&Drawing::new(sources, look).draw(vec![label]));
    if let Some(help) = help {
        out.push_str(&note("help", help, look));
    }
    out
}

/// A rule comes with the address of its page.
fn heading(severity: &str, rule: Option<(&str, Option<&str>)>, message: &str, look: Look) -> String {
    let color = match severity {
        "error" => "1;31",
        "warning" => "1;33",
        _ => "1;34",
    };
    let (id, page) = rule.map_or((String::new(), None), |(id, page)| (format!("[{}]", escape(id)), page));
    let message = fitted(&escape(message), severity.len() + id.len() + 2, look);
    let name = format!("{severity}{}", link(look, page, &id));
    format!("{}: {}\n", paint(look, color, &name), paint(look, "1", &message))
}

/// A line below the text of a finding.
fn note(name: &str, text: &str, look: Look) -> String {
    let text = fitted(&escape(text), name.len() + 4, look);
    format!("  {}: {text}\n", paint(look, "36", name))
}

/// Text for a terminal, broken between words and indented behind the `taken` columns of its first line. What goes to a
/// file stays on one line, to be searched.
fn fitted(text: &str, taken: usize, look: Look) -> String {
    if !look.terminal {
        return text.to_owned();
    }
    wrap(text, taken, "    ", look.width)
}

/// What to say of the value at the underlined text: nothing where it would repeat that text, or where it is yes or no
/// and was worked out, which the message says in words.
fn said_of(note: &ValueNote, underlined: &str) -> Option<String> {
    let is_answer = matches!(note.text.as_str(), "true" | "false");
    let stands_there = matches!(note.origin, "written" | "computed");
    if stands_there && (is_answer || underlined.trim_matches(['"', '\'']) == note.text) {
        return None;
    }
    let text = match (is_answer, note.text.as_str()) {
        (true, "true") => "on",
        (true, _) => "off",
        (false, text) => text,
    };
    let from = match note.origin {
        "default" => {
            let version = note
                .version
                .as_ref()
                .map_or(String::new(), |version| format!(" {version}"));
            let product = note.product.as_deref().unwrap_or("the product");
            let source = note
                .source
                .as_ref()
                .map_or(String::new(), |source| format!(" ({source})"));
            format!(", the default of {product}{version}{source}")
        }
        "inherited" => ", inherited from here".to_owned(),
        "assumed" => ", assumed".to_owned(),
        _ => String::new(),
    };
    Some(format!("{text}{from}"))
}

fn some_of(names: &[String]) -> String {
    let shown = names
        .iter()
        .take(PLACES)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    match names.len().saturating_sub(PLACES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Colours text by an SGR code.
pub(super) fn paint(look: Look, code: &str, text: &str) -> String {
    if look.color {
        format!("\x1b[{code}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}
