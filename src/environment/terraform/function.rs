//! Operators and functions of Terraform on known values; whatever is not here is unknown.

use std::sync::Arc;

use super::value::{Content, Value, spelled};
use crate::model::Known;
use crate::repo::Span;
use crate::syntax::hcl::expression::Operator;

/// Applies an operator.
pub(super) fn binary(operator: Operator, left: &Value, right: &Value, span: Span) -> Value {
    // What decides alone needs no other side.
    let decided = |value: &Value, by: bool| value.bool() == Known::Is(by);
    match operator {
        Operator::And if decided(left, false) || decided(right, false) => return truth(false, span),
        Operator::Or if decided(left, true) || decided(right, true) => return truth(true, span),
        _ => {}
    }
    let symbols = matches!(left.content, Content::Symbol(_)) && left.content == right.content;
    if let Some(doubt) = left.doubt().or_else(|| right.doubt()).filter(|_| !symbols) {
        return Value::computed(Content::Unknown(doubt), span);
    }
    match operator {
        Operator::Equal => return truth(equal(left, right), span),
        Operator::NotEqual => return truth(!equal(left, right), span),
        Operator::And | Operator::Or => {
            return match (left.bool(), right.bool()) {
                (Known::Is(left), Known::Is(right)) if operator == Operator::And => truth(left && right, span),
                (Known::Is(left), Known::Is(right)) => truth(left || right, span),
                _ => Value::unknown("this is not a truth value", span),
            };
        }
        _ => {}
    }
    let (Known::Is(left), Known::Is(right)) = (left.number(), right.number()) else {
        return Value::unknown("this is not a number", span);
    };
    match operator {
        Operator::Add => number(left + right, span),
        Operator::Subtract => number(left - right, span),
        Operator::Multiply => number(left * right, span),
        Operator::Divide => number(left / right, span),
        Operator::Remainder => number(left % right, span),
        Operator::Less => truth(left < right, span),
        Operator::LessOrEqual => truth(left <= right, span),
        Operator::Greater => truth(left > right, span),
        Operator::GreaterOrEqual => truth(left >= right, span),
        Operator::Equal | Operator::NotEqual | Operator::And | Operator::Or => {
            Value::unknown("this is not a number", span)
        }
    }
}

/// A truth value that was worked out.
pub(super) fn truth(value: bool, span: Span) -> Value {
    Value::computed(Content::Bool(value), span)
}

/// A number that was worked out; what is none (a division by zero) is unknown.
pub(super) fn number(value: f64, span: Span) -> Value {
    if value.is_finite() {
        Value::computed(Content::Number(value), span)
    } else {
        Value::unknown("the calculation has no result", span)
    }
}

/// Terraform compares without converting: `"1" == 1` does not hold.
fn equal(left: &Value, right: &Value) -> bool {
    match (&left.content, &right.content) {
        (Content::List(left), Content::List(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| equal(left, right))
        }
        (Content::Map(left), Content::Map(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, value)| right.iter().any(|(other, right)| other == key && equal(value, right)))
        }
        (left, right) => left == right,
    }
}

/// Calls a function.
pub(super) fn call(name: &str, arguments: &[Value], span: Span) -> Value {
    let result = match (name, arguments) {
        ("max", [_, ..]) => fold(arguments, span, f64::max),
        ("min", [_, ..]) => fold(arguments, span, f64::min),
        ("ceil", [of]) => of.number().is().map(|of| number(of.ceil(), span)),
        ("floor", [of]) => of.number().is().map(|of| number(of.floor(), span)),
        ("abs", [of]) => of.number().is().map(|of| number(of.abs(), span)),
        ("tonumber", [of]) => of.number().is().map(|value| Value {
            content: Content::Number(value),
            ..of.clone()
        }),
        ("tostring", [of]) => of.text().is().map(|text| Value {
            content: Content::Text(text),
            ..of.clone()
        }),
        ("tobool", [of]) => of.bool().is().map(|value| truth(value, span)),
        ("lower", [of]) => text(of, span, |text| text.to_lowercase()),
        ("upper", [of]) => text(of, span, |text| text.to_uppercase()),
        ("trimspace", [of]) => text(of, span, |text| text.trim().to_owned()),
        ("length", [of]) => length(of, span),
        ("lookup", [map, key, rest @ ..]) => lookup(map, key, rest.first()),
        // The first that is neither null nor empty text; an unknown one before it might be either.
        ("coalesce", [_, ..]) => arguments
            .iter()
            .find(|value| !matches!(&value.content, Content::Null) && value.content != Content::Text(Arc::from("")))
            .cloned(),
        ("merge", _) => merge(arguments, span),
        ("concat", _) => concat(arguments, span),
        ("tomap" | "tolist" | "toset" | "nonsensitive" | "sensitive", [of]) => Some(of.clone()),
        // As the object it is made of: nothing here asks for its text.
        ("jsonencode", [of]) => Some(of.clone()),
        ("keys", [of]) => entries(of).map(|entries| {
            let keys = entries
                .iter()
                .map(|(key, value)| Value::computed(Content::Text(key.clone()), value.span));
            Value::computed(Content::List(keys.collect()), span)
        }),
        ("values", [of]) => entries(of).map(|entries| {
            let values = entries.iter().map(|(_, value)| value.clone()).collect();
            Value::computed(Content::List(values), span)
        }),
        ("join", [with, of]) => join(with, of, span),
        // The first that does not fail; an unknown one before it might not.
        ("try", [_, ..]) => arguments
            .iter()
            .find(|value| !matches!(value.content, Content::Missing(_)))
            .cloned(),
        _ => None,
    };
    let doubt = || arguments.iter().find_map(Value::doubt);
    result.unwrap_or_else(|| match doubt() {
        Some(doubt) => Value::computed(Content::Unknown(doubt), span),
        None => Value::unknown(format!("what {name}(…) gives is not worked out here"), span),
    })
}

fn fold(arguments: &[Value], span: Span, better: impl Fn(f64, f64) -> f64) -> Option<Value> {
    let numbers: Option<Vec<f64>> = arguments.iter().map(|argument| argument.number().is()).collect();
    let best = numbers?.into_iter().reduce(better)?;
    // The one that was chosen is where the result is written.
    let chosen = arguments.iter().find(|argument| argument.number() == Known::Is(best));
    Some(chosen.cloned().unwrap_or_else(|| number(best, span)))
}

fn text(of: &Value, span: Span, change: impl Fn(&str) -> String) -> Option<Value> {
    let text = of.text().is()?;
    Some(Value::computed(Content::Text(Arc::from(change(&text))), span))
}

fn length(of: &Value, span: Span) -> Option<Value> {
    let length = match &of.content {
        Content::List(items) => items.len(),
        Content::Map(entries) => entries.len(),
        Content::Text(text) => text.chars().count(),
        _ => return None,
    };
    Some(number(length as f64, span))
}

fn entries(of: &Value) -> Option<&[(Arc<str>, Value)]> {
    match &of.content {
        Content::Map(entries) => Some(entries),
        _ => None,
    }
}

fn lookup(map: &Value, key: &Value, default: Option<&Value>) -> Option<Value> {
    let key = key.text().is()?;
    let found = entries(map)?.iter().find(|(name, _)| *name == key);
    found.map(|(_, value)| value.clone()).or_else(|| default.cloned())
}

fn merge(arguments: &[Value], span: Span) -> Option<Value> {
    let mut merged: Vec<(Arc<str>, Value)> = Vec::new();
    for argument in arguments {
        if argument.content == Content::Null {
            continue;
        }
        for (key, value) in entries(argument)? {
            match merged.iter_mut().find(|(known, _)| known == key) {
                Some(known) => known.1 = value.clone(),
                None => merged.push((key.clone(), value.clone())),
            }
        }
    }
    Some(Value::computed(Content::Map(merged), span))
}

fn concat(arguments: &[Value], span: Span) -> Option<Value> {
    let mut all = Vec::new();
    for argument in arguments {
        let Content::List(items) = &argument.content else {
            return None;
        };
        all.extend(items.iter().cloned());
    }
    Some(Value::computed(Content::List(all), span))
}

fn join(with: &Value, of: &Value, span: Span) -> Option<Value> {
    let with = with.text().is()?;
    let Content::List(items) = &of.content else {
        return None;
    };
    let words: Option<Vec<Arc<str>>> = items.iter().map(|item| item.text().is()).collect();
    Some(Value::computed(Content::Text(Arc::from(words?.join(&with))), span))
}

/// The text of a template's parts. With symbols among them it is a symbol itself. Where one value makes it what it is, it
/// is written where that value is.
pub(super) fn concatenated(parts: &[Value], span: Span) -> Value {
    let mut text = String::new();
    let mut symbolic = false;
    for part in parts {
        match &part.content {
            Content::Text(part) => text.push_str(part),
            Content::Number(number) => text.push_str(&spelled(*number)),
            Content::Bool(value) => text.push_str(&value.to_string()),
            Content::Symbol(name) => {
                symbolic = true;
                text.push_str(name);
            }
            _ => {
                let doubt = part.doubt();
                return match doubt {
                    Some(doubt) => Value::computed(Content::Unknown(doubt), span),
                    None => Value::unknown("a part of this text is not text", span),
                };
            }
        }
    }
    let content = if symbolic {
        Content::Symbol(Arc::from(text))
    } else {
        Content::Text(Arc::from(text))
    };
    Value::computed(content, written_at(parts, span))
}

fn written_at(parts: &[Value], span: Span) -> Span {
    let is_outside = |part: &&Value| part.span.source != span.source || !part.span.overlaps(span);
    let mut outside = parts.iter().filter(is_outside);
    match (outside.next(), outside.next()) {
        (Some(one), None) if one.literal => one.span,
        _ => span,
    }
}
