//! HAProxy's keywords: one row each. Defaults as in `doc/configuration.txt` of 2.6 and 3.2, which agree on all of these.
//!
//! A keyword of two words, such as `timeout server`, is a row of that name. `defaults` is the next outer scope of each
//! proxy section; `global` stands alone.

use std::sync::LazyLock;

use crate::model::field::{endpoint, gateway, listener, reference, route, setting, upstream};
use crate::model::{Row, Table, Unit};
use crate::product::haproxy::spell::Lines;
use crate::product::haproxy::unit;

const BACKEND: &[&str] = &["defaults", "backend", "listen"];
const FRONTEND: &[&str] = &["defaults", "frontend", "listen"];
const PROXY: &[&str] = &["defaults", "frontend", "backend", "listen"];

const MANUAL: &str = "doc/configuration.txt, section 4.2";

/// All rows of HAProxy.
pub static TABLE: LazyLock<Table> = LazyLock::new(|| Table::new("haproxy", rows()).spelled(&Lines));

fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let time = |name: &str, field| {
        Row::new(name, field, Unit::Own(&unit::TIME))
            .word(1)
            .within(BACKEND)
            .inherits()
            .zero_is_unlimited()
    };
    // One line, two readers: what a request meets on its route, and what a backend is set to.
    rows.push(time("timeout connect", route::CONNECT_TIMEOUT));
    rows.push(time("timeout connect", upstream::CONNECT_TIMEOUT));
    rows.push(time("timeout server", route::READ_TIMEOUT));
    rows.push(time("timeout server", upstream::SERVER_TIMEOUT));
    rows.push(time("timeout queue", upstream::QUEUE_TIMEOUT));
    rows.push(time("timeout client", listener::CLIENT_TIMEOUT).within(FRONTEND));

    let backend = |row: Row| row.within(BACKEND).inherits();
    rows.push(backend(
        Row::new("retries", upstream::RETRIES, Unit::Number).default("3", MANUAL),
    ));
    rows.push(backend(
        Row::new("retry-on", upstream::RETRY_ON, Unit::Text).default("conn-failure", MANUAL),
    ));
    rows.push(backend(
        Row::new("retry-on", route::RETRY_ON, Unit::Text).default("conn-failure", MANUAL),
    ));
    rows.push(backend(
        Row::new("http-reuse", upstream::HTTP_REUSE, Unit::Text).default("safe", MANUAL),
    ));
    rows.push(backend(
        Row::new("option redispatch", upstream::REDISPATCH, Unit::Present).word(1),
    ));
    rows.push(
        Row::new("mode", upstream::MODE, Unit::Text)
            .within(PROXY)
            .inherits()
            .default("tcp", MANUAL),
    );
    rows.push(
        Row::new("mode", listener::MODE, Unit::Text)
            .within(PROXY)
            .inherits()
            .default("tcp", MANUAL),
    );
    // Written in front of the servers it is for; read with them, not as a line of its own.
    rows.push(Row::new("default-server", upstream::DEFAULT_CHECK, Unit::Text).within(&["backend", "listen"]));
    // Behind the addresses; read as a word of each server.
    rows.push(Row::new("server", upstream::SERVER_CHECK, Unit::Text));
    rows.push(
        Row::new("tune.bufsize", gateway::BUFFER_SIZE, Unit::Own(&unit::SIZE))
            .within(&["global"])
            .default("16384", "doc/configuration.txt, tune.bufsize"),
    );
    rows
}

/// The port inside an address, written in place.
pub static PORT: LazyLock<Row> = LazyLock::new(|| Row::new("port", endpoint::PORT, Unit::Number));

/// That a server is checked, where it is said.
pub static CHECK: LazyLock<Row> = LazyLock::new(|| Row::new("check", endpoint::CHECK, Unit::Present).names_itself());

/// The name of a backend where it is chosen.
pub static TARGET: LazyLock<Row> = LazyLock::new(|| Row::new("backend", route::TARGET, Unit::Text));

/// The path of an HTTP health check.
pub static CHECK_PATH: LazyLock<Row> = LazyLock::new(|| Row::new("check path", route::HEALTH_CHECK_PATH, Unit::Text));

/// A name that stands for something declared elsewhere.
pub static NAME: LazyLock<Row> = LazyLock::new(|| Row::new("name", reference::NAME, Unit::Text));

/// A length of time, wherever it is written.
pub static TIME: LazyLock<Row> = LazyLock::new(|| Row::new("time", setting::TIME, Unit::Own(&unit::TIME)));

/// The line feed at the end of a file.
pub static LINE_FEED: LazyLock<Row> =
    LazyLock::new(|| Row::new("line feed", gateway::ENDS_IN_LINE_FEED, Unit::Present).behind("\n"));
