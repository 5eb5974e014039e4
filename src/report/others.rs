//! The other places of a finding, where they are told in words.

use crate::finding::Finding;
use crate::repo::Sources;

/// How many of them are named; the rest is counted.
pub(super) const NAMED: usize = 5;

/// A line each, such as `compose.yaml:7 gunicorn listens on 0.0.0.0:9000`, and one for those that are not named.
pub(super) fn others(sources: &Sources, finding: &Finding) -> Vec<String> {
    let named = finding.related.iter().take(NAMED).map(|(span, text)| {
        let source = sources.get(span.source);
        let line = source.lines().line(span.start) + 1;
        format!("{}:{line} {text}", source.path)
    });
    named.chain(unnamed(finding)).collect()
}

/// How many are not named, in words.
pub(super) fn unnamed(finding: &Finding) -> Option<String> {
    let more = finding.related.len().saturating_sub(NAMED);
    (more > 0).then(|| format!("and {more} more places"))
}
