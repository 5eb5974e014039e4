//! Cron expressions as each product reads them. Parsing keeps byte ranges for its errors; firing is computed by local
//! days and edges, never by stepping.

mod dialect;
mod error;
mod field;
mod fire;
mod parse;
mod special;

pub use dialect::{
    AWS_SIX, AWS_SIX_AS_CRONTAB, DaylightSaving, Dialect, Fold, GCP, Gap, KEDA, KUBERNETES, Question, ROBFIG_SECONDS,
    Slot, Star, UNIX, ZonePrefix,
};
pub use error::{CronError, Fault};

use std::ops::Range;

use super::zone::Zone;
use special::{DayRule, WeekdayRule};

/// A parsed expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    dialect: &'static Dialect,
    /// The zone that `TZ=` or `CRON_TZ=` names; it overrides any other.
    zone: Option<Zone>,
    /// Bit n: fires in second n. Dialects without seconds fire in second 0.
    seconds: u64,
    minutes: u64,
    hours: u32,
    days: Days,
    months: u16,
    weekdays: Weekdays,
    years: Option<[u64; 4]>,
    /// Where days and months stand, for pointing at a date that does not exist.
    date: Range<usize>,
}

/// The day-of-month field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Days {
    bits: u32,
    star: bool,
    rules: Vec<DayRule>,
}

/// The day-of-week field; bit 0 is Sunday.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Weekdays {
    bits: u8,
    star: bool,
    rules: Vec<WeekdayRule>,
}

impl Expression {
    /// Reads an expression in a dialect.
    pub fn parse(text: &str, dialect: &'static Dialect) -> Result<Self, CronError> {
        parse::expression(text, dialect)
    }

    /// The dialect it was read in.
    pub fn dialect(&self) -> &'static Dialect {
        self.dialect
    }

    /// The zone the expression itself names, which wins over the one beside it.
    pub fn zone(&self) -> Option<&Zone> {
        self.zone.as_ref()
    }

    /// Says so when no date can ever match, such as 30 February. Products accept such an expression.
    pub fn never_fires(&self) -> Option<CronError> {
        let rules = !self.days.rules.is_empty() || !self.weekdays.rules.is_empty();
        let either = !self.days.star && !self.weekdays.star;
        if rules || self.days.star || (either && self.weekdays.bits != 0) {
            let empty = self.months == 0 || self.hours == 0 || self.minutes == 0 || self.seconds == 0;
            return empty.then(|| error::never(self.date.clone()));
        }
        let longest = |month: i64| super::moment::days_in_month(2000, month);
        let some = (1..=12).any(|month| {
            self.months & (1 << month) != 0 && (1..=longest(month)).any(|day| self.days.bits & (1 << day) != 0)
        });
        let times = self.hours != 0 && self.minutes != 0 && self.seconds != 0;
        (!some || !times).then(|| error::never(self.date.clone()))
    }

    /// The days of the week on which it fires, Sunday first; `None` where they depend on the month.
    pub fn weekdays(&self) -> Option<[bool; 7]> {
        let plain = self.weekdays.rules.is_empty();
        plain.then(|| std::array::from_fn(|day| self.weekdays.bits & (1 << day) != 0))
    }

    /// Whether it fires in every hour of the days it fires on, like an interval.
    fn every_hour(&self) -> bool {
        self.hours == (1 << 24) - 1
    }

    /// How often it fires on a day on which it fires.
    pub fn times_a_day(&self) -> u32 {
        self.hours.count_ones() * self.minutes.count_ones() * self.seconds.count_ones()
    }
}
