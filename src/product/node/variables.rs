//! What a Node process reads of variables by itself: its `--env-file`, and dotenv, loaded by an option or by its code.
//! What is set before wins (Node.js documentation, `--env-file`; dotenv's README, `override`).

use crate::repo::Span;
use crate::server::Launch;
use crate::server::around::Around;
use crate::server::command::Started;
use crate::server::files::Files;
use crate::syntax::argv::{Argument, Given};
use crate::syntax::yaml;

/// What Node's own options say.
pub(super) fn of_options(launch: &Launch<'_>, started: &Started<'_>) -> Vec<Given> {
    let around = around(launch);
    let command = &started.command;
    let mut given = Vec::new();
    for option in ["--env-file", "--env-file-if-exists"] {
        for file in command.options(&[option]) {
            given.extend(around.given(&file, Given::Default));
        }
    }
    let preloaded = command.options(&["-r", "--require", "--import"]);
    if preloaded.iter().any(|module| module.text.starts_with("dotenv/config")) {
        let path = started.variable("DOTENV_CONFIG_PATH").or_else(|| {
            let mut arguments = command.arguments.iter();
            arguments.find_map(|word| {
                let rest = word.text.strip_prefix("dotenv_config_path=")?;
                Some(word.rest(word.text.len() - rest.len()))
            })
        });
        let path = path.unwrap_or_else(|| Argument::new(".env", command.program.span, false));
        given.extend(around.given(&path, Given::Default));
    }
    given
}

/// What the code of its first file loads, and what a module that its package names may load elsewhere.
pub(super) fn of_code(launch: &Launch<'_>, source: &crate::repo::Source) -> Vec<Given> {
    let around = around(launch);
    let text = &*source.text;
    let at = |from: usize, to: usize| Span::new(source.id, from as u32, to as u32);
    let default = |from: usize, to: usize| Argument::new(".env", at(from, to), false);
    if let Some(start) = text.find("dotenv").filter(|_| !text.contains("dotenv-")) {
        let Some(call) = text[start..].find("config(").map(|len| start + len) else {
            return match text[start..].starts_with("dotenv/config") {
                true => around.given(&default(start, start + "dotenv/config".len()), Given::Default),
                false => vec![Given::Perhaps(default(start, start + "dotenv".len()))],
            };
        };
        return loaded(
            &around,
            text,
            call + "config(".len(),
            &at,
            &default(call, call + "config".len()),
        );
    }
    if let Some(start) = text.find("loadEnvFile(") {
        return loaded(
            &around,
            text,
            start + "loadEnvFile(".len(),
            &at,
            &default(start, start + "loadEnvFile".len()),
        );
    }
    perhaps(&around, launch.span)
}

/// What a call loads: `config()`, `config({ path: './.env', override: true })`, `loadEnvFile('./.env')`.
fn loaded(
    around: &Around<'_>,
    text: &str,
    from: usize,
    at: &dyn Fn(usize, usize) -> Span,
    default: &Argument,
) -> Vec<Given> {
    let inner = text[from..].split(')').next().unwrap_or_default();
    let inner = inner.trim();
    let way: fn(String, Argument) -> Given = match inner.contains("override: true") {
        true => Given::Set,
        false => Given::Default,
    };
    let path = match inner.split_once("path:") {
        Some((_, path)) => path.trim(),
        None if inner.starts_with(['\'', '"']) => inner,
        None if inner.is_empty() || inner.starts_with('{') && !inner.contains("path") => {
            return around.given(default, way);
        }
        None => return vec![Given::Any(default.clone())],
    };
    let quote = path.chars().next().filter(|quote| matches!(quote, '\'' | '"'));
    let literal = quote
        .and_then(|quote| path[1..].split_once(quote))
        .map(|(inner, _)| inner);
    let Some(literal) = literal else {
        return vec![Given::Any(default.clone())];
    };
    let start = literal.as_ptr() as usize - text.as_ptr() as usize;
    let file = Argument::new(literal, at(start, start + literal.len()), false);
    around.given(&file, way)
}

/// A package that has dotenv, or what is built on it, may load `.env` in another file than the one that listens: what
/// stands there may be so.
fn perhaps(around: &Around<'_>, span: Span) -> Vec<Given> {
    const LOADERS: [&str; 6] = [
        "dotenv",
        "dotenv-flow",
        "dotenv-safe",
        "dotenv-expand",
        "@nestjs/config",
        "env-cmd",
    ];
    let Some(manifest) = around.file("package.json") else {
        return Vec::new();
    };
    let tree = yaml::parse(&manifest);
    let package = tree.root().items().next().unwrap_or(tree.root());
    let dependencies = package.child("dependencies");
    if !dependencies.is_some_and(|all| LOADERS.iter().any(|loader| all.child(loader).is_some())) {
        return Vec::new();
    }
    let mut given = around.given(&Argument::new(".env", span, false), Given::Default);
    for said in &mut given {
        if let Given::Default(_, value) = said {
            value.unknown = true;
        }
    }
    given
}

fn around<'a>(launch: &'a Launch<'a>) -> Around<'a> {
    Around {
        context: launch.context,
        spec: launch.spec,
        files: launch.files,
    }
}
