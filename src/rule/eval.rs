//! Evaluation with known, absent and unknown values.
//!
//! An *absent* fact makes what is computed from it absent: the rule does not apply. An *unknown* one decides nothing: a
//! result is known only when every value the unknown could have gives the same result. So
//!
//! - a comparison or sum with an absent operand is absent, whatever the other one is;
//! - `false && x` is false and `true || x` is true, whatever `x` is;
//! - otherwise an unknown operand of `&&` and `||` makes them unknown, and an absent one makes them absent;
//! - `== null` and `!= null` ask whether something is absent, and are unknown only where that is.
//!
//! What rests on an assumption is looked at through a lens, which takes it for known or for unknown.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use super::expr::{Arithmetic, Compare, Expr, Search};
use crate::model::{Duration, EntityId, FieldId, Found, Known, Lens, Model, Size, Value, Version};

/// What an expression is evaluated over.
#[derive(Clone, Copy)]
pub(super) struct Scene<'m> {
    pub(super) model: &'m Model,
    pub(super) root: EntityId,
    /// The values of the rule's options.
    pub(super) options: &'m [Value],
    /// What assumptions are taken for.
    pub(super) lens: &'m Lens,
}

impl<'m> Scene<'m> {
    /// Whether every part of a requirement holds; the same as evaluating it whole.
    pub(super) fn satisfies(&self, conjuncts: &[Expr]) -> Known<bool> {
        let mut doubt = None;
        let mut absent = false;
        for conjunct in conjuncts {
            match self.truth(conjunct) {
                Known::Is(true) => {}
                Known::Is(false) => return Known::Is(false),
                Known::Absent => absent = true,
                Known::Unknown(found) => doubt = doubt.or(Some(found)),
            }
        }
        match (doubt, absent) {
            (Some(doubt), _) => Known::Unknown(doubt),
            (None, true) => Known::Absent,
            (None, false) => Known::Is(true),
        }
    }

    /// The same through another lens.
    pub(super) fn through<'l>(&self, lens: &'l Lens) -> Scene<'l>
    where
        'm: 'l,
    {
        Scene { lens, ..*self }
    }

    /// What is to be known of a field of an entity.
    #[inline]
    pub(super) fn see<T>(&self, id: EntityId, field: FieldId, what: impl FnOnce(&Found<'m>) -> T) -> Known<T> {
        self.lens.see(&self.model.find(id, field)).map(what)
    }

    /// The value of an expression; absent means that the rule does not apply.
    pub(super) fn value<'e>(&self, expr: &'e Expr) -> Known<Cow<'e, Value>>
    where
        'm: 'e,
    {
        let owned = |value: Value| Known::Is(Cow::Owned(value));
        match expr {
            Expr::Value(value) => Known::Is(Cow::Borrowed(value)),
            Expr::Option(at) => match self.options.get(*at) {
                Some(value) => Known::Is(Cow::Borrowed(value)),
                None => Known::Absent,
            },
            Expr::Path(path) => path.value(self),
            Expr::Arithmetic(operation, a, b) => self.both(a, b, |a, b| match arithmetic(*operation, a, b) {
                Some(value) => owned(value),
                None => Known::Absent,
            }),
            Expr::Choose(condition, a, b) => self
                .truth(condition)
                .then(|condition| self.value(if condition { a } else { b })),
            Expr::Text(a) => self
                .value(a)
                .then(|value| owned(Value::Text(Arc::from(value.to_string())))),
            _ => self.truth(expr).then(|truth| owned(Value::Bool(truth))),
        }
    }

    /// The value of an expression that is true or false.
    pub(super) fn truth(&self, expr: &Expr) -> Known<bool> {
        match expr {
            Expr::Not(a) => self.truth(a).map(|truth| !truth),
            Expr::And(a, b) => self.join(a, b, false),
            Expr::Or(a, b) => self.join(a, b, true),
            Expr::IsAbsent(path) => path.is_absent(self),
            Expr::IsWritten(path) => match path.is_written(self) {
                Known::Absent => Known::Is(false),
                other => other,
            },
            Expr::Compare(compare, a, b) => self.both(a, b, |a, b| holds(*compare, a, b)),
            Expr::In(item, list) => self.one_of(item, list),
            Expr::Search(search, a, b) => self.both(a, b, |a, b| match (a, b) {
                (Value::Text(text), Value::Text(part)) => Known::Is(match search {
                    Search::Contains => text.contains(&**part),
                    Search::StartsWith => text.starts_with(&**part),
                    Search::EndsWith => text.ends_with(&**part),
                }),
                _ => Known::Absent,
            }),
            Expr::AtLeast(version, other) => self.with(version, |version| at_least(version, other)),
            Expr::IsNumber(a) => self.with(a, |value| match value {
                Value::Text(text) => Known::Is(!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())),
                _ => Known::Absent,
            }),
            Expr::Value(_)
            | Expr::Option(_)
            | Expr::Path(_)
            | Expr::Arithmetic(..)
            | Expr::Choose(..)
            | Expr::Text(_) => self.with(expr, |value| match value {
                Value::Bool(truth) => Known::Is(*truth),
                _ => Known::Absent,
            }),
        }
    }

    /// `&&` and `||`: one value decides alone; else what is not known or not there stays so.
    fn join(&self, a: &Expr, b: &Expr, deciding: bool) -> Known<bool> {
        let left = self.truth(a);
        if left == Known::Is(deciding) {
            return left;
        }
        let right = self.truth(b);
        match (left, right) {
            (_, Known::Is(right)) if right == deciding => Known::Is(deciding),
            (Known::Unknown(doubt), _) | (_, Known::Unknown(doubt)) => Known::Unknown(doubt),
            (Known::Absent, _) | (_, Known::Absent) => Known::Absent,
            _ => Known::Is(!deciding),
        }
    }

    /// A value that is there already, without taking it in hand: most of what is asked is a field beside a constant.
    /// `None` for what has to be computed.
    fn look<'e>(&self, expr: &'e Expr) -> Option<Known<&'e Value>>
    where
        'm: 'e,
    {
        match expr {
            Expr::Value(value) => Some(Known::Is(value)),
            Expr::Option(at) => Some(self.options.get(*at).map_or(Known::Absent, Known::Is)),
            Expr::Path(path) => path.look(self),
            _ => None,
        }
    }

    /// What comes of an operand where it is known.
    fn with<T>(&self, expr: &Expr, of: impl FnOnce(&Value) -> Known<T>) -> Known<T> {
        match self.look(expr) {
            Some(found) => found.then(of),
            None => self.value(expr).then(|value| of(&value)),
        }
    }

    /// The truth of a conjunction whose operands stand apart, when only its being true matters: false and absent both
    /// mean no, and either decides alone.
    ///
    /// `deciding` is the one that decided for the entity before, which is much like this one: it is asked first.
    pub(super) fn applies(&self, conjuncts: &[Expr], deciding: &mut usize) -> Known<bool> {
        let decides = |conjunct: &Expr| matches!(self.truth(conjunct), Known::Is(false) | Known::Absent);
        if *deciding > 0 && conjuncts.get(*deciding).is_some_and(decides) {
            return Known::Is(false);
        }
        let mut doubt = None;
        for (at, conjunct) in conjuncts.iter().enumerate() {
            match self.truth(conjunct) {
                Known::Is(true) => {}
                Known::Is(false) | Known::Absent => {
                    *deciding = at;
                    return Known::Is(false);
                }
                Known::Unknown(found) => doubt = doubt.or(Some(found)),
            }
        }
        doubt.map_or(Known::Is(true), Known::Unknown)
    }

    /// What comes of two operands where both are known; one that is absent decides, whatever the other is.
    fn both<T>(&self, a: &Expr, b: &Expr, of: impl FnOnce(&Value, &Value) -> Known<T>) -> Known<T> {
        if let Some(a) = self.look(a)
            && let Some(b) = self.look(b)
        {
            return match (a, b) {
                (Known::Is(a), Known::Is(b)) => of(a, b),
                (Known::Absent, _) | (_, Known::Absent) => Known::Absent,
                (Known::Unknown(doubt), _) | (_, Known::Unknown(doubt)) => Known::Unknown(doubt),
            };
        }
        let a = self.value(a);
        if matches!(a, Known::Absent) {
            return Known::Absent;
        }
        match (a, self.value(b)) {
            (Known::Is(a), Known::Is(b)) => of(&a, &b),
            (Known::Absent, _) | (_, Known::Absent) => Known::Absent,
            (Known::Unknown(doubt), _) | (_, Known::Unknown(doubt)) => Known::Unknown(doubt),
        }
    }

    fn one_of(&self, item: &Expr, list: &[Expr]) -> Known<bool> {
        self.with(item, |item| {
            let mut doubt = None;
            for other in list {
                match self.with(other, |other| Known::Is(other == item)) {
                    Known::Is(true) => return Known::Is(true),
                    Known::Is(false) | Known::Absent => {}
                    Known::Unknown(found) => doubt = doubt.or(Some(found)),
                }
            }
            doubt.map_or(Known::Is(false), Known::Unknown)
        })
    }
}

fn holds(compare: Compare, a: &Value, b: &Value) -> Known<bool> {
    match compare {
        Compare::Equal => return Known::Is(a == b),
        Compare::NotEqual => return Known::Is(a != b),
        _ => {}
    }
    let order = match (a, b) {
        (Value::Duration(a), Value::Duration(b)) => a.cmp(b),
        (Value::Size(a), Value::Size(b)) => a.cmp(b),
        (Value::Number(a), Value::Number(b)) => a.cmp(b),
        _ => return Known::Absent,
    };
    Known::Is(match compare {
        Compare::Less => order == Ordering::Less,
        Compare::LessEqual => order != Ordering::Greater,
        Compare::Greater => order == Ordering::Greater,
        _ => order != Ordering::Less,
    })
}

fn arithmetic(operation: Arithmetic, a: &Value, b: &Value) -> Option<Value> {
    Some(match (operation, a, b) {
        (Arithmetic::Add, Value::Duration(a), Value::Duration(b)) => Value::Duration(a.plus(*b)),
        (Arithmetic::Add, Value::Size(a), Value::Size(b)) => Value::Size(Size(a.0.saturating_add(b.0))),
        (Arithmetic::Add, Value::Number(a), Value::Number(b)) => Value::Number(a.saturating_add(*b)),
        (Arithmetic::Add, Value::Text(a), Value::Text(b)) => Value::Text(Arc::from(format!("{a}{b}"))),
        (Arithmetic::Subtract, Value::Duration(a), Value::Duration(b)) => Value::Duration(a.minus(*b)),
        (Arithmetic::Subtract, Value::Size(a), Value::Size(b)) => Value::Size(match *a {
            Size::UNLIMITED => *a,
            Size(a) => Size(a.saturating_sub(b.0)),
        }),
        (Arithmetic::Subtract, Value::Number(a), Value::Number(b)) => Value::Number(a.saturating_sub(*b)),
        (Arithmetic::Multiply, Value::Duration(a), Value::Number(b)) => {
            Value::Duration(Duration::from_micros(times(a.micros(), *b)))
        }
        (Arithmetic::Multiply, Value::Size(a), Value::Number(b)) => Value::Size(Size(times(a.0, *b))),
        (Arithmetic::Multiply, Value::Number(a), Value::Number(b)) => Value::Number(a.saturating_mul(*b)),
        (Arithmetic::Max | Arithmetic::Min, a, b) => {
            let Known::Is(a_is_more) = holds(Compare::GreaterEqual, a, b) else {
                return None;
            };
            let take_a = a_is_more == (operation == Arithmetic::Max);
            if take_a { a.clone() } else { b.clone() }
        }
        _ => return None,
    })
}

/// A product that stays unlimited and never falls below nothing.
fn times(amount: u64, factor: i64) -> u64 {
    match u64::try_from(factor) {
        Ok(factor) => amount.saturating_mul(factor),
        Err(_) => 0,
    }
}

fn at_least(version: &Value, other: &Version) -> Known<bool> {
    let Value::Text(text) = version else {
        return Known::Absent;
    };
    match Version::parse(text).and_then(|version| version.at_least(other)) {
        Some(answer) => Known::Is(answer),
        None => Known::Unknown(crate::model::Doubt::new(format!(
            "version {text} may be before or after {other}"
        ))),
    }
}
