//! Puma: command line over `config/puma.rb` over variables over defaults. Read in Puma 7.0 (configuration.rb, const.rb)
//! and its changelog: idle connections are kept 20 s, from 7.0 on 65 s (puma/puma#3378); no slow request is ended.

pub(crate) mod ruby;

mod claim;

use std::sync::{Arc, LazyLock};

use crate::environment::join;
use crate::model::field::process;
use crate::model::{Assumption, Doubt, Held, Known, Model, Product, Row, Table, Unit};
use crate::product::descriptor::Descriptor;
use crate::repo::{Source, Span};
use crate::server::command::Started;
use crate::server::settings::{Layer, Spelled, find, holds};
use crate::server::sockets::{Address, Bind, interface, port};
use crate::server::{Launch, Lowered, ProcessJoin, Reads, Server, behave};
use crate::syntax::argv::Argument;

/// Puma.
pub static DESCRIPTOR: Descriptor = Descriptor {
    claims: Some(&claim::CLAIMANT),
    server: Some(&SERVER),
    ..Descriptor::of(&Product::server("puma"))
};

/// What starts Puma and what it reads.
static SERVER: Server = Server {
    options: OPTIONS,
    in_file: IN_FILE,
    table: Some(&TABLE),
    reads: Reads::Command(lower),
    ..Server::BY_NAME
};

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

fn lower(model: &mut Model, launch: &Launch<'_>, started: &Started<'_>) -> Lowered {
    Ok(start(model, launch, started, addresses))
}

/// Where Puma listens, from its command line and its file.
type Listens = fn(&Launch<'_>, &Started<'_>, &Layer, &Known<Arc<Source>>) -> Held<Vec<Address>>;

/// Puma, started by itself or by something that has options of its own and tells it where to listen.
pub(crate) fn start(model: &mut Model, launch: &Launch<'_>, started: &Started<'_>, listens: Listens) -> ProcessJoin {
    let puma = Launch {
        product: DESCRIPTOR.id(),
        server: &SERVER,
        ..*launch
    };
    let id = puma.entity(model);
    let command = launch.command_line(model, started);
    let file = file(&puma, &command);
    let addresses = listens(&puma, started, &command, &file);
    let mut layers = vec![command];
    match &file {
        Known::Is(source) => {
            let values = values(source, started);
            layers.push(Layer::of_held_values(model, launch.context.sources, &values));
        }
        Known::Unknown(doubt) => layers.push(Layer::doubtful(doubt.clone())),
        Known::Absent => {}
    }
    // From 7.0 on; before that the variable means nothing.
    if let Some(variable) = started.variable("PUMA_PERSISTENT_TIMEOUT") {
        let reason = "PUMA_PERSISTENT_TIMEOUT counts from Puma 7.0 on, and the version is not known";
        layers.push(Layer::doubtful(Doubt::at(reason, variable.span)));
    }
    let keeps = holds(&layers, "enable_keep_alives", true, |text| text != "false");
    behave(model, id, keeps, Known::Is(false), launch.span);
    let is_tls = |address: &Address| address.written.starts_with("ssl://");
    let speaks = match addresses.parts().0 {
        Known::Is(all) if all.iter().all(is_tls) => Some("https"),
        Known::Is(all) if !all.iter().any(is_tls) => Some("http"),
        _ => None,
    };
    puma.serve(model, id, &layers, addresses, speaks)
}

/// The settings of a file.
fn values(source: &Source, started: &Started<'_>) -> Vec<(&'static str, Held<Argument>)> {
    let one = |call: ruby::Call| {
        let name = IN_FILE.iter().find(|name| **name == call.name)?;
        let value = match call.values.into_iter().next().flatten() {
            Some(text) => text.map(|text| Argument::new(text, call.span, false)),
            None => Known::Is(Argument::new("an expression", call.span, true)).into(),
        };
        Some((*name, value))
    };
    ruby::calls(source, IN_FILE, started)
        .into_iter()
        .filter_map(one)
        .collect()
}

/// Where a file says to listen, `port` without a host at this one; absent where it says nothing of it.
pub(crate) fn in_file(source: &Source, started: &Started<'_>, host: &Known<Arc<str>>) -> Held<Vec<Address>> {
    let mut found = Vec::new();
    let mut rests: Option<Assumption> = None;
    for call in ruby::calls(source, BINDS, started) {
        let open = || {
            Known::Unknown(Doubt::at(
                format!("what {} is given is not known", call.name),
                call.span,
            ))
            .into()
        };
        let (Some(Some(first)), false) = (call.values.first(), call.name == "ssl_bind") else {
            return open();
        };
        let (Known::Is(text), unless) = first.parts() else {
            return open();
        };
        if call.name == "bind" {
            found.push(address(text, call.span));
            rests = Assumption::both(rests, unless);
            continue;
        }
        let (host, written) = match call.values.get(1) {
            None => (host.clone(), (*text).clone()),
            Some(Some(own)) => match own.clone().known() {
                Known::Is(own) => (interface(&own), format!("{own}:{text}")),
                _ => return open(),
            },
            Some(None) => return open(),
        };
        found.push(Address {
            bind: Bind::Tcp {
                host,
                port: port(text, call.span).on(unless),
            },
            written,
            span: call.span,
        });
    }
    if found.is_empty() {
        return Held::ABSENT;
    }
    Known::Is(found).on(rests.as_ref())
}

/// The file that `-C` names, else `config/puma.rb`: mounted, or in the build context.
fn file(launch: &Launch<'_>, command: &Layer) -> Known<Arc<Source>> {
    let (context, spec) = (launch.context, launch.spec);
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
    if let (None, Some(doubt)) = (named, by_environment(launch)) {
        return Known::Unknown(doubt);
    }
    let path = named.unwrap_or("config/puma.rb").trim_start_matches("./");
    if let Some(file) = launch.files.ending(path).next() {
        return Known::Is(file.source.clone());
    }
    let built = match named {
        Some(_) => context.copied_file(spec, path),
        None => context.built_file(spec, path),
    };
    match built {
        Some(file) => Known::Is(file.source.clone()),
        None if named.is_none() && spec.built.is_some() && context.dockerfile(spec).is_some() => Known::Absent,
        None => Known::Unknown(Doubt::at(format!("{path} is not in the repository"), launch.span)),
    }
}

/// Of the files that are read without being named, one for the environment comes first.
fn by_environment(launch: &Launch<'_>) -> Option<Doubt> {
    let folder = launch
        .spec
        .built
        .as_ref()
        .and_then(|folder| join(folder, "config/puma"));
    let built = folder.is_some_and(|folder| !launch.context.repository.under(&folder).is_empty());
    let mounted = || {
        launch
            .files
            .files
            .iter()
            .any(|file| file.path.contains("/config/puma/"))
    };
    let reason = "which of the files in config/puma Puma reads depends on its environment";
    (built || mounted()).then(|| Doubt::at(reason, launch.span))
}

fn addresses(
    launch: &Launch<'_>,
    started: &Started<'_>,
    command: &Layer,
    file: &Known<Arc<Source>>,
) -> Held<Vec<Address>> {
    let mut found = Vec::new();
    let mut rests: Option<Assumption> = None;
    for setting in command.settings.iter().filter(|setting| setting.name != "config") {
        let held = setting.held();
        match (held.parts(), setting.name) {
            ((Known::Unknown(doubt), _), _) => return Known::Unknown(doubt).into(),
            ((Known::Is(text), unless), "port") => {
                let port = port(text, setting.span).on(unless);
                found.push(Address::with_port("0.0.0.0", text, port, setting.span));
            }
            ((Known::Is(text), unless), _) => {
                found.push(address(text, setting.span));
                rests = Assumption::both(rests, unless);
            }
            ((Known::Absent, _), _) => {}
        }
    }
    if !found.is_empty() {
        return Known::Is(found).on(rests.as_ref());
    }
    if let Some(doubt) = &command.doubt {
        return Known::Unknown(doubt.clone()).into();
    }
    let in_file = Held::from(file.clone()).then(|source| self::in_file(&source, started, &Known::Absent));
    in_file.or(|| match started.variable("PORT") {
        Some(_) => Known::Unknown(Doubt::at("its port is not written here", launch.span)),
        None => {
            let port = Known::Is(9292).on(started.unset("PORT").as_ref());
            Known::Is(vec![Address::with_port("0.0.0.0", "9292", port, launch.span)])
        }
    })
}

/// `tcp://0.0.0.0:3000`, `unix:///run/puma.sock`, `ssl://…`
fn address(text: &str, span: Span) -> Address {
    let plain = text.split('?').next().unwrap_or(text);
    let bind = match plain.split_once("://") {
        // `unix://tmp/puma.sock` is relative (Puma binder.rb, parse: host and path of the URI).
        Some(("unix", path)) => Some(Bind::Unix(path.into())),
        Some((_, rest)) => rest
            .rsplit_once(':')
            .map(|(host, number)| Bind::host_and_port(host, number, span)),
        None => None,
    };
    match bind {
        Some(bind) => Address {
            bind,
            written: text.to_owned(),
            span,
        },
        None => {
            let doubt = Doubt::at(format!("the address {text} cannot be read"), span);
            Address::unknown(text, doubt, span)
        }
    }
}
