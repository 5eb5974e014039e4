//! Who looks a host up while nginx runs: the name servers of `resolver`, and nothing else. It reads neither
//! /etc/hosts nor the search domains of /etc/resolv.conf (ngx_resolver.c), and asks several in turn.

use std::sync::Arc;

use crate::estate::name_server;
use crate::model::field::endpoint;
use crate::model::{Duration, EntityId, FactView, FieldId, Known, Model, Unit, Value};
use crate::repo::Span;
use crate::syntax::At;

/// Notes at an endpoint who looks its host up, as the `resolver` in force says: `field` of `holder`.
pub(super) fn note(model: &mut Model, endpoint: EntityId, holder: EntityId, field: FieldId) {
    match model.fact(holder, field) {
        Known::Absent => {}
        Known::Unknown(doubt) => {
            let entity = model.entity_mut(endpoint);
            let unknown = || Known::<Arc<str>>::Unknown(doubt.clone());
            entity.set_known(endpoint::NAME_SERVERS, unknown(), entity.span);
            entity.set_known(endpoint::PUBLIC_NAME_SERVER, unknown(), entity.span);
        }
        Known::Is(fact) => {
            let servers = servers(model, &fact);
            name_server::note(model, endpoint, &servers, fact.span);
            if let Some((time, at)) = valid(model, &fact) {
                model.entity_mut(endpoint).set(endpoint::LOOKUP_EVERY, time, at);
            }
        }
    }
}

/// How long answers are kept, where `valid=` says so; else as long as the name server says.
fn valid(model: &Model, fact: &FactView) -> Option<(Duration, Span)> {
    let (tree, node) = fact.site?.node?;
    let at = model.at(tree, node);
    let n = at.texts().position(|text| text.starts_with("valid="))?;
    let time = at
        .word(n)?
        .strip_prefix("valid=")
        .filter(|_| at.doubt_at(n).is_none())?;
    match Unit::Time.value_of(time)? {
        Value::Duration(time) => Some((time, at.word_span_at(n))),
        _ => None,
    }
}

/// The words of the directive that are no parameters.
fn servers(model: &Model, fact: &FactView) -> Vec<String> {
    let node = fact.site.and_then(|site| site.node);
    let words = node.map(|(tree, node)| {
        let at: At<'_> = model.at(tree, node);
        at.texts()
            .filter(|text| !text.contains('='))
            .map(str::to_owned)
            .collect()
    });
    words.unwrap_or_else(|| vec![fact.value.to_string()])
}
