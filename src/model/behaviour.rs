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

/// AWS: what `Troubleshoot your Application Load Balancers` says of 502, 503 and 504.
const AWS_ALB: &[Cause] = &[
    (status::REFUSED, "502 (the target refused the connection)"),
    (
        status::NO_PORT,
        "503, or a load balancer that is never made (the controller cannot resolve the port)",
    ),
    (status::NO_ENDPOINTS, "503 (the target group has no registered targets)"),
    (status::SOCKET_MISSING, "502"),
    (
        status::READ_TIMEOUT,
        "504 (the target did not respond before the idle timeout)",
    ),
    (status::CLOSED, "502 (the target closed the connection)"),
    (status::STALE_ADDRESS, "502 or 504"),
];

/// Google Cloud: the statusDetails of its load balancers' logs.
const GOOGLE: &[Cause] = &[
    (status::REFUSED, "502 (failed_to_connect_to_backend)"),
    (status::NO_PORT, "502 (failed_to_pick_backend)"),
    (status::NO_ENDPOINTS, "502 or 503 (failed_to_pick_backend)"),
    (status::SOCKET_MISSING, "502"),
    (status::READ_TIMEOUT, "502 or 504 (backend_timeout)"),
    (
        status::CLOSED,
        "502 (backend_connection_closed_before_data_sent_to_client)",
    ),
    (status::STALE_ADDRESS, "502 or 504"),
];

/// Cloudflare: its error pages 520 to 524.
const CLOUDFLARE: &[Cause] = &[
    (status::REFUSED, "521 (the origin refused the connection)"),
    (status::NO_PORT, "521 or 522"),
    (status::NO_ENDPOINTS, "521 or what the origin answers"),
    (status::SOCKET_MISSING, "521"),
    (status::READ_TIMEOUT, "524 (a timeout occurred)"),
    (status::CLOSED, "520 (the origin closed the connection)"),
    (status::STALE_ADDRESS, "521 or 522"),
];

/// Any other product in front: only what all of them have in common.
const OTHER: &[Cause] = &[
    (status::REFUSED, "502 or 503"),
    (status::NO_PORT, "502, 503 or 504"),
    (status::NO_ENDPOINTS, "502 or 503"),
    (status::SOCKET_MISSING, "502 or 503"),
    (status::READ_TIMEOUT, "504"),
    (status::CLOSED, "502 or 503"),
    (status::STALE_ADDRESS, "502, 503 or 504"),
];

/// The behaviour of a product as an entity; a product that is not known gives none.
pub fn status_of(product: &str, span: Span) -> Option<Entity> {
    let causes = match product {
        "nginx" => NGINX,
        "ingress-nginx" => INGRESS_NGINX,
        "AWS ALB" => AWS_ALB,
        "Google Cloud load balancer" => GOOGLE,
        "Cloudflare" => CLOUDFLARE,
        "load balancer" | "CDN" => OTHER,
        _ => return None,
    };
    let mut entity = Entity::new(Kind::Status, product, span);
    for (field, text) in causes {
        entity.set(*field, Arc::from(*text), span);
    }
    Some(entity)
}
