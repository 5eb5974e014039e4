//! What an entry of a tree says, as a fact: known, absent, or unknown.

use std::sync::Arc;

use super::known::{Doubt, Known};
use crate::syntax::At;

/// A scalar that may be a hole.
pub fn scalar(at: At<'_>) -> Known<Arc<str>> {
    match (at.doubt_at(0), at.text()) {
        (Some(hole), _) => Known::Unknown(Doubt::at("the value is filled in later", hole)),
        (None, Some(text)) => Known::Is(Arc::from(text)),
        (None, None) => Known::Absent,
    }
}
