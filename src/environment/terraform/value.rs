//! What an expression of Terraform comes to, with the place a person edits to change it.

use std::sync::Arc;

use crate::model::{Doubt, Known};
use crate::repo::Span;

/// How deep lists and maps may lie in each other.
const DEEPEST: usize = 64;

/// A value and where it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// What it is.
    pub content: Content,
    /// Where it is written: a variable's default, a line of a tfvars file, the expression itself where it is worked out.
    pub span: Span,
    /// Whether the bytes at `span` are the value, so that another may be written in their place.
    pub literal: bool,
}

/// The forms of values.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// `null`: as if it were not written.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A string.
    Text(Arc<str>),
    /// A list, a set or a tuple.
    List(Vec<Value>),
    /// A map or an object.
    Map(Vec<(Arc<str>, Value)>),
    /// Text that names what only Terraform's state knows, as `{aws_ecs_service.api.name}`. Equal symbols are equal values.
    Symbol(Arc<str>),
    /// What no one can know here.
    Unknown(Doubt),
    /// What is surely not there, and so an error unless `try` stands around it.
    Missing(Doubt),
}

impl Value {
    /// A value that was worked out at a place.
    pub fn computed(content: Content, span: Span) -> Self {
        Self {
            content,
            span,
            literal: false,
        }
    }

    /// A value that stands at a place as it is.
    pub fn literal(content: Content, span: Span) -> Self {
        Self {
            content,
            span,
            literal: true,
        }
    }

    /// What cannot be known, and why.
    pub fn unknown(reason: impl Into<Arc<str>>, span: Span) -> Self {
        Self::computed(Content::Unknown(Doubt::at(reason, span)), span)
    }

    /// Why it is not known, if it is not.
    pub fn doubt(&self) -> Option<Doubt> {
        match &self.content {
            Content::Unknown(doubt) | Content::Missing(doubt) => Some(doubt.clone()),
            Content::Symbol(name) => {
                let name = name.trim_matches(['{', '}']);
                Some(Doubt::at(
                    format!("{name} is known only to Terraform's state"),
                    self.span,
                ))
            }
            _ => None,
        }
    }

    /// As text; a number is turned into one, as Terraform does.
    pub fn text(&self) -> Known<Arc<str>> {
        match &self.content {
            Content::Text(text) => Known::Is(text.clone()),
            Content::Number(number) => Known::Is(Arc::from(spelled(*number))),
            Content::Bool(value) => Known::Is(Arc::from(value.to_string())),
            Content::Null => Known::Absent,
            _ => self.not_a("text"),
        }
    }

    /// As a number; text that holds one is turned into it, as Terraform does.
    pub fn number(&self) -> Known<f64> {
        match &self.content {
            Content::Number(number) => Known::Is(*number),
            Content::Text(text) => match text.trim().parse::<f64>() {
                Ok(number) if number.is_finite() => Known::Is(number),
                _ => self.not_a("a number"),
            },
            Content::Null => Known::Absent,
            _ => self.not_a("a number"),
        }
    }

    /// As a truth value.
    pub fn bool(&self) -> Known<bool> {
        match &self.content {
            Content::Bool(value) => Known::Is(*value),
            Content::Text(text) if &**text == "true" => Known::Is(true),
            Content::Text(text) if &**text == "false" => Known::Is(false),
            Content::Null => Known::Absent,
            _ => self.not_a("a truth value"),
        }
    }

    /// What stands for the value when two are compared: its text, or its symbol.
    pub fn handle(&self) -> Option<Arc<str>> {
        match &self.content {
            Content::Symbol(symbol) => Some(symbol.clone()),
            _ => self.text().is(),
        }
    }

    /// How many parts it has, counted to a little beyond `limit`; sixteen bytes of text are a part, and one that lies
    /// too deep is too large.
    pub(super) fn size(&self, limit: usize) -> usize {
        self.size_at(limit, 0)
    }

    fn size_at(&self, limit: usize, depth: usize) -> usize {
        if depth > DEEPEST {
            return limit + 1;
        }
        let mut size = 1;
        let mut add = |value: &Value| {
            if size <= limit {
                size += value.size_at(limit, depth + 1);
            }
        };
        match &self.content {
            Content::List(items) => items.iter().for_each(add),
            Content::Map(entries) => entries.iter().for_each(|(_, value)| add(value)),
            Content::Text(text) | Content::Symbol(text) => size += text.len() / 16,
            _ => {}
        }
        size
    }

    /// The same value, said to be worked out at a place.
    pub fn at(self, span: Span) -> Self {
        Self {
            span,
            literal: false,
            ..self
        }
    }

    fn not_a<T>(&self, what: &str) -> Known<T> {
        let doubt = self.doubt();
        Known::Unknown(doubt.unwrap_or_else(|| Doubt::at(format!("this is not {what}"), self.span)))
    }
}

/// A number as Terraform writes it.
pub fn spelled(number: f64) -> String {
    // Whole numbers have no fraction; nobody counts replicas beyond what a float holds exactly.
    if number.fract() == 0.0 && number.abs() < 9e15 {
        format!("{}", number as i64)
    } else {
        format!("{number}")
    }
}
