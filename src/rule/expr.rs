//! Typed expressions: what the typer makes and evaluation runs. Names are resolved, literals folded.

use std::borrow::Cow;
use std::sync::Arc;

use smallvec::SmallVec;

use super::eval::Scene;
use crate::model::{EntityId, FactView, FieldId, Found, Kind, Known, Link, Value, Version};

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
    pub(super) fn entity(&self, scene: &Scene<'_>) -> Known<EntityId> {
        let mut at = scene.root;
        for link in &self.links {
            match scene.lens.see(scene.model.entity(at).linked(*link)) {
                Known::Is(next) => at = *next,
                Known::Absent => return Known::Absent,
                Known::Unknown(doubt) => return Known::Unknown(doubt),
            }
            // What is only taken to be there is led to by nothing surer.
            if let Some(unless) = &scene.model.entity(at).unless
                && let Err(doubt) = scene.lens.allows(unless)
            {
                return Known::Unknown(doubt);
            }
        }
        Known::Is(at)
    }

    /// The value at the end of the path.
    pub(super) fn value<'m>(&self, scene: &Scene<'m>) -> Known<Cow<'m, Value>> {
        match self.look(scene) {
            Some(found) => found.map(Cow::Borrowed),
            None => self
                .entity(scene)
                .map(|id| Cow::Owned(Value::Text(scene.model.entity(id).name.clone()))),
        }
    }

    /// A field's value where it stands; `None` for a path to an entity, whose name is no value yet.
    pub(super) fn look<'m>(&self, scene: &Scene<'m>) -> Option<Known<&'m Value>> {
        let End::Field(field) = self.end else { return None };
        Some(match self.entity(scene) {
            Known::Is(id) => scene.see(id, field, Found::value),
            Known::Absent => Known::Absent,
            Known::Unknown(doubt) => Known::Unknown(doubt),
        })
    }

    /// Whether there is nothing at the end of the path.
    pub(super) fn is_absent(&self, scene: &Scene<'_>) -> Known<bool> {
        let found = self.entity(scene).then(|id| match self.end {
            End::Field(field) => scene.see(id, field, |_| false),
            End::Entity(_) => Known::Is(false),
        });
        match found {
            Known::Absent => Known::Is(true),
            other => other,
        }
    }

    /// Whether the value at the end of the path is written in a file.
    pub(super) fn is_written(&self, scene: &Scene<'_>) -> Known<bool> {
        self.entity(scene).then(|id| match self.end {
            End::Field(field) => scene.see(id, field, Found::is_written),
            End::Entity(_) => Known::Is(false),
        })
    }

    /// The fact at the end of the path; for an entity, its name at the place where it is declared.
    pub(super) fn view(&self, scene: &Scene<'_>) -> Known<FactView> {
        self.entity(scene).then(|id| match self.end {
            End::Field(field) => scene.model.fact(id, field),
            End::Entity(_) => Known::Is(FactView::of_entity(scene.model.entity(id))),
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
