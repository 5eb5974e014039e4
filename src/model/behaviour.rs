//! What a failure looks like, by product: status code and log line, so that a message never claims 502 where the
//! product answers 503. The products' own are in their rooms.

use std::sync::Arc;

use super::entity::Entity;
use super::field::status;
use super::kind::Kind;
use super::product::{Failure, ProductId};
use crate::repo::Span;

/// What no source tells apart for a product: that the request fails at the gateway.
pub const FAILING: &[Failure] = &[
    (status::NOT_RESOLVED, "502 or 503"),
    (status::NO_LIVE, "502 or 503"),
    (status::TLS_TO_PLAIN, "502 or 503"),
    (status::PLAIN_TO_TLS, "502 or 503, or the upstream's own 400"),
    (status::HANDSHAKE, "502 or 503"),
    (status::WRONG_NAME, "502 or 503"),
    (status::FASTCGI_TO_OTHER, "502 or 503"),
    (status::HTTP_TO_FASTCGI, "502 or 503"),
    (status::GRPC_TO_HTTP1, "502 or 503"),
    (status::OTHER_MISMATCH, "a 4xx of the upstream, a 502, 503 or 504"),
    (status::BIG_HEADER, "502 or 503"),
];

/// The behaviour of a gateway's product as an entity; `None` where nothing is claimed. `pass` is the protocol of the
/// route; `asking` is one that tells the gateway whether a request may pass.
pub fn status_of(product: ProductId, pass: &str, asking: bool, span: Span) -> Option<Entity> {
    let known = &product.passing.as_ref()?.failures;
    let failures = known.of_route(pass);
    let of_asking = known.of_asking.filter(|_| asking);
    let mut entity = Entity::new(Kind::Status, product.name, span);
    let mut any = false;
    for (field, text) in failures {
        any = true;
        let seen = of_asking.map_or_else(|| Arc::from(*text), |seen| Arc::from(seen(text)));
        entity.set(*field, seen, span);
    }
    any.then_some(entity)
}
