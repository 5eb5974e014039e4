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
    (status::HEADER_TOO_BIG, "502 (upstream sent too big header)"),
    (
        status::TLS_TO_PLAIN,
        "502 (SSL_do_handshake() failed: wrong version number)",
    ),
    (
        status::PLAIN_TO_TLS,
        "502 (connection reset by peer) or the upstream's 400",
    ),
    (
        status::STALE_ADDRESS,
        "502 or 504 (connections to the old address are refused or time out)",
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
    (status::HEADER_TOO_BIG, "502 (upstream sent too big header)"),
    (
        status::TLS_TO_PLAIN,
        "502 (SSL_do_handshake() failed: wrong version number)",
    ),
    (
        status::PLAIN_TO_TLS,
        "502 (connection reset by peer) or the upstream's 400",
    ),
    (status::STALE_ADDRESS, "502 or 504"),
];

/// Envoy, reproduced on 1.40.0: flags as in its access log.
const ENVOY: &[Cause] = &[
    (status::REFUSED, "503 (UF, connection refused)"),
    (
        status::NO_PORT,
        "503 (UF: kube-proxy refuses or drops connections to a port the Service does not expose)",
    ),
    (
        status::NO_ENDPOINTS,
        "503 (UF, or UH when the name leads to no address)",
    ),
    (status::SOCKET_MISSING, "503 (UF, no such file or directory)"),
    (status::READ_TIMEOUT, "504 (UT, upstream request timeout)"),
    (status::CLOSED, "503 (UC, upstream connection termination)"),
    (status::STALE_ADDRESS, "503 (UF, connections to the old address fail)"),
    (status::TLS_TO_PLAIN, "503 (UF, WRONG_VERSION_NUMBER)"),
    (status::PLAIN_TO_TLS, "503 (UC, upstream connection termination)"),
    (status::WRONG_HTTP, "502 (UPE, protocol error)"),
    (status::GROUP_EMPTY, "503 (UH, no healthy upstream)"),
    (status::OVERFLOW, "503 (UO, upstream overflow)"),
    (status::NO_GROUP, "503 (NC, no cluster found)"),
    (status::HEADER_TOO_BIG, "502 (UPE, response headers too large)"),
];

/// The behaviour of a product as an entity; a product that is not known gives none.
pub fn status_of(product: &str, span: Span) -> Option<Entity> {
    let causes = match product {
        "nginx" => NGINX,
        "ingress-nginx" => INGRESS_NGINX,
        "envoy" => ENVOY,
        _ => return None,
    };
    let mut entity = Entity::new(Kind::Status, product, span);
    for (field, text) in causes {
        entity.set(*field, Arc::from(*text), span);
    }
    Some(entity)
}
