//! `L`, `W` and `#` in the day fields of Application Auto Scaling.

use crate::capacity::moment::{day_number, days_in_month, weekday};

/// A day of the month that depends on the month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DayRule {
    /// `L`, `L-3`: so many days before the last.
    Last(i64),
    /// `15W`: the weekday nearest to a day, within its month.
    Nearest(i64),
    /// `LW`: the last weekday.
    LastWeekday,
}

/// A day of the week that depends on the month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WeekdayRule {
    /// `2#1`: the nth of its kind in the month.
    Nth(i64, i64),
    /// `6L`: the last of its kind in the month.
    Last(i64),
}

impl DayRule {
    pub(super) fn matches(self, year: i64, month: i64, day: i64) -> bool {
        let last = days_in_month(year, month);
        match self {
            DayRule::Last(before) => day == last - before,
            DayRule::LastWeekday => day == nearest(year, month, last),
            DayRule::Nearest(wanted) => wanted <= last && day == nearest(year, month, wanted),
        }
    }
}

impl WeekdayRule {
    pub(super) fn matches(self, year: i64, month: i64, day: i64) -> bool {
        let own = weekday(day_number(year, month, day));
        match self {
            WeekdayRule::Nth(wanted, n) => own == wanted && (day - 1) / 7 + 1 == n,
            WeekdayRule::Last(wanted) => own == wanted && day + 7 > days_in_month(year, month),
        }
    }
}

/// The weekday nearest to a day, without leaving its month.
fn nearest(year: i64, month: i64, day: i64) -> i64 {
    let last = days_in_month(year, month);
    match weekday(day_number(year, month, day)) {
        0 if day == last => day - 2,
        0 => day + 1,
        6 if day == 1 => day + 2,
        6 => day - 1,
        _ => day,
    }
}
