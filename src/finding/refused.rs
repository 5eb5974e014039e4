//! What is left to say of a file that whoever reads it refuses.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::settle::Settled;
use crate::repo::{SourceId, Sources};
use crate::rule::Severity;

/// The rule that tells of files that cannot be read.
pub const UNREADABLE: &str = "unreadable-configuration";

/// Leaves out what is said of a file that is refused as a whole: it would only follow from the mistake, and may be false
/// once that is mended.
pub fn without_what_follows(sources: &Sources, mut settled: Settled) -> Settled {
    let file = |source: SourceId| -> Arc<str> { sources.get(source).path.clone() };
    let is_refusal = |rule: &str, severity: Severity| rule == UNREADABLE && severity == Severity::Error;
    let refused = settled.findings.iter();
    let refused = refused.filter(|finding| is_refusal(&finding.rule, finding.severity));
    let refused: BTreeSet<Arc<str>> = refused.map(|finding| file(finding.at.source)).collect();
    if !refused.is_empty() {
        let is_left = |rule: &str, source: SourceId| rule == UNREADABLE || !refused.contains(&file(source));
        settled
            .findings
            .retain(|finding| is_left(&finding.rule, finding.at.source));
        settled
            .milder
            .retain(|finding| is_left(&finding.rule, finding.at.source));
    }
    settled
}
