//! What an import writes: CSV with the header `timestamp,rps`, which needs no `columns` to be read again.

use std::fmt::Write as _;

use crate::capacity::moment::Moment;

/// The samples as CSV. Each is when it begins, and millionths of requests per second.
pub fn table(samples: &[(Moment, u64)]) -> String {
    let mut text = String::with_capacity(32 * (samples.len() + 1));
    text.push_str("timestamp,rps\n");
    for (at, rate) in samples {
        row(&mut text, *at, *rate);
    }
    text
}

fn row(text: &mut String, at: Moment, rate: u64) {
    let (year, month, day) = at.wall(0).date();
    let (hour, minute, second) = at.wall(0).time();
    let (whole, part) = (rate / 1_000_000, rate % 1_000_000);
    let _ = write!(
        text,
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z,{whole}"
    );
    if part != 0 {
        let part = format!("{part:06}");
        let _ = write!(text, ".{}", part.trim_end_matches('0'));
    }
    text.push('\n');
}
