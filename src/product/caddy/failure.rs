//! What Caddy looks like when a request fails: status code and the message of its log. A failed dial is 502 even where
//! it timed out, because only a bare timeout of the network is 504 (`statusError` in reverseproxy.go).

use crate::model::field::status;
use crate::model::product::Failure;

/// Reproduced with 2.11.7.
pub(super) const OWN: &[Failure] = &[
    (status::REFUSED, "502 (dial tcp: connect: connection refused)"),
    (
        status::NO_PORT,
        "502 (dial tcp: kube-proxy refuses or drops connections to a port the Service does not expose)",
    ),
    (status::NO_ENDPOINTS, "502 (dial tcp: connect: connection refused)"),
    (
        status::SOCKET_MISSING,
        "502 (dial unix: connect: no such file or directory)",
    ),
    (status::READ_TIMEOUT, "504 (timeout awaiting response headers)"),
    (status::DROPPED, "502 (dial tcp: i/o timeout, after dial_timeout)"),
    (status::CLOSED, "502 (EOF, or read: connection reset by peer)"),
    (status::STALE_ADDRESS, "502 (dial tcp)"),
    (status::NOT_RESOLVED, "502 (dial tcp: lookup: no such host)"),
    (status::NO_LIVE, "503 (no upstreams available)"),
    (
        status::TLS_TO_PLAIN,
        "502 (tls: first record does not look like a TLS handshake), or no answer where the server waits for more",
    ),
    (
        status::PLAIN_TO_TLS,
        "502 (the server closes the connection), or the upstream's own 400",
    ),
    (status::HANDSHAKE, "502 (remote error: tls: unrecognized name)"),
    (status::WRONG_NAME, "502 (tls: failed to verify certificate)"),
    (
        status::HTTP_TO_FASTCGI,
        "502 (the server closes the connection, or what it answers is no HTTP)",
    ),
    (status::WRONG_HTTP, "502 (the HTTP/2 connection fails)"),
    (status::GRPC_TO_HTTP1, "502 (the HTTP/2 connection fails)"),
];

/// Where `php_fastcgi` or `transport fastcgi` differs.
pub(super) const FASTCGI: &[Failure] = &[
    (status::READ_TIMEOUT, "504 (i/o timeout)"),
    (status::FASTCGI_TO_OTHER, "502 (what the server answers is no FastCGI)"),
];
