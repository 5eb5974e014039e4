//! How HAProxy writes times and sizes.

use crate::model::{Duration, Notation, Size, Type, Unit, Value};

/// Bare milliseconds, or one of `us ms s m h d`.
pub(super) static TIME: Notation = Notation {
    kind: Type::Duration,
    value_of: |text| time(text).map(Value::Duration),
    spell: |value| match value {
        Value::Duration(duration) => Some(match duration.micros() {
            us if us % 1_000_000 == 0 => format!("{}s", us / 1_000_000),
            us => format!("{}ms", us.div_ceil(1000)),
        }),
        _ => None,
    },
};

/// Bytes, or since 2.9 `k m g`; written in bytes, which every version reads.
pub(super) static SIZE: Notation = Notation {
    kind: Type::Size,
    value_of: |text| match text.strip_suffix(['g', 'G']) {
        Some(number) => number
            .parse::<u64>()
            .ok()?
            .checked_mul(1 << 30)
            .map(|size| Value::Size(Size(size))),
        None => Unit::Size.value_of(text),
    },
    spell: |value| match value {
        Value::Size(size) if *size != Size::UNLIMITED => Some(size.0.to_string()),
        _ => None,
    },
};

/// A time, as `parse_time_err` reads it: a whole number with one unit, in lower case.
fn time(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let factor = match unit {
        "us" => 1,
        "" | "ms" => 1000,
        "s" => 1_000_000,
        "m" => 60_000_000,
        "h" => 3_600_000_000,
        "d" => 86_400_000_000,
        _ => return None,
    };
    number
        .parse::<u64>()
        .ok()?
        .checked_mul(factor)
        .map(Duration::from_micros)
}
