//! What the load balancers of clouds look like when a request fails: status code and log line.

use crate::model::field::status;
use crate::model::product::Failure;

/// AWS: what `Troubleshoot your Application Load Balancers` says of 502, 503 and 504.
pub(super) const AWS_ALB: &[Failure] = &[
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
pub(super) const AWS_CLB: &[Failure] = &[
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
pub(super) const AWS_NLB: &[Failure] = &[
    (status::REFUSED, "a connection that is reset, without any response"),
    (status::CLOSED, "a connection that is closed, without any response"),
];

/// AWS: a target group whose load balancer is not known, by what an ALB or an NLB does. A binding that cannot be resolved
/// takes its targets out (AWS Load Balancer Controller, targetgroupbinding/resource_manager.go).
pub(super) const AWS_TARGET_GROUP: &[Failure] = &[
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
pub(super) const GOOGLE: &[Failure] = &[
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
pub(super) const OTHER: &[Failure] = &[
    (status::REFUSED, "502 or 503"),
    (status::NO_PORT, "502, 503 or 504"),
    (status::NO_ENDPOINTS, "502 or 503"),
    (status::SOCKET_MISSING, "502 or 503"),
    (status::READ_TIMEOUT, "504"),
    (status::DROPPED, "503 or 504"),
    (status::CLOSED, "502 or 503"),
    (status::STALE_ADDRESS, "502, 503 or 504"),
];
