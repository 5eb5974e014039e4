//! Puma: command line over `config/puma.rb` over variables over defaults. Read in Puma 7.0 (configuration.rb, const.rb)
//! and its changelog: idle connections are kept 20 s, from 7.0 on 65 s (puma/puma#3378); no slow request is ended.

pub(crate) mod ruby;

use std::sync::{Arc, LazyLock};

use crate::environment::join;
use crate::expand::ContainerFiles;
use crate::model::field::process;
use crate::model::{Doubt, Known, Model, Product, Row, Table, Unit};
use crate::product::Descriptor;
use crate::repo::{Source, Span};
use crate::server::command::Started;
use crate::server::settings::{self, Layer, Spelled, find};
use crate::server::sockets::{self, Address, Bind, interface, port};
use crate::server::{ProcessContext, ProcessJoin};
use crate::syntax::argv::Argument;

/// Puma.
pub static DESCRIPTOR: Descriptor = Descriptor::of(Product::server("puma"));

const OPTIONS: &[Spelled] = &[
    ("bind", &["--bind", "-b"]),
    ("port", &["--port", "-p"]),
    ("config", &["--config", "-C"]),
];

const IN_FILE: &[&str] = &["persistent_timeout", "enable_keep_alives"];

const BINDS: &[&str] = &["bind", "port", "ssl_bind"];

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let rows = vec![
        Row::new("persistent_timeout", process::KEEPALIVE_TIMEOUT, Unit::Seconds)
            .inherits()
            .default("20", "Puma const.rb, PERSISTENT_TIMEOUT")
            .default_since(Some("7.0"), Some("65"), "Puma 7.0 configuration.rb, persistent_timeout"),
    ];
    Table::new("puma", rows)
});

pub(crate) fn lower(
    model: &mut Model,
    context: &ProcessContext<'_>,
    started: &Started<'_>,
    files: &ContainerFiles,
) -> ProcessJoin {
    start(model, context, started, files, OPTIONS, addresses)
}

/// Where Puma listens, from its command line and its file.
type Listens = fn(&ProcessContext<'_>, &Layer, &Known<Arc<Source>>, &Started<'_>) -> Known<Vec<Address>>;

/// Puma, started by itself or by something that has options of its own and tells it where to listen.
pub(crate) fn start(
    model: &mut Model,
    context: &ProcessContext<'_>,
    started: &Started<'_>,
    files: &ContainerFiles,
    options: &[Spelled],
    listens: Listens,
) -> ProcessJoin {
    let span = started.command.program.span;
    let (id, command) = crate::server::with_options(model, context, started, "puma", options);
    let file = file(context, started, files, &command);
    let addresses = listens(context, &command, &file, started);
    let mut layers = vec![command];
    match &file {
        Known::Is(source) => {
            let values = values(source, started);
            layers.push(Layer::of_values(model, context.sources, None, &values));
        }
        Known::Unknown(doubt) => layers.push(Layer::doubtful(doubt.clone())),
        Known::Absent => {}
    }
    // From 7.0 on; before that the variable means nothing.
    if let Some(variable) = started.variable("PUMA_PERSISTENT_TIMEOUT") {
        let reason = "PUMA_PERSISTENT_TIMEOUT counts from Puma 7.0 on, and the version is not known";
        layers.push(Layer::doubtful(Doubt::at(reason, variable.span)));
    }
    let keeps = match find(&layers, "enable_keep_alives") {
        Known::Is(setting) => setting.value().map(|text| text != "false"),
        Known::Absent => Known::Is(true),
        Known::Unknown(doubt) => Known::Unknown(doubt),
    };
    let entity = model.entity_mut(id);
    entity.set_known(process::KEEPS_CONNECTIONS, keeps, span);
    entity.set(process::KILLS_AT_TIMEOUT, false, span);
    settings::attach(model, id, &layers, &TABLE);
    let is_tls = |address: &Address| address.written.starts_with("ssl://");
    let speaks = match &addresses {
        Known::Is(all) if all.iter().all(is_tls) => Some("https"),
        Known::Is(all) if !all.iter().any(is_tls) => Some("http"),
        _ => None,
    };
    let sockets = sockets::add(model, id, addresses);
    sockets::speak(model, &sockets, speaks);
    ProcessJoin {
        id: Known::Is(id),
        product: Some(DESCRIPTOR.id()),
        sockets,
        official_only: false,
    }
}

/// The settings of a file.
fn values(source: &Source, started: &Started<'_>) -> Vec<(&'static str, Argument)> {
    let one = |call: ruby::Call| {
        let name = IN_FILE.iter().find(|name| **name == call.name)?;
        let first = call.values.into_iter().next().flatten();
        let unknown = first.is_none();
        let text = first.unwrap_or_else(|| "an expression".to_owned());
        Some((*name, Argument::new(text, call.span, unknown)))
    };
    ruby::calls(source, IN_FILE, started)
        .into_iter()
        .filter_map(one)
        .collect()
}

/// Where a file says to listen, `port` without a host at this one; absent where it says nothing of it.
pub(crate) fn in_file(source: &Source, started: &Started<'_>, host: &Known<Arc<str>>) -> Known<Vec<Address>> {
    let mut found = Vec::new();
    for call in ruby::calls(source, BINDS, started) {
        let open = || {
            Known::Unknown(Doubt::at(
                format!("what {} is given is not known", call.name),
                call.span,
            ))
        };
        let (Some(Some(first)), false) = (call.values.first(), call.name == "ssl_bind") else {
            return open();
        };
        if call.name == "bind" {
            found.push(address(first, call.span));
            continue;
        }
        let (host, written) = match call.values.get(1) {
            None => (host.clone(), first.clone()),
            Some(Some(own)) => (interface(own), format!("{own}:{first}")),
            Some(None) => return open(),
        };
        found.push(Address {
            bind: Bind::Tcp {
                host,
                port: port(first, call.span),
            },
            written,
            span: call.span,
        });
    }
    if found.is_empty() {
        return Known::Absent;
    }
    Known::Is(found)
}

/// The file that `-C` names, else `config/puma.rb`: mounted, or in the build context.
fn file(
    context: &ProcessContext<'_>,
    started: &Started<'_>,
    files: &ContainerFiles,
    command: &Layer,
) -> Known<Arc<Source>> {
    let span = started.command.program.span;
    let named = match find(std::slice::from_ref(command), "config") {
        Known::Is(setting) => match setting.value() {
            Known::Is("-") => return Known::Absent,
            Known::Is(path) => Some(path),
            Known::Unknown(doubt) => return Known::Unknown(doubt),
            Known::Absent => None,
        },
        Known::Unknown(doubt) => return Known::Unknown(doubt),
        Known::Absent => None,
    };
    if let (None, Some(doubt)) = (named, by_environment(context, started, files)) {
        return Known::Unknown(doubt);
    }
    let path = named.unwrap_or("config/puma.rb").trim_start_matches("./");
    let tail = format!("/{}", path.trim_start_matches('/'));
    let mut mounted = files.files.iter().filter(|file| file.path.ends_with(&tail));
    if let Some(file) = mounted.next() {
        return Known::Is(file.source.clone());
    }
    let missing = || Known::Unknown(Doubt::at(format!("{path} is not in the repository"), span));
    let Some(folder) = &started.spec.built else {
        return missing();
    };
    // The folder that an absolute path's beginning is copied from is not known: `/app/config/puma.rb`.
    let mut rest = path.trim_start_matches('/');
    loop {
        if let Some(file) = join(folder, rest).and_then(|path| context.repository.get(&path)) {
            return Known::Is(file.source.clone());
        }
        match rest.split_once('/') {
            Some((_, shorter)) if named.is_some() => rest = shorter,
            _ => break,
        }
    }
    match named {
        None if context
            .repository
            .get(started.spec.dockerfile.as_deref().unwrap_or_default())
            .is_some() =>
        {
            Known::Absent
        }
        _ => missing(),
    }
}

/// Of the files that are read without being named, one for the environment comes first.
fn by_environment(context: &ProcessContext<'_>, started: &Started<'_>, files: &ContainerFiles) -> Option<Doubt> {
    let folder = started
        .spec
        .built
        .as_ref()
        .and_then(|folder| join(folder, "config/puma"));
    let built = folder.is_some_and(|folder| !context.repository.under(&folder).is_empty());
    let mounted = || files.files.iter().any(|file| file.path.contains("/config/puma/"));
    let reason = "which of the files in config/puma Puma reads depends on its environment";
    (built || mounted()).then(|| Doubt::at(reason, started.command.program.span))
}

fn addresses(
    _: &ProcessContext<'_>,
    command: &Layer,
    file: &Known<Arc<Source>>,
    started: &Started<'_>,
) -> Known<Vec<Address>> {
    let span = started.command.program.span;
    let mut found = Vec::new();
    for setting in command.settings.iter().filter(|setting| setting.name != "config") {
        match (setting.value(), setting.name) {
            (Known::Unknown(doubt), _) => return Known::Unknown(doubt),
            (Known::Is(text), "port") => found.push(Address {
                bind: Bind::Tcp {
                    host: Known::Absent,
                    port: port(text, setting.span),
                },
                written: format!("0.0.0.0:{text}"),
                span: setting.span,
            }),
            (Known::Is(text), _) => found.push(address(text, setting.span)),
            (Known::Absent, _) => {}
        }
    }
    if !found.is_empty() {
        return Known::Is(found);
    }
    if let Some(doubt) = &command.doubt {
        return Known::Unknown(doubt.clone());
    }
    let in_file = file
        .clone()
        .then(|source| self::in_file(&source, started, &Known::Absent));
    match in_file {
        Known::Absent if started.variable("PORT").is_some() || started.spec.more_environment => {
            Known::Unknown(Doubt::at("its port is not written here", span))
        }
        Known::Absent => Known::Is(vec![Address {
            bind: Bind::tcp("0.0.0.0", 9292),
            written: "0.0.0.0:9292".to_owned(),
            span,
        }]),
        known => known,
    }
}

/// `tcp://0.0.0.0:3000`, `unix:///run/puma.sock`, `ssl://…`
fn address(text: &str, span: Span) -> Address {
    let plain = text.split('?').next().unwrap_or(text);
    let bind = match plain.split_once("://") {
        Some(("unix", path)) => Bind::Unix(format!("/{}", path.trim_start_matches('/')).into()),
        Some((_, rest)) => match rest.rsplit_once(':') {
            Some((host, number)) => Bind::Tcp {
                host: interface(host),
                port: port(number, span),
            },
            None => unread(text, span),
        },
        None => unread(text, span),
    };
    Address {
        bind,
        written: text.to_owned(),
        span,
    }
}

fn unread(text: &str, span: Span) -> Bind {
    let doubt = Doubt::at(format!("the address {text} cannot be read"), span);
    Bind::Tcp {
        host: Known::Unknown(doubt.clone()),
        port: Known::Unknown(doubt),
    }
}
