//! uvicorn, on its own or through `fastapi run`: options over `UVICORN_*` over defaults. Read in uvicorn 0.54.0
//! (main.py): it never ends a slow request, and closes idle connections after `--timeout-keep-alive`.

use std::sync::LazyLock;

use crate::model::field::process;
use crate::model::{Doubt, Known, Model, Product, Row, Table, Unit};
use crate::product::descriptor::Descriptor;
use crate::server::command::Started;
use crate::server::settings::{Layer, Setting, Spelled, find};
use crate::server::sockets::{self, Address, Bind, interface, port};
use crate::server::{Launch, Lowered, Program, Reads, Server, behave};

/// uvicorn.
pub static DESCRIPTOR: Descriptor = Descriptor {
    server: Some(&SERVER),
    ..Descriptor::of(&Product::server("uvicorn"))
};

/// What starts uvicorn and what it reads.
static SERVER: Server = Server {
    programs: &[
        Program::named("uvicorn"),
        Program::named("fastapi").with(&["run", "dev"]),
    ],
    options: OPTIONS,
    variables: VARIABLES,
    table: Some(&TABLE),
    reads: Reads::Command(lower),
    ..Server::BY_NAME
};

const OPTIONS: &[Spelled] = &[
    ("host", &["--host"]),
    ("port", &["--port"]),
    ("uds", &["--uds"]),
    ("fd", &["--fd"]),
    ("timeout_keep_alive", &["--timeout-keep-alive"]),
    ("ssl_certfile", &["--ssl-certfile"]),
];

/// click reads every option from the environment too (`auto_envvar_prefix`).
const VARIABLES: &[(&str, &str)] = &[
    ("host", "UVICORN_HOST"),
    ("port", "UVICORN_PORT"),
    ("uds", "UVICORN_UDS"),
    ("fd", "UVICORN_FD"),
    ("timeout_keep_alive", "UVICORN_TIMEOUT_KEEP_ALIVE"),
    ("ssl_certfile", "UVICORN_SSL_CERTFILE"),
];

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let rows = vec![
        Row::new("timeout_keep_alive", process::KEEPALIVE_TIMEOUT, Unit::Seconds)
            .inherits()
            .default("5", "uvicorn main.py, --timeout-keep-alive"),
    ];
    Table::new("uvicorn", rows)
});

fn lower(model: &mut Model, launch: &Launch<'_>, started: &Started<'_>) -> Lowered {
    let id = launch.entity(model);
    let layers = [launch.command_line(model, started), launch.variables(model, started)];
    behave(model, id, Known::Is(true), Known::Is(false), launch.span);
    let speaks = match find(&layers, "ssl_certfile") {
        Known::Is(_) => Some("https"),
        Known::Absent if !started.spec.more_environment => Some("http"),
        _ => None,
    };
    let addresses = addresses(&layers, started);
    let join = launch.serve(model, id, &layers, addresses, speaks);
    sockets::expect_no_proxy(model, &join.sockets);
    Ok(join)
}

fn addresses(layers: &[Layer], started: &Started<'_>) -> Known<Vec<Address>> {
    let span = started.command.program.span;
    if let Known::Is(fd) = find(layers, "fd") {
        return Known::Unknown(Doubt::at("it listens on a socket that is handed to it", fd.span));
    }
    if let Known::Is(uds) = find(layers, "uds") {
        return uds.value().map(|path| vec![Address::unix(path, uds.span)]);
    }
    let (host, number) = (find(layers, "host"), find(layers, "port"));
    let elsewhere = started.spec.more_environment;
    let hidden = || {
        Doubt::at(
            "UVICORN_HOST and UVICORN_PORT may be set by variables that are not in the repository",
            span,
        )
    };
    // `fastapi run` is for production: 0.0.0.0:8000 (fastapi-cli, cli.py). It also takes PORT, in some versions.
    let fastapi = started.command.program.base_name() == "fastapi";
    let public = fastapi
        && started
            .command
            .arguments
            .first()
            .is_some_and(|first| first.text == "run");
    let interface = match &host {
        Known::Is(setting) => setting.value().then(interface),
        Known::Unknown(doubt) => Known::Unknown(doubt.clone()),
        Known::Absent if elsewhere => Known::Unknown(hidden()),
        Known::Absent if public => Known::Absent,
        Known::Absent => Known::Is("127.0.0.1".into()),
    };
    let port = match &number {
        Known::Is(setting) => setting.held().then(|text| port(text, setting.span)),
        Known::Unknown(doubt) => Known::Unknown(doubt.clone()).into(),
        Known::Absent if fastapi && (elsewhere || started.variable("PORT").is_some()) => {
            Known::Unknown(hidden()).into()
        }
        Known::Absent => Known::Is(8000).on(started.unset("UVICORN_PORT").as_ref()),
    };
    let at = match (&number, &host) {
        (Known::Is(setting), _) | (_, Known::Is(setting)) => setting.span,
        _ => span,
    };
    let text = |setting: &Known<&Setting>, default: &str| match setting {
        Known::Is(setting) => setting.text.clone(),
        _ => default.to_owned(),
    };
    let default = if public { "0.0.0.0" } else { "127.0.0.1" };
    Known::Is(vec![Address {
        written: format!("{}:{}", text(&host, default), text(&number, "8000")),
        bind: Bind::Tcp { host: interface, port },
        span: at,
    }])
}
