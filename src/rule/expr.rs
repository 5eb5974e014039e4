//! Typed expressions: what the typer makes and evaluation runs. Names are resolved, literals folded.

use std::borrow::Cow;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::model::{EntityId, FactView, FieldId, Kind, Known, Link, Model, Origin, Value, Version};

/// A path from the entity a rule looks at, resolved to places of links and a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// The path as written.
    pub text: Arc<str>,
    links: SmallVec<[Link; 4]>,
    end: End,
}

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// A field.
    Field(FieldId),
    /// The entity itself.
    Entity(Kind),
}

impl Path {
    pub(super) fn new(text: &str, links: SmallVec<[Link; 4]>, end: End) -> Path {
        Path {
            text: Arc::from(text),
            links,
            end,
        }
    }

    /// What the path leads to.
    pub fn end(&self) -> End {
        self.end
    }

    /// The entity that has the field, or that the path leads to.
    pub fn entity(&self, model: &Model, root: EntityId) -> Known<EntityId> {
        let mut at = root;
        for link in &self.links {
            match model.entity(at).linked(*link) {
                Known::Is(next) => at = *next,
                other => return other.clone(),
            }
        }
        Known::Is(at)
    }

    /// The value at the end of the path.
    pub fn value<'m>(&self, model: &'m Model, root: EntityId) -> Known<Cow<'m, Value>> {
        match self.look(model, root) {
            Some(found) => found.map(Cow::Borrowed),
            None => self
                .entity(model, root)
                .map(|id| Cow::Owned(Value::Text(model.entity(id).name.clone()))),
        }
    }

    /// A field's value where it stands; `None` for a path to an entity, whose name is no value yet.
    pub(super) fn look<'m>(&self, model: &'m Model, root: EntityId) -> Option<Known<&'m Value>> {
        let End::Field(field) = self.end else { return None };
        Some(match self.entity(model, root) {
            Known::Is(id) => model.find(id, field).map(|found| found.value()),
            Known::Absent => Known::Absent,
            Known::Unknown(doubt) => Known::Unknown(doubt),
        })
    }

    /// Whether there is a value at the end of the path.
    pub(super) fn is_absent(&self, model: &Model, root: EntityId) -> Known<bool> {
        let found = self.entity(model, root).then(|id| match self.end {
            End::Field(field) => model.find(id, field).map(|_| false),
            End::Entity(_) => Known::Is(false),
        });
        match found {
            Known::Absent => Known::Is(true),
            other => other,
        }
    }

    /// Whether the value at the end of the path is written in a file.
    pub fn is_written(&self, model: &Model, root: EntityId) -> Known<bool> {
        self.entity(model, root).then(|id| match self.end {
            End::Field(field) => model.find(id, field).map(|found| found.is_written()),
            End::Entity(_) => Known::Is(false),
        })
    }

    /// The fact at the end of the path; for an entity, its name at the place where it is declared.
    pub fn view(&self, model: &Model, root: EntityId) -> Known<FactView> {
        self.entity(model, root).then(|id| match self.end {
            End::Field(field) => model.fact(id, field),
            End::Entity(_) => {
                let entity = model.entity(id);
                Known::Is(FactView {
                    value: Value::Text(entity.name.clone()),
                    span: entity.span,
                    origin: Origin::Computed,
                    row: None,
                    site: None,
                })
            }
        })
    }
}

/// Comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compare {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

/// Arithmetic on two operands; the typer has made sure that they go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Max,
    Min,
}

/// Questions about text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Search {
    Contains,
    StartsWith,
    EndsWith,
}

/// A typed expression.
#[derive(Clone, Debug)]
pub(super) enum Expr {
    Value(Value),
    /// A path to a field.
    Path(Path),
    /// An option of the rule, by its place.
    Option(usize),
    /// Whether a link or field is absent.
    IsAbsent(Path),
    /// Whether a field is written in a file, rather than a default or computed.
    IsWritten(Path),
    Not(Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Compare(Compare, Box<Expr>, Box<Expr>),
    Arithmetic(Arithmetic, Box<Expr>, Box<Expr>),
    Choose(Box<Expr>, Box<Expr>, Box<Expr>),
    /// Whether a value is one of several.
    In(Box<Expr>, Vec<Expr>),
    Search(Search, Box<Expr>, Box<Expr>),
    AtLeast(Box<Expr>, Version),
    /// Any value as text.
    Text(Box<Expr>),
    /// Whether a text is a whole number.
    IsNumber(Box<Expr>),
}

impl Expr {
    /// The paths to fields that take part.
    pub(super) fn paths<'e>(&'e self, found: &mut Vec<&'e Path>) {
        match self {
            Expr::Path(path) => {
                if !found.contains(&path) {
                    found.push(path);
                }
            }
            Expr::Value(_) | Expr::Option(_) | Expr::IsAbsent(_) | Expr::IsWritten(_) => {}
            Expr::Not(a) | Expr::AtLeast(a, _) | Expr::Text(a) | Expr::IsNumber(a) => a.paths(found),
            Expr::And(a, b) | Expr::Or(a, b) | Expr::Compare(_, a, b) | Expr::Arithmetic(_, a, b) => {
                a.paths(found);
                b.paths(found);
            }
            Expr::Search(_, a, b) => {
                a.paths(found);
                b.paths(found);
            }
            Expr::Choose(a, b, c) => [a, b, c].into_iter().for_each(|part| part.paths(found)),
            Expr::In(a, items) => {
                a.paths(found);
                items.iter().for_each(|item| item.paths(found));
            }
        }
    }

    /// The operands of a conjunction, from left to right.
    pub(super) fn conjuncts(self) -> Vec<Expr> {
        match self {
            Expr::And(a, b) => {
                let mut all = a.conjuncts();
                all.extend(b.conjuncts());
                all
            }
            other => vec![other],
        }
    }
}
