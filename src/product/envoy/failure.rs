//! What Envoy looks like when a request fails: status code and log line.

use crate::model::field::status;
use crate::model::product::Failure;

/// Envoy, reproduced on 1.40.0: flags as in its access log.
pub(super) const OWN: &[Failure] = &[
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
