//! gunicorn: command line over `GUNICORN_CMD_ARGS` over `gunicorn.conf.py` over defaults, and what its worker classes
//! do. Read in gunicorn 27.0.1 (config.py, app/base.py, workers/) and tried with the real server.

mod claim;
mod expression;

use std::sync::{Arc, LazyLock};

use crate::environment::Role;
use crate::model::field::process;
use crate::model::{Doubt, Known, Model, Product, Row, Table, Unit};
use crate::product::descriptor::Descriptor;
use crate::repo::Span;
use crate::server::command::{self, Started};
use crate::server::settings::{Layer, Setting, Spelled, find, find_all, holds, written};
use crate::server::sockets::{self, Address, Bind, interface, port};
use crate::server::{Launch, Lowered, Reads, Server, behave, open};
use crate::syntax::argv::{Argument, Command};
use crate::syntax::{Language, NodeId, Tree};

/// gunicorn.
pub static DESCRIPTOR: Descriptor = Descriptor {
    claims: Some(&claim::CLAIMANT),
    server: Some(&SERVER),
    ..Descriptor::of(&Product::server("gunicorn"))
};

/// What starts gunicorn and what it reads.
static SERVER: Server = Server {
    options: OPTIONS,
    in_file: IN_FILE,
    table: Some(&TABLE),
    reads: Reads::Command(lower),
    ..Server::BY_NAME
};

const OPTIONS: &[Spelled] = &[
    ("bind", &["--bind", "-b"]),
    ("timeout", &["--timeout", "-t"]),
    ("keepalive", &["--keep-alive"]),
    ("worker_class", &["--worker-class", "-k"]),
    ("threads", &["--threads"]),
    ("config", &["--config", "-c"]),
    ("certfile", &["--certfile"]),
    ("protocol", &["--protocol"]),
    ("proxy_protocol", &["--proxy-protocol"]),
];

/// The settings that a configuration file can hold.
const IN_FILE: &[&str] = &[
    "bind",
    "timeout",
    "keepalive",
    "worker_class",
    "threads",
    "certfile",
    "protocol",
    "proxy_protocol",
];

/// The module of a row is the kind of worker it has an effect on.
static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let rows = vec![
        Row::new("timeout", process::REQUEST_TIMEOUT, Unit::Seconds)
            .module("sync")
            .zero_is_unlimited()
            .inherits()
            .default("30", "gunicorn config.py, class Timeout"),
        Row::new("keepalive", process::KEEPALIVE_TIMEOUT, Unit::Seconds)
            .module("async")
            .inherits()
            .default("2", "gunicorn config.py, class Keepalive"),
    ];
    Table::new("gunicorn", rows)
});

/// What a worker class does with connections and with slow requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Workers {
    /// One request at a time; closes every connection, and is killed when a request takes longer than `timeout`.
    Sync,
    /// Keeps connections for `keepalive`; `timeout` watches the worker's heartbeat, not the request.
    Async,
    /// Like `Async`, but the connection's idle time is not gunicorn's to say.
    OwnKeepalive,
}

/// Worker classes by name, read in gunicorn's workers and in uvicorn's `workers.py`.
fn workers(class: &str) -> Option<Workers> {
    Some(match class {
        "sync" => Workers::Sync,
        "gthread" | "gevent" | "eventlet" | "asgi" => Workers::Async,
        "tornado" | "gevent_pywsgi" | "gevent_wsgi" => Workers::OwnKeepalive,
        _ => match class.rsplit('.').next()? {
            "SyncWorker" => Workers::Sync,
            "ThreadWorker" | "GeventWorker" | "EventletWorker" | "ASGIWorker" => Workers::Async,
            // They hand gunicorn's `keepalive` to uvicorn.
            "UvicornWorker" | "UvicornH11Worker" => Workers::Async,
            "TornadoWorker" | "GeventPyWSGIWorker" => Workers::OwnKeepalive,
            _ => return None,
        },
    })
}

fn lower(model: &mut Model, launch: &Launch<'_>, started: &Started<'_>) -> Lowered {
    let program = launch.span;
    let id = launch.entity(model);
    let layers = layers(model, launch, started);

    let class = class(&layers, program);
    let (span, kind) = match &class {
        Known::Is((name, span)) => (*span, workers(name)),
        _ => (program, None),
    };
    let class_doubt = || match &class {
        Known::Unknown(doubt) => doubt.clone(),
        _ => Doubt::at("gatelint does not know this worker class", span),
    };
    let entity = model.entity_mut(id);
    match &class {
        Known::Is((name, _)) => entity.set(process::WORKER_CLASS, name.as_str().into(), span),
        _ => entity.set_known(process::WORKER_CLASS, Known::Unknown(class_doubt()), program),
    }
    match kind {
        Some(Workers::Sync) => {
            entity.module = "sync";
            // 0 switches the timeout off: then nothing is killed.
            let kills = holds(&layers, "timeout", true, |text| text.parse() != Ok(0u64));
            behave(model, id, Known::Is(false), kills, span);
        }
        Some(Workers::Async) => {
            entity.module = "async";
            let keeps = holds(&layers, "keepalive", true, |text| text != "0");
            behave(model, id, keeps, Known::Is(false), span);
        }
        Some(Workers::OwnKeepalive) => {
            let doubt = Doubt::at("this worker class does not use gunicorn's keepalive", span);
            entity.set_known(process::KEEPALIVE_TIMEOUT, Known::Unknown(doubt), span);
            behave(model, id, Known::Is(true), Known::Is(false), span);
        }
        None => open(model, id, &class_doubt()),
    }
    let speaks = match (written(&layers, "certfile"), written(&layers, "protocol")) {
        (_, Known::Is(("uwsgi", _))) => Some("uwsgi"),
        (_, Known::Is(_) | Known::Unknown(_)) | (Known::Unknown(_), _) => None,
        (Known::Is(_), Known::Absent) => Some("https"),
        (Known::Absent, Known::Absent) => Some("http"),
    };
    let addresses = addresses(&layers, started);
    let join = launch.serve(model, id, &layers, addresses, speaks);
    // With the setting it takes connections with the header and without (http/message.py).
    if matches!(find(&layers, "proxy_protocol"), Known::Absent) && !started.command.has(&["--proxy-protocol"]) {
        sockets::expect_no_proxy(model, &join.sockets);
    }
    Ok(join)
}

/// The worker class in effect: `sync` with more than one thread becomes `gthread` (`Config.worker_class`).
fn class(layers: &[Layer], program: Span) -> Known<(String, Span)> {
    let (class, at) = match written(layers, "worker_class") {
        Known::Is((class, span)) => (class.to_owned(), span),
        Known::Absent => ("sync".to_owned(), program),
        Known::Unknown(doubt) => return Known::Unknown(doubt),
    };
    let threads = written(layers, "threads");
    if workers(&class) == Some(Workers::Sync) {
        match threads {
            Known::Unknown(doubt) => return Known::Unknown(doubt),
            Known::Is((threads, span)) if threads.parse().is_ok_and(|threads: u32| threads > 1) => {
                return Known::Is(("gthread".to_owned(), span));
            }
            _ => {}
        }
    }
    Known::Is((class, at))
}

/// Everything gunicorn reads, nearest first (`Application.load_config`).
fn layers(model: &mut Model, launch: &Launch<'_>, started: &Started<'_>) -> Vec<Layer> {
    let sources = launch.context.sources;
    let mut layers = vec![launch.command_line(model, started)];
    if let Some(variable) = started.variable("GUNICORN_CMD_ARGS") {
        layers.push(match variable.unknown {
            true => Layer::doubtful(Doubt::at("GUNICORN_CMD_ARGS is not known here", variable.span)),
            false => {
                let exact = crate::expand::verbatim(sources, &variable.text, variable.span);
                let line = Argument::new(variable.text, exact.unwrap_or(variable.span), false);
                let command = Command {
                    environment: Vec::new(),
                    program: started.command.program.clone(),
                    arguments: command::split(sources, &line),
                    certain: true,
                };
                Layer::of_command(model, sources, None, &command, launch.server.options)
            }
        });
    }
    // Of both places only the nearest names the file.
    let file = match find(&layers, "config") {
        Known::Is(setting) => named_file(launch, setting),
        Known::Absent => default_file(launch),
        Known::Unknown(doubt) => Known::Unknown(doubt),
    };
    match file {
        Known::Is(tree) => {
            let mut file = launch.file(model, &tree, NodeId::ROOT);
            for setting in file.settings.iter_mut().filter(|setting| setting.unknown) {
                if let Some(text) = expression::in_shell(&setting.text) {
                    let value = Argument::new(text, setting.span, true);
                    *setting = Setting::of_argument(model, sources, Some(started), setting.name, &value);
                }
            }
            layers.push(file);
        }
        Known::Unknown(doubt) => layers.push(Layer::doubtful(doubt)),
        Known::Absent => {
            let bound = !matches!(find(&layers, "bind"), Known::Absent) || started.variable("PORT").is_some();
            if !bound && let Some(doubt) = hidden_settings(launch) {
                layers.push(Layer::doubtful(doubt));
            }
        }
    }
    layers
}

/// An image from elsewhere that is told nothing about where to listen would be reachable from nowhere: it most likely
/// holds a `gunicorn.conf.py` or sets `PORT`.
fn hidden_settings(launch: &Launch<'_>) -> Option<Doubt> {
    let (context, spec) = (launch.context, launch.spec);
    let seen = match context.dockerfile(spec) {
        Some(_) => !context.dockerfile_names(spec, &["PORT", "GUNICORN_CMD_ARGS"]),
        None => spec.built.is_some() || spec.is_official("python"),
    };
    let reason = "the image may hold a gunicorn.conf.py, or set PORT";
    (!seen || spec.more_environment).then(|| Doubt::at(reason, launch.span))
}

/// The file that `--config` names: in the container, else in the build context, else one of this name nearby.
fn named_file(launch: &Launch<'_>, setting: &Setting) -> Known<Arc<Tree>> {
    let (context, spec, files) = (launch.context, launch.spec, launch.files);
    let name = match setting.value() {
        Known::Is(name) => name,
        Known::Absent => return Known::Absent,
        Known::Unknown(doubt) => return Known::Unknown(doubt),
    };
    let path = match name.strip_prefix("python:") {
        Some(module) => format!("{}.py", module.replace('.', "/")),
        None => name.strip_prefix("file:").unwrap_or(name).to_owned(),
    };
    let relative = path.trim_start_matches("./");
    let absolute = match (path.starts_with('/'), &spec.working_dir) {
        (true, _) => path.clone(),
        (false, Some(folder)) => format!("{}/{relative}", folder.trim_end_matches('/')),
        (false, None) => format!("/{relative}"),
    };
    let tail = format!("/{}", relative.trim_start_matches('/'));
    let seen = files.get(&absolute).or_else(|| {
        // Without a working directory the folder is not known, the name is.
        let mut named = files.ending(relative);
        named.next().filter(|_| named.next().is_none())
    });
    if let Some(seen) = seen {
        return Known::Is(context.tree(&seen.source, Language::Python));
    }
    if let Some(doubt) = files.doubt(&absolute) {
        return Known::Unknown(doubt.clone());
    }
    if let Some(file) = context.copied_file(spec, relative) {
        return Known::Is(context.tree(&file.source, Language::Python));
    }
    let mut near = context.loose_files().filter(|file| {
        file.role == Role::Product(DESCRIPTOR.id())
            && (format!("/{}", file.path).ends_with(&tail) || base(&file.path) == base(relative))
    });
    match (near.next(), near.next()) {
        (Some(file), None) => Known::Is(context.tree(&file.source, Language::Python)),
        _ => Known::Unknown(Doubt::at(
            format!("gunicorn's configuration {name} is not in the repository"),
            setting.span,
        )),
    }
}

/// `./gunicorn.conf.py`, which is read without being named.
fn default_file(launch: &Launch<'_>) -> Known<Arc<Tree>> {
    const NAME: &str = "gunicorn.conf.py";
    let (context, spec, files) = (launch.context, launch.spec, launch.files);
    let mut mounted = files.files.iter().filter(|file| base(&file.path) == NAME);
    let in_folder = spec
        .working_dir
        .as_ref()
        .and_then(|folder| files.get(&format!("{}/{NAME}", folder.trim_end_matches('/'))));
    let source = in_folder
        .or_else(|| mounted.next())
        .map(|file| &file.source)
        .or_else(|| context.built_file(spec, NAME).map(|file| &file.source));
    match source {
        Some(source) => Known::Is(context.tree(source, Language::Python)),
        None => Known::Absent,
    }
}

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn addresses(layers: &[Layer], started: &Started<'_>) -> Known<Vec<Address>> {
    let span = started.command.program.span;
    match find_all(layers, "bind") {
        Known::Is(settings) => {
            // A socket whose path is not known answers to any path.
            let open = settings
                .iter()
                .find(|setting| setting.unknown && setting.text.starts_with("unix:"));
            match open.map(|setting| setting.value()) {
                Some(Known::Unknown(doubt)) => Known::Unknown(doubt),
                _ => Known::Is(settings.into_iter().map(address).collect()),
            }
        }
        Known::Unknown(doubt) => Known::Unknown(doubt),
        Known::Absent => match started.variable("PORT") {
            Some(value) if value.unknown => Known::Unknown(Doubt::at("PORT is not known here", value.span)),
            Some(value) => Known::Is(vec![Address::host_and_port("0.0.0.0", &value.text, value.span)]),
            None => Known::Is(vec![Address::tcp("127.0.0.1", 8000, span)]),
        },
    }
}

/// One address, as `util.parse_address` reads it. A part is unknown only if its own text is, and rests on an assumption
/// only if it would be another one otherwise.
fn address(setting: &Setting) -> Address {
    let written = setting.text.clone();
    let held = setting.held();
    let likely = match held.parts() {
        (Known::Is(text), Some(unless)) => Some((parts(text.strip_prefix("tcp://").unwrap_or(text)), unless)),
        _ => None,
    };
    let doubt = || Doubt::at(format!("the address {written} is not known here"), setting.span);
    let has_hole = |part: &str| setting.unknown && (part.is_empty() || part.contains(['$', '{', '<', '@', '(', '`']));
    let text = written.strip_prefix("tcp://").unwrap_or(&written);
    let bind = if let Some(path) = text.strip_prefix("unix:") {
        Bind::Unix(path.strip_prefix("//").unwrap_or(path).into())
    } else if text.starts_with("fd://") || (setting.unknown && !text.contains(':')) {
        return Address::unknown(&*written, doubt(), setting.span);
    } else {
        let (host, number) = parts(text);
        Bind::Tcp {
            host: if has_hole(host) {
                Known::Unknown(doubt())
            } else {
                interface(host)
            },
            port: match likely {
                _ if !has_hole(number) => port(number, setting.span).into(),
                Some(((_, number), unless)) => port(number, setting.span).unless(unless.clone()),
                None => Known::Unknown(doubt()).into(),
            },
        }
    };
    Address {
        bind,
        span: setting.span,
        written,
    }
}

/// Host and port of an address.
fn parts(text: &str) -> (&str, &str) {
    match (text.rfind(']'), text.split_once(':')) {
        (Some(end), _) => (&text[..=end], text[end + 1..].strip_prefix(':').unwrap_or("8000")),
        (None, Some((host, number))) => (host, number),
        (None, None) => (text, "8000"),
    }
}
