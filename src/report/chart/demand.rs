//! The demand of a local week for a terminal: one line a day, a bar for each stretch of it.

use std::fmt::Write as _;

use super::terminal::{DAYS, Style};
use crate::capacity::moment::DAY;
use crate::capacity::profile::Week;
use crate::capacity::ratio::NANO;

const BARS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
const PLAIN: [&str; 9] = [" ", ".", ":", "-", "=", "+", "*", "#", "@"];

/// Draws the week's demand, each bar as high as the greatest demand of its stretch.
pub fn demand(week: &Week, style: Style) -> String {
    let per_day = (DAY / week.width.max(1)).max(1) as usize;
    let shown = |value: u64| rate(value as f64 / NANO as f64 / week.divisor as f64);
    let top = week.demand.iter().copied().max().unwrap_or(0);
    let label = shown(top).len().max(5);
    // The day's name before, the day's peak after.
    let columns = columns(style.width.saturating_sub(label + 16), per_day);
    let bars = if style.ascii { PLAIN } else { BARS };
    let mut text = format!("{:5}{:<columns$}  peak, requests/s\n", "", hours(columns));
    for (name, day) in DAYS.iter().zip(week.demand.chunks(per_day)) {
        let _ = write!(text, "{name}  ");
        if style.color {
            text.push_str("\x1b[36m");
        }
        for column in 0..columns {
            let (from, to) = (column * day.len() / columns, (column + 1) * day.len() / columns);
            let most = day.get(from..to.max(from + 1)).unwrap_or_default().iter().max();
            text.push_str(bars[height(most.copied().unwrap_or(0), top)]);
        }
        if style.color {
            text.push_str("\x1b[0m");
        }
        let (at, most) = day.iter().enumerate().fold(
            (0, 0),
            |best, (at, value)| if *value > best.1 { (at, *value) } else { best },
        );
        let second = at as i64 * week.width;
        let (hour, minute) = (second / 3600, second / 60 % 60);
        let _ = writeln!(text, "  {:>label$} at {hour:02}:{minute:02}", shown(most));
    }
    let _ = writeln!(
        text,
        "     week in {}, a full bar is {} requests/s",
        week.zone.name(),
        shown(top)
    );
    text
}

/// Requests per second with as many places as say something.
pub fn rate(value: f64) -> String {
    match value {
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 1.0 => format!("{value:.1}"),
        value => format!("{value:.3}"),
    }
}

/// As many columns as fit, each of the same whole number of hours or parts of an hour.
fn columns(room: usize, per_day: usize) -> usize {
    let fitting = [96, 72, 48, 24, 12].into_iter().find(|columns| *columns <= room);
    fitting.unwrap_or(12).min(per_day.max(12))
}

/// Eighths of the greatest demand; anything above nothing is visible.
fn height(value: u64, top: u64) -> usize {
    if top == 0 {
        return 0;
    }
    (u128::from(value) * 8).div_ceil(u128::from(top)).min(8) as usize
}

/// The hours above the bars.
fn hours(columns: usize) -> String {
    let mut text = String::new();
    for hour in [0, 6, 12, 18] {
        let at = columns * hour / 24;
        while text.len() < at {
            text.push(' ');
        }
        let _ = write!(text, "{hour}h");
    }
    text
}
