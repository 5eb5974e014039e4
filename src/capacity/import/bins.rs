//! Requests by the minute.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::capacity::{Moment, Period};

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
        let mut text = "timestamp,rps\n".to_owned();
        let mut missing = Vec::new();
        let mut expected: Option<i64> = None;
        for (step, count) in &self.counts {
            if let Some(from) = expected {
                if (step - from) * self.step > LONGEST_SILENCE {
                    let at = |step: i64| Moment::from_unix(step * self.step);
                    missing.push(Period::new(at(from), at(*step)));
                } else {
                    for silent in from..*step {
                        self.row(&mut text, silent, 0);
                    }
                }
            }
            self.row(&mut text, *step, *count);
            expected = Some(step + 1);
        }
        (text, missing)
    }

    fn row(&self, text: &mut String, step: i64, count: u64) {
        // Rounded up at the sixth place, so that a profile never says less than the log.
        let millionths = (u128::from(count) * 1_000_000).div_ceil(u128::from(self.step.unsigned_abs()));
        let at = Moment::from_unix(step * self.step).to_string();
        let at = at.trim_end_matches('Z');
        let (whole, part) = (millionths / 1_000_000, millionths % 1_000_000);
        let _ = if part == 0 {
            writeln!(text, "{at}:00Z,{whole}")
        } else {
            let part = format!("{part:06}");
            writeln!(text, "{at}:00Z,{whole}.{}", part.trim_end_matches('0'))
        };
    }
}
