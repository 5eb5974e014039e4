//! Instants in UTC, readings of a wall clock, and the calendar between them; plain integers, so that a year of edges is
//! walked in microseconds.

use std::fmt;

/// Seconds of one day without a clock change.
pub const DAY: i64 = 86_400;
/// Seconds of one week without a clock change.
pub const WEEK: i64 = 7 * DAY;

/// An instant: whole seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(i64);

impl Moment {
    /// The instant this many seconds after the beginning of 1970 in UTC.
    pub const fn from_unix(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since the beginning of 1970 in UTC.
    pub const fn unix(self) -> i64 {
        self.0
    }

    /// The instant `seconds` later (earlier, when negative).
    #[must_use]
    pub const fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Seconds from `earlier` to this instant.
    pub const fn since(self, earlier: Moment) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// What a clock shows that is `offset` seconds ahead of UTC.
    pub const fn wall(self, offset: i64) -> Wall {
        Wall(self.0.saturating_add(offset))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wall = Wall(self.0);
        let (year, month, day) = wall.date();
        let (hour, minute, second) = wall.time();
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}")?;
        if second != 0 {
            write!(f, ":{second:02}")?;
        }
        f.write_str("Z")
    }
}

/// A half-open stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    /// The first instant.
    pub from: Moment,
    /// The first instant after it.
    pub to: Moment,
}

impl Period {
    /// The period from `from` until just before `to`.
    pub const fn new(from: Moment, to: Moment) -> Self {
        Self { from, to }
    }

    /// The 53 weeks that are evaluated from an instant: every month day, and both clock changes of a year.
    pub const fn year_from(from: Moment) -> Self {
        Self::new(from, from.plus(53 * WEEK))
    }

    /// The same with a week on either side. What happens at the ends of a period is told from what comes before and after
    /// it: which edge opened a window, and which will close it.
    #[must_use]
    pub const fn with_margins(self) -> Self {
        Self::new(self.from.plus(-WEEK), self.to.plus(WEEK))
    }

    /// The part that lies within another; empty where none does.
    #[must_use]
    pub fn within(self, other: Self) -> Self {
        Self::new(self.from.max(other.from), self.to.min(other.to))
    }

    /// Its length in seconds; never negative.
    pub fn seconds(self) -> i64 {
        self.to.since(self.from).max(0)
    }

    /// Whether the instant lies in the period.
    pub fn contains(self, moment: Moment) -> bool {
        self.from <= moment && moment < self.to
    }
}

/// What a wall clock shows: seconds since its own 1970-01-01 00:00. Clock changes make some readings occur twice and
/// others never.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wall(pub i64);

impl Wall {
    /// The reading at a date and time; `None` when there is no such date or time. 24:00 is not a time.
    pub fn at(year: i64, month: i64, day: i64, hour: i64, minute: i64, second: i64) -> Option<Self> {
        let valid = (1..=12).contains(&month)
            && (1..=days_in_month(year, month)).contains(&day)
            && (0..24).contains(&hour)
            && (0..60).contains(&minute)
            && (0..60).contains(&second);
        valid.then(|| Self(day_number(year, month, day) * DAY + hour * 3600 + minute * 60 + second))
    }

    /// Days since 1970-01-01.
    pub const fn day(self) -> i64 {
        self.0.div_euclid(DAY)
    }

    /// Seconds since midnight.
    pub const fn second_of_day(self) -> i64 {
        self.0.rem_euclid(DAY)
    }

    /// Seconds since Monday 00:00.
    pub const fn second_of_week(self) -> i64 {
        // The first of January 1970 was a Thursday.
        (self.0 + 3 * DAY).rem_euclid(WEEK)
    }

    /// Year, month and day.
    pub fn date(self) -> (i64, i64, i64) {
        date_of(self.day())
    }

    /// Hour, minute and second.
    pub const fn time(self) -> (i64, i64, i64) {
        let second = self.second_of_day();
        (second / 3600, second / 60 % 60, second % 60)
    }

    /// The instant at which a clock shows this that is `offset` seconds ahead of UTC.
    pub const fn moment(self, offset: i64) -> Moment {
        Moment(self.0.saturating_sub(offset))
    }
}

/// Day of the week of a day since 1970-01-01; 0 is Sunday.
pub const fn weekday(day: i64) -> i64 {
    (day + 4).rem_euclid(7)
}

/// Days of a month.
pub const fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a date of the Gregorian calendar. The year is counted from March, so that the leap day comes
/// last (Howard Hinnant, "chrono-compatible low-level date algorithms").
pub const fn day_number(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The date of a day since 1970-01-01; the way back of [`day_number`].
pub const fn date_of(day: i64) -> (i64, i64, i64) {
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let day_of_era = day.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + if month <= 2 { 1 } else { 0 };
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}
