//! What starts Node with what files say: package managers with their scripts, PM2, and tools that set variables.

use std::sync::Arc;

use crate::repo::{Source, Span};
use crate::server::files::Files;
use crate::syntax::argv::{Argument, Arguments, Given, Step};
use crate::syntax::{At, Language, NodeId, Tree, literal, yaml};

/// What one of these tools comes down to.
pub(super) fn tools(around: &dyn Files, words: &[Argument]) -> Option<Step> {
    match words.first()?.base_name() {
        "npm" | "yarn" | "pnpm" | "bun" => package_script(around, words),
        "pm2-runtime" | "pm2-docker" | "pm2" => pm2(around, words),
        "cross-env" | "cross-env-shell" => cross_env(words),
        "env-cmd" => env_cmd(around, words),
        _ => None,
    }
}

/// `npm start`, `npm run serve -- --port 1`, `yarn serve`: the text of the script in package.json, with the arguments
/// behind it (npm: those behind `--`).
fn package_script(around: &dyn Files, words: &[Argument]) -> Option<Step> {
    let manager = words[0].base_name();
    let mut folder = String::new();
    let mut at = 1;
    while let Some(word) = words
        .get(at)
        .filter(|word| word.text.starts_with('-') && word.text != "--")
    {
        if matches!(word.text.as_str(), "--prefix" | "--cwd" | "-C" | "--dir") {
            folder = format!("{}/", words.get(at + 1)?.text.trim_end_matches('/'));
            at += 1;
        } else if matches!(word.text.as_str(), "-w" | "--workspace" | "--filter" | "-F") || word.text.contains('=') {
            // Of which package the script is, its own file would tell.
            return None;
        }
        at += 1;
    }
    let verb = words.get(at)?.text.as_str();
    let runs = matches!(verb, "run" | "run-script" | "rum" | "urn");
    if manager == "yarn" && verb == "workspace" || manager == "npm" && !runs && !matches!(verb, "start" | "test") {
        return None;
    }
    at += usize::from(runs);
    while words
        .get(at)
        .is_some_and(|word| word.text.starts_with('-') && word.text != "--")
    {
        at += 1;
    }
    let name = words.get(at)?;
    let rest = &words[at + 1..];
    let source = around.file(&format!("{folder}package.json"))?;
    let tree = yaml::parse(&source);
    let package = tree.root().items().next().unwrap_or(tree.root());
    let script = package.child("scripts").and_then(|scripts| scripts.child(&name.text))?;
    let text = Argument::of_word(script, 0)?;
    let marked = rest.iter().position(|word| word.text == "--");
    let arguments = match (manager, marked) {
        ("npm", None) => &[],
        ("npm", Some(marked)) => &rest[marked + 1..],
        // What others hand on they hand on without the first `--`.
        (_, Some(0)) => &rest[1..],
        _ => rest,
    };
    Some(Step::Script(text, Arguments::appended(arguments)))
}

/// `cross-env A=b COMMAND`.
fn cross_env(words: &[Argument]) -> Option<Step> {
    let mut given = Vec::new();
    let mut at = 1;
    while let Some(word) = words.get(at) {
        let Some((name, _)) = word.text.split_once('=') else {
            break;
        };
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            break;
        }
        given.push(Given::Set(name.to_owned(), word.rest(name.len() + 1)));
        at += 1;
    }
    at += usize::from(words.get(at).is_some_and(|word| word.text == "--"));
    let rest = words.get(at..).filter(|rest| !rest.is_empty())?;
    // The shell variant takes a line for a shell.
    if let ("cross-env-shell", [line]) = (words[0].base_name(), rest) {
        let span = words[0].span;
        let shell = ["sh", "-c"].map(|word| Argument::new(word, span, false));
        return Some(Step::Words(given, shell.into_iter().chain([line.clone()]).collect()));
    }
    Some(Step::Words(given, rest.to_vec()))
}

/// `env-cmd -f FILE COMMAND`, which overrides what is set, but with `--no-override`.
fn env_cmd(around: &dyn Files, words: &[Argument]) -> Option<Step> {
    let mut file = Argument::new(".env", words[0].span, false);
    let mut overrides = true;
    let mut any = None;
    let mut at = 1;
    while let Some(word) = words.get(at).filter(|word| word.text.starts_with('-')) {
        match word.text.as_str() {
            "-f" | "--file" => {
                file = words.get(at + 1)?.clone();
                at += 1;
            }
            "-e" | "--environments" | "-r" | "--rc-file" => {
                any = Some(word.clone());
                at += 1;
            }
            "--no-override" => overrides = false,
            "--" => {
                at += 1;
                break;
            }
            _ => {}
        }
        at += 1;
    }
    let rest = words.get(at..).filter(|rest| !rest.is_empty())?;
    let given = match (any, overrides) {
        (Some(option), _) => vec![Given::Any(option)],
        (None, true) => around.given(&file, Given::Set),
        (None, false) => around.given(&file, Given::Default),
    };
    Some(Step::Words(given, rest.to_vec()))
}

/// `pm2-runtime ecosystem.config.js --env production --only web`, `pm2-runtime server.js`, `pm2 start … --no-daemon`.
fn pm2(around: &dyn Files, words: &[Argument]) -> Option<Step> {
    let mut named: Option<&Argument> = None;
    let (mut stage, mut only, mut behind) = (None, None, Vec::new());
    let mut rest = words[1..].iter();
    while let Some(word) = rest.next() {
        match word.text.as_str() {
            "--" => {
                behind = rest.cloned().collect();
                break;
            }
            "--env" => stage = rest.next().map(|word| word.text.clone()),
            "--only" => only = rest.next().map(|word| word.text.clone()),
            "-i"
            | "--instances"
            | "-n"
            | "--name"
            | "--interpreter"
            | "--node-args"
            | "-o"
            | "-e"
            | "-l"
            | "--max-memory-restart"
            | "--cwd" => drop(rest.next()),
            text if text.starts_with("--env=") => stage = text.strip_prefix("--env=").map(str::to_owned),
            text if text.starts_with("--only=") => only = text.strip_prefix("--only=").map(str::to_owned),
            text if text.starts_with('-') => {}
            "start" | "startOrRestart" | "startOrReload" | "reload" | "restart" if named.is_none() => {}
            _ if named.is_none() => named = Some(word),
            _ => {}
        }
    }
    let named = named?;
    if named.unknown {
        return Some(Step::Unread(vec![Given::Any(named.clone())]));
    }
    if !is_ecosystem(&named.text) {
        let program = match named.text.rsplit('.').next() {
            Some("js" | "cjs" | "mjs" | "ts") => Some(Argument::new("node", words[0].span, false)),
            _ => None,
        };
        let words: Vec<_> = program.into_iter().chain([named.clone()]).chain(behind).collect();
        return Some(Step::Words(Vec::new(), words));
    }
    let unread = || Step::Unread(vec![Given::Any(named.clone())]);
    let Some(apps) = around.file(&named.text).and_then(|source| applications(&source)) else {
        return Some(unread());
    };
    let wanted: Vec<&Application> = apps
        .iter()
        .filter(|app| only.as_ref().is_none_or(|only| app.name.as_ref() == Some(only)))
        .collect();
    // Of several none is the process of the container.
    let [app] = wanted.as_slice() else {
        return Some(unread());
    };
    Some(app.step(around, stage.as_deref(), words[0].span).unwrap_or_else(unread))
}

/// Whether a file is one of PM2's own: `ecosystem.config.js`, `pm2.json`, `processes.yml`.
pub(super) fn is_ecosystem(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.ends_with(".config.js")
        || name.ends_with(".config.cjs")
        || name.ends_with(".config.mjs")
        || matches!(name.rsplit('.').next(), Some("json" | "json5" | "yml" | "yaml"))
}

/// One application of an ecosystem file.
pub(super) struct Application {
    tree: Arc<Tree>,
    /// Its map.
    node: NodeId,
    pub name: Option<String>,
}

/// The applications of an ecosystem file; `None` where they cannot be read.
pub(super) fn applications(source: &Source) -> Option<Vec<Application>> {
    let is_code = source.path.ends_with("js");
    let tree = Arc::new(match is_code {
        true => literal::javascript_data(source.id, source.text.clone())?,
        false => crate::syntax::parse(source, Language::CommentedYaml)?,
    });
    let root = tree.root();
    let top = root.items().next().or_else(|| root.children().next()).unwrap_or(root);
    let apps: Vec<At<'_>> = match top.child("apps") {
        Some(list) if list.is_list() => list.items().collect(),
        Some(one) => vec![one],
        None if top.is_list() => top.items().collect(),
        None if top.child("script").is_some() => vec![top],
        None => return None,
    };
    let application = |at: At<'_>| Application {
        tree: tree.clone(),
        node: at.id(),
        name: at.scalar("name").map(str::to_owned),
    };
    Some(apps.into_iter().map(application).collect())
}

impl Application {
    /// The words that start it, with its variables: those of `env`, and over them those of the stage.
    fn step(&self, around: &dyn Files, stage: Option<&str>, by: Span) -> Option<Step> {
        let at = self.tree.at(self.node);
        let mut given = Vec::new();
        if let Some(file) = at.child("env_file").and_then(|file| Argument::of_word(file, 0)) {
            given.extend(around.given(&file, Given::Set));
        }
        let of_stage = stage.map(|stage| format!("env_{stage}"));
        for key in ["env"].into_iter().chain(of_stage.as_deref()) {
            let Some(map) = at.child(key) else { continue };
            if !map.is_map() {
                given.extend(Argument::of_word(map, 0).map(Given::Any));
            }
            for entry in map.children() {
                if let Some(value) = Argument::of_word(entry, 0) {
                    given.push(Given::Set(entry.name().to_owned(), value));
                }
            }
        }
        let script = Argument::of_word(at.child("script")?, 0).filter(|script| !script.unknown)?;
        let mut words = Vec::new();
        let is_code = matches!(script.text.rsplit('.').next(), Some("js" | "cjs" | "mjs" | "ts"));
        match at.child("interpreter").and_then(|word| Argument::of_word(word, 0)) {
            Some(interpreter) if interpreter.text != "none" => words.push(interpreter),
            None if is_code => words.push(Argument::new("node", by, false)),
            _ => {}
        }
        let listed = |key: &str| -> Vec<Argument> {
            let Some(at) = at.child(key) else { return Vec::new() };
            match at.is_list() {
                true => at.items().filter_map(|item| Argument::of_word(item, 0)).collect(),
                false => Argument::of_word(at, 0).map_or_else(Vec::new, |line| {
                    let pieces = crate::syntax::argv::split(&line.text).into_iter();
                    let word = |piece: crate::syntax::argv::Piece| Argument::new(piece.text, line.span, line.unknown);
                    pieces.map(word).collect()
                }),
            }
        };
        if !words.is_empty() {
            words.extend(listed("node_args"));
            words.extend(listed("interpreter_args"));
        }
        words.push(script);
        words.extend(listed("args"));
        Some(Step::Words(given, words))
    }
}
