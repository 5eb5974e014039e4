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
    (
        status::DROPPED,
        "504 (upstream timed out (110: Connection timed out) while connecting to upstream)",
    ),
    (status::CLOSED, "502 (upstream prematurely closed connection)"),
    (
        status::STALE_ADDRESS,
        "502 or 504 (connections to the old address are refused or time out)",
    ),
];

/// What nginx and ingress-nginx do alike: they pass requests on with the same code (reproduced on nginx 1.22.1 and 1.31.5).
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
    (status::DROPPED, "504 (upstream timed out (110: Connection timed out))"),
    (status::CLOSED, "502 (upstream prematurely closed connection)"),
    (status::STALE_ADDRESS, "502 or 504"),
];

/// HAProxy in http mode, reproduced on 2.6.12: 503 where it finds no connection, 502 where it loses one. The letters are
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
    (status::DROPPED, "503 (sC: timeout connect)"),
    (status::CLOSED, "502 (SH: the server closed before it answered)"),
    (
        status::STALE_ADDRESS,
        "503 (SC or sC: connections to the old address are refused or time out)",
    ),
    (status::NOT_RESOLVED, "503 (SC with <NOSRV>: the server has no address)"),
    (status::NO_LIVE, "503 (SC with <NOSRV>: no server is available)"),
    (
        status::TLS_TO_PLAIN,
        "503 (SC: the TLS handshake fails, with the default of 3 retries after about three seconds)",
    ),
    (
        status::PLAIN_TO_TLS,
        "502 (SH: the server closes the connection), or the upstream's own 400",
    ),
    (status::HANDSHAKE, "503 (SC: the server refuses the TLS handshake)"),
    (status::WRONG_NAME, "503 (SC: the certificate is for another name)"),
    (
        status::FASTCGI_TO_OTHER,
        "502 (SH: what the server answers is no FastCGI)",
    ),
    (
        status::HTTP_TO_FASTCGI,
        "502 (SH: the server closes the connection before it answers)",
    ),
    (status::WRONG_HTTP, "503 (SC: the HTTP/2 connection fails)"),
    (status::GRPC_TO_HTTP1, "503 (SC: the HTTP/2 connection fails)"),
    (
        status::BIG_HEADER,
        "502 (PH: the response header does not fit tune.bufsize)",
    ),
];

/// HAProxy in tcp mode has no status codes: the client's connection is closed.
const HAPROXY_TCP: &[Cause] = &[
    (status::REFUSED, "a closed connection (SC, after the retries)"),
    (status::NO_PORT, "a closed connection (SC or sC)"),
    (status::NO_ENDPOINTS, "a closed connection (SC)"),
    (status::SOCKET_MISSING, "a closed connection (SC)"),
    (status::READ_TIMEOUT, "a closed connection (sD: timeout server)"),
    (status::DROPPED, "a closed connection (sC: timeout connect)"),
    (status::CLOSED, "a closed connection (SD)"),
    (status::STALE_ADDRESS, "a closed connection (SC or sC)"),
    (status::NOT_RESOLVED, "a closed connection (SC with <NOSRV>)"),
    (status::NO_LIVE, "a closed connection (SC with <NOSRV>)"),
    (status::TLS_TO_PLAIN, "a closed connection (SC, after the retries)"),
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
    (status::DROPPED, "503 (UF, connection timeout)"),
    (status::CLOSED, "503 (UC, upstream connection termination)"),
    (status::STALE_ADDRESS, "503 (UF, connections to the old address fail)"),
    (status::TLS_TO_PLAIN, "503 (UF, WRONG_VERSION_NUMBER)"),
    (status::PLAIN_TO_TLS, "503 (UC, upstream connection termination)"),
    (status::WRONG_HTTP, "502 (UPE, protocol error)"),
    (status::NO_LIVE, "503 (UH, no healthy upstream)"),
    (
        status::NOT_RESOLVED,
        "503 (UH, no healthy upstream: the name leads to no address)",
    ),
    (status::OVERFLOW, "503 (UO, upstream overflow)"),
    (status::NO_GROUP, "503 (NC, no cluster found)"),
    (status::BIG_HEADER, "502 (UPE, response headers too large)"),
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
    (status::DROPPED, "504 (no connection to the target within ten seconds)"),
    (status::CLOSED, "502 (the target closed the connection)"),
    (status::STALE_ADDRESS, "502 or 504"),
    (
        status::TLS_TO_PLAIN,
        "502 (the TLS handshake with the target fails; 504 where it takes ten seconds)",
    ),
    (
        status::HANDSHAKE,
        "502 (the TLS handshake with the target fails; 504 where it takes ten seconds)",
    ),
    (
        status::PLAIN_TO_TLS,
        "502 (the target closed the connection), or the target's own 400",
    ),
];

/// AWS: what `Troubleshoot a Classic Load Balancer: HTTP errors` says of 503 and 504; of a refused connection it says
/// nothing that tells the codes apart.
const AWS_CLB: &[Cause] = &[
    (status::REFUSED, "502, 503 or 504"),
    (status::NO_PORT, "503 (no healthy instance)"),
    (status::NO_ENDPOINTS, "503 (no healthy instance)"),
    (status::SOCKET_MISSING, "502, 503 or 504"),
    (
        status::READ_TIMEOUT,
        "504 (the instance did not respond before the idle timeout)",
    ),
    (
        status::CLOSED,
        "504 (the instance closed the connection before the idle timeout)",
    ),
    (status::STALE_ADDRESS, "502, 503 or 504"),
    (status::NO_LIVE, "503 (no healthy instance)"),
];

/// AWS: a Network Load Balancer passes connections on and has no status codes: the client's connection ends as the one to
/// the target does.
const AWS_NLB: &[Cause] = &[
    (status::REFUSED, "a connection that is reset, without any response"),
    (status::CLOSED, "a connection that is closed, without any response"),
];

/// AWS: a target group whose load balancer is not known, by what an ALB or an NLB does. A binding that cannot be resolved
/// takes its targets out (AWS Load Balancer Controller, targetgroupbinding/resource_manager.go).
const AWS_TARGET_GROUP: &[Cause] = &[
    (
        status::REFUSED,
        "502 behind an ALB, a connection that is reset behind an NLB",
    ),
    (
        status::NO_PORT,
        "503 behind an ALB (the controller registers no targets)",
    ),
    (
        status::NO_ENDPOINTS,
        "503 behind an ALB (the controller registers no targets)",
    ),
];

/// Google Cloud: the statusDetails of its load balancers' logs. The same one comes with 502 or with 503: the classic load
/// balancer answers 502, the newer ones, which are Envoy, mostly 503.
const GOOGLE: &[Cause] = &[
    (status::REFUSED, "502 or 503 (failed_to_connect_to_backend)"),
    (status::NO_PORT, "502 or 503 (failed_to_pick_backend)"),
    (status::NO_ENDPOINTS, "502 or 503 (failed_to_pick_backend)"),
    (status::NO_LIVE, "502 or 503 (failed_to_pick_backend)"),
    (status::SOCKET_MISSING, "502 or 503"),
    (status::READ_TIMEOUT, "502 or 504 (backend_timeout)"),
    (status::DROPPED, "502, 503 or 504"),
    (
        status::CLOSED,
        "502 or 503 (backend_connection_closed_before_data_sent_to_client)",
    ),
    (status::STALE_ADDRESS, "502, 503 or 504"),
];

/// Any other product in front: only what all of them have in common.
const OTHER: &[Cause] = &[
    (status::REFUSED, "502 or 503"),
    (status::NO_PORT, "502, 503 or 504"),
    (status::NO_ENDPOINTS, "502 or 503"),
    (status::SOCKET_MISSING, "502 or 503"),
    (status::READ_TIMEOUT, "504"),
    (status::DROPPED, "503 or 504"),
    (status::CLOSED, "502 or 503"),
    (status::STALE_ADDRESS, "502, 503 or 504"),
];

/// What no source tells apart for a product: that the request fails at the gateway.
const FAILING: &[Cause] = &[
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

/// The behaviour of a product as an entity; a product that is not known gives none. `pass` is the protocol of the route
/// where the product behaves differently by it.
pub fn status_of(product: &str, pass: &str, span: Span) -> Option<Entity> {
    let causes = match product {
        "haproxy" if pass == "tcp" => HAPROXY_TCP,
        "haproxy" => HAPROXY,
        "nginx" => NGINX,
        "ingress-nginx" => INGRESS_NGINX,
        "envoy" => ENVOY,
        "AWS ALB" => AWS_ALB,
        "AWS CLB" => AWS_CLB,
        "AWS NLB" => AWS_NLB,
        "AWS target group" => AWS_TARGET_GROUP,
        "Google Cloud load balancer" => GOOGLE,
        "load balancer" => OTHER,
        _ => return None,
    };
    let mut entity = Entity::new(Kind::Status, product, span);
    let further = match product {
        "nginx" | "ingress-nginx" => PASSING,
        "AWS NLB" | "AWS target group" => &[],
        _ => FAILING,
    };
    for (field, text) in further.iter().chain(causes) {
        entity.set(*field, Arc::from(*text), span);
    }
    Some(entity)
}
