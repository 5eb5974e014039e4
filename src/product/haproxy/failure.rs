//! What HAProxy looks like when a request fails: status code and log line.

use crate::model::field::status;
use crate::model::product::Failure;

/// HAProxy in http mode, reproduced on 2.6.12: 503 where it finds no connection, 502 where it loses one. The letters are
/// the termination state at the end of its log line.
pub(super) const HTTP: &[Failure] = &[
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
pub(super) const TCP: &[Failure] = &[
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
