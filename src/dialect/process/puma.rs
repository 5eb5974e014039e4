//! Puma: command line over `config/puma.rb` over variables over defaults. Read in Puma 7.0 (configuration.rb, const.rb)
//! and its changelog: idle connections are kept 20 s, from 7.0 on 65 s (puma/puma#3378); no slow request is ended.

use std::sync::{Arc, LazyLock};

use super::command::Started;
use super::ruby;
use super::settings::{self, Layer, Spelled, find, find_all};
use super::sockets::{self, Address, Bind, interface, port};
use super::{ProcessContext, ProcessJoin};
use crate::environment::join;
use crate::expand::ContainerFiles;
use crate::model::field::process;
use crate::model::{Doubt, Known, Model, Row, Table, Unit};
use crate::repo::{Source, Span};
use crate::syntax::argv::Argument;

const OPTIONS: &[Spelled] = &[
    ("bind", &["--bind", "-b"]),
    ("port", &["--port", "-p"]),
    ("config", &["--config", "-C"]),
];

const IN_FILE: &[&str] = &["bind", "port", "ssl_bind", "persistent_timeout", "enable_keep_alives"];

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let rows = vec![
        Row::new("persistent_timeout", process::KEEPALIVE_TIMEOUT, Unit::Seconds)
            .inherits()
            .default("20", "Puma const.rb, PERSISTENT_TIMEOUT")
            .default_since(Some("7.0"), Some("65"), "Puma 7.0 configuration.rb, persistent_timeout"),
    ];
    Table::new("puma", rows)
});

pub(super) fn lower(
    model: &mut Model,
    context: &ProcessContext<'_>,
    started: &Started<'_>,
    files: &ContainerFiles,
) -> ProcessJoin {
    let span = started.command.program.span;
    let id = super::entity(model, context, started.spec, "puma", span);
    let mut layers = vec![Layer::of_command(
        model,
        context.sources,
        Some(started),
        &started.command,
        OPTIONS,
    )];
    match file(context, started, files, &layers) {
        Known::Is(source) => {
            let values = values(&source, started);
            layers.push(Layer::of_values(model, context.sources, None, &values));
        }
        Known::Unknown(doubt) => layers.push(Layer::doubtful(doubt)),
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
    let addresses = addresses(&layers, started);
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
        product: Some("puma"),
        sockets,
        official_only: false,
    }
}

/// The settings of a file; `port` is a `bind` to all interfaces.
fn values(source: &Source, started: &Started<'_>) -> Vec<(&'static str, Argument)> {
    let mut found = Vec::new();
    for call in ruby::calls(source, IN_FILE, started) {
        let first = call.values.into_iter().next().flatten();
        let value = |text: Option<String>| {
            let unknown = text.is_none();
            Argument::new(text.unwrap_or_else(|| "an expression".to_owned()), call.span, unknown)
        };
        match call.name.as_str() {
            "bind" => found.push(("bind", value(first))),
            "port" => found.push(("bind", value(first.map(|port| format!("tcp://0.0.0.0:{port}"))))),
            "ssl_bind" => found.push(("bind", value(None))),
            "enable_keep_alives" => found.push(("enable_keep_alives", value(first))),
            _ => found.push(("persistent_timeout", value(first))),
        }
    }
    found
}

/// The file that `-C` names, else `config/puma.rb`: mounted, or in the build context.
fn file(
    context: &ProcessContext<'_>,
    started: &Started<'_>,
    files: &ContainerFiles,
    layers: &[Layer],
) -> Known<Arc<Source>> {
    let span = started.command.program.span;
    let named = match find(layers, "config") {
        Known::Is(setting) => match setting.value() {
            Known::Is("-") => return Known::Absent,
            Known::Is(path) => Some(path),
            Known::Unknown(doubt) => return Known::Unknown(doubt),
            Known::Absent => None,
        },
        Known::Unknown(doubt) => return Known::Unknown(doubt),
        Known::Absent => None,
    };
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
        // Of the files that are read without being named, some stand in folders of their own (`config/puma/`).
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

fn addresses(layers: &[Layer], started: &Started<'_>) -> Known<Vec<Address>> {
    let span = started.command.program.span;
    // `rails server` has rules of its own about hosts, by RAILS_ENV.
    if started.command.program.base_name() != "puma" {
        return Known::Unknown(Doubt::at(
            "where `rails server` listens depends on its environment",
            span,
        ));
    }
    match (find_all(layers, "bind"), find(layers, "port")) {
        (_, Known::Is(setting)) => setting.value().map(|text| {
            vec![Address {
                bind: Bind::Tcp {
                    host: Known::Absent,
                    port: port(text, setting.span),
                },
                written: format!("0.0.0.0:{text}"),
                span: setting.span,
            }]
        }),
        (Known::Is(settings), _) => {
            let mut found = Vec::new();
            for setting in settings {
                match setting.value() {
                    Known::Is(text) => found.push(address(text, setting.span)),
                    Known::Unknown(doubt) => return Known::Unknown(doubt),
                    Known::Absent => {}
                }
            }
            Known::Is(found)
        }
        (Known::Unknown(doubt), _) => Known::Unknown(doubt),
        (Known::Absent, _) if started.variable("PORT").is_some() || started.spec.more_environment => {
            Known::Unknown(Doubt::at("its port is not written here", span))
        }
        (Known::Absent, _) => Known::Is(vec![Address {
            bind: Bind::tcp("0.0.0.0", 9292),
            written: "0.0.0.0:9292".to_owned(),
            span,
        }]),
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
