//! Exact fractions of whole numbers, for a floor that never depends on how a machine rounds.

use std::fmt;

/// A fraction that is not negative, in lowest terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ratio {
    over: u128,
    under: u128,
}

impl Ratio {
    /// One.
    pub const ONE: Ratio = Ratio { over: 1, under: 1 };
    /// Nothing.
    pub const ZERO: Ratio = Ratio { over: 0, under: 1 };

    /// `over / under`; `None` when `under` is 0.
    pub fn new(over: u128, under: u128) -> Option<Self> {
        (under != 0).then(|| {
            let common = divisor(over, under);
            Self {
                over: over / common,
                under: under / common,
            }
        })
    }

    /// Reads a decimal number such as `40`, `0.20` or `1.5e3`. At most 9 digits after the point count; the rest rounds up.
    pub fn parse(text: &str) -> Option<Self> {
        let nanos = nanos(text).ok()?;
        Self::new(u128::from(nanos), u128::from(NANO))
    }

    /// The product; `None` where it is beyond all sense.
    pub fn times(self, other: Self) -> Option<Self> {
        // Reduced crosswise first, so that the products stay small.
        let (a, b) = (divisor(self.over, other.under), divisor(other.over, self.under));
        Some(Self {
            over: (self.over / a).checked_mul(other.over / b)?,
            under: (self.under / b).checked_mul(other.under / a)?,
        })
    }

    /// The sum.
    pub fn plus(self, other: Self) -> Option<Self> {
        let over = self
            .over
            .checked_mul(other.under)?
            .checked_add(other.over.checked_mul(self.under)?)?;
        Self::new(over, self.under.checked_mul(other.under)?)
    }

    /// `1 / self`; `None` for 0.
    pub fn inverse(self) -> Option<Self> {
        (self.over != 0).then_some(Self {
            over: self.under,
            under: self.over,
        })
    }

    /// Whether it is 0.
    pub fn is_zero(self) -> bool {
        self.over == 0
    }

    /// `count * self`, rounded up; the greatest count where it is more.
    pub fn ceiling_of(self, count: u64) -> u32 {
        let product = u128::from(count).checked_mul(self.over);
        product.map_or(u32::MAX, |product| {
            u32::try_from(product.div_ceil(self.under)).unwrap_or(u32::MAX)
        })
    }

    /// As a decimal, for people.
    pub fn to_f64(self) -> f64 {
        self.over as f64 / self.under as f64
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.under == 1 {
            write!(f, "{}", self.over)
        } else {
            let text = format!("{:.3}", self.to_f64());
            f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
        }
    }
}

fn divisor(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

/// Units of a decimal number in [`nanos`].
pub const NANO: u64 = 1_000_000_000;

/// Why a text is not a decimal number that counts something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberFault {
    /// Not a number at all.
    Malformed,
    /// `NaN` or infinite.
    NotFinite,
    /// Below zero.
    Negative,
    /// More than 18 thousand million.
    TooLarge,
}

/// A decimal number in units of a thousand-millionth, rounded up beyond.
pub fn nanos(text: &str) -> Result<u64, NumberFault> {
    let bytes = text.as_bytes();
    let mut total: u64 = 0;
    let mut places: i32 = 0;
    let mut digits = false;
    let mut point = false;
    let mut rest = false;
    let mut at = usize::from(bytes.first() == Some(&b'+'));
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'0'..=b'9' => {
                digits = true;
                let digit = u64::from(byte - b'0');
                match total.checked_mul(10).and_then(|total| total.checked_add(digit)) {
                    // Digits that no unit can hold only say whether to round up.
                    _ if point && places >= 18 => rest |= digit != 0,
                    Some(next) => {
                        total = next;
                        places += i32::from(point);
                    }
                    None if point => rest |= digit != 0,
                    None => return Err(NumberFault::TooLarge),
                }
            }
            b'.' if !point => point = true,
            b'e' | b'E' if digits => {
                let exponent = text.get(at + 1..).and_then(|text| text.parse::<i32>().ok());
                places -= exponent
                    .filter(|exponent| exponent.abs() < 400)
                    .ok_or(NumberFault::Malformed)?;
                break;
            }
            _ => return Err(odd(text)),
        }
        at += 1;
    }
    if !digits {
        return Err(odd(text));
    }
    scaled(total, 9 - places, rest)
}

fn scaled(total: u64, zeros: i32, rest: bool) -> Result<u64, NumberFault> {
    let wide = u128::from(total);
    let result = if zeros >= 0 {
        match 10u128
            .checked_pow(zeros.unsigned_abs())
            .and_then(|factor| wide.checked_mul(factor))
        {
            Some(result) => result + u128::from(rest),
            None if total == 0 => u128::from(rest),
            None => return Err(NumberFault::TooLarge),
        }
    } else {
        match 10u128.checked_pow(zeros.unsigned_abs()) {
            Some(factor) => (wide + u128::from(rest)).div_ceil(factor),
            None => u128::from(total > 0 || rest),
        }
    };
    u64::try_from(result).map_err(|_| NumberFault::TooLarge)
}

fn odd(text: &str) -> NumberFault {
    let bare = text.trim_start_matches(['+', '-']);
    if ["nan", "inf", "infinity"]
        .iter()
        .any(|name| bare.eq_ignore_ascii_case(name))
    {
        NumberFault::NotFinite
    } else if text.starts_with('-') && bare.starts_with(|first: char| first.is_ascii_digit()) {
        NumberFault::Negative
    } else {
        NumberFault::Malformed
    }
}
