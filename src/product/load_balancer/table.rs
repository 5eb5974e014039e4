//! What annotations and other objects say of load balancers, in the rows of their tables.

use std::sync::LazyLock;

use crate::environment::Document;
use crate::kubernetes::ingress::annotations;
use crate::model::{Doubt, Fact, Known, Model, NodePlace, Row, Scope, ScopeId, Site, Stored, Table, scalar};
use crate::repo::Span;
use crate::syntax::At;

/// One without settings.
pub(super) static OTHER_TABLE: LazyLock<Table> = LazyLock::new(|| Table::new("load balancer", Vec::new()));

/// What annotations say of a load balancer, in the rows of its table. `own` takes those that are no plain values.
pub(super) fn of_annotations(
    model: &mut Model,
    document: &Document,
    parent: Option<ScopeId>,
    table: &'static Table,
    own: impl Fn(At<'_>, Option<NodePlace>, &mut Scope) -> bool,
) -> ScopeId {
    let tree = model.add_tree(&document.tree);
    let mut scope = Scope {
        parent,
        doubt: document.doubt("metadata.annotations").cloned(),
        ..Scope::default()
    };
    for entry in annotations(document) {
        let place = Some((tree, entry.id()));
        if own(entry, place, &mut scope) {
            continue;
        }
        for row in table.named(entry.name()) {
            let value = scalar(entry);
            scope.facts.push(fact(
                row,
                value.as_ref().map(|text| &**text),
                entry.word_span_at(0),
                place,
            ));
        }
    }
    let at = document.at().get("metadata.annotations").filter(|at| at.is_map());
    scope.home = at.map(|at| (tree, at.id()));
    model.add_scope(scope)
}

/// `idle_timeout.timeout_seconds=600,routing.http2.enabled=true`: rows are named like the attributes.
pub(super) fn attributes(entry: At<'_>, place: Option<NodePlace>, table: &'static Table, scope: &mut Scope) {
    let word = entry.word_span_at(0);
    if let Some(hole) = entry.doubt_at(0) {
        scope.doubt = Some(Doubt::at("the load balancer's attributes are filled in later", hole));
        return;
    }
    let text = entry.text().unwrap_or_default();
    // Quotes stand around the text, or it is not there word for word.
    let start = match (word.len() as usize).checked_sub(text.len()) {
        Some(0) => Some(word.start),
        Some(2) => Some(word.start + 1),
        _ => None,
    };
    let mut at = 0;
    for part in text.split(',') {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let offset = (at + name.len() + 1) as u32;
        let lead = (value.len() - value.trim_start().len()) as u32;
        at += part.len() + 1;
        for row in table.named(name.trim()) {
            let span = start.map(|start| {
                let from = start + offset + lead;
                Span::new(word.source, from, from + value.trim().len() as u32)
            });
            let mut found = fact(row, Known::Is(value.trim()), span.unwrap_or(word), place);
            if span.is_none() {
                // The scope holds only what has a site; one without a node is never written to.
                found.site = Some(Site { row, node: None });
            }
            scope.facts.push(found);
        }
    }
}

/// A value in a row.
pub(super) fn fact(row: &'static Row, value: Known<&str>, span: Span, node: Option<NodePlace>) -> Fact {
    let unread = || Stored::Unknown(Doubt::at(format!("the value of {} cannot be read", row.name), span));
    let value = match value {
        Known::Is(text) => row.value_of(text).map_or_else(unread, Stored::Is),
        Known::Unknown(doubt) => Stored::Unknown(doubt),
        Known::Absent => unread(),
    };
    Fact {
        field: row.field,
        value,
        span,
        site: Some(Site { row, node }),
    }
}
