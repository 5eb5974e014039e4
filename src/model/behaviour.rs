//! What a failure looks like, by product: status code and log line, so that a message never claims 502 where the
//! product answers 503. Read in the products' sources or reproduced with the real servers.

use super::entity::Entity;
use super::field::{Field, Kind, status};
use crate::repo::Span;
use std::sync::Arc;

type Cause = (Field<Arc<str>>, &'static str);

/// nginx, reproduced on 1.22.1 and 1.31.5.
const NGINX: &[Cause] = &[
    (status::REFUSED, "502 (connect() failed (111: Connection refused))"),
    (
        status::NO_PORT,
        "502 or 504 (kube-proxy refuses or drops connections to a port the Service does not expose, depending on its mode)",
    ),
    (status::NO_ENDPOINTS, "502 (connect() failed (111: Connection refused))"),
    (
        status::SOCKET_MISSING,
        "502 (connect() to unix:… failed (2: No such file or directory))",
    ),
    (
        status::READ_TIMEOUT,
        "504 (upstream timed out (110: Connection timed out))",
    ),
    (status::CLOSED, "502 (upstream prematurely closed connection)"),
    (
        status::STALE_ADDRESS,
        "502 or 504 (connections to the old address are refused or time out)",
    ),
];

/// What both do alike: they pass requests on with the same code (reproduced on nginx 1.22.1 and 1.31.5).
const PASSING: &[Cause] = &[
    (status::NOT_RESOLVED, "502 (the name could not be resolved)"),
    (status::NO_LIVE, "502 (no live upstreams while connecting to upstream)"),
    (
        status::TLS_TO_PLAIN,
        "502 (SSL_do_handshake() failed (… wrong version number))",
    ),
    (
        status::PLAIN_TO_TLS,
        "502 (recv() failed (104: Connection reset by peer)), or the upstream's own 400",
    ),
    (
        status::HANDSHAKE,
        "502 (SSL_do_handshake() failed (… alert) while SSL handshaking to upstream)",
    ),
    (status::WRONG_NAME, "502 (upstream SSL certificate does not match)"),
    (
        status::FASTCGI_TO_OTHER,
        "502 (upstream sent unsupported FastCGI protocol version: 72)",
    ),
    (
        status::HTTP_TO_FASTCGI,
        "502 (upstream prematurely closed connection while reading response header)",
    ),
    (
        status::GRPC_TO_HTTP1,
        "502 (upstream sent too large http2 frame: 4740180)",
    ),
    (
        status::OTHER_MISMATCH,
        "a 4xx of the upstream, a 502 or a 504, without a log line that tells why",
    ),
    (
        status::BIG_HEADER,
        "502 (upstream sent too big header while reading response header from upstream)",
    ),
];

/// ingress-nginx is nginx for an existing endpoint, and answers 503 itself when there is none.
const INGRESS_NGINX: &[Cause] = &[
    (status::REFUSED, "502 (connect() failed (111: Connection refused))"),
    (status::NO_PORT, "503 (the controller finds no endpoints for the port)"),
    (status::NO_ENDPOINTS, "503 (the controller finds no endpoints)"),
    (status::SOCKET_MISSING, "502"),
    (
        status::READ_TIMEOUT,
        "504 (upstream timed out (110: Connection timed out))",
    ),
    (status::CLOSED, "502 (upstream prematurely closed connection)"),
    (status::STALE_ADDRESS, "502 or 504"),
];

/// The behaviour of a product as an entity; a product that is not known gives none.
pub fn status_of(product: &str, span: Span) -> Option<Entity> {
    let causes = match product {
        "nginx" => NGINX,
        "ingress-nginx" => INGRESS_NGINX,
        _ => return None,
    };
    let mut entity = Entity::new(Kind::Status, product, span);
    for (field, text) in causes.iter().chain(PASSING) {
        entity.set(*field, Arc::from(*text), span);
    }
    Some(entity)
}
