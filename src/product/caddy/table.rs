//! Caddy's settings of a proxy: one row each. `reverse_proxy` stands for what passes requests on, whatever it is called;
//! `transport` is its block of that name. What `php_fastcgi` may say of its transport stands in its own block.

use std::sync::LazyLock;

use crate::model::field::{endpoint, route, upstream};
use crate::model::{Row, Table, Unit};
use crate::product::caddy::spell::Blocks;
use crate::product::caddy::unit;

const PROXY: &[&str] = &["reverse_proxy", "forward_auth", "php_fastcgi"];
const TRANSPORT: &[&str] = &["transport"];
const EITHER: &[&str] = &["transport", "php_fastcgi"];

const HTTP: &str = "modules/caddyhttp/reverseproxy/httptransport.go";
const FASTCGI: &str = "modules/caddyhttp/reverseproxy/fastcgi/fastcgi.go";

/// All rows of Caddy.
pub static TABLE: LazyLock<Table> = LazyLock::new(|| Table::new("caddy", rows()).spelled(&Blocks));

fn rows() -> Vec<Row> {
    let time = |name: &str, field| {
        Row::new(name, field, Unit::Own(&unit::TIME))
            .zero_is_unlimited()
            .inherits()
    };
    let http = |row: Row| row.module("proxy").within(TRANSPORT).inherits();
    vec![
        http(time("dial_timeout", route::CONNECT_TIMEOUT)).default("3s", HTTP),
        // Without them nothing ends a slow answer. The shorter one ends it: each was 504 with 2.11.7.
        http(time("response_header_timeout", route::READ_TIMEOUT)),
        http(time("read_timeout", route::READ_TIMEOUT)),
        http(time("write_timeout", route::SEND_TIMEOUT)),
        http(Row::new("keepalive", upstream::KEEPALIVE_TIMEOUT, Unit::Own(&unit::KEEPALIVE)).default("2m", HTTP)),
        http(Row::new("keepalive_idle_conns_per_host", upstream::KEEPALIVE, Unit::Number).default("32", HTTP)),
        http(Row::new(
            "max_response_header",
            route::BUFFER_SIZE,
            Unit::Own(&unit::SIZE),
        )),
        http(Row::new("tls_server_name", route::SSL_NAME, Unit::Text)),
        time("dial_timeout", route::CONNECT_TIMEOUT)
            .module("fastcgi")
            .within(EITHER)
            .default("3s", FASTCGI),
        time("read_timeout", route::READ_TIMEOUT)
            .module("fastcgi")
            .within(EITHER),
        time("write_timeout", route::SEND_TIMEOUT)
            .module("fastcgi")
            .within(EITHER),
        Row::new("health_uri", route::HEALTH_CHECK_PATH, Unit::Text).within(PROXY),
        Row::new("health_path", route::HEALTH_CHECK_PATH, Unit::Text).within(PROXY),
        Row::new("health_port", route::HEALTH_CHECK_PORT, Unit::Text).within(PROXY),
    ]
}

/// The port inside an address, written in place.
pub static PORT: LazyLock<Row> = LazyLock::new(|| Row::new("port", endpoint::PORT, Unit::Number));

/// The scheme of an address, written in place.
pub static SCHEME: LazyLock<Row> = LazyLock::new(|| Row::new("scheme", route::SCHEME, Unit::Text));

/// The versions of HTTP that are spoken.
pub static VERSIONS: LazyLock<Row> = LazyLock::new(|| Row::new("versions", route::HTTP_VERSION, Unit::Text));
