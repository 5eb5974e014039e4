//! What a rule proposes where it is violated.

use std::sync::Arc;

use crate::model::{EntityId, FieldId, Value};

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
