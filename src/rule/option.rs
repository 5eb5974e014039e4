//! What a repository may set for itself in a rule.

use crate::model::Value;

/// An option of a rule.
#[derive(Clone, Debug)]
pub struct RuleOption {
    /// Its name.
    pub name: String,
    /// Its value: the default, or what the configuration says.
    pub value: Value,
    /// What it does.
    pub doc: String,
}
