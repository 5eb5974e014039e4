//! Values with their units. A wrong unit does not compile, and in a rule does not type-check.

use std::fmt::{self, Write};
use std::sync::Arc;

/// A length of time in microseconds; `UNLIMITED` exceeds every other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(u64);

impl Duration {
    /// No limit at all: a timeout that is switched off.
    pub const UNLIMITED: Duration = Duration(u64::MAX);
    /// No time.
    pub const ZERO: Duration = Duration(0);

    /// From whole microseconds.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// From whole milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1000))
    }

    /// From whole seconds.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// Microseconds; meaningless for `UNLIMITED`.
    pub const fn micros(self) -> u64 {
        self.0
    }

    /// Whether there is no limit.
    pub const fn is_unlimited(self) -> bool {
        self.0 == u64::MAX
    }

    /// The sum; unlimited if either is.
    pub fn plus(self, other: Duration) -> Duration {
        Duration(self.0.saturating_add(other.0))
    }

    /// The difference, not below zero; unlimited minus anything is unlimited.
    pub fn minus(self, other: Duration) -> Duration {
        if self.is_unlimited() {
            self
        } else {
            Duration(self.0.saturating_sub(other.0))
        }
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_unlimited() {
            return f.write_str("without limit");
        }
        match self.0 {
            0 => f.write_str("0s"),
            us if us % 1000 != 0 => write!(f, "{us}us"),
            us if us % 1_000_000 != 0 => write!(f, "{}ms", us / 1000),
            us => write!(f, "{}s", us / 1_000_000),
        }
    }
}

/// A number of bytes; `UNLIMITED` exceeds every other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size(pub u64);

impl Size {
    /// No limit at all.
    pub const UNLIMITED: Size = Size(u64::MAX);
}

/// As people read it in messages. From a mebibyte on the unit is written out, because `m` is nginx's megabyte and
/// Kubernetes' thousandth.
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const K: u64 = 1024;
        const M: u64 = K * K;
        const G: u64 = K * M;
        match self.0 {
            u64::MAX => f.write_str("without limit"),
            0 => f.write_str("0"),
            b if b % G == 0 => write!(f, "{} GiB", b / G),
            b if b > G && b % (G / 2) == 0 => write!(f, "{}.5 GiB", b / G),
            b if b % M == 0 => write!(f, "{} MiB", b / M),
            b if b % K == 0 => write!(f, "{}k", b / K),
            b => write!(f, "{b}"),
        }
    }
}

/// The type of a field or an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// A length of time.
    Duration,
    /// A number of bytes.
    Size,
    /// A whole number: a count, a port.
    Number,
    /// True or false.
    Bool,
    /// Text.
    Text,
}

impl Type {
    /// The name rules and schemas use.
    pub fn name(self) -> &'static str {
        match self {
            Type::Duration => "duration",
            Type::Size => "size",
            Type::Number => "number",
            Type::Bool => "bool",
            Type::Text => "text",
        }
    }
}

/// One value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// A length of time.
    Duration(Duration),
    /// A number of bytes.
    Size(Size),
    /// A whole number.
    Number(i64),
    /// True or false.
    Bool(bool),
    /// Text.
    Text(Arc<str>),
}

impl Value {
    /// The value's type.
    pub fn kind(&self) -> Type {
        match self {
            Value::Duration(_) => Type::Duration,
            Value::Size(_) => Type::Size,
            Value::Number(_) => Type::Number,
            Value::Bool(_) => Type::Bool,
            Value::Text(_) => Type::Text,
        }
    }

    /// Puts the value at the end of a text, as people read it.
    pub fn push_to(&self, text: &mut String) {
        match self {
            Value::Text(value) => text.push_str(value),
            // A String takes everything.
            other => drop(write!(text, "{other}")),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Duration(value) => value.fmt(f),
            Value::Size(value) => value.fmt(f),
            Value::Number(value) => value.fmt(f),
            Value::Bool(value) => value.fmt(f),
            Value::Text(value) => f.write_str(value),
        }
    }
}

/// Rust types a field can have.
pub trait FieldType: Sized {
    /// The model's name for the type.
    const TYPE: Type;
    /// Into a value.
    fn wrap(self) -> Value;
    /// Out of a value of this type.
    fn unwrap(value: &Value) -> Option<Self>;
}

macro_rules! field_type {
    ($rust:ty, $variant:ident) => {
        impl FieldType for $rust {
            const TYPE: Type = Type::$variant;
            fn wrap(self) -> Value {
                Value::$variant(self)
            }
            fn unwrap(value: &Value) -> Option<Self> {
                match value {
                    Value::$variant(value) => Some(value.clone()),
                    _ => None,
                }
            }
        }
    };
}

field_type!(Duration, Duration);
field_type!(Size, Size);
field_type!(i64, Number);
field_type!(bool, Bool);
field_type!(Arc<str>, Text);
