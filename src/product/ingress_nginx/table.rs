//! What ingress-nginx takes from annotations and from its controller's ConfigMap: one row each.

use std::sync::LazyLock;

use crate::model::field::{route, setting, upstream};
use crate::model::{Row, Table, Unit};

/// ingress-nginx: annotations override the controller's ConfigMap.
pub(super) static TABLE: LazyLock<Table> = LazyLock::new(|| Table::new("ingress-nginx", rows()));

pub(super) const PREFIX: &str = "nginx.ingress.kubernetes.io/";

fn rows() -> Vec<Row> {
    let source = "ingress-nginx ConfigMap documentation";
    let mut rows = Vec::new();
    let mut both = |name: &str, row: fn(String) -> Row, default: Option<&'static str>| {
        // The annotation comes first: it is what a fix writes, and it has no default of its own.
        rows.push(row(format!("{PREFIX}{name}")).within(&["annotations"]).inherits());
        let inherited = row(name.to_owned()).within(&["controller"]).inherits();
        rows.push(match default {
            Some(default) => inherited.default(default, source),
            None => inherited,
        });
    };
    both(
        "proxy-connect-timeout",
        |name| Row::new(name, route::CONNECT_TIMEOUT, Unit::Seconds),
        Some("5"),
    );
    both(
        "proxy-read-timeout",
        |name| Row::new(name, route::READ_TIMEOUT, Unit::Seconds),
        Some("60"),
    );
    both(
        "proxy-send-timeout",
        |name| Row::new(name, route::SEND_TIMEOUT, Unit::Seconds),
        Some("60"),
    );
    both(
        "proxy-buffer-size",
        |name| Row::new(name, route::BUFFER_SIZE, Unit::Size),
        Some("4k"),
    );
    both(
        "proxy-buffers-number",
        |name| Row::new(name, route::BUFFERS_NUMBER, Unit::Number),
        Some("4"),
    );
    both(
        "proxy-http-version",
        |name| Row::new(name, route::HTTP_VERSION, Unit::Text),
        Some("1.1"),
    );
    both(
        "proxy-next-upstream",
        |name| Row::new(name, route::RETRY_ON, Unit::Text),
        Some("error timeout"),
    );
    both(
        "proxy-next-upstream-tries",
        |name| Row::new(name, route::TRIES, Unit::Number),
        Some("3"),
    );
    both(
        "proxy-next-upstream-timeout",
        |name| Row::new(name, route::RETRY_TIMEOUT, Unit::Seconds).zero_is_unlimited(),
        Some("0"),
    );
    rows.extend(only(PREFIX));
    let controller = |row: Row| row.within(&["controller"]).inherits();
    rows.push(controller(
        Row::new("upstream-keepalive-connections", upstream::KEEPALIVE, Unit::Number).default("320", source),
    ));
    rows.push(controller(
        Row::new("upstream-keepalive-timeout", upstream::KEEPALIVE_TIMEOUT, Unit::Seconds).default("60", source),
    ));
    rows
}

/// Rows of ingress-nginx that only an annotation, or only the controller's ConfigMap, can set.
fn only(prefix: &str) -> Vec<Row> {
    let source = "ingress-nginx annotations documentation";
    let annotation = |row: Row| row.within(&["annotations"]);
    let named = |name: &str| format!("{prefix}{name}");
    let mut rows = vec![
        annotation(Row::new(named("backend-protocol"), route::BACKEND_PROTOCOL, Unit::Text).default("HTTP", source)),
        annotation(Row::new(named("auth-url"), route::AUTH, Unit::Text)),
        annotation(Row::new(
            named("auth-response-headers"),
            route::AUTH_HEADERS,
            Unit::Text,
        )),
        annotation(
            Row::new(named("proxy-ssl-server-name"), route::SSL_SERVER_NAME, Unit::OnOff).default("off", source),
        ),
        annotation(Row::new(named("proxy-ssl-name"), route::SSL_NAME, Unit::Text)),
        annotation(Row::new(named("proxy-ssl-verify"), route::SSL_VERIFY, Unit::OnOff).default("off", source)),
        Row::new("retry-non-idempotent", route::RETRY_NON_IDEMPOTENT, Unit::OnOff)
            .within(&["controller"])
            .inherits()
            .default("false", source),
    ];
    // The same annotations as text, for those that cannot be read as what they should be.
    rows.extend(
        NUMBERS
            .iter()
            .map(|name| Row::new(named(name), setting::VALUE, Unit::Text)),
    );
    rows
}

/// Annotations that take a bare number; `true` where it counts seconds.
pub(super) const NUMBERS: [&str; 6] = [
    "proxy-connect-timeout",
    "proxy-read-timeout",
    "proxy-send-timeout",
    "proxy-next-upstream-timeout",
    "proxy-next-upstream-tries",
    "proxy-buffers-number",
];
