//! Markdown for the summary of a step or a comment: findings by rule, both ends as links, patches folded, a picture of
//! the hops concerned, and the weeks of what is scaled too small.

mod mermaid;
mod text;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::chart::{Style, draw};
use super::contents::{Options, Report, severity, unread};
use super::layout::Layout;
use super::order::{counted, counts};
use super::others::{NAMED, unnamed};
use super::pages::address;
use super::place::{Place, uri};
use crate::finding::{Finding, Fix};
use crate::fix::diff;
use crate::repo::edit::splice;
use crate::repo::{Edit, SourceId, Sources};
use crate::rule::Severity;
use crate::terminal::escape_lines;
use text::{fenced, plain};

/// More findings than anyone reads; the rest is counted.
const SHOWN: usize = 200;
/// The summary of a step holds 1 MiB; half is left to others.
const LIMIT: usize = 512 * 1024;
/// Weeks that are drawn.
const WEEKS: usize = 10;
/// Environments that are named.
const ENVIRONMENTS: usize = 5;

/// `--format markdown`
pub(super) struct Markdown;

impl Layout for Markdown {
    fn write(&self, report: &Report<'_>, options: Options, out: &mut dyn Write) -> io::Result<()> {
        let links = Links::of(|name| std::env::var(name).ok());
        let loud: Vec<&Finding> = loud(report.findings, options.least).collect();
        let title = counted(report.summary);
        let title = if title.is_empty() { "nothing found" } else { &title };
        writeln!(out, "## gatelint: {title}\n")?;
        let summary = report.summary;
        let aside = [(summary.ignored, "ignored"), (summary.known, "in the baseline")];
        let aside = aside.into_iter().filter(|(count, _)| *count > 0);
        let aside: String = aside.map(|(count, name)| format!(", {count} {name}")).collect();
        writeln!(
            out,
            "{} of {} hops linked in {} files{aside}.\n",
            summary.linked, summary.hops, summary.files
        )?;
        out.write_all(mermaid::picture(&loud).as_bytes())?;
        let (text, left) = by_rule(report, &loud, &links);
        out.write_all(text.as_bytes())?;
        out.write_all(weeks(report, &loud).as_bytes())?;
        let hidden = report.summary.findings().saturating_sub(loud.len());
        if left > 0 {
            writeln!(
                out,
                "And {left} more: `gatelint lint --format concise` shows them all.\n"
            )?;
        }
        if hidden > 0 {
            writeln!(
                out,
                "Advice that is not shown: {hidden}; `gatelint lint --verbose` shows it.\n"
            )?;
        }
        if !report.unread.is_empty() {
            writeln!(
                out,
                "Not read, so nothing is said of them: {}.\n",
                plain(&unread(report.unread))
            )?;
        }
        if !report.problems.is_empty() {
            writeln!(out, "### Not read\n")?;
            for problem in report.problems.iter().take(SHOWN) {
                let link = links.to(&problem.path, problem.line, problem.line);
                writeln!(out, "- {link} {}", plain(&problem.message))?;
            }
        }
        Ok(())
    }

    fn draws_weeks(&self) -> bool {
        true
    }

    fn hides_milder(&self) -> bool {
        true
    }

    fn shown(&self, findings: &[Finding], least: Severity) -> Vec<usize> {
        (0..findings.len())
            .filter(|at| findings[*at].severity >= least)
            .collect()
    }
}

fn loud(findings: &[Finding], least: Severity) -> impl Iterator<Item = &Finding> {
    findings.iter().filter(move |finding| finding.severity >= least)
}

/// Findings under a heading for each rule, the worst rule first, as far as there is room; and how many have none.
fn by_rule(report: &Report<'_>, findings: &[&Finding], links: &Links) -> (String, usize) {
    let all = findings.len();
    let mut rules: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        rules.entry(&*finding.rule).or_default().push(*finding);
    }
    let mut rules: Vec<(&str, Vec<&Finding>)> = rules.into_iter().collect();
    rules.sort_by_key(|(_, findings)| Reverse(findings.iter().map(|finding| finding.severity).max()));
    let (mut text, mut shown) = (String::new(), 0);
    for (rule, mut findings) in rules {
        findings.sort_by_key(|finding| Reverse(finding.severity));
        let count = counts(|level| findings.iter().filter(|finding| finding.severity == level).count());
        let name = match address(report.rules, rule) {
            Some(page) => format!("[`{rule}`]({page})"),
            None => format!("`{rule}`"),
        };
        let mut heading = format!("### {name} ({count})\n\n");
        if let Some(rule) = report.rules.named(rule) {
            let _ = writeln!(heading, "{}.\n", plain(&rule.title));
        }
        for finding in findings {
            let said = one(report.sources, finding, links);
            if shown == SHOWN || text.len() + heading.len() + said.len() > LIMIT {
                return (text, all - shown);
            }
            text.push_str(&std::mem::take(&mut heading));
            text.push_str(&said);
            shown += 1;
        }
    }
    (text, 0)
}

/// The weeks of what findings say is too small.
fn weeks(report: &Report<'_>, findings: &[&Finding]) -> String {
    let places = findings.iter().map(|finding| Place::of(report.sources, finding.at));
    let places: Vec<Place> = places.collect();
    let short = report.weeks.iter().filter_map(|shown| {
        let chart = places.iter().find_map(|at| shown.short_at(&at.file, at.line))?;
        Some((shown, chart))
    });
    let mut text = String::new();
    for (shown, chart) in short.take(WEEKS) {
        let style = Style {
            width: 100,
            color: false,
            ascii: false,
        };
        let traffic = shown.traffic.as_deref().unwrap_or_default();
        let drawn = fenced("text", &draw(chart, style), "");
        let _ = writeln!(text, "### {}\n\n{}\n\n{drawn}", plain(&shown.title), plain(traffic));
    }
    text
}

fn one(sources: &Sources, finding: &Finding, links: &Links) -> String {
    let head = Place::head(sources, finding.at);
    let mut text = format!(
        "- **{}** {}: {}\n",
        severity(finding.severity),
        links.to(&head.file, head.line, head.end_line),
        plain(&finding.message)
    );
    for (span, said) in finding.related.iter().take(NAMED) {
        let place = Place::head(sources, *span);
        let link = links.to(&place.file, place.line, place.end_line);
        let _ = writeln!(text, "  - {link} {}", plain(said));
    }
    if let Some(more) = unnamed(finding) {
        let _ = writeln!(text, "  - {more}");
    }
    if !finding.environments.is_empty() {
        let names: Vec<String> = finding
            .environments
            .iter()
            .take(ENVIRONMENTS)
            .map(|name| plain(name))
            .collect();
        let _ = writeln!(text, "  - only in {}", names.join(", "));
    }
    if !finding.help.is_empty() {
        let _ = writeln!(text, "  - {}", plain(&finding.help));
    }
    if let Some(fix) = finding.fix() {
        text.push_str(&folded(sources, fix));
    }
    text.push('\n');
    text
}

/// The patch of a fix, behind what it does.
fn folded(sources: &Sources, fix: &Fix) -> String {
    let mut files: BTreeMap<&str, (SourceId, Vec<Edit>)> = BTreeMap::new();
    for edit in &fix.edits {
        let source = edit.span.source;
        let (_, edits) = files.entry(&sources.get(source).path).or_insert((source, Vec::new()));
        edits.push(edit.clone());
    }
    let mut patch = Vec::new();
    for (path, (source, edits)) in files {
        let old = &sources.get(source).text;
        let new = splice(old, &edits).unwrap_or_else(|| old.to_string());
        patch.extend(diff::unified(path, old.as_bytes(), new.as_bytes()));
    }
    let because = fix.because.as_ref();
    let because = because.map_or_else(String::new, |because| format!(" (unsafe: {because})"));
    format!(
        "\n  <details><summary>Fix: {}</summary>\n\n{}\n  </details>\n",
        text::html(&format!("{}{because}", fix.title)),
        fenced("diff", &escape_lines(&String::from_utf8_lossy(&patch)), "  ")
    )
}

/// How files are linked: at their commit where GitHub says which, since the page of a step's summary knows no relative
/// links; else relative to the root.
struct Links {
    base: String,
}

impl Links {
    fn of(variable: impl Fn(&str) -> Option<String>) -> Links {
        let said = |name: &str| variable(name).filter(|value| !value.is_empty());
        let at = || {
            let server = said("GITHUB_SERVER_URL")?;
            let (repository, commit) = (said("GITHUB_REPOSITORY")?, said("GITHUB_SHA")?);
            Some(format!("{server}/{}/blob/{}/", uri(&repository), uri(&commit)))
        };
        Links {
            base: at().unwrap_or_default(),
        }
    }

    fn to(&self, path: &str, from: usize, to: usize) -> String {
        let lines = if to > from {
            format!("L{from}-L{to}")
        } else {
            format!("L{from}")
        };
        format!("[{}:{from}]({}{}#{lines})", plain(path), self.base, uri(path))
    }
}

#[cfg(test)]
mod tests {
    use super::Links;

    #[test]
    fn files_are_linked_at_their_commit_where_it_is_known() {
        let github = Links::of(|name| match name {
            "GITHUB_SERVER_URL" => Some("https://github.com".to_owned()),
            "GITHUB_REPOSITORY" => Some("acme/shop".to_owned()),
            "GITHUB_SHA" => Some("c0ffee".to_owned()),
            _ => None,
        });
        assert_eq!(
            github.to("a b/x[1].conf", 3, 3),
            "[a b/x\\[1\\].conf:3](https://github.com/acme/shop/blob/c0ffee/a%20b/x%5B1%5D.conf#L3)"
        );
        let local = Links::of(|name| (name == "GITHUB_SHA").then(|| "c0ffee".to_owned()));
        assert_eq!(local.to("x.conf", 3, 5), "[x.conf:3](x.conf#L3-L5)");
    }
}
