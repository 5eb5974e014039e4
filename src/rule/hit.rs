//! What judging finds: a rule that is violated, or one that could not be decided.

use std::sync::Arc;

use super::grade::Grade;
use super::remedy::Remedy;
use super::severity::Severity;
use crate::model::{EntityId, FactView, FieldId};
use crate::repo::Span;

/// One rule violated by one entity of one model, in words.
#[derive(Clone, Debug)]
pub struct Hit {
    /// Which rule, as an index into the loaded rules.
    pub rule: usize,
    /// The entity the rule looked at.
    pub root: EntityId,
    /// How bad.
    pub severity: Severity,
    /// What it rests on.
    pub grade: Grade,
    /// The fact it points at; its span is not yet located.
    pub point: FactView,
    /// The field it points at and the entity that has it; `None` when it points at a whole entity.
    pub field: Option<(EntityId, FieldId)>,
    /// Other places, with what to say of each.
    pub related: Vec<(Span, String)>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
    /// Identity across edits: rule, entity and field, without values.
    pub subject: String,
    /// The values that took part, for the fingerprint.
    pub values: Vec<String>,
    /// How it may be mended.
    pub remedy: Remedy,
}

/// A rule that could not be decided for some entities.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NotEvaluated {
    /// Which rule.
    pub rule: usize,
    /// What stood in the way.
    pub reason: Arc<str>,
    /// Where; not yet located.
    pub span: Option<Span>,
}
