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

/// HAProxy in http mode, reproduced on 2.6: 503 where it finds no connection, 502 where it loses one. The letters are
/// the termination state at the end of its log line.
const HAPROXY: &[Cause] = &[
    (
        status::REFUSED,
        "503 (SC: refused; with the default of 3 retries after about three seconds, at once while a check holds the server down)",
    ),
    (
        status::NO_PORT,
        "503 (SC or sC: kube-proxy refuses or drops connections to a port the Service does not expose)",
    ),
    (status::NO_ENDPOINTS, "503 (SC: refused)"),
    (status::SOCKET_MISSING, "503 (SC: no such socket)"),
    (status::READ_TIMEOUT, "504 (sH: timeout server)"),
    (status::CLOSED, "502 (SH: the server closed before it answered)"),
    (
        status::STALE_ADDRESS,
        "503 (SC or sC: connections to the old address are refused or time out)",
    ),
];

/// HAProxy in tcp mode has no status codes: the client's connection is closed.
const HAPROXY_TCP: &[Cause] = &[
    (status::REFUSED, "a closed connection (SC, after the retries)"),
    (status::NO_PORT, "a closed connection (SC or sC)"),
    (status::NO_ENDPOINTS, "a closed connection (SC)"),
    (status::SOCKET_MISSING, "a closed connection (SC)"),
    (status::READ_TIMEOUT, "a closed connection (sD: timeout server)"),
    (status::CLOSED, "a closed connection (SD)"),
    (status::STALE_ADDRESS, "a closed connection (SC or sC)"),
];

/// The behaviour of a product as an entity; a product that is not known gives none. `pass` is the protocol of the route
/// where the product behaves differently by it.
pub fn status_of(product: &str, pass: &str, span: Span) -> Option<Entity> {
    let causes = match product {
        "haproxy" if pass == "tcp" => HAPROXY_TCP,
        "haproxy" => HAPROXY,
        "nginx" => NGINX,
        "ingress-nginx" => INGRESS_NGINX,
        _ => return None,
    };
    let mut entity = Entity::new(Kind::Status, product, span);
    for (field, text) in causes {
        entity.set(*field, Arc::from(*text), span);
    }
    Some(entity)
}
