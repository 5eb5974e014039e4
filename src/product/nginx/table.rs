//! nginx's directives: one row each. Defaults and contexts as in the modules named as source.

use std::sync::LazyLock;

use crate::model::field::{buffers, endpoint, gateway, route, upstream};
use crate::model::{Row, Table, Unit};

/// Where location-level settings may stand: neither in `if` nor in `limit_except`.
pub(super) const LEVELS: &[&str] = &["http", "server", "location"];
const UPSTREAM: &[&str] = &["upstream"];

/// The modules that pass requests on over HTTP-level protocols.
pub const MODULES: [&str; 5] = ["proxy", "fastcgi", "uwsgi", "scgi", "grpc"];

/// The modules that keep responses in buffers.
pub(super) const BUFFERING: [&str; 4] = ["proxy", "fastcgi", "uwsgi", "scgi"];

/// All rows of nginx.
pub static TABLE: LazyLock<Table> = LazyLock::new(|| Table::new("nginx", rows()));

fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for module in MODULES {
        let source = match module {
            "proxy" => "ngx_http_proxy_module",
            "fastcgi" => "ngx_http_fastcgi_module",
            "uwsgi" => "ngx_http_uwsgi_module",
            "scgi" => "ngx_http_scgi_module",
            _ => "ngx_http_grpc_module",
        };
        let row = |suffix: &str| format!("{module}_{suffix}");
        let mut add = |row: Row| rows.push(row.module(module).within(LEVELS).inherits());
        add(Row::new(row("connect_timeout"), route::CONNECT_TIMEOUT, Unit::Time).default("60s", source));
        add(Row::new(row("read_timeout"), route::READ_TIMEOUT, Unit::Time).default("60s", source));
        add(Row::new(row("send_timeout"), route::SEND_TIMEOUT, Unit::Time).default("60s", source));
        // One memory page: 4k on x86-64; some platforms have larger pages.
        add(Row::new(row("buffer_size"), route::BUFFER_SIZE, Unit::Size).default("4k", source));
        if module != "grpc" {
            add(Row::new(row("buffers"), route::BUFFERS_NUMBER, Unit::Number).default("8", source));
            add(Row::new(row("buffers"), route::BUFFERS_SIZE, Unit::Size)
                .word(1)
                .default("4k", source));
            // Without the directive: twice the larger of the two buffers, which lowering computes.
            add(Row::new(row("busy_buffers_size"), route::BUSY_BUFFERS_SIZE, Unit::Size));
            // The same lines as nginx judges them, in each block.
            add(Row::new(row("buffer_size"), buffers::HEADER_SIZE, Unit::Size).default("4k", source));
            add(Row::new(row("buffers"), buffers::NUMBER, Unit::Number).default("8", source));
            add(Row::new(row("buffers"), buffers::SIZE, Unit::Size)
                .word(1)
                .default("4k", source));
            add(Row::new(row("busy_buffers_size"), buffers::BUSY, Unit::Size));
        }
        add(Row::new(row("next_upstream"), route::RETRY_ON, Unit::Text)
            .words()
            .default("error timeout", source));
        add(Row::new(row("next_upstream_tries"), route::NEXT_UPSTREAM_TRIES, Unit::Number).default("0", source));
        add(Row::new(row("next_upstream_timeout"), route::RETRY_TIMEOUT, Unit::Time)
            .zero_is_unlimited()
            .default("0", source));
        add(Row::new(row("intercept_errors"), route::INTERCEPT_ERRORS, Unit::OnOff).default("off", source));
        if matches!(module, "proxy" | "uwsgi" | "grpc") {
            add(Row::new(row("ssl_server_name"), route::SSL_SERVER_NAME, Unit::OnOff).default("off", source));
            add(Row::new(row("ssl_name"), route::SSL_NAME, Unit::Text));
            add(Row::new(row("ssl_verify"), route::SSL_VERIFY, Unit::OnOff).default("off", source));
        }
        if module == "fastcgi" {
            add(Row::new(row("keep_conn"), route::KEEP_CONN, Unit::OnOff).default("off", source));
        }
        if module == "proxy" {
            add(Row::new("proxy_http_version", route::HTTP_VERSION, Unit::Text)
                .default_since(None, Some("1.0"), source)
                .default_since(Some("1.29.7"), Some("1.1"), "nginx CHANGES 1.29.7"));
            add(Row::new("proxy_http_version", route::ASKED_VERSION, Unit::Text));
        }
    }
    let stream = |row: Row| row.module("stream").within(&["stream", "server"]).inherits();
    let source = "ngx_stream_proxy_module";
    rows.push(stream(
        Row::new("proxy_connect_timeout", route::CONNECT_TIMEOUT, Unit::Time).default("60s", source),
    ));
    rows.push(stream(
        Row::new("proxy_protocol", route::SENDS_PROXY, Unit::OnOff).default("off", source),
    ));
    rows.push(stream(
        Row::new("proxy_timeout", route::READ_TIMEOUT, Unit::Time).default("10m", source),
    ));

    let source = "ngx_http_upstream_module";
    rows.push(
        Row::new("keepalive", upstream::KEEPALIVE, Unit::Number)
            .within(UPSTREAM)
            .default_since(None, Some("0"), source)
            .default_since(Some("1.29.7"), Some("32"), "nginx CHANGES 1.29.7"),
    );
    rows.push(
        Row::new("keepalive_timeout", upstream::KEEPALIVE_TIMEOUT, Unit::Time)
            .within(UPSTREAM)
            .default("60s", source),
    );
    rows.push(
        Row::new("worker_connections", gateway::WORKER_CONNECTIONS, Unit::Number)
            .within(&["events"])
            .default("512", "ngx_event.c, DEFAULT_CONNECTIONS"),
    );
    rows.push(Row::new("zone", upstream::ZONE, Unit::Text).within(UPSTREAM));
    rows.push(
        Row::new("resolver", upstream::RESOLVER, Unit::Text)
            .within(&["http", "server", "location", "upstream"])
            .inherits(),
    );
    rows.push(
        Row::new("resolver", route::RESOLVER, Unit::Text)
            .within(&["http", "server", "location", "stream"])
            .inherits(),
    );
    rows
}

/// The port behind a group's name, colon included, written in place.
pub static GROUP_PORT: LazyLock<Row> = LazyLock::new(|| Row::new("port", route::GROUP_PORT, Unit::Text));

/// The scheme of an address, written in place.
pub static SCHEME: LazyLock<Row> = LazyLock::new(|| Row::new("scheme", route::SCHEME, Unit::Text));

/// The port inside an address, written in place.
pub static PORT: LazyLock<Row> = LazyLock::new(|| Row::new("port", endpoint::PORT, Unit::Number));

/// The parameters of an upstream's server.
pub static SERVER: LazyLock<Table> = LazyLock::new(|| {
    let resolve = Row::new("resolve", endpoint::RESOLVE, Unit::OnOff).flag();
    Table::new("nginx", vec![resolve])
});
