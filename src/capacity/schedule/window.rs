//! Time specifications of kube-downscaler, such as `Mon-Fri 07:30-20:30 Europe/Berlin`. A window does not run over
//! midnight: its beginning is compared with its end within one day (caas-team/py-kube-downscaler, helper.py).

use super::build::Builder;
use super::evaluation::NoteKind;
use super::given::Given;
use crate::capacity::moment::{DAY, Moment, Period, Wall, weekday};
use crate::capacity::zone::Zone;
use crate::repo::Span;

/// A time specification, read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Windows {
    windows: Vec<Window>,
}

#[derive(Clone, Debug, PartialEq)]
enum Window {
    Always,
    Never,
    Weekly {
        /// Sunday first.
        days: [bool; 7],
        /// Minutes since midnight.
        from: i64,
        to: i64,
        zone: Zone,
    },
    Absolute(Period),
}

const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const FORM: &str = "write it like `Mon-Fri 07:30-20:30 Europe/Berlin`";

/// Reads a time specification. `zone` is the one the downscaler is started with.
pub(super) fn windows(given: &Given<String>, zone: Option<&Zone>, build: &mut Builder) -> Option<Windows> {
    let text = given.value.trim();
    if text.eq_ignore_ascii_case("always") {
        return Some(Windows {
            windows: vec![Window::Always],
        });
    }
    if text.eq_ignore_ascii_case("never") {
        return Some(Windows {
            windows: vec![Window::Never],
        });
    }
    let mut windows = Vec::new();
    let mut at = 0;
    for part in given.value.split(',') {
        let trimmed = part.trim();
        let start = at + (part.len() - part.trim_start().len());
        let span = given.part(start..start + trimmed.len());
        at += part.len() + 1;
        windows.push(window(trimmed, span, zone, build)?);
    }
    Some(Windows { windows })
}

fn window(text: &str, span: Span, zone: Option<&Zone>, build: &mut Builder) -> Option<Window> {
    if let Some(period) = absolute(text) {
        return Some(Window::Absolute(period));
    }
    let mut words = text.split_whitespace();
    let parts = (words.next(), words.next(), words.next(), words.next());
    let (Some(days), Some(times), name, None) = parts else {
        build.refuse(
            NoteKind::ValueInvalid,
            span,
            format!("`{text}` is not a window of time"),
            Some(FORM),
        );
        return None;
    };
    let (Some(days), Some((from, to))) = (days_of(days), times_of(times)) else {
        build.refuse(
            NoteKind::ValueInvalid,
            span,
            format!("`{text}` is not a window of time"),
            Some(FORM),
        );
        return None;
    };
    let zone = match (name, zone) {
        (Some(name), _) => {
            // The downscaler's own pattern; a workload with any other name is left alone.
            if !name
                .bytes()
                .all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'/' | b'_'))
            {
                let message = format!("the downscaler cannot read the zone `{name}` and passes the workload over");
                let help = "choose a zone whose name has only letters, `/` and `_`";
                build.refuse(NoteKind::TimezoneInvalid, span, message, Some(help));
                return None;
            }
            build.zone(&Given::new(name.to_owned(), span))?
        }
        (None, Some(zone)) => zone.clone(),
        (None, None) => {
            build.fail(
                span,
                "the window names no zone, and the downscaler's own is not known here",
            );
            return None;
        }
    };
    if from >= to {
        let message = format!("`{text}` never matches: a window does not run over midnight");
        let help = "split it at midnight, with 24:00 as the end of the first";
        build.note(NoteKind::WindowNeverMatches, span, message, Some(help));
    }
    Some(Window::Weekly { days, from, to, zone })
}

fn days_of(text: &str) -> Option<[bool; 7]> {
    let (from, to) = text.split_once('-')?;
    let place = |name: &str| DAYS.iter().position(|day| day.eq_ignore_ascii_case(name));
    let (from, to) = (place(from)?, place(to)?);
    // Weekdays do run over the end of the week, which for the downscaler is Sunday.
    let monday_first = |day: usize| (day + 6) % 7;
    let (from, to) = (monday_first(from), monday_first(to));
    let mut days = [false; 7];
    for (day, on) in days.iter_mut().enumerate() {
        let day = monday_first(day);
        *on = if from > to {
            day >= from || day <= to
        } else {
            (from..=to).contains(&day)
        };
    }
    Some(days)
}

fn times_of(text: &str) -> Option<(i64, i64)> {
    let (from, to) = text.split_once('-')?;
    Some((minutes(from)?, minutes(to)?))
}

/// Two digits, a colon, two digits; 24:00 and beyond are accepted.
pub(super) fn minutes(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    let two = |text: &str| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<i64>().ok().filter(|_| digits)
    };
    Some(two(hour)? * 60 + two(minute)?)
}

/// `2019-01-01T00:00:00+00:00-2019-01-02T12:34:56+00:00`
fn absolute(text: &str) -> Option<Period> {
    const LENGTH: usize = "2019-01-01T00:00:00+00:00".len();
    let from: jiff::Timestamp = text.get(..LENGTH)?.parse().ok()?;
    let to: jiff::Timestamp = text.get(LENGTH..)?.strip_prefix('-')?.parse().ok()?;
    // Both ends are included.
    let to = Moment::from_unix(to.as_second()).plus(1);
    Some(Period::new(Moment::from_unix(from.as_second()), to))
}

impl Windows {
    /// When it holds within a period, in order of the beginning; windows may overlap.
    pub fn open(&self, period: Period) -> Vec<(Moment, Moment)> {
        let mut open = Vec::new();
        for window in &self.windows {
            match window {
                Window::Always => open.push((period.from, period.to)),
                Window::Never => {}
                Window::Absolute(own) => {
                    let (from, to) = (own.from.max(period.from), own.to.min(period.to));
                    if from < to {
                        open.push((from, to));
                    }
                }
                Window::Weekly { days, from, to, zone } => weekly(days, (*from, *to), zone, period, &mut open),
            }
        }
        open.sort_unstable();
        open
    }
}

fn weekly(days: &[bool; 7], minutes: (i64, i64), zone: &Zone, period: Period, open: &mut Vec<(Moment, Moment)>) {
    let (first, last) = (minutes.0.min(24 * 60) * 60, minutes.1.min(24 * 60) * 60);
    for stretch in zone.offsets(period.from, period.to) {
        let from = stretch.from.max(period.from).wall(stretch.seconds);
        let to = stretch.to.min(period.to).wall(stretch.seconds);
        for day in from.day()..=Wall(to.0 - 1).day() {
            let on = usize::try_from(weekday(day)).ok().and_then(|day| days.get(day));
            let begin = Wall(day * DAY + first).max(from);
            let end = Wall(day * DAY + last).min(to);
            if on == Some(&true) && begin < end {
                open.push((begin.moment(stretch.seconds), end.moment(stretch.seconds)));
            }
        }
    }
}
