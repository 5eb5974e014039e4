//! One field: lists, ranges, steps and names, to a set of values.

use std::ops::Range;

use super::dialect::{Dialect, Question, Slot, Star};
use super::error::{CronError, invalid};

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// The years an expression may name.
pub(super) const YEARS: (i64, i64) = (1970, 2199);

/// A field's text and where it stands in the expression.
#[derive(Clone, Copy)]
pub(super) struct Written<'t> {
    pub text: &'t str,
    pub at: usize,
}

impl<'t> Written<'t> {
    pub fn range(self) -> Range<usize> {
        self.at..self.at + self.text.len()
    }

    fn part(self, from: usize, to: usize) -> Self {
        Self {
            text: self.text.get(from..to).unwrap_or_default(),
            at: self.at + from,
        }
    }

    /// The parts between commas that hold something; empty ones are passed over, as robfig/cron does.
    pub fn items(self) -> impl Iterator<Item = Self> {
        let mut from = 0;
        self.text.split(',').filter_map(move |item| {
            let part = self.part(from, from + item.len());
            from += item.len() + 1;
            (!item.is_empty()).then_some(part)
        })
    }
}

/// A field's values.
pub(super) struct Values {
    /// Bit n stands for the lowest legal value plus n; weekdays count from Sunday.
    pub bits: [u64; 4],
    /// Whether the field is unrestricted, as the dialect sees it.
    pub star: bool,
}

impl Values {
    pub fn empty() -> Self {
        Self {
            bits: [0; 4],
            star: false,
        }
    }

    fn insert(&mut self, n: i64) {
        if let Some(word) = usize::try_from(n / 64).ok().and_then(|at| self.bits.get_mut(at)) {
            *word |= 1 << (n % 64);
        }
    }
}

/// The lowest and highest value of a field.
pub(super) fn bounds(slot: Slot, dialect: &Dialect) -> (i64, i64) {
    match slot {
        Slot::Second | Slot::Minute => (0, 59),
        Slot::Hour => (0, 23),
        Slot::Day => (1, 31),
        Slot::Month => (1, 12),
        Slot::Weekday if dialect.seven => (0, 7),
        Slot::Weekday => (dialect.sunday, dialect.sunday + 6),
        Slot::Year => YEARS,
    }
}

/// Adds one item of a list, such as `1-5/2`.
pub(super) fn item(item: Written<'_>, slot: Slot, dialect: &Dialect, values: &mut Values) -> Result<(), CronError> {
    let (low, high) = bounds(slot, dialect);
    let full = if slot == Slot::Weekday && dialect.seven {
        6
    } else {
        high
    };
    let mut parts = item.text.splitn(2, '/');
    let head = parts.next().unwrap_or_default();
    let range = item.part(0, head.len());
    let step = match parts.next() {
        None => 1,
        Some(step) => {
            let step = item.part(head.len() + 1, head.len() + 1 + step.len());
            match number(step)? {
                Some(0) => {
                    return Err(invalid(step.range(), "a step must be at least 1"));
                }
                Some(step) => step,
                None => return Err(not_a_value(step, slot, dialect)),
            }
        }
    };
    let stepped = item.text.contains('/');
    let star = head == "*" || (head == "?" && dialect.question == Question::Star);
    let (from, to) = if star {
        (low, full)
    } else if let Some((first, last)) = head.split_once('-') {
        let first = value(range.part(0, first.len()), slot, dialect)?;
        let last = value(range.part(head.len() - last.len(), head.len()), slot, dialect)?;
        (first, last)
    } else {
        let one = value(range, slot, dialect)?;
        // `5/15` runs to the end.
        (one, if stepped { full.max(one) } else { one })
    };
    values.star |= star
        && match dialect.star {
            Star::Whole => step == 1,
            Star::Leading => true,
        };
    let to = match (from <= to, dialect.wraps) {
        (true, _) => to,
        (false, true) => to + (high - low + 1),
        (false, false) => return Err(backwards(range, from, to, slot, dialect)),
    };
    let size = if slot == Slot::Weekday { 7 } else { high - low + 1 };
    let base = if slot == Slot::Weekday { dialect.sunday } else { low };
    let mut at = from;
    while at <= to {
        values.insert((at - base).rem_euclid(size));
        at = at.saturating_add(step);
    }
    Ok(())
}

/// A number; `None` when the text is not one.
fn number(text: Written<'_>) -> Result<Option<i64>, CronError> {
    if text.text.is_empty() || !text.text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    match text.text.parse::<i64>() {
        Ok(number) if number <= 100_000 => Ok(Some(number)),
        _ => Err(invalid(text.range(), format!("`{}` is too large a number", text.text))),
    }
}

/// A value within the field's bounds.
pub(super) fn value(text: Written<'_>, slot: Slot, dialect: &Dialect) -> Result<i64, CronError> {
    let (low, high) = bounds(slot, dialect);
    if let Some(named) = name(text.text, slot, dialect) {
        return Ok(named);
    }
    let Some(value) = number(text)? else {
        return Err(not_a_value(text, slot, dialect));
    };
    if (low..=high).contains(&value) {
        return Ok(value);
    }
    let error = invalid(
        text.range(),
        format!(
            "{value} is not a {}: {} takes {low} to {high}",
            slot.name(),
            dialect.name
        ),
    );
    Err(match (slot, value) {
        (Slot::Weekday, 7) => error.help("Sunday is 0 here"),
        (Slot::Weekday, 0) => error.help("Sunday is 1 here, Saturday is 7"),
        (Slot::Hour, 24) => error.help("midnight is hour 0"),
        (Slot::Minute | Slot::Second, 60) => error.help("the full hour is minute 0"),
        _ => error,
    })
}

fn name(text: &str, slot: Slot, dialect: &Dialect) -> Option<i64> {
    let place = |names: &[&str]| {
        let at = names.iter().position(|name| text.eq_ignore_ascii_case(name))?;
        i64::try_from(at).ok()
    };
    match slot {
        Slot::Month => place(&MONTHS).map(|at| at + 1),
        Slot::Weekday => place(&WEEKDAYS).map(|at| at + dialect.sunday),
        _ => None,
    }
}

fn not_a_value(text: Written<'_>, slot: Slot, dialect: &Dialect) -> CronError {
    let (low, high) = bounds(slot, dialect);
    let range = if text.text.is_empty() {
        text.at.saturating_sub(1)..text.at
    } else {
        text.range()
    };
    let error = invalid(range, format!("`{}` is not a {}", text.text, slot.name()));
    let upper = text.text.to_ascii_uppercase();
    match slot {
        Slot::Day | Slot::Weekday if upper.contains(['L', 'W', '#']) && !dialect.special => {
            error.help(format!("{} does not know L, W and #", dialect.name))
        }
        _ if text.text == "?" && dialect.question == Question::Refused => error.help("write `*`"),
        _ if text.text == "?" => error.help("only one of the two day fields may be `?`"),
        Slot::Weekday => error.help(format!("write {low} to {high}, or SUN to SAT")),
        Slot::Month => error.help("write 1 to 12, or JAN to DEC"),
        _ => error.help(format!("write {low} to {high}")),
    }
}

fn backwards(range: Written<'_>, from: i64, to: i64, slot: Slot, dialect: &Dialect) -> CronError {
    let (low, high) = bounds(slot, dialect);
    let high = if slot == Slot::Weekday {
        dialect.sunday + 6
    } else {
        high
    };
    let part = |from: i64, to: i64| match from == to {
        true => from.to_string(),
        false => format!("{from}-{to}"),
    };
    invalid(range.range(), format!("the range {} runs backwards", range.text)).help(format!(
        "write {},{}",
        part(from, high),
        part(low, to)
    ))
}
