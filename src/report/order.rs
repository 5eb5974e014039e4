//! The worst first, for readers that stop somewhere.

use std::cmp::Reverse;

use super::contents::severity;
use crate::finding::{Finding, Summary};
use crate::rule::Severity;

/// The findings by severity, and in their order where that is the same.
pub(super) fn worst_first<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> Vec<&'f Finding> {
    let mut sorted: Vec<&Finding> = findings.into_iter().collect();
    sorted.sort_by_key(|finding| Reverse(finding.severity));
    sorted
}

/// How many of each severity there are, the worst first, those left out that do not occur: `2 errors, 1 warning`.
pub(super) fn counts(of: impl Fn(Severity) -> usize) -> String {
    let each = [Severity::Error, Severity::Warning, Severity::Info].map(|level| (of(level), severity(level)));
    let said = each.into_iter().filter(|(count, _)| *count > 0);
    let words: Vec<String> = said
        .map(|(count, name)| match (count, name) {
            (_, "info") => format!("{count} info"),
            (1, _) => format!("1 {name}"),
            _ => format!("{count} {name}s"),
        })
        .collect();
    words.join(", ")
}

/// The same of a whole run.
pub(super) fn counted(summary: Summary) -> String {
    counts(|level| match level {
        Severity::Error => summary.errors,
        Severity::Warning => summary.warnings,
        Severity::Info => summary.infos,
    })
}
