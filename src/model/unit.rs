//! How a value is written, read and spelled by the same row. What only one product writes like that is a [`Notation`] in
//! its room.

use std::sync::Arc;

use super::value::{Duration, Size, Type, Value};

/// How a directive, annotation or option writes its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Bare seconds, or `ms s m h d w M y`, composed as in `1m 30s`: nginx's time, and that of this program's own
    /// configuration.
    Time,
    /// Whole seconds without a suffix (ingress-nginx annotations, gunicorn).
    Seconds,
    /// Milliseconds without a suffix (Node).
    Millis,
    /// A protobuf duration in JSON: seconds with a mandatory `s`, `15s` or `0.25s` (Envoy).
    ProtoTime,
    /// Bytes, or `k K m M` of 1024.
    Size,
    /// Kubernetes' quantity of bytes: plain, `k M G T` (thousands) or `Ki Mi Gi Ti`.
    Quantity,
    /// PHP's and compose's size: bytes, or `K M G` of 1024, either case; `-1` is no limit.
    PhpSize,
    /// A preStop hook that waits, as Kubernetes writes it since 1.30: only spelled, never read.
    PreStopSleep,
    /// A size in whole KiB without a suffix (Envoy).
    Kib,
    /// A whole number.
    Number,
    /// `on` or `off`.
    OnOff,
    /// A line or word that is there (true) or not; nothing is written behind it.
    Present,
    /// Any text.
    Text,
    /// As one product alone writes it.
    Own(&'static Notation),
}

/// How one product writes a value.
#[derive(Debug)]
pub struct Notation {
    /// The type of the values.
    pub kind: Type,
    /// Reads one; `None` when the text is none.
    pub value_of: fn(&str) -> Option<Value>,
    /// Writes one; `None` when it cannot be expressed.
    pub spell: fn(&Value) -> Option<String>,
}

impl PartialEq for Notation {
    fn eq(&self, other: &Notation) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Notation {}

impl Unit {
    /// The type of the values it reads.
    pub fn kind(self) -> Type {
        match self {
            Unit::Time | Unit::Seconds | Unit::Millis | Unit::PreStopSleep | Unit::ProtoTime => Type::Duration,
            Unit::Size | Unit::Quantity | Unit::PhpSize | Unit::Kib => Type::Size,
            Unit::Number => Type::Number,
            Unit::OnOff | Unit::Present => Type::Bool,
            Unit::Text => Type::Text,
            Unit::Own(notation) => notation.kind,
        }
    }

    /// Reads a value; `None` when the text is not one.
    pub fn value_of(self, text: &str) -> Option<Value> {
        match self {
            Unit::Time => time(text).map(Value::Duration),
            Unit::Seconds => {
                let seconds: f64 = text.trim().parse().ok()?;
                (0.0..1e12)
                    .contains(&seconds)
                    .then(|| Value::Duration(Duration::from_micros((seconds * 1e6) as u64)))
            }
            Unit::Millis => text.parse().ok().map(|ms| Value::Duration(Duration::from_millis(ms))),
            Unit::ProtoTime => proto_time(text).map(Value::Duration),
            Unit::Size => size(text).map(Value::Size),
            Unit::Quantity => quantity(text).map(Value::Size),
            Unit::PhpSize => php_size(text).map(Value::Size),
            Unit::PreStopSleep => None,
            Unit::Kib => {
                let kib: u64 = text.parse().ok()?;
                Some(Value::Size(Size(kib.checked_mul(1024)?)))
            }
            Unit::Present => Some(Value::Bool(true)),
            Unit::Number => text.parse().ok().map(Value::Number),
            Unit::OnOff => match text.to_ascii_lowercase().as_str() {
                "on" | "true" => Some(Value::Bool(true)),
                "off" | "false" => Some(Value::Bool(false)),
                _ => None,
            },
            Unit::Text => Some(Value::Text(Arc::from(text))),
            Unit::Own(notation) => (notation.value_of)(text),
        }
    }

    /// Writes a value; `None` when the unit cannot express it.
    pub fn spell(self, value: &Value) -> Option<String> {
        match (self, value) {
            (_, Value::Duration(duration)) if duration.is_unlimited() => None,
            (Unit::Own(notation), value) => (notation.spell)(value),
            (Unit::Time, Value::Duration(duration)) => Some(if duration.micros() % 1_000_000 == 0 {
                format!("{}s", duration.micros() / 1_000_000)
            } else {
                format!("{}ms", duration.micros().div_ceil(1000))
            }),
            (Unit::Present, Value::Bool(true)) => Some(String::new()),
            (Unit::Seconds, Value::Duration(duration)) => Some(duration.micros().div_ceil(1_000_000).to_string()),
            (Unit::ProtoTime, Value::Duration(duration)) => Some(match duration.micros() % 1_000_000 {
                0 => format!("{}s", duration.micros() / 1_000_000),
                rest => {
                    let whole = format!("{}.{rest:06}", duration.micros() / 1_000_000);
                    format!("{}s", whole.trim_end_matches('0'))
                }
            }),
            (Unit::Kib, Value::Size(size)) if *size != Size::UNLIMITED => Some(size.0.div_ceil(1024).to_string()),
            (Unit::Millis, Value::Duration(duration)) => Some(duration.micros().div_ceil(1000).to_string()),
            (Unit::Size, Value::Size(size)) if *size != Size::UNLIMITED => Some(match size.0 {
                bytes if bytes > 0 && bytes % (1024 * 1024) == 0 => format!("{}m", bytes / (1024 * 1024)),
                bytes if bytes > 0 && bytes % 1024 == 0 => format!("{}k", bytes / 1024),
                bytes => bytes.to_string(),
            }),
            (Unit::Quantity, Value::Size(size)) if *size != Size::UNLIMITED => {
                Some(format!("{}Mi", size.0.div_ceil(1024 * 1024)))
            }
            (Unit::PhpSize, Value::Size(size)) if *size != Size::UNLIMITED => {
                Some(format!("{}M", size.0.div_ceil(1024 * 1024)))
            }
            (Unit::PreStopSleep, Value::Duration(duration)) => Some(format!(
                "{{ preStop: {{ sleep: {{ seconds: {} }} }} }}",
                duration.micros().div_ceil(1_000_000)
            )),
            (Unit::Number, Value::Number(number)) => Some(number.to_string()),
            (Unit::OnOff, Value::Bool(on)) => Some(if *on { "on" } else { "off" }.to_owned()),
            (Unit::Text, Value::Text(text)) => Some(text.to_string()),
            _ => None,
        }
    }
}

/// A duration as protobuf's JSON has it: `15s`, `0.25s`; nanoseconds are cut to microseconds.
fn proto_time(text: &str) -> Option<Duration> {
    let number = text.trim().strip_suffix('s')?;
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) || part.len() > 9 {
        return None;
    }
    let mut micros: u64 = 0;
    for digit in part.bytes().chain(std::iter::repeat(b'0')).take(6) {
        micros = micros * 10 + u64::from(digit - b'0');
    }
    let seconds: u64 = whole.parse().ok()?;
    Some(Duration::from_micros(
        seconds.checked_mul(1_000_000)?.checked_add(micros)?,
    ))
}

/// A time, as `ngx_parse_time` reads it.
fn time(text: &str) -> Option<Duration> {
    let mut total: u64 = 0;
    let mut number: Option<u64> = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let factor_ms: u64 = match c {
            '0'..='9' => {
                number = Some(
                    number
                        .unwrap_or(0)
                        .checked_mul(10)?
                        .checked_add(u64::from(c as u32 - '0' as u32))?,
                );
                continue;
            }
            'm' if chars.peek() == Some(&'s') => {
                chars.next();
                1
            }
            's' => 1000,
            'm' => 60_000,
            'h' => 3_600_000,
            'd' => 86_400_000,
            'w' => 604_800_000,
            'M' => 30 * 86_400_000,
            'y' => 365 * 86_400_000,
            ' ' if number.is_none() => continue,
            _ => return None,
        };
        total = total.checked_add(number.take()?.checked_mul(factor_ms)?)?;
    }
    if let Some(seconds) = number {
        total = total.checked_add(seconds.checked_mul(1000)?)?;
    } else if total == 0 && !text.chars().any(|c| c.is_ascii_digit()) {
        return None;
    }
    Some(Duration::from_millis(total))
}

/// A size, as `ngx_parse_size` reads it.
fn size(text: &str) -> Option<Size> {
    let (number, factor) = match text.as_bytes().last()? {
        b'k' | b'K' => (&text[..text.len() - 1], 1024),
        b'm' | b'M' => (&text[..text.len() - 1], 1024 * 1024),
        _ => (text, 1),
    };
    number.parse::<u64>().ok()?.checked_mul(factor).map(Size)
}

/// Kubernetes' quantity, as `resource.ParseQuantity` reads sizes; fractions of a byte are rounded down.
fn quantity(text: &str) -> Option<Size> {
    let at = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, suffix) = text.split_at(at);
    let factor: u64 = match suffix {
        "" => 1,
        "k" => 1000,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        "T" => 1_000_000_000_000,
        "Ki" => 1 << 10,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        "Ti" => 1 << 40,
        _ => return None,
    };
    let bytes = number.parse::<f64>().ok()? * factor as f64;
    (0.0..9e18).contains(&bytes).then_some(Size(bytes as u64))
}

/// PHP's shorthand bytes, and compose's byte values (`512m`, `1gb`).
fn php_size(text: &str) -> Option<Size> {
    let text = text.trim();
    if text == "-1" {
        return Some(Size::UNLIMITED);
    }
    let lower = text.to_ascii_lowercase();
    let lower = lower.strip_suffix('b').unwrap_or(&lower);
    let (number, factor) = match lower.as_bytes().last()? {
        b'k' => (&lower[..lower.len() - 1], 1 << 10),
        b'm' => (&lower[..lower.len() - 1], 1 << 20),
        b'g' => (&lower[..lower.len() - 1], 1 << 30),
        _ => (lower, 1),
    };
    number.parse::<u64>().ok()?.checked_mul(factor).map(Size)
}
