//! Node: what the JavaScript in the repository says of its server. What is not in the repository is not claimed.

mod claim;
mod spell;
mod tools;
mod variables;

use std::sync::{Arc, LazyLock};

use crate::environment::{Role, join};
use crate::model::field::process;
use crate::model::{Doubt, Held, Known, Model, Product, Row, Table, Unit};
use crate::product::descriptor::Descriptor;
use crate::repo::{Source, Span};
use crate::server::command::Started;
use crate::server::settings::{Layer, Spelled, find, holds};
use crate::server::sockets::{Address, Bind, interface, port};
use crate::server::{Launch, Lowered, Program, Reads, Server, behave};
use crate::syntax::argv::Argument;
use crate::syntax::{Language, NodeId, Tree};

/// Node.
pub static DESCRIPTOR: Descriptor = Descriptor {
    claims: Some(&claim::CLAIMANT),
    server: Some(&SERVER),
    ..Descriptor::of(&Product::server("node"))
};

/// What starts Node and what it reads.
static SERVER: Server = Server {
    programs: &[
        Program::named("node"),
        Program::named("nodejs"),
        Program::named("ts-node"),
        Program::named("tsx"),
        Program::named("nodemon"),
        Program::named("pm2-runtime"),
        Program::named("next"),
        Program::named("nest"),
        Program::named("npm").without(NOT_STARTING),
        Program::named("yarn").without(NOT_STARTING),
        Program::named("pnpm").without(NOT_STARTING),
    ],
    options: OPTIONS,
    in_file: IN_FILE,
    table: Some(&TABLE),
    reads: Reads::Command(lower),
    tools: Some(tools::tools),
    ..Server::BY_NAME
};

/// What package managers do beside starting something.
const NOT_STARTING: &[&str] = &["install", "ci", "build", "test"];

/// The options of `next start`.
const OPTIONS: &[Spelled] = &[("keepAliveTimeout", &["--keepAliveTimeout"])];

const IN_FILE: &[&str] = &["keepAliveTimeout", "headersTimeout", "timeout", "listen"];

/// The module of a row is the framework that makes the server.
static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let rows = vec![
        Row::new("keepAliveTimeout", process::KEEPALIVE_TIMEOUT, Unit::Millis)
            .module("http")
            .zero_is_unlimited()
            .inherits()
            .default("5000", "Node.js documentation, http: server.keepAliveTimeout")
            // Not in 26.0.0's changelog; whether a later 26 has it was not seen.
            .default_since(Some("26.1"), Some("65000"), "nodejs/node#62782"),
        Row::new("keepAliveTimeout", process::KEEPALIVE_TIMEOUT, Unit::Millis)
            .module("fastify")
            .zero_is_unlimited()
            .inherits()
            .default("72000", "Fastify documentation, Server: keepAliveTimeout"),
        Row::new("headersTimeout", process::HEADERS_TIMEOUT, Unit::Millis)
            .zero_is_unlimited()
            .inherits()
            .default("60000", "Node.js documentation, http: server.headersTimeout"),
        Row::new("timeout", process::REQUEST_TIMEOUT, Unit::Millis)
            .zero_is_unlimited()
            .inherits(),
    ];
    Table::new("node", rows).spelled(&spell::Statements)
});

/// A file that starts a server.
struct Script {
    source: Arc<Source>,
    tree: Arc<Tree>,
    framework: &'static str,
}

fn lower(model: &mut Model, launch: &Launch<'_>, started: &Started<'_>) -> Lowered {
    let id = launch.entity(model);
    let started = &started.with(variables::of_options(launch, started));
    if started.command.program.base_name() == "next" {
        let layer = launch.command_line(model, started);
        model.entity_mut(id).module = "http";
        behave(model, id, Known::Is(true), Known::Is(false), launch.span);
        let addresses = next_address(started);
        return Ok(launch.serve(model, id, &[layer], addresses, Some("http")));
    }
    let script = match script(launch, started) {
        Ok(script) => script,
        Err(doubt) => return Ok(launch.unread(model, id, doubt)),
    };
    let started = &started.with(variables::of_code(launch, &script.source));
    let layers = [launch.file(model, &script.tree, NodeId::ROOT)];
    // `server.timeout` closes a connection on which nothing happens; 0, the default, never does.
    let kills = holds(&layers, "timeout", false, |text| text != "0");
    model.entity_mut(id).module = script.framework;
    behave(model, id, Known::Is(true), kills, launch.span);
    let addresses = listening(&script, &layers, started);
    let speaks = spoken(&script.source.text);
    Ok(launch.serve(model, id, &layers, addresses, speaks))
}

/// What a server speaks: plain HTTP/1, where its file has nothing of TLS or HTTP/2.
fn spoken(text: &str) -> Option<&'static str> {
    let other = ["https", "http2", "createSecureServer", "tls", "grpc", "spdy"];
    (!other.iter().any(|word| text.contains(word))).then_some("http")
}

/// The file that starts the server: among those mounted, those of the build context, else those of the environment.
fn script(launch: &Launch<'_>, started: &Started<'_>) -> Result<Script, Doubt> {
    let (context, files) = (launch.context, launch.files);
    let mut candidates: Vec<(String, Arc<Source>, Option<Arc<Tree>>)> = files
        .files
        .iter()
        .filter(|file| is_script(&file.path))
        .map(|file| (file.path.clone(), file.source.clone(), None))
        .collect();
    if candidates.is_empty() {
        let near: Vec<_> = match &started.spec.built {
            Some(folder) => {
                let folder = join("", folder).unwrap_or_default();
                context.repository.under(&folder).iter().collect()
            }
            None => context.loose_files().collect(),
        };
        let scripts = near
            .into_iter()
            .filter(|file| file.role == Role::Product(DESCRIPTOR.id()));
        candidates.extend(scripts.map(|file| (file.path.to_string(), file.source.clone(), file.tree.clone())));
    }
    candidates.retain(|(path, source, _)| !is_test(path) && makes_server(&source.text));
    if candidates.is_empty()
        && let Some(named) = named(started)
    {
        candidates = elsewhere(launch, named);
    }
    let meant: Vec<usize> = match named(started) {
        Some(named) => (0..candidates.len())
            .filter(|at| is_named(&candidates[*at].0, named))
            .collect(),
        None => Vec::new(),
    };
    let at = match (meant.as_slice(), candidates.len()) {
        ([at], _) => *at,
        ([], 1) => 0,
        (_, 0) => {
            let reason = "the application's source is not in the repository";
            return Err(Doubt::at(reason, launch.span));
        }
        _ => {
            let reason = "several files of the repository start a server";
            return Err(Doubt::at(reason, launch.span));
        }
    };
    let (_, source, tree) = candidates.swap_remove(at);
    let tree = tree.unwrap_or_else(|| context.tree(&source, Language::JavaScript));
    let fastify = [
        "fastify(",
        "require('fastify')(",
        "require(\"fastify\")(",
        "Fastify(",
        "FastifyAdapter(",
    ]
    .iter()
    .any(|call| source.text.contains(call));
    Ok(Script {
        framework: if fastify { "fastify" } else { "http" },
        source,
        tree,
    })
}

/// Servers in the same repository that the command names, for an image that is built from it: by folder and file, or
/// in a folder that is called like the container.
fn elsewhere(launch: &Launch<'_>, script: &str) -> Vec<(String, Arc<Source>, Option<Arc<Tree>>)> {
    let own = &*launch.spec.name;
    let named = |path: &str| {
        is_named(path, script)
            && (script.trim_start_matches("./").contains('/') || path.split('/').any(|part| part == own))
    };
    let files = launch.context.repository.files().iter();
    let scripts =
        files.filter(|file| file.role == Role::Product(DESCRIPTOR.id()) && !is_test(&file.path) && named(&file.path));
    scripts
        .filter(|file| makes_server(&file.source.text))
        .map(|file| (file.path.to_string(), file.source.clone(), file.tree.clone()))
        .collect()
}

fn is_script(path: &str) -> bool {
    matches!(path.rsplit('.').next(), Some("js" | "mjs" | "cjs" | "ts" | "mts")) && !path.contains("/node_modules/")
}

fn is_test(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.contains(".test.")
        || name.contains(".spec.")
        || path
            .split('/')
            .any(|part| matches!(part, "test" | "tests" | "__tests__" | "e2e" | "node_modules"))
}

fn makes_server(text: &str) -> bool {
    let frameworks = [
        "express(",
        "require('express')(",
        "require(\"express\")(",
        "fastify(",
        "require('fastify')(",
        "require(\"fastify\")(",
        "Fastify(",
        "new Koa(",
        "NestFactory",
        "createServer(",
    ];
    text.contains(".listen(") && frameworks.iter().any(|call| text.contains(call))
}

/// The script that the command names.
fn named<'c>(started: &'c Started<'_>) -> Option<&'c str> {
    let arguments = &started.command.arguments;
    if matches!(
        started.command.program.base_name(),
        "npm" | "yarn" | "pnpm" | "next" | "nest"
    ) {
        return None;
    }
    arguments
        .iter()
        .map(|argument| argument.text.as_str())
        .find(|text| !text.starts_with('-') && (is_script(text) || !text.contains('.')))
}

/// Whether a file is the script: `/app/src/server.js` for `server.js`, also when it is written in TypeScript.
fn is_named(path: &str, script: &str) -> bool {
    let stem = |text: &str| match text.rsplit_once('.') {
        Some((stem, extension)) if !extension.contains('/') => stem.to_owned(),
        _ => text.to_owned(),
    };
    let (path, script) = (format!("/{}", stem(path)), stem(script));
    let script = script.trim_start_matches("./").trim_start_matches('/');
    // What is compiled to `dist` stands in `src`.
    let inner = script.strip_prefix("dist/").or_else(|| script.strip_prefix("build/"));
    let ends = |tail: &str| path.ends_with(&format!("/{tail}"));
    ends(script)
        || inner.is_some_and(ends)
        || script
            .rsplit('/')
            .next()
            .is_some_and(|name| script.contains('/') && ends(name))
}

/// `next start` listens on all interfaces, port 3000, `PORT` or `-p` (next.js, cli/next-start: read in 11.0.1). It does
/// not take the port from `.env`: its server starts before that is read (Next.js documentation, CLI).
fn next_address(started: &Started<'_>) -> Known<Vec<Address>> {
    let span = started.command.program.span;
    let option = |names: &[&str]| started.command.option(names).map(|value| started.filled(value));
    let number = match option(&["-p", "--port"]) {
        Some(number) => number,
        None => started.value("PORT"),
    };
    let host = option(&["-H", "--hostname"]).unwrap_or(Held::ABSENT);
    let host = match host.known() {
        Known::Unknown(doubt) => return Known::Unknown(doubt),
        host => host.is().map(|host| host.text).unwrap_or_default(),
    };
    let number = match number.parts() {
        (Known::Absent, own) => {
            let default = Known::Is(Argument::new("3000", span, false));
            default.on(own).on(started.unset("PORT").as_ref())
        }
        _ => number,
    };
    let at = number.parts().0.is().map_or(span, |number| number.span);
    let written = number
        .parts()
        .0
        .is()
        .map_or_else(String::new, |number| number.text.clone());
    Known::Is(vec![Address {
        bind: Bind::Tcp {
            host: interface(&host),
            port: number.then(|number| port(&number.text, number.span)),
        },
        written,
        span: at,
    }])
}

fn listening(script: &Script, layers: &[Layer], started: &Started<'_>) -> Known<Vec<Address>> {
    let unknown = |reason: &str| Known::Unknown(Doubt::at(reason.to_owned(), started.command.program.span));
    let Known::Is(setting) = find(layers, "listen") else {
        return unknown("its port is not written as a number");
    };
    let mut calls = script.tree.root().all("listen");
    let (Some(node), None) = (calls.next(), calls.next()) else {
        return unknown("it listens in several places");
    };
    if setting.text.starts_with('/') && !setting.unknown {
        return Known::Is(vec![Address::unix(&setting.text, setting.span)]);
    }
    let unreadable = || Doubt::at(format!("the port {} is not known here", setting.text), setting.span);
    let own = Argument::new(setting.text.as_str(), setting.span, false);
    let number = evaluate(&own, &script.source.text, started, 0);
    let number = number.unwrap_or_else(|| Known::Unknown(unreadable()).into());
    let unread = |_| Known::Unknown(unreadable());
    let port = number.then(|value| {
        value
            .text
            .trim()
            .parse()
            .map_or_else(unread, |port| Known::Is((port, value.span)))
    });
    let (number, span): (u16, Span) = match port.parts() {
        (Known::Is(port), _) => *port,
        _ => return port.known().map(|_: (u16, Span)| Vec::new()),
    };
    let host = match node.word(1) {
        Some(_) if node.doubt_at(1).is_some() => {
            Known::Unknown(Doubt::at("the host is not known here", node.word_span_at(1)))
        }
        Some(host) => interface(host),
        // Fastify's default is localhost; Node's is all interfaces.
        None if script.framework == "fastify" => Known::Is("localhost".into()),
        None => Known::Absent,
    };
    Known::Is(vec![Address {
        bind: Bind::Tcp {
            host,
            port: port.map(|(port, _)| port),
        },
        written: number.to_string(),
        span,
    }])
}

/// The value of a port's expression: a number, `process.env.PORT`, `… || 3000`, `Number(…)`, or a constant of the file.
/// What stands behind a variable rests on its not being set where that cannot be seen. The place is that of the value,
/// where it is a variable's, else the expression's.
fn evaluate(expression: &Argument, file: &str, started: &Started<'_>, depth: usize) -> Option<Held<Argument>> {
    let part = |text: &str| Argument::new(text, expression.span, false);
    let sure = |text: &str| Some(Held::from(Known::Is(part(text))));
    if depth > 4 {
        return None;
    }
    let text = expression.text.trim().trim_end_matches(';').trim();
    let next = |text: &str| evaluate(&part(text), file, started, depth + 1);
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return sure(text);
    }
    if let Some((first, default)) = text.split_once("||").or_else(|| text.split_once("??")) {
        let Some(name) = variable(first) else {
            return next(first);
        };
        let value = started.value(name);
        if let (Known::Absent, own) = value.parts() {
            return Some(next(default)?.on(own).on(started.unset_in_image(name).as_ref()));
        }
        return Some(value);
    }
    for call in ["Number(", "parseInt(", "Number.parseInt("] {
        if let Some(inner) = text.strip_prefix(call) {
            return next(inner.split([',', ')']).next()?);
        }
    }
    if let Some(name) = variable(text) {
        let value = started.value(name);
        return match value.parts() {
            (Known::Absent, _) => None,
            _ => Some(value),
        };
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !text.is_empty() && text.chars().all(is_name) {
        let assigned = ["const", "let", "var"].iter().find_map(|keyword| {
            let (_, rest) = file.split_once(&format!("{keyword} {text} ="))?;
            rest.lines().next()
        });
        return match assigned {
            Some(assigned) => next(assigned),
            None => taken_apart(text, file).and_then(|assigned| next(&assigned)),
        };
    }
    let quoted = matches!(text.as_bytes(), [b'"' | b'\'', .., b'"' | b'\'']);
    quoted.then(|| sure(&text[1..text.len() - 1]))?
}

/// The variable that an expression is: `process.env.PORT`, `process.env["PORT"]`, also with a `+` before it.
fn variable(text: &str) -> Option<&str> {
    let text = text.trim().trim_start_matches(['+', '(']).trim();
    let rest = text.strip_prefix("process.env")?;
    let name = match rest.strip_prefix('.') {
        Some(name) => name,
        None => rest
            .trim_start_matches(['[', '"', '\''])
            .trim_end_matches([']', '"', '\'']),
    };
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (!name.is_empty() && name.bytes().all(is_name)).then_some(name)
}

/// `const { PORT = 3000 } = process.env` as the expression `process.env.PORT || 3000`.
fn taken_apart(name: &str, file: &str) -> Option<String> {
    let line = file.lines().find(|line| {
        let line = line.trim_start();
        ["const {", "let {", "var {"]
            .iter()
            .any(|start| line.starts_with(start))
            && line.contains("= process.env")
    })?;
    let inner = line.split_once('{')?.1.split_once('}')?.0;
    let mut parts = inner.split(',').map(str::trim);
    parts.find_map(|part| match part.split_once('=') {
        Some((own, default)) if own.trim() == name => Some(format!("process.env.{name} || {}", default.trim())),
        None if part == name => Some(format!("process.env.{name}")),
        _ => None,
    })
}
