//! Rules as data: load, type-check, judge. The only place that knows the language of rules.

mod advice;
mod cel;
mod compile;
mod error;
mod eval;
pub mod explain;
mod expr;
mod file;
mod function;
mod grade;
mod judge;
mod literal;
mod load;
pub mod schema;
mod settings;
mod structure;
mod template;
mod typing;

pub use error::RuleError;
pub use function::FUNCTIONS;
pub use grade::Grade;
pub use judge::{Judgement, Verdict, Violation, decided, judge, tell, verdict_of, verdicts};
pub use load::{Example, MARK, Rule, RuleOption, RuleSet};
pub use settings::SettingError;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::{EntityId, FactView, FieldId, Value};
use crate::repo::Span;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Advice; hidden in human output, with a count.
    Info,
    /// Requests fail under a condition the message names.
    Warning,
    /// As deployed, requests fail with a 5xx, are executed twice, or the product refuses the file.
    Error,
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// A heuristic.
    Low,
    /// Rests on one assumption that the message names.
    Medium,
    /// Decided by the files alone.
    High,
}

/// What a fix does to one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Give it this value, where it is written or else in the entity's own block.
    Set(Value),
    /// Take it out.
    Remove,
}

/// One step of a fix.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The entity that has the field.
    pub entity: EntityId,
    /// The field.
    pub field: FieldId,
    /// What happens to it.
    pub action: Action,
}

/// A fix as a rule proposes it for one hit; nothing has been spelled or proved yet.
#[derive(Clone, Debug, Default)]
pub struct Proposal {
    /// The steps, which belong together.
    pub changes: Vec<Change>,
    /// `None` for a safe fix; for an unsafe one, what it changes.
    pub because: Option<Arc<str>>,
}

/// What a rule proposes where it is violated.
#[derive(Clone, Debug, Default)]
pub enum Remedy {
    /// The rule has no fix, or none that would change anything.
    #[default]
    None,
    /// A fix.
    Proposed(Proposal),
    /// No fix here, and why.
    Refused(String),
}

impl Remedy {
    /// The fix.
    pub fn proposal(&self) -> Option<&Proposal> {
        match self {
            Remedy::Proposed(proposal) => Some(proposal),
            _ => None,
        }
    }

    /// Why there is none.
    pub fn refusal(&self) -> Option<&str> {
        match self {
            Remedy::Refused(reason) => Some(reason),
            _ => None,
        }
    }
}

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
