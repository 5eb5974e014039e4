//! Envoy's settings: one row each, a path from the message that `within` names. Defaults as in the files of the API
//! named as source (envoyproxy/data-plane-api 84e84367), each tried on Envoy 1.40; they are the same since 1.17.

use std::sync::{Arc, LazyLock};

use crate::model::field::{endpoint, route, upstream};
use crate::model::{Notation, Row, Table, Type, Unit, Value};
use crate::product::envoy::spell::Messages;

/// All rows of Envoy.
pub static TABLE: LazyLock<Table> = LazyLock::new(|| Table::new("envoy", rows()).spelled(&Messages));

/// The port of an address.
pub static PORT: LazyLock<Row> = LazyLock::new(|| Row::new("port", endpoint::PORT, Unit::Number));

/// A cluster's discovery type.
pub static DISCOVERY: LazyLock<Row> = LazyLock::new(|| Row::new("type", upstream::DISCOVERY, Unit::Text));

/// The name of a cluster, wherever a route names one.
pub static CLUSTER: LazyLock<Row> = LazyLock::new(|| Row::new("cluster", route::TARGET, Unit::Text));

/// The protocol of a cluster is the name of a message: what is spelled is the name.
pub(super) fn http_options() -> Option<&'static Row> {
    within("http_options").next()
}

/// The rows whose path begins in a message.
pub(super) fn within(message: &str) -> impl Iterator<Item = &'static Row> + use<'_> {
    TABLE.rows().iter().filter(move |row| row.within.contains(&message))
}

/// The names of the messages for the protocol of a cluster, with the HTTP version each stands for.
const HTTP_VERSIONS: [(&str, &str); 3] = [
    ("http_protocol_options", "1.1"),
    ("http2_protocol_options", "2"),
    ("http3_protocol_options", "3"),
];

/// A protocol by the name of its message.
static HTTP_OPTIONS: Notation = Notation {
    kind: Type::Text,
    value_of: |text| {
        let (_, version) = HTTP_VERSIONS.iter().find(|(name, _)| *name == text)?;
        Some(Value::Text(Arc::from(*version)))
    },
    spell: |value| match value {
        Value::Text(text) => {
            let (name, _) = HTTP_VERSIONS.iter().find(|(_, version)| *version == &**text)?;
            Some((*name).to_owned())
        }
        _ => None,
    },
};

fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let mut add = |row: Row| rows.push(row);

    let source = "envoy api config/route/v3/route_components.proto";
    let of_route = |row: Row| row.module("proxy").within(&["route"]);
    add(of_route(Row::new("timeout", route::READ_TIMEOUT, Unit::ProtoTime))
        .zero_is_unlimited()
        .default("15s", source));
    // The route's own, in front of the listener's, which has the default.
    add(of_route(Row::new("idle_timeout", route::IDLE_TIMEOUT, Unit::ProtoTime))
        .zero_is_unlimited()
        .inherits());
    let policy = |row: Row| row.module("proxy").within(&["retry_policy"]);
    add(policy(Row::new("retry_on", route::RETRY_ON, Unit::Text)));
    add(policy(Row::new(
        "per_try_timeout",
        route::PER_TRY_TIMEOUT,
        Unit::ProtoTime,
    )));

    let source = "envoy api extensions/filters/network/http_connection_manager/v3";
    add(Row::new("stream_idle_timeout", route::IDLE_TIMEOUT, Unit::ProtoTime)
        .module("proxy")
        .within(&["http_connection_manager"])
        .inherits()
        .zero_is_unlimited()
        .default("300s", source));
    add(Row::new("idle_timeout", route::READ_TIMEOUT, Unit::ProtoTime)
        .module("stream")
        .within(&["tcp_proxy"])
        .zero_is_unlimited()
        .default(
            "3600s",
            "envoy api extensions/filters/network/tcp_proxy/v3/tcp_proxy.proto",
        ));

    let source = "envoy api config/cluster/v3/cluster.proto";
    // What is a route's in the model is a cluster's here: a route's scope stands in front of its cluster's.
    let of_cluster = |row: Row| row.within(&["cluster"]).inherits();
    add(of_cluster(Row::new("dns_refresh_rate", upstream::LOOKUP_EVERY, Unit::ProtoTime)).default("5s", source));
    add(of_cluster(Row::new("connect_timeout", route::CONNECT_TIMEOUT, Unit::ProtoTime)).default("5s", source));
    add(of_cluster(Row::new(
        "outlier_detection.max_ejection_percent",
        upstream::MAX_EJECTION_PERCENT,
        Unit::Number,
    )));
    add(of_cluster(Row::new(
        "common_lb_config.healthy_panic_threshold.value",
        upstream::PANIC_THRESHOLD,
        Unit::Number,
    ))
    .default("50", source));

    // Since 1.17 in typed_extension_protocol_options; before that, and deprecated since, in the cluster itself.
    let source = "envoy api config/core/v3/protocol.proto";
    let of_protocol = |row: Row| row.within(&["cluster", "protocol"]).inherits();
    add(of_protocol(Row::new(
        "common_http_protocol_options.idle_timeout",
        upstream::KEEPALIVE_TIMEOUT,
        Unit::ProtoTime,
    ))
    .zero_is_unlimited()
    .default("3600s", source));
    // HTTP/1 takes 80 KiB of response headers, though the limit for requests is 60.
    add(of_protocol(Row::new(
        "common_http_protocol_options.max_response_headers_kb",
        route::BUFFER_SIZE,
        Unit::Kib,
    ))
    .module("proxy")
    .default("80", source));

    add(Row::new("http_health_check.path", route::HEALTH_CHECK_PATH, Unit::Text)
        .module("proxy")
        .within(&["health_check"])
        .inherits());

    add(
        Row::new("http2_protocol_options", route::HTTP_VERSION, Unit::Own(&HTTP_OPTIONS))
            .names_itself()
            .module("proxy")
            .within(&["http_options"])
            .inherits(),
    );

    let source = "envoy api config/cluster/v3/circuit_breaker.proto";
    let threshold = |row: Row| row.within(&["threshold"]).default("1024", source);
    add(threshold(Row::new(
        "max_connections",
        upstream::MAX_CONNECTIONS,
        Unit::Number,
    )));
    add(threshold(Row::new(
        "max_pending_requests",
        upstream::MAX_PENDING,
        Unit::Number,
    )));
    add(threshold(Row::new(
        "max_requests",
        upstream::MAX_REQUESTS,
        Unit::Number,
    )));
    rows
}
