//! Java: Spring Boot, where something shows that it is one. It reads, nearest first: arguments, system properties,
//! variables, files beside the jar, files in the jar (Spring Boot reference, Externalized Configuration). What stands in
//! the jar is known only where its sources are in the build context. Which server it starts is known only from
//! `server.tomcat.*`.

mod claim;

use std::sync::{Arc, LazyLock};

use crate::expand::ContainerFiles;
use crate::model::field::process;
use crate::model::{Doubt, Known, Model, Product, Row, Table, Unit, Value};
use crate::product::descriptor::Descriptor;
use crate::repo::{Source, Span};
use crate::server::command::Started;
use crate::server::settings::{Layer, written};
use crate::server::sockets::{Address, Bind, interface, port};
use crate::server::{Launch, Lowered, ProcessContext, Program, Reads, Server, behave};
use crate::syntax::argv::{self, Argument};
use crate::syntax::{At, Language};

/// Spring Boot.
pub static DESCRIPTOR: Descriptor = Descriptor {
    claims: Some(&claim::CLAIMANT),
    server: Some(&SERVER),
    ..Descriptor::of(&Product::server("spring-boot"))
};

/// What starts Spring Boot and what it reads.
static SERVER: Server = Server {
    programs: &[Program::named("java")],
    in_file: &NAMES,
    table: Some(&SPRING),
    reads: Reads::Command(lower),
    ..Server::BY_NAME
};

const KEEPALIVE: &str = "server.tomcat.keep-alive-timeout";
const CONNECTION: &str = "server.tomcat.connection-timeout";
const PORT: &str = "server.port";
const MANAGEMENT: &str = "management.server.port";
const NAMES: [&str; 8] = [
    PORT,
    "server.address",
    "server.ssl.enabled",
    "server.ssl.key-store",
    "server.ssl.bundle",
    KEEPALIVE,
    CONNECTION,
    MANAGEMENT,
];

static SPRING: LazyLock<Table> = LazyLock::new(|| {
    let rows = vec![Row::new(KEEPALIVE, process::KEEPALIVE_TIMEOUT, Unit::Millis).inherits()];
    Table::new("Spring Boot", rows)
});

/// A Java program, where something shows that it is Spring Boot.
fn lower(model: &mut Model, launch: &Launch<'_>, started: &Started<'_>) -> Lowered {
    let context = launch.context;
    let given = [arguments(started), properties(started), variables(started)];
    let (beside, inside) = (beside(launch.files), inside(launch));
    let shows = given.iter().any(|values| !values.is_empty())
        || !beside.is_empty()
        || inside.is_some()
        || started
            .spec
            .environment
            .iter()
            .any(|(name, _)| name.starts_with("SPRING_"));
    if !shows {
        return Err("what a Java program does is known only for Spring Boot");
    }
    let span = launch.span;
    let id = launch.entity(model);
    let mut layers = Vec::new();
    if let Some(doubt) = elsewhere(started) {
        layers.push(Layer::doubtful(doubt));
    }
    let complete = inside.is_some();
    let written = beside.into_iter().chain(inside);
    let mut all: Vec<_> = given.into_iter().map(Ok).collect();
    all.extend(written.map(|source| of_file(context, &source, started)));
    let own = all.iter().flatten().flatten().any(|(name, _)| *name == KEEPALIVE);
    for values in all {
        layers.push(match values {
            Ok(values) => Layer::of_values(model, context.sources, Some(started), &derived(&values, own)),
            Err(doubt) => Layer::doubtful(doubt),
        });
    }
    if !complete {
        layers.push(Layer::doubtful(Doubt::at(
            "the jar may hold an application.properties",
            span,
        )));
    }
    behave(model, id, Known::Is(true), Known::Is(false), span);
    let addresses = addresses(&layers, span);
    let speaks = spoken(&layers);
    Ok(launch.serve(model, id, &layers, addresses, speaks))
}

/// Why something nearer than everything that is read here may say more.
fn elsewhere(started: &Started<'_>) -> Option<Doubt> {
    let span = started.command.program.span;
    for name in [
        "SPRING_APPLICATION_JSON",
        "SPRING_CONFIG_LOCATION",
        "SPRING_CONFIG_IMPORT",
    ] {
        if let Some(value) = started.variable(name) {
            return Some(Doubt::at(format!("{name} may hold further settings"), value.span));
        }
    }
    if started.spec.more_environment {
        return Some(Doubt::at(
            "variables that are not in the repository may hold further settings",
            span,
        ));
    }
    let unread = started.command.unread()?;
    started
        .resolve(&unread.text)
        .and_then(|text| text.known().is())
        .is_none()
        .then(|| Doubt::at(format!("{} may hold further options", unread.text), unread.span))
}

/// The name as the reference has it: `server.tomcat.keepAliveTimeout` is `server.tomcat.keep-alive-timeout`.
fn canonical(name: &str) -> Option<&'static str> {
    let bare = |text: &str| text.replace(['-', '_'], "").to_ascii_lowercase();
    NAMES.into_iter().find(|known| bare(known) == bare(name))
}

fn value_of(text: &str, argument: &Argument) -> Argument {
    Argument::new(text, argument.span, argument.unknown)
}

/// `--server.port=8081`
fn arguments(started: &Started<'_>) -> Vec<(&'static str, Argument)> {
    let own = started.command.arguments.iter();
    own.filter_map(|argument| {
        let (name, value) = argument.text.strip_prefix("--")?.split_once('=')?;
        Some((canonical(name)?, value_of(value, argument)))
    })
    .collect()
}

/// `-Dserver.port=8081`, on the command line or in the variables the JVM reads.
fn properties(started: &Started<'_>) -> Vec<(&'static str, Argument)> {
    let property = |text: &str, argument: &Argument| {
        let (name, value) = text.strip_prefix("-D")?.split_once('=')?;
        Some((canonical(name)?, value_of(value, argument)))
    };
    let own = started.command.arguments.iter();
    let mut found: Vec<_> = own.filter_map(|argument| property(&argument.text, argument)).collect();
    // `$JAVA_OPTS` means something only where the command names it.
    let named = started.command.arguments.iter().filter(|argument| argument.unknown);
    let expanded = named.filter_map(|argument| {
        Some(Argument::new(
            started.resolve(&argument.text)?.known().is()?,
            argument.span,
            false,
        ))
    });
    let read = ["JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"].into_iter();
    for line in read.filter_map(|name| started.variable(name)).chain(expanded) {
        found.extend(
            argv::split(&line.text)
                .iter()
                .filter_map(|piece| property(&piece.text, &line)),
        );
    }
    found
}

/// `SERVER_PORT`: upper case, dots as underscores, dashes left out.
fn variables(started: &Started<'_>) -> Vec<(&'static str, Argument)> {
    let variable = |name: &'static str| {
        let own = name.replace('.', "_").replace('-', "").to_ascii_uppercase();
        Some((name, started.variable(&own)?))
    };
    NAMES.into_iter().filter_map(variable).collect()
}

/// Files beside the jar, which win over those inside it.
fn beside(files: &ContainerFiles) -> Vec<Arc<Source>> {
    let is_one = |path: &str| {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let base = name.rsplit_once('.').map_or(name, |(base, _)| base);
        base == "application" && (folder.ends_with("config") || !folder.contains("resources"))
    };
    let own = files.files.iter().filter(|file| is_one(&file.path));
    own.map(|file| file.source.clone()).collect()
}

/// The file that the build puts into the jar.
fn inside(launch: &Launch<'_>) -> Option<Arc<Source>> {
    let names = ["application.properties", "application.yml", "application.yaml"].into_iter();
    let mut found = names.filter_map(|name| {
        let path = format!("src/main/resources/{name}");
        let file = launch.context.built_file(launch.spec, &path)?;
        Some(file.source.clone())
    });
    found.next()
}

/// The settings of a file; an error where a profile may change them.
fn of_file(
    context: &ProcessContext<'_>,
    source: &Arc<Source>,
    started: &Started<'_>,
) -> Result<Vec<(&'static str, Argument)>, Doubt> {
    let whole = Span::new(source.id, 0, 0);
    if started.variable("SPRING_PROFILES_ACTIVE").is_some() || source.text.contains("on-profile") {
        return Err(Doubt::at("a profile may change the settings", whole));
    }
    let read = match source.path.ends_with("properties") || source.path.ends_with("properties)") {
        true => lines(source),
        false => {
            let tree = context.tree(source, Language::Yaml);
            let mut documents = tree.root().items();
            let mut found = Vec::new();
            if let Some(document) = documents.next() {
                flatten(document, String::new(), &mut found, 0);
            }
            found
        }
    };
    let filled = read
        .into_iter()
        .map(|(name, value)| (name, placeholder(value, started)));
    Ok(filled.collect())
}

/// `name=value` or `name: value`.
fn lines(source: &Source) -> Vec<(&'static str, Argument)> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in source.text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        if line.trim_start().starts_with(['#', '!']) {
            continue;
        }
        let Some((name, value)) = line.split_once(['=', ':']) else {
            continue;
        };
        let Some(name) = canonical(name.trim()) else { continue };
        let from = start + (line.len() - value.len()) + (value.len() - value.trim_start().len());
        let value = value.trim();
        let span = Span::new(source.id, from as u32, (from + value.len()) as u32);
        found.push((name, Argument::new(value, span, false)));
    }
    found
}

fn flatten(map: At<'_>, prefix: String, found: &mut Vec<(&'static str, Argument)>, depth: usize) {
    if depth > 8 {
        return;
    }
    for entry in map.entries() {
        let name = format!("{prefix}{}", entry.name());
        if entry.is_map() {
            flatten(entry, format!("{name}."), found, depth + 1);
        } else if let (Some(known), Some(value)) = (canonical(&name), Argument::of_word(entry, 0)) {
            found.push((known, value));
        }
    }
}

/// `${PORT:8080}`: the container's variable, else the default behind the colon.
fn placeholder(value: Argument, started: &Started<'_>) -> Argument {
    if !value.text.contains("${") {
        return value;
    }
    let inner = value.text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    let (name, default) = inner.map_or(("", None), |inner| match inner.split_once(':') {
        Some((name, default)) => (name, Some(default)),
        None => (inner, None),
    });
    let text = match (started.variable(name), default) {
        (Some(given), _) if !given.unknown => Some(given.text),
        (None, Some(default)) if !started.spec.more_environment && !default.contains('$') => Some(default.to_owned()),
        _ => None,
    };
    let unknown = text.is_none();
    Argument::new(text.unwrap_or_else(|| value.text.clone()), value.span, unknown)
}

/// Times in milliseconds, and the connection timeout as the time of idle connections where that has none of its `own`.
fn derived(values: &[(&'static str, Argument)], own: bool) -> Vec<(&'static str, Argument)> {
    let one = |(name, value): &(&'static str, Argument)| match *name {
        KEEPALIVE => Some((KEEPALIVE, millis(value))),
        CONNECTION => (!own).then(|| (KEEPALIVE, millis(value))),
        name => Some((name, value.clone())),
    };
    values.iter().filter_map(one).collect()
}

/// `20s`, `PT20S` and `20000` are the same length of time.
fn millis(value: &Argument) -> Argument {
    let text = value.text.trim();
    if value.unknown || text.bytes().all(|byte| byte.is_ascii_digit()) {
        return value.clone();
    }
    let lower = text.to_ascii_lowercase();
    let simple = lower.strip_prefix("pt").unwrap_or(&lower);
    match Unit::Time.value_of(simple) {
        Some(Value::Duration(time)) => Argument::new((time.micros() / 1000).to_string(), value.span, false),
        _ => Argument::new(text, value.span, true),
    }
}

/// What it listens on: its port, and the port of its management endpoints where that may differ.
fn addresses(layers: &[Layer], span: Span) -> Known<Vec<Address>> {
    let host = written(layers, "server.address").then(|(host, _)| interface(host));
    let (number, at) = match written(layers, PORT) {
        Known::Is((number, at)) => (number.to_owned(), at),
        Known::Absent => ("8080".to_owned(), span),
        Known::Unknown(doubt) => return Known::Unknown(doubt),
    };
    if matches!(number.as_str(), "0" | "-1") {
        return Known::Unknown(Doubt::at("it listens on a port of its own choice, or on none", at));
    }
    let address = |number: &str, at: Span| Address {
        bind: Bind::Tcp {
            host: host.clone(),
            port: port(number, at).into(),
        },
        written: number.to_owned(),
        span: at,
    };
    let mut found = vec![address(&number, at)];
    match written(layers, MANAGEMENT) {
        Known::Is(("-1", _)) | Known::Absent => {}
        Known::Is((other, at)) => found.push(address(other, at)),
        Known::Unknown(doubt) => found.push(Address::some_port("a management port", doubt, span)),
    }
    Known::Is(found)
}

fn spoken(layers: &[Layer]) -> Option<&'static str> {
    let on = |name: &str| written(layers, name).map(|(text, _)| text);
    match (
        on("server.ssl.enabled"),
        on("server.ssl.key-store"),
        on("server.ssl.bundle"),
    ) {
        (Known::Is("false"), ..) => Some("http"),
        (Known::Is("true") | Known::Absent, Known::Is(_), _) | (Known::Is("true") | Known::Absent, _, Known::Is(_)) => {
            Some("https")
        }
        (Known::Absent, Known::Absent, Known::Absent) => Some("http"),
        _ => None,
    }
}
