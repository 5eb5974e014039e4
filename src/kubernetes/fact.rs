//! An entry of an object as a fact, and what keeps its absence from being known.

use crate::environment::Document;
use crate::model::{Doubt, Fact, Known, NodePlace, Row, Site, Stored, scalar};
use crate::syntax::At;

/// What an entry says, read through its row.
pub(crate) fn fact(at: At<'_>, row: &'static Row, node: Option<NodePlace>) -> Fact {
    let span = at.word_span_at(0);
    let value = match scalar(at) {
        Known::Is(text) => row.value_of(&text).map(Stored::Is),
        Known::Unknown(doubt) => Some(Stored::Unknown(doubt)),
        Known::Absent => None,
    };
    let unread = || Stored::Unknown(Doubt::at(format!("the value of {} cannot be read", row.name), span));
    Fact {
        field: row.field,
        value: value.unwrap_or_else(unread),
        span,
        site: Some(Site { row, node }),
    }
}

/// Template text between the entries of a map: the entries may be there or not.
pub(crate) fn between(document: &Document, map: At<'_>) -> Option<Doubt> {
    let own = map.span();
    let mut loose = document
        .tree
        .holes()
        .iter()
        .filter(|hole| hole.source == own.source && hole.overlaps(own))
        .filter(|hole| !map.children().any(|child| child.span().overlaps(**hole)));
    loose
        .next()
        .map(|hole| Doubt::at("template text stands between the entries", *hole))
}
