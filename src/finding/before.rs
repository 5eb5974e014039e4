//! What was found before a change: what is found after it is new, worse, or was there.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Finding, Settled};
use crate::repo::Sources;
use crate::rule::Severity;

/// What a finding is known by on the other side of a change.
#[derive(Debug)]
struct Known {
    path: Arc<str>,
    rule: Arc<str>,
    message: String,
    fingerprint: String,
    subject: String,
    severity: Severity,
    value: Option<String>,
}

impl Known {
    fn of(sources: &Sources, finding: &Finding) -> Known {
        Known {
            path: sources.get(finding.at.source).path.clone(),
            rule: finding.rule.clone(),
            message: finding.message.clone(),
            fingerprint: finding.fingerprint.clone(),
            subject: finding.subject.clone(),
            severity: finding.severity,
            value: finding.value.as_ref().map(|value| value.text.clone()),
        }
    }
}

/// What makes two findings one, the surest first: lines are no part of it. What is left for the last has another value.
const KEYS: [fn(&Known) -> [&str; 3]; 4] = [
    |of| [&of.path, &of.rule, &of.message],
    |of| [&of.fingerprint, "", ""],
    // It was moved to another file.
    |of| [&of.rule, &of.message, ""],
    |of| [&of.path, &of.subject, ""],
];
const CHANGED: usize = 3;

/// The findings before a change.
#[derive(Debug, Default)]
pub struct Before(Vec<Known>);

impl Before {
    /// Takes down what was found.
    pub fn of(sources: &Sources, findings: &[Finding]) -> Before {
        Before(findings.iter().map(|finding| Known::of(sources, finding)).collect())
    }

    /// Leaves what is new or worse, says what it was, and counts what is gone.
    pub fn leave_new(&self, sources: &Sources, settled: &mut Settled) {
        let findings = std::mem::take(&mut settled.findings);
        let now: Vec<Known> = findings.iter().map(|finding| Known::of(sources, finding)).collect();
        let (met, mended) = self.meet(&now);
        let mut left = Vec::new();
        for (mut finding, met) in findings.into_iter().zip(met) {
            if let Some((old, key)) = met {
                let now = finding.value.as_ref().map(|value| &value.text);
                let value = old.value.as_ref().filter(|value| key == CHANGED && Some(*value) != now);
                match value {
                    Some(value) => finding.message.push_str(&format!(" (was {value})")),
                    None if finding.severity > old.severity => {
                        finding.message.push_str(&format!(" (was {})", graded(old.severity)));
                    }
                    // It was there; whether the other end makes more or less of it is not known.
                    None => continue,
                }
            }
            left.push(finding);
        }
        settled.findings = left;
        settled.mended = Some(mended);
    }

    /// For each finding the one that it was, with the key it is known by; and how many are gone. Each stands for one.
    fn meet(&self, now: &[Known]) -> (Vec<Option<(&Known, usize)>>, usize) {
        let mut met = vec![None; now.len()];
        let mut left: Vec<usize> = (0..self.0.len()).collect();
        for (nth, key) in KEYS.iter().enumerate() {
            let mut by_key: HashMap<[&str; 3], Vec<usize>> = HashMap::new();
            for old in left.into_iter().rev() {
                by_key.entry(key(&self.0[old])).or_default().push(old);
            }
            for (own, met) in now.iter().zip(&mut met).filter(|(_, met)| met.is_none()) {
                let old = by_key.get_mut(&key(own)).and_then(Vec::pop);
                *met = old.map(|old| (&self.0[old], nth));
            }
            left = by_key.into_values().flatten().collect();
            left.sort_unstable();
        }
        (met, left.len())
    }
}

fn graded(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "an error",
        Severity::Warning => "a warning",
        Severity::Info => "advice",
    }
}
