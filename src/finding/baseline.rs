//! What was found before gatelint was used: a list that is kept in the repository, known by meaning and not by line.

use std::collections::HashMap;

use jiff::civil::Date;

use super::{Finding, ignores, settle};
use crate::repo::{Sources, Span};

/// One finding that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The rule's id.
    pub rule: String,
    /// The file it pointed into, for those who read the list.
    pub file: String,
    /// What was wrong, for those who read the list.
    pub finding: String,
    /// What it is known by: [`Finding::fingerprint`].
    pub fingerprint: String,
    /// Why it is not mended yet.
    pub reason: Option<String>,
    /// The last day it is put up with.
    pub until: Option<Date>,
    /// The entry, in the baseline.
    pub span: Span,
}

impl Entry {
    /// Whether its day has passed.
    pub fn is_over(&self, today: Date) -> bool {
        self.until.is_some_and(|until| until < today)
    }
}

/// What is left when the baseline has been compared.
#[derive(Debug)]
pub struct Compared {
    /// What is not in the baseline, or in it no longer.
    pub findings: Vec<Finding>,
    /// How many were in it.
    pub known: usize,
    /// Entries that nothing answers to, by their place in the list.
    pub stale: Vec<usize>,
}

/// Takes out what is known and puts up with it until its day. Each entry stands for one finding.
pub fn compare(entries: &[Entry], findings: Vec<Finding>, today: Date) -> Compared {
    let by_key: HashMap<&str, usize> = entries
        .iter()
        .enumerate()
        .map(|(at, of)| (&*of.fingerprint, at))
        .collect();
    let mut met = vec![false; entries.len()];
    let before = findings.len();
    let mut left = findings;
    left.retain(|finding| match by_key.get(&*finding.fingerprint) {
        Some(at) => {
            met[*at] = true;
            entries[*at].is_over(today)
        }
        None => true,
    });
    Compared {
        known: before - left.len(),
        findings: left,
        stale: (0..entries.len()).filter(|at| !met[*at]).collect(),
    }
}

/// Findings about entries that nothing answers to.
pub fn stale<'e>(sources: &Sources, entries: impl Iterator<Item = &'e Entry>) -> Vec<Finding> {
    let one = |entry: &Entry| {
        let message = format!(
            "the baseline still lists a finding of {} in {} that is not there",
            entry.rule, entry.file
        );
        let help = "It was mended, or it changed: `gatelint baseline prune` removes it.";
        ignores::about(sources, ignores::BASELINE_STALE, entry.span, message, help)
    };
    let mut found: Vec<Finding> = entries.map(one).collect();
    settle::sort(sources, &mut found);
    settle::number(&mut found);
    found
}
