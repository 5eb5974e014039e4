//! gunicorn: command line over `GUNICORN_CMD_ARGS` over `gunicorn.conf.py` over defaults, and what its worker classes
//! do. Read in gunicorn 27.0.1 (config.py, app/base.py, workers/) and tried with the real server.

use std::sync::{Arc, LazyLock};

use crate::environment::{ContainerSpec, Role, join};
use crate::expand::ContainerFiles;
use crate::model::field::process;
use crate::model::{Doubt, Known, Model, Product, Row, Table, Unit};
use crate::product::Descriptor;
use crate::repo::Span;
use crate::server::command::{self, Started};
use crate::server::settings::{self, Layer, Setting, Spelled, find, find_all};
use crate::server::sockets::{self, Address, Bind, interface, port};
use crate::server::{ProcessContext, ProcessJoin};
use crate::syntax::argv::{Argument, Command};
use crate::syntax::{Language, NodeId, Tree};

/// gunicorn.
pub static DESCRIPTOR: Descriptor = Descriptor::of(Product::server("gunicorn"));

const OPTIONS: &[Spelled] = &[
    ("bind", &["--bind", "-b"]),
    ("timeout", &["--timeout", "-t"]),
    ("keepalive", &["--keep-alive"]),
    ("worker_class", &["--worker-class", "-k"]),
    ("threads", &["--threads"]),
    ("config", &["--config", "-c"]),
    ("certfile", &["--certfile"]),
    ("protocol", &["--protocol"]),
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

pub(crate) fn lower(
    model: &mut Model,
    context: &ProcessContext<'_>,
    started: &Started<'_>,
    files: &ContainerFiles,
) -> ProcessJoin {
    let program = started.command.program.span;
    let id = crate::server::entity(model, context, started.spec, "gunicorn", program);
    let layers = layers(model, context, started, files);

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
            entity.set(process::KEEPS_CONNECTIONS, false, span);
            // 0 switches the timeout off: then nothing is killed.
            let limited = value(&layers, "timeout").map(|(text, _)| text.parse() != Ok(0u64));
            let limited = match limited {
                Known::Absent => Known::Is(true),
                known => known,
            };
            entity.set_known(process::KILLS_AT_TIMEOUT, limited, span);
        }
        Some(Workers::Async) => {
            entity.module = "async";
            let keeps = match value(&layers, "keepalive") {
                Known::Is((text, _)) => Known::Is(text != "0"),
                Known::Absent => Known::Is(true),
                Known::Unknown(doubt) => Known::Unknown(doubt),
            };
            entity.set_known(process::KEEPS_CONNECTIONS, keeps, span);
            entity.set(process::KILLS_AT_TIMEOUT, false, span);
        }
        Some(Workers::OwnKeepalive) => {
            entity.set(process::KEEPS_CONNECTIONS, true, span);
            entity.set(process::KILLS_AT_TIMEOUT, false, span);
            let doubt = Doubt::at("this worker class does not use gunicorn's keepalive", span);
            entity.set_known(process::KEEPALIVE_TIMEOUT, Known::Unknown(doubt), span);
        }
        None => crate::server::open(model, id, &class_doubt()),
    }
    settings::attach(model, id, &layers, &TABLE);
    let addresses = addresses(&layers, started);
    let sockets = sockets::add(model, id, addresses);
    let speaks = match (value(&layers, "certfile"), value(&layers, "protocol")) {
        (_, Known::Is(("uwsgi", _))) => Some("uwsgi"),
        (_, Known::Is(_) | Known::Unknown(_)) | (Known::Unknown(_), _) => None,
        (Known::Is(_), Known::Absent) => Some("https"),
        (Known::Absent, Known::Absent) => Some("http"),
    };
    sockets::speak(model, &sockets, speaks);
    ProcessJoin {
        id: Known::Is(id),
        product: Some(DESCRIPTOR.id()),
        sockets,
        official_only: false,
    }
}

fn value<'l>(layers: &'l [Layer], name: &str) -> Known<(&'l str, Span)> {
    find(layers, name).then(|setting| setting.value().map(|text| (text, setting.span)))
}

/// The worker class in effect: `sync` with more than one thread becomes `gthread` (`Config.worker_class`).
fn class(layers: &[Layer], program: Span) -> Known<(String, Span)> {
    let (class, at) = match value(layers, "worker_class") {
        Known::Is((class, span)) => (class.to_owned(), span),
        Known::Absent => ("sync".to_owned(), program),
        Known::Unknown(doubt) => return Known::Unknown(doubt),
    };
    let threads = value(layers, "threads");
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
fn layers(
    model: &mut Model,
    context: &ProcessContext<'_>,
    started: &Started<'_>,
    files: &ContainerFiles,
) -> Vec<Layer> {
    let sources = context.sources;
    let mut layers = vec![Layer::of_command(
        model,
        sources,
        Some(started),
        &started.command,
        OPTIONS,
    )];
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
                Layer::of_command(model, sources, None, &command, OPTIONS)
            }
        });
    }
    // Of both places only the nearest names the file.
    let file = match find(&layers, "config") {
        Known::Is(setting) => named_file(context, started.spec, files, setting),
        Known::Absent => default_file(context, started.spec, files),
        Known::Unknown(doubt) => Known::Unknown(doubt),
    };
    match file {
        Known::Is(tree) => layers.push(Layer::of_tree(model, &tree, NodeId::ROOT, IN_FILE)),
        Known::Unknown(doubt) => layers.push(Layer::doubtful(doubt)),
        Known::Absent => {
            let bound = !matches!(find(&layers, "bind"), Known::Absent) || started.variable("PORT").is_some();
            if !bound && let Some(doubt) = hidden_settings(context, started) {
                layers.push(Layer::doubtful(doubt));
            }
        }
    }
    layers
}

/// An image from elsewhere that is told nothing about where to listen would be reachable from nowhere: it most likely
/// holds a `gunicorn.conf.py` or sets `PORT`.
fn hidden_settings(context: &ProcessContext<'_>, started: &Started<'_>) -> Option<Doubt> {
    let spec = started.spec;
    let dockerfile = spec.dockerfile.as_ref();
    let seen = match dockerfile.and_then(|path| context.repository.get(path)) {
        Some(file) => !["PORT", "GUNICORN_CMD_ARGS"]
            .iter()
            .any(|name| file.source.text.contains(name)),
        None => spec.built.is_some() || spec.is_official("python"),
    };
    let reason = "the image may hold a gunicorn.conf.py, or set PORT";
    (!seen || spec.more_environment).then(|| Doubt::at(reason, started.command.program.span))
}

/// The file that `--config` names: in the container, else in the build context, else one of this name nearby.
fn named_file(
    context: &ProcessContext<'_>,
    spec: &ContainerSpec,
    files: &ContainerFiles,
    setting: &Setting,
) -> Known<Arc<Tree>> {
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
        let mut named = files.files.iter().filter(|file| file.path.ends_with(&tail));
        named.next().filter(|_| named.next().is_none())
    });
    if let Some(seen) = seen {
        return Known::Is(context.tree(&seen.source, Language::Python));
    }
    if let Some(doubt) = files.doubt(&absolute) {
        return Known::Unknown(doubt.clone());
    }
    if let Some(folder) = &spec.built {
        // `/app/conf/gunicorn.py` may be `conf/gunicorn.py` of the context: the folder it is copied to is not known.
        let mut rest = relative.trim_start_matches('/');
        loop {
            let file = join(folder, rest).and_then(|path| context.repository.get(&path));
            if let Some(file) = file {
                return Known::Is(context.tree(&file.source, Language::Python));
            }
            match rest.split_once('/') {
                Some((_, shorter)) => rest = shorter,
                None => break,
            }
        }
    }
    let mut near = context.loose_files().filter(|file| {
        file.role == Role::Python && (format!("/{}", file.path).ends_with(&tail) || base(&file.path) == base(relative))
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
fn default_file(context: &ProcessContext<'_>, spec: &ContainerSpec, files: &ContainerFiles) -> Known<Arc<Tree>> {
    const NAME: &str = "gunicorn.conf.py";
    let mut mounted = files.files.iter().filter(|file| base(&file.path) == NAME);
    let in_folder = spec
        .working_dir
        .as_ref()
        .and_then(|folder| files.get(&format!("{}/{NAME}", folder.trim_end_matches('/'))));
    let context_file = || {
        let path = join(spec.built.as_ref()?, NAME)?;
        context.repository.get(&path).map(|file| &file.source)
    };
    let source = in_folder
        .or_else(|| mounted.next())
        .map(|file| &file.source)
        .or_else(context_file);
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
            Some(value) => Known::Is(vec![Address {
                bind: Bind::Tcp {
                    host: Known::Absent,
                    port: port(&value.text, value.span),
                },
                written: format!("0.0.0.0:{}", value.text),
                span: value.span,
            }]),
            None => Known::Is(vec![Address {
                bind: Bind::tcp("127.0.0.1", 8000),
                written: "127.0.0.1:8000".to_owned(),
                span,
            }]),
        },
    }
}

/// One address, as `util.parse_address` reads it. A part is unknown only if its own text is.
fn address(setting: &Setting) -> Address {
    let written = setting.text.clone();
    let doubt = || Doubt::at(format!("the address {written} is not known here"), setting.span);
    let text = written.strip_prefix("tcp://").unwrap_or(&written);
    let has_hole = |part: &str| setting.unknown && (part.is_empty() || part.contains(['$', '{', '<', '@', '(', '`']));
    let bind = if let Some(path) = text.strip_prefix("unix:") {
        Bind::Unix(path.strip_prefix("//").unwrap_or(path).into())
    } else if text.starts_with("fd://") || (setting.unknown && !text.contains(':')) {
        Bind::Tcp {
            host: Known::Unknown(doubt()),
            port: Known::Unknown(doubt()),
        }
    } else {
        let (host, number) = match (text.rfind(']'), text.split_once(':')) {
            (Some(end), _) => (&text[..=end], text[end + 1..].strip_prefix(':').unwrap_or("8000")),
            (None, Some((host, number))) => (host, number),
            (None, None) => (text, "8000"),
        };
        Bind::Tcp {
            host: if has_hole(host) {
                Known::Unknown(doubt())
            } else {
                interface(host)
            },
            port: if has_hole(number) {
                Known::Unknown(doubt())
            } else {
                port(number, setting.span)
            },
        }
    };
    Address {
        bind,
        span: setting.span,
        written,
    }
}
