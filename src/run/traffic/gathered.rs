//! What was imported, as a profile.

use crate::capacity::Moment;
use crate::capacity::import::table;

/// Seconds between the samples asked of a Prometheus. Not more than the time in which replicas usually start.
pub(super) const ASKED_STEP: i64 = 300;

/// What was imported.
pub(super) struct Gathered {
    /// The profile.
    pub csv: String,
    /// What a person should know of it.
    pub notes: Vec<String>,
}

/// Samples as a profile.
pub(super) fn profile_of(mut samples: Vec<(Moment, u64)>) -> String {
    samples.sort_unstable();
    samples.dedup_by_key(|(at, _)| *at);
    table(&samples)
}
