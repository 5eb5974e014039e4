//! Values as rules and options write them: always with a unit, so that nobody has to guess one.

use std::sync::Arc;

use crate::model::{Duration, Size, Type, Value};

/// Reads a value of a type.
pub(super) fn value(of: Type, text: &str) -> Option<Value> {
    match of {
        Type::Duration => duration(text).map(Value::Duration),
        Type::Size => size(text).map(Value::Size),
        Type::Number => text.trim().parse().ok().map(Value::Number),
        Type::Bool => text.trim().parse().ok().map(Value::Bool),
        Type::Text => Some(Value::Text(Arc::from(text))),
    }
}

/// How a value of a type is written.
pub(super) fn example(of: Type) -> &'static str {
    match of {
        Type::Duration => "duration('30s')",
        Type::Size => "size('16k')",
        Type::Number => "5",
        Type::Bool => "true",
        Type::Text => "'text'",
    }
}

fn duration(text: &str) -> Option<Duration> {
    let mut micros: u64 = 0;
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?);
        let (unit, next) = after.split_at(after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len()));
        let factor: u64 = match unit {
            "us" => 1,
            "ms" => 1000,
            "s" => 1_000_000,
            "m" => 60_000_000,
            "h" => 3_600_000_000,
            "d" => 86_400_000_000,
            _ => return None,
        };
        micros = micros.checked_add(number.parse::<u64>().ok()?.checked_mul(factor)?)?;
        rest = next.trim_start();
    }
    Some(Duration::from_micros(micros))
}

fn size(text: &str) -> Option<Size> {
    let text = text.trim();
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let factor = match unit {
        "" => 1,
        "k" | "K" => 1 << 10,
        "m" | "M" => 1 << 20,
        "g" | "G" => 1 << 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor).map(Size)
}
