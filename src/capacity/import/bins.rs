//! Requests by the minute.

use std::collections::BTreeMap;

use super::table;
use crate::capacity::moment::{Moment, Period};

/// Requests in steps of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bins {
    /// Seconds of a step; a whole number of minutes.
    step: i64,
    /// By number of the step since 1970.
    counts: BTreeMap<i64, u64>,
    /// The step counted last, which most lines share.
    last: (i64, u64),
}

/// A stretch of the log without a single request.
pub type Stretch = Period;

/// A silence this long is a log that is missing, not a service that nobody asked.
const LONGEST_SILENCE: i64 = 3600;

impl Bins {
    /// Empty steps of so many minutes.
    pub fn of_minutes(minutes: i64) -> Self {
        Self {
            step: minutes.max(1) * 60,
            counts: BTreeMap::new(),
            last: (i64::MIN, 0),
        }
    }

    /// Counts requests at an instant.
    pub fn add(&mut self, at: Moment, requests: u64) {
        let step = at.unix().div_euclid(self.step);
        if step != self.last.0 {
            self.settle();
            self.last.0 = step;
        }
        self.last.1 += requests;
    }

    fn settle(&mut self) {
        if self.last.1 > 0 {
            *self.counts.entry(self.last.0).or_default() += self.last.1;
        }
        self.last.1 = 0;
    }

    /// All requests.
    pub fn total(&self) -> u64 {
        self.counts.values().sum::<u64>() + self.last.1
    }

    /// The profile as CSV with the header `timestamp,rps`, and the stretches left out because the log is silent for more
    /// than an hour. Shorter silences are minutes without requests.
    pub fn csv(mut self) -> (String, Vec<Stretch>) {
        self.settle();
        let mut rows = Vec::with_capacity(self.counts.len());
        let mut missing = Vec::new();
        let mut expected: Option<i64> = None;
        let at = |step: i64| Moment::from_unix(step * self.step);
        for (step, count) in &self.counts {
            if let Some(from) = expected {
                if (step - from) * self.step > LONGEST_SILENCE {
                    missing.push(Period::new(at(from), at(*step)));
                } else {
                    rows.extend((from..*step).map(|silent| (at(silent), 0)));
                }
            }
            rows.push((at(*step), self.millionths(*count)));
            expected = Some(step + 1);
        }
        (table(&rows), missing)
    }

    /// Requests per second, rounded up at the sixth place, so that a profile never says less than the log.
    fn millionths(&self, count: u64) -> u64 {
        let exact = (u128::from(count) * 1_000_000).div_ceil(u128::from(self.step.unsigned_abs()));
        u64::try_from(exact).unwrap_or(u64::MAX)
    }
}
