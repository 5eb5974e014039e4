//! What nginx looks like when a request fails: status code and log line.

use crate::model::field::status;
use crate::model::product::Failure;

/// nginx, reproduced on 1.22.1 and 1.31.5.
pub(super) const OWN: &[Failure] = &[
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

/// A stream has no status codes: the client's connection is closed.
pub(super) const STREAM: &[Failure] = &[
    (
        status::REFUSED,
        "a closed connection (connect() failed (111: Connection refused))",
    ),
    (
        status::NO_ENDPOINTS,
        "a closed connection (connect() failed (111: Connection refused))",
    ),
    (
        status::SOCKET_MISSING,
        "a closed connection (connect() to unix:… failed (2: No such file or directory))",
    ),
    (
        status::NOT_RESOLVED,
        "a closed connection (the name could not be resolved)",
    ),
    (
        status::NO_LIVE,
        "a closed connection (no live upstreams while connecting to upstream)",
    ),
    (
        status::STALE_ADDRESS,
        "a closed connection (connections to the old address are refused or time out)",
    ),
    (
        status::DROPPED,
        "a closed connection (upstream timed out (110: Connection timed out) while connecting to upstream)",
    ),
];

/// What nginx and ingress-nginx do alike: they pass requests on with the same code (reproduced on nginx 1.22.1 and 1.31.5).
pub(crate) const PASSING: &[Failure] = &[
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
    (status::WRONG_HTTP, "502 (upstream sent too large http2 frame)"),
    (
        status::FASTCGI_TO_OTHER,
        "502 (upstream sent unsupported FastCGI protocol version: 72), or 504 where the server waits for the rest of a request",
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
        "an error of the upstream's own (400, 500), a 502 or a 504, without a log line that tells why",
    ),
    (
        status::BIG_HEADER,
        "502 (upstream sent too big header while reading response header from upstream)",
    ),
];

/// What the client sees where an `auth_request` fails: 500, whatever it failed with, unless that is 401 or 403 (seen with
/// 1.22.1).
pub(super) fn of_asking(failure: &str) -> String {
    match failure.split_once(" (") {
        Some((code, log)) => format!("500 (auth request unexpected status: {code}; {log}"),
        None => format!("500 (auth request unexpected status: {failure})"),
    }
}
