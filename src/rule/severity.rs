//! How bad and how sure a finding is.

use serde::{Deserialize, Serialize};

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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// A heuristic.
    #[default]
    Low,
    /// Rests on one assumption that the message names.
    Medium,
    /// Decided by the files alone.
    High,
}
