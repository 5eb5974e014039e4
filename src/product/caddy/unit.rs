//! How Caddy writes times and sizes.

use crate::model::{Duration, Notation, Size, Type, Value};

/// Go's durations, with days: `1m30s`, `1.5h`, `2d`. A number needs a unit, but for 0.
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

/// How long idle connections are kept; `off` keeps none.
pub(super) static KEEPALIVE: Notation = Notation {
    kind: Type::Duration,
    value_of: |text| match text {
        "off" => Some(Value::Duration(Duration::ZERO)),
        text => (TIME.value_of)(text),
    },
    spell: |value| (TIME.spell)(value),
};

/// Bytes as `dustin/go-humanize` reads them: `10MB` of 1000, `10MiB` of 1024.
pub(super) static SIZE: Notation = Notation {
    kind: Type::Size,
    value_of: |text| size(text).map(Value::Size),
    spell: |value| match value {
        Value::Size(size) if *size != Size::UNLIMITED => Some(size.0.to_string()),
        _ => None,
    },
};

fn time(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let (mut rest, mut micros) = (text, 0.0);
    while !rest.is_empty() {
        let at = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..at].parse().ok()?;
        let end = rest[at..]
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .map_or(rest.len(), |len| at + len);
        micros += number
            * match &rest[at..end] {
                "ns" => 1e-3,
                "us" | "µs" => 1.0,
                "ms" => 1e3,
                "s" => 1e6,
                "m" => 6e7,
                "h" => 3.6e9,
                "d" => 8.64e10,
                _ => return None,
            };
        rest = &rest[end..];
    }
    (!text.is_empty() && micros < 9e18).then(|| Duration::from_micros(micros as u64))
}

fn size(text: &str) -> Option<Size> {
    let at = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let factor = match text[at..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        "ki" | "kib" => 1024.0,
        "mi" | "mib" => 1024.0 * 1024.0,
        "gi" | "gib" => 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    let bytes = text[..at].parse::<f64>().ok()? * factor;
    (bytes < 9e18).then_some(Size(bytes as u64))
}
