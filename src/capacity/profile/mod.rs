//! Traffic profiles: samples out of a CSV file, and what they say of each part of the week.

mod growth;
mod read;
mod table;
mod time;
mod week;

use super::moment::Moment;

pub use read::{Columns, Source, Unit, read_profile, unpacked};
pub use week::{Borrowed, Week, week};

/// Samples in order of time, all of the same width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// When each sample begins.
    pub times: Vec<Moment>,
    /// Thousand-millionths of what the file counts: requests per second, or requests per sample.
    pub values: Vec<u64>,
    /// Seconds from one sample to the next.
    pub step: i64,
    /// What a value is divided by for requests per second: 1, or the step.
    pub divisor: i64,
    /// Stretches without samples.
    pub gaps: Vec<Gap>,
}

/// A stretch without samples: what was then is not known, and never nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The line of the first sample after it; the first line of a file is 1.
    pub line: u32,
    /// When it begins.
    pub from: Moment,
    /// When samples go on.
    pub to: Moment,
}

/// What is wrong with a profile, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileProblem {
    /// The line; the first is 1. For what concerns the whole file, the header's.
    pub line: u32,
    /// What is wrong, without a full stop.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// From this length on a profile is history; a shorter one is a declared week.
pub const HISTORY: i64 = 2 * super::moment::WEEK;

impl Profile {
    /// From the first sample until the end of the last.
    pub fn period(&self) -> super::Period {
        let first = self.times.first().copied().unwrap_or(Moment::from_unix(0));
        let last = self.times.last().map_or(first, |last| last.plus(self.step));
        super::Period::new(first, last)
    }

    /// Whether it is long enough to be history. A profile whose last sample is missing or two is still two weeks.
    pub fn is_history(&self) -> bool {
        self.period().seconds() >= HISTORY
    }

    /// Requests per second of a value, for people.
    pub fn rate(&self, value: u64) -> f64 {
        value as f64 / super::ratio::NANO as f64 / self.divisor as f64
    }

    /// The greatest value and when it was.
    pub fn peak(&self) -> Option<(Moment, u64)> {
        let mut peak: Option<(Moment, u64)> = None;
        for (at, value) in self.times.iter().zip(&self.values) {
            if peak.is_none_or(|(_, highest)| *value > highest) {
                peak = Some((*at, *value));
            }
        }
        peak
    }
}
