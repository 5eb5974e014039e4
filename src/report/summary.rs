//! The last lines of human output: what was read and linked, found, and left undecided, and what to do about it.

use rustc_hash::FxHashMap;

use super::contents::{Options, Report, problem_kind, unread};
use super::human::paint;
use crate::finding::AsOfOrigin;
use crate::repo::Span;
use crate::terminal::escape;

/// How many reasons and problems are named without `--verbose`.
const NAMED: usize = 5;

/// What is not shown.
#[derive(Clone, Copy)]
pub(super) struct Hidden {
    /// How many findings are milder than what is.
    pub milder: usize,
    /// Whether some are more than anyone reads and have fixes that were not proved.
    pub unproved: bool,
}

/// All lines of the summary.
pub(super) fn lines(report: &Report<'_>, options: Options, hidden: Hidden) -> Vec<String> {
    let mut lines = vec![paint(options.look, "1", &counts(report, hidden))];
    if !report.unread.is_empty() {
        lines.push(format!(
            "not read: {}; what they route or deploy is not known",
            escape(&unread(report.unread))
        ));
    }
    not_evaluated(report, options, &mut lines);
    problems(report, options, &mut lines);
    if hidden.milder > 0 {
        let (are, them) = match hidden.milder {
            1 => ("finding is", "it"),
            _ => ("findings are", "them"),
        };
        lines.push(format!(
            "{} milder {are} hidden; `--verbose` shows {them}",
            hidden.milder
        ));
    }
    if let Some(as_of) = report.summary.as_of {
        let from = match as_of.origin {
            AsOfOrigin::Asked => "as asked",
            AsOfOrigin::Staged => "today, because what is staged has no commit yet",
            AsOfOrigin::Head => "the day of the newest commit",
            AsOfOrigin::Profile => "the end of the newest profile, because there is no commit",
            AsOfOrigin::Today => "today, because there is no commit",
        };
        lines.push(format!(
            "schedules compared with traffic for 53 weeks from {}, {from}",
            as_of.day()
        ));
    }
    let left_out = report.summary.left_out;
    if left_out > 0 {
        let s = plural(left_out);
        lines.push(format!(
            "{left_out} finding{s} in examples, fixtures and vendored charts left out; `--include-examples` shows them"
        ));
    }
    // Schedules and what else was found need no gateway.
    let other_work = report.summary.as_of.is_some() || report.summary.findings() > 0;
    if report.summary.linked == 0 && !(report.summary.hops == 0 && other_work) {
        lines.extend(nothing_linked(report));
    }
    lines
}

fn counts(report: &Report<'_>, hidden: Hidden) -> String {
    let summary = report.summary;
    let some = |count: usize, name: &str| (count > 0).then(|| format!("{count} {name}{}", plural(count)));
    let mut parts = vec![format!("{} file{} read", summary.files, plural(summary.files))];
    match summary.hops {
        0 => parts.push("no hops found".to_owned()),
        hops => parts.push(format!("{} of {hops} hop{} linked", summary.linked, plural(hops))),
    }
    let found = [
        some(summary.errors, "error"),
        some(summary.warnings, "warning"),
        some(summary.infos, "info"),
    ];
    let found: Vec<String> = found.into_iter().flatten().collect();
    if found.is_empty() {
        parts.push("no findings".to_owned());
    } else {
        parts.extend(found);
    }
    if summary.ignored > 0 {
        parts.push(format!("{} ignored", summary.ignored));
    }
    if let Some(mended) = summary.mended {
        parts.push(format!("{mended} mended by the change"));
    }
    if summary.known > 0 {
        parts.push(format!("{} in the baseline", summary.known));
    }
    let of_all = if hidden.unproved { "of those shown " } else { "" };
    let fixable = match fixable(report) {
        (0, 0) if hidden.unproved => "; of those shown none is fixable".to_owned(),
        (0, 0) => String::new(),
        (safe, 0) => format!("; {of_all}{safe} fixable with --fix"),
        (0, with_unsafe) => format!("; {of_all}{with_unsafe} fixable with --fix --unsafe-fixes"),
        (safe, more) => format!("; {of_all}{safe} fixable with --fix, {more} more with --unsafe-fixes"),
    };
    format!("{}{fixable}", parts.join(", "))
}

/// Findings with a safe fix, and those with an unsafe one.
fn fixable(report: &Report<'_>) -> (usize, usize) {
    let fixes = report.findings.iter().filter_map(|finding| finding.fix());
    fixes.fold((0, 0), |(safe, other), fix| match fix.because {
        None => (safe + 1, other),
        Some(_) => (safe, other + 1),
    })
}

fn not_evaluated(report: &Report<'_>, options: Options, lines: &mut Vec<String>) {
    let all = report.unevaluated;
    if all.is_empty() {
        return;
    }
    let total: usize = all.iter().map(|entry| entry.count).sum();
    lines.push(format!("{total} check{} could not be decided:", plural(total)));
    let place = |at: Option<Span>| {
        at.map_or_else(String::new, |span| {
            let source = report.sources.get(span.source);
            format!(" at {}:{}", escape(&source.path), source.lines().line(span.start) + 1)
        })
    };
    if options.verbose {
        lines.extend(all.iter().map(|entry| {
            let times = if entry.count > 1 {
                format!(" ({} times)", entry.count)
            } else {
                String::new()
            };
            format!("  {}: {}{times}{}", entry.rule, escape(&entry.reason), place(entry.at))
        }));
        return;
    }
    // One reason stands in the way of many rules: what to do about it is said once.
    let mut reasons: Vec<(&str, Option<Span>, usize, usize)> = Vec::new();
    let mut known: FxHashMap<&str, usize> = FxHashMap::default();
    for entry in all {
        let place = *known.entry(&entry.reason).or_insert(reasons.len());
        match reasons.get_mut(place) {
            Some((_, _, rules, checks)) => (*rules, *checks) = (*rules + 1, *checks + entry.count),
            None => reasons.push((&entry.reason, entry.at, 1, entry.count)),
        }
    }
    reasons.sort_by_key(|(.., checks)| std::cmp::Reverse(*checks));
    for (reason, at, rules, checks) in reasons.iter().take(NAMED) {
        let many = format!("{checks} check{} of {rules} rule{}", plural(*checks), plural(*rules));
        lines.push(format!("  {}: {many}, first{}", escape(reason), place(*at)));
    }
    if reasons.len() > NAMED {
        let more = reasons.len() - NAMED;
        lines.push(format!(
            "  and {more} more reason{}; see `--verbose` or `gatelint hops`",
            plural(more)
        ));
    }
}

fn problems(report: &Report<'_>, options: Options, lines: &mut Vec<String>) {
    let all = report.problems;
    if all.is_empty() {
        return;
    }
    lines.push(format!("{} problem{} while reading:", all.len(), plural(all.len())));
    let named = if options.verbose { all.len() } else { NAMED };
    for problem in all.iter().take(named) {
        let kind = problem_kind(problem.kind);
        let (path, message) = (escape(&problem.path), escape(&problem.message));
        lines.push(format!("  {path}:{}: {kind}: {message}", problem.line));
    }
    if all.len() > named {
        lines.push(format!("  and {} more; `--verbose` shows them", all.len() - named));
    }
}

/// What to add when there is nothing to compare.
fn nothing_linked(report: &Report<'_>) -> Vec<String> {
    // Schedules were compared with traffic, for which no gateway is needed.
    if report.summary.hops == 0 && report.summary.as_of.is_some() {
        return Vec::new();
    }
    // Something was compared, or it would not be found.
    if report.summary.errors > 0 {
        return Vec::new();
    }
    if report.summary.hops == 0 && report.summary.left_out > 0 {
        return vec![
            "Everything that passes requests on lies in examples; `--include-examples` reports on them.".to_owned(),
        ];
    }
    let mut problems = report.problems.iter();
    let charts = problems.any(|problem| problem.path.ends_with("Chart.yaml")) && report.unread.len() < 2;
    let (first, last) = match (report.summary.hops, charts) {
        (0, false) if !report.unread.is_empty() => (
            "Nothing to compare: what passes requests on or deploys here is of kinds that are not read.",
            "compose files of what they pass to. What is rendered can be piped: `helm template … | gatelint lint -`.",
        ),
        (0, true) => (
            "Nothing to compare: what deploys here are Helm charts, which are not rendered.",
            "compose files of what they pass to. `helm template` into a folder of the repository gives it something to read.",
        ),
        (0, false) => (
            "Nothing to compare: no gateway that passes requests on was found.",
            "compose files of what they pass to. Run it at the repository's root.",
        ),
        _ => (
            "Nothing to compare: no route was led to what answers it.",
            "compose files of what they pass to. Run it at the repository's root; `gatelint hops` shows why each hop ends.",
        ),
    };
    vec![
        first.to_owned(),
        "gatelint needs both ends in one repository: the nginx files or Ingresses, and the Kubernetes manifests or"
            .to_owned(),
        last.to_owned(),
    ]
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}
