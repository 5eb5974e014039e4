//! uWSGI: options and an INI file they name. Of a value that both set, the later one counts: a file stands where `--ini`
//! does, and behind all options where it is named without one; sockets of both are opened (core/config.c,
//! `uwsgi_configure`, and core/uwsgi.c). `harakiri` kills the worker of a request that takes longer (off unless
//! set). Read in uWSGI 2.0.31: only the HTTP router (`http`) with `http-keepalive` and an HTTP/1.1 socket
//! (`http11-socket`) keep connections. `http-keepalive = 30` keeps them 30 s; without a number, or with 1, they are
//! kept for `http-timeout`, 60 s (plugins/http/http.c, plugins/corerouter/corerouter.c).

use std::sync::LazyLock;

use crate::model::field::{process, socket};
use crate::model::{Doubt, Duration, Known, Model, Product, Row, Table, Unit};
use crate::product::descriptor::Descriptor;
use crate::server::command::Started;
use crate::server::settings::{Layer, Setting, Spelled, find, first, holds};
use crate::server::sockets::Address;
use crate::server::{Launch, Lowered, Reads, Server, behave};
use crate::syntax::{Language, NodeId};

/// uWSGI.
pub static DESCRIPTOR: Descriptor = Descriptor {
    server: Some(&SERVER),
    ..Descriptor::of(&Product::server("uwsgi"))
};

/// What starts uWSGI and what it reads.
static SERVER: Server = Server {
    options: OPTIONS,
    in_file: IN_FILE,
    table: Some(&TABLE),
    reads: Reads::Command(lower),
    ..Server::BY_NAME
};

const OPTIONS: &[Spelled] = &[
    ("harakiri", &["--harakiri", "-t"]),
    ("http", &["--http"]),
    ("http-socket", &["--http-socket"]),
    ("http11-socket", &["--http11-socket"]),
    ("https", &["--https"]),
    ("https-socket", &["--https-socket"]),
    ("socket", &["--socket", "-s"]),
    ("uwsgi-socket", &["--uwsgi-socket"]),
    ("suwsgi-socket", &["--suwsgi-socket"]),
    ("puwsgi-socket", &["--puwsgi-socket"]),
    ("fastcgi-socket", &["--fastcgi-socket"]),
    ("scgi-socket", &["--scgi-socket"]),
    ("raw-socket", &["--raw-socket"]),
    ("protocol", &["--protocol", "--socket-protocol"]),
    ("http-keepalive", &["--http-keepalive"]),
    ("http-timeout", &["--http-timeout"]),
    ("ini", &["--ini", "--xml", "--yaml", "--json"]),
];

const IN_FILE: &[&str] = &[
    "harakiri",
    "http",
    "http-socket",
    "http11-socket",
    "https",
    "https-socket",
    "socket",
    "uwsgi-socket",
    "suwsgi-socket",
    "puwsgi-socket",
    "fastcgi-socket",
    "scgi-socket",
    "raw-socket",
    "protocol",
    "socket-protocol",
    "http-keepalive",
    "http-timeout",
];

/// Options that open a socket, each with the protocol that is spoken there (`uwsgi_base_options` of core/uwsgi.c;
/// `http` and `https` are the HTTP router's).
const SOCKETS: &[(&str, Speaks)] = &[
    ("http", Speaks::Always("http")),
    ("http-socket", Speaks::Always("http")),
    ("http11-socket", Speaks::Always("http")),
    ("https", Speaks::Always("https")),
    ("https-socket", Speaks::Always("https")),
    ("socket", Speaks::Default),
    ("uwsgi-socket", Speaks::Always("uwsgi")),
    ("suwsgi-socket", Speaks::Other),
    ("puwsgi-socket", Speaks::Other),
    ("fastcgi-socket", Speaks::Always("fastcgi")),
    ("scgi-socket", Speaks::Always("scgi")),
    ("raw-socket", Speaks::Other),
];

/// What is spoken on a socket.
#[derive(Clone, Copy)]
enum Speaks {
    /// Always this.
    Always(&'static str),
    /// What `protocol` says, else uwsgi.
    Default,
    /// Something that is claimed of no gateway.
    Other,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let rows = vec![
        Row::new("harakiri", process::REQUEST_TIMEOUT, Unit::Seconds)
            .zero_is_unlimited()
            .inherits()
            .default("0", "uWSGI options: harakiri"),
        Row::new("http-keepalive", process::KEEPALIVE_TIMEOUT, Unit::Seconds).inherits(),
    ];
    Table::new("uwsgi", rows)
});

fn lower(model: &mut Model, launch: &Launch<'_>, started: &Started<'_>) -> Lowered {
    let span = launch.span;
    let id = launch.entity(model);
    let command = launch.command_line(model, started);
    let named = command
        .last("ini")
        .map(|setting| (setting.text.clone(), Some(setting.span.start)));
    let bare = bare(started).map(|path| (path, None));
    let layers = match named.or(bare) {
        Some((path, at)) => {
            let is_later = |setting: &Setting| at.is_some_and(|at| setting.span.start > at);
            let (later, earlier) = command.split(is_later);
            vec![later, file(model, launch, &path), earlier]
        }
        None if started.spec.variable("UWSGI_INI").is_some() || started.spec.more_environment => {
            vec![
                command,
                Layer::doubtful(Doubt::at("variables may hold further options", span)),
            ]
        }
        None => vec![command],
    };
    let on = |name: &str| first(find(&layers, name).map(|_| true), || Known::Is(false));
    let router = match (on("http"), on("http-keepalive")) {
        (Known::Is(false), _) | (_, Known::Is(false)) => Known::Is(false),
        (Known::Is(true), other) | (other, _) => other,
    };
    let eleven = on("http11-socket");
    let keeps = match (&router, &eleven) {
        (Known::Is(false), other) => other.clone(),
        (found, _) => found.clone(),
    };
    let kills = holds(&layers, "harakiri", false, |text| text != "0");
    behave(model, id, keeps, kills, span);
    if (router, eleven) == (Known::Is(true), Known::Is(false)) {
        match kept(&layers) {
            Known::Is(Some(time)) => model.entity_mut(id).set(process::KEEPALIVE_TIMEOUT, time, span),
            // The number is the option's own: the table reads it.
            Known::Is(None) | Known::Absent => {}
            Known::Unknown(doubt) => {
                let entity = model.entity_mut(id);
                entity.set_known(process::KEEPALIVE_TIMEOUT, Known::Unknown(doubt), span);
            }
        }
    } else {
        let doubt = Doubt::at(
            "how long an HTTP/1.1 socket of uWSGI keeps connections is not known",
            span,
        );
        let entity = model.entity_mut(id);
        entity.set_known(process::KEEPALIVE_TIMEOUT, Known::Unknown(doubt), span);
    }
    let (addresses, spoken) = match addresses(&layers, started) {
        Known::Is(found) => {
            let (addresses, spoken): (Vec<_>, Vec<_>) = found.into_iter().unzip();
            (Known::Is(addresses), spoken)
        }
        Known::Absent => (Known::Absent, Vec::new()),
        Known::Unknown(doubt) => (Known::Unknown(doubt), Vec::new()),
    };
    let join = launch.serve(model, id, &layers, addresses, None);
    for (own, speaks) in join.sockets.as_ref().likely().into_iter().flatten().zip(spoken) {
        if let Some(speaks) = speaks {
            model.entity_mut(own.id).set(socket::SPEAKS, speaks.into(), own.span);
        }
    }
    Ok(join)
}

/// How long the HTTP router keeps connections where `http-keepalive` names no time of its own.
fn kept(layers: &[Layer]) -> Known<Option<Duration>> {
    let text = |name: &str| find(layers, name).then(|setting| setting.value().map(str::to_owned));
    match text("http-keepalive") {
        Known::Is(text) if text.parse::<u64>().is_ok_and(|seconds| seconds > 1) => return Known::Is(None),
        Known::Is(text) if !matches!(text.as_str(), "" | "1") && !text.starts_with('-') => {
            return Known::Unknown(Doubt::new(format!("what http-keepalive = {text} means is not known")));
        }
        Known::Unknown(doubt) => return Known::Unknown(doubt),
        _ => {}
    }
    match text("http-timeout") {
        Known::Is(text) => Known::Is(text.parse().ok().map(Duration::from_secs)),
        Known::Absent => Known::Is(Some(Duration::from_secs(60))),
        Known::Unknown(doubt) => Known::Unknown(doubt),
    }
}

/// The INI file that is named without an option: `uwsgi app.ini`, `uwsgi --master app.ini`.
fn bare(started: &Started<'_>) -> Option<String> {
    // Options whose own value may be an INI file.
    const FILES: [&str; 4] = ["ini", "paste", "emperor", "include"];
    let arguments = &started.command.arguments;
    let is_value = |at: usize| {
        let before = at.checked_sub(1).and_then(|at| arguments.get(at));
        before.is_some_and(|before| before.text.starts_with('-') && FILES.iter().any(|name| before.text.contains(name)))
    };
    let (_, found) = arguments
        .iter()
        .enumerate()
        .find(|(at, argument)| argument.text.ends_with(".ini") && !argument.text.starts_with('-') && !is_value(*at))?;
    Some(found.text.clone())
}

/// The INI file: mounted, or in the build context.
fn file(model: &mut Model, launch: &Launch<'_>, path: &str) -> Layer {
    let mounted = launch.files.ending(path).next().map(|file| &file.source);
    let built = || {
        let file = launch.context.built_file(launch.spec, path.rsplit('/').next()?)?;
        Some(&file.source)
    };
    let Some(source) = mounted.or_else(built).filter(|_| path.ends_with(".ini")) else {
        let reason = format!("its configuration {path} is not in the repository");
        return Layer::doubtful(Doubt::at(reason, launch.span));
    };
    let tree = launch.context.tree(source, Language::Ini);
    let section = tree.root().child("uwsgi").map_or(NodeId::ROOT, |at| at.id());
    launch.file(model, &tree, section)
}

/// The protocol of sockets that name none: `uwsgi`, unless `protocol` says otherwise (core/socket.c).
fn default_protocol(layers: &[Layer]) -> Option<&'static str> {
    let said = first(find(layers, "protocol"), || find(layers, "socket-protocol"));
    match said.then(Setting::value) {
        Known::Absent => Some("uwsgi"),
        Known::Is(text) => match text {
            "uwsgi" => Some("uwsgi"),
            "http" | "http11" => Some("http"),
            "https" => Some("https"),
            "fastcgi" | "fastcgi-nph" => Some("fastcgi"),
            "scgi" | "scgi-nph" => Some("scgi"),
            _ => None,
        },
        Known::Unknown(_) => None,
    }
}

/// Where it listens, each address with what is spoken there.
fn addresses(layers: &[Layer], started: &Started<'_>) -> Known<Vec<(Address, Option<&'static str>)>> {
    let mut found = Vec::new();
    let usual = default_protocol(layers);
    for layer in layers {
        for setting in &layer.settings {
            let Some((_, speaks)) = SOCKETS.iter().find(|(name, _)| *name == setting.name) else {
                continue;
            };
            let speaks = match speaks {
                Speaks::Always(speaks) => Some(*speaks),
                Speaks::Default => usual,
                Speaks::Other => None,
            };
            let text = match setting.value() {
                Known::Is(text) => text,
                Known::Unknown(doubt) => return Known::Unknown(doubt),
                Known::Absent => continue,
            };
            // `https` has the certificate behind the address.
            let text = text.split(',').next().unwrap_or(text);
            let address = match text.rsplit_once(':') {
                Some((host, number)) => Address::host_and_port(host, number, setting.span),
                None => Address::unix(text, setting.span),
            };
            found.push((address, speaks));
        }
        if let Some(doubt) = &layer.doubt {
            return Known::Unknown(doubt.clone());
        }
    }
    if found.is_empty() {
        let span = started.command.program.span;
        return Known::Unknown(Doubt::at("where uwsgi listens is not written here", span));
    }
    Known::Is(found)
}
