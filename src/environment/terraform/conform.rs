//! What a variable's type makes of a value: attributes that are optional and left out.

use std::sync::Arc;

use super::value::{Content, Value};
use crate::syntax::hcl::expression::{Expression, ExpressionKind};

/// The value with everything filled in that its type says. `default` works out the default of an optional attribute.
pub(super) fn conformed(value: Value, of: &Expression, default: &dyn Fn(&Expression) -> Value) -> Value {
    let ExpressionKind::Call(name, arguments) = &of.kind else {
        return value;
    };
    match (name.as_str(), arguments.as_slice(), value.content) {
        ("optional", [inner, rest @ ..], content) => {
            let value = Value { content, ..value };
            match (&value.content, rest.first()) {
                (Content::Null, Some(given)) => conformed(default(given), inner, default),
                _ => conformed(value, inner, default),
            }
        }
        ("map", [inner], Content::Map(entries)) => {
            let entries = entries
                .into_iter()
                .map(|(key, value)| (key, conformed(value, inner, default)));
            let content = Content::Map(entries.collect());
            Value { content, ..value }
        }
        ("list" | "set", [inner], Content::List(items)) => {
            let items = items.into_iter().map(|item| conformed(item, inner, default));
            let content = Content::List(items.collect());
            Value { content, ..value }
        }
        ("object", [inner], Content::Map(entries)) => {
            let content = Content::Map(object(entries, inner, value.span, default));
            Value { content, ..value }
        }
        (.., content) => Value { content, ..value },
    }
}

fn object(
    mut entries: Vec<(Arc<str>, Value)>,
    of: &Expression,
    span: crate::repo::Span,
    default: &dyn Fn(&Expression) -> Value,
) -> Vec<(Arc<str>, Value)> {
    let ExpressionKind::Object(attributes) = &of.kind else {
        return entries;
    };
    for (key, inner) in attributes {
        let ExpressionKind::Text(name) = &key.kind else {
            continue;
        };
        if let Some((_, written)) = entries.iter_mut().find(|(own, _)| **own == **name) {
            let value = std::mem::replace(written, Value::computed(Content::Null, span));
            *written = conformed(value, inner, default);
            continue;
        }
        let is_optional = matches!(&inner.kind, ExpressionKind::Call(name, _) if name == "optional");
        if is_optional {
            let absent = Value::computed(Content::Null, span);
            entries.push((Arc::from(name.as_str()), conformed(absent, inner, default)));
        }
    }
    entries
}
