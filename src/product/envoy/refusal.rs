//! What of a cluster Envoy refuses, and what it sends before anything else.

use std::sync::Arc;

use crate::estate::Endpoint;
use crate::model::field::endpoint;
use crate::model::{Doubt, Known, Model};
use crate::product::envoy::tree::{Place, child, items};
use crate::repo::Span;
use crate::syntax::At;

/// Why Envoy refuses a cluster (tried with 1.40.0), and where that is written.
pub(super) fn refusal(
    model: &Model,
    discovery: &Known<Arc<str>>,
    endpoints: &[Endpoint],
    lists: &[Place],
    span: Span,
) -> Option<(String, Span)> {
    let weightless = |list: &Place| {
        let localities = items(list.at(), "endpoints").collect::<Vec<_>>();
        let items = localities
            .into_iter()
            .flat_map(|locality| items(locality, "lb_endpoints"));
        let mut weights = items.filter_map(|item| child(item, "load_balancing_weight"));
        weights
            .find(|weight| weight.text() == Some("0"))
            .map(|weight| weight.word_span_at(0))
    };
    if let Some(at) = lists.iter().find_map(weightless) {
        return Some(("a load_balancing_weight must be at least 1".to_owned(), at));
    }
    match discovery {
        Known::Is(kind) if &**kind == "STATIC" => {
            let is_name = |one: &&Endpoint| model.get(one.id, endpoint::IS_NAME) == Known::Is(true);
            let named = endpoints.iter().find(is_name)?;
            let host = named.host.as_ref().is()?;
            let why = format!("malformed IP address: {host} (its type is STATIC, which looks no name up)");
            Some((why, named.span))
        }
        Known::Is(kind) if &**kind == "LOGICAL_DNS" && endpoints.len() > 1 => {
            Some(("LOGICAL_DNS clusters must have a single lb_endpoint".to_owned(), span))
        }
        _ => None,
    }
}

/// Whether connections begin with a PROXY protocol header: a transport socket around the one that speaks.
pub(super) fn sends_proxy(at: At<'_>) -> Known<bool> {
    match child(at, "transport_socket") {
        Some(socket) if socket.tree().raw(socket.span()).contains("upstream_proxy_protocol") => Known::Is(true),
        Some(socket) if socket.doubt().is_some() => {
            Known::Unknown(Doubt::at("the transport socket is filled in later", socket.head()))
        }
        _ if child(at, "transport_socket_matches").is_some() => {
            Known::Unknown(Doubt::at("the transport socket depends on the endpoint", at.head()))
        }
        _ => Known::Is(false),
    }
}
