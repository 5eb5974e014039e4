//! uWSGI: options and an INI file they name. Of a value that both set, the later one counts: a file stands where `--ini`
//! does, and behind all options where it is named without one; sockets of both are opened (core/config.c,
//! `uwsgi_configure`, and core/uwsgi.c). `harakiri` kills the worker of a request that takes longer (off unless
//! set). Read in uWSGI 2.0.31: only the HTTP router (`http`) with `http-keepalive` and an HTTP/1.1 socket
//! (`http11-socket`) keep connections. `http-keepalive = 30` keeps them 30 s; without a number, or with 1, they are
//! kept for `http-timeout`, 60 s (plugins/http/http.c, plugins/corerouter/corerouter.c).

use std::sync::LazyLock;

use crate::environment::join;
use crate::expand::ContainerFiles;
use crate::model::field::process;
use crate::model::{Doubt, Duration, Known, Model, Product, Row, Table, Unit};
use crate::product::Descriptor;
use crate::server::command::Started;
use crate::server::settings::{self, Layer, Setting, Spelled, find};
use crate::server::sockets::{self, Address, Bind, interface, port};
use crate::server::{ProcessContext, ProcessJoin};
use crate::syntax::{Language, NodeId};

/// uWSGI.
pub static DESCRIPTOR: Descriptor = Descriptor::of(Product::server("uwsgi"));

const OPTIONS: &[Spelled] = &[
    ("harakiri", &["--harakiri", "-t"]),
    ("http", &["--http"]),
    ("http-socket", &["--http-socket"]),
    ("http11-socket", &["--http11-socket"]),
    ("socket", &["--socket", "--uwsgi-socket", "-s"]),
    ("http-keepalive", &["--http-keepalive"]),
    ("http-timeout", &["--http-timeout"]),
    ("ini", &["--ini", "--xml", "--yaml", "--json"]),
];

const NAMES: &[&str] = &[
    "harakiri",
    "http",
    "http-socket",
    "http11-socket",
    "socket",
    "http-keepalive",
    "http-timeout",
];

const SOCKETS: &[&str] = &["http", "http-socket", "http11-socket", "socket"];

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

pub(crate) fn lower(
    model: &mut Model,
    context: &ProcessContext<'_>,
    started: &Started<'_>,
    files: &ContainerFiles,
) -> ProcessJoin {
    let span = started.command.program.span;
    let (id, command) = crate::server::with_options(model, context, started, "uwsgi", OPTIONS);
    let named = command
        .last("ini")
        .map(|setting| (setting.text.clone(), Some(setting.span.start)));
    let bare = bare(started).map(|path| (path, None));
    let layers = match named.or(bare) {
        Some((path, at)) => {
            let is_later = |setting: &Setting| at.is_some_and(|at| setting.span.start > at);
            let (later, earlier) = command.split(is_later);
            vec![later, file(model, context, started, files, &path), earlier]
        }
        None if started.spec.variable("UWSGI_INI").is_some() || started.spec.more_environment => {
            vec![
                command,
                Layer::doubtful(Doubt::at("variables may hold further options", span)),
            ]
        }
        None => vec![command],
    };
    let on = |name: &str| match find(&layers, name) {
        Known::Is(_) => Known::Is(true),
        Known::Absent => Known::Is(false),
        Known::Unknown(doubt) => Known::Unknown(doubt),
    };
    let router = match (on("http"), on("http-keepalive")) {
        (Known::Is(false), _) | (_, Known::Is(false)) => Known::Is(false),
        (Known::Is(true), other) | (other, _) => other,
    };
    let eleven = on("http11-socket");
    let keeps = match (&router, &eleven) {
        (Known::Is(false), other) => other.clone(),
        (found, _) => found.clone(),
    };
    let kills = match find(&layers, "harakiri") {
        Known::Is(setting) => setting.value().map(|text| text != "0"),
        Known::Absent => Known::Is(false),
        Known::Unknown(doubt) => Known::Unknown(doubt),
    };
    let entity = model.entity_mut(id);
    entity.set_known(process::KILLS_AT_TIMEOUT, kills, span);
    entity.set_known(process::KEEPS_CONNECTIONS, keeps, span);
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
    settings::attach(model, id, &layers, &TABLE);
    let addresses = addresses(&layers, started);
    ProcessJoin {
        id: Known::Is(id),
        product: Some(DESCRIPTOR.id()),
        sockets: sockets::add(model, id, addresses),
        official_only: false,
    }
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
fn file(
    model: &mut Model,
    context: &ProcessContext<'_>,
    started: &Started<'_>,
    files: &ContainerFiles,
    path: &str,
) -> Layer {
    let span = started.command.program.span;
    let tail = format!("/{}", path.trim_start_matches("./").trim_start_matches('/'));
    let mut mounted = files.files.iter().filter(|file| file.path.ends_with(&tail));
    let built = || {
        let folder = started.spec.built.as_ref()?;
        let name = path.rsplit('/').next()?;
        let file = context.repository.get(&join(folder, name)?)?;
        Some(file.source.clone())
    };
    let source = mounted.next().map(|file| file.source.clone()).or_else(built);
    let Some(source) = source.filter(|_| path.ends_with(".ini")) else {
        return Layer::doubtful(Doubt::at(
            format!("its configuration {path} is not in the repository"),
            span,
        ));
    };
    let tree = context.tree(&source, Language::Ini);
    let section = tree.root().child("uwsgi").map_or(NodeId::ROOT, |at| at.id());
    Layer::of_tree(model, &tree, section, NAMES)
}

fn addresses(layers: &[Layer], started: &Started<'_>) -> Known<Vec<Address>> {
    let mut found = Vec::new();
    for layer in layers {
        for setting in layer.settings.iter().filter(|setting| SOCKETS.contains(&setting.name)) {
            let text = match setting.value() {
                Known::Is(text) => text,
                Known::Unknown(doubt) => return Known::Unknown(doubt),
                Known::Absent => continue,
            };
            let bind = match text.rsplit_once(':') {
                Some((host, number)) => Bind::Tcp {
                    host: interface(host),
                    port: port(number, setting.span),
                },
                None => Bind::Unix(text.into()),
            };
            found.push(Address {
                bind,
                written: text.to_owned(),
                span: setting.span,
            });
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
