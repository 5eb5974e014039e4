//! What ingress-nginx looks like when a request fails: status code and log line.

use crate::model::field::status;
use crate::model::product::Failure;

/// ingress-nginx is nginx for an existing endpoint, and answers 503 itself when there is none.
pub(super) const OWN: &[Failure] = &[
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
