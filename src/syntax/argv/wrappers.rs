//! What stands before the real process: shells, supervisors, user switchers, runners.

use super::argument::Argument;
use super::around::{Arguments, Around, Given, Step};
use super::command::Command;
use super::script;

/// Shells inside shells inside wrappers: more than this is not a command someone wrote.
const MAX_DEPTH: usize = 16;

pub(super) type Environment = Vec<Given>;

/// A program that starts another one, given after its own arguments.
struct Wrapper {
    name: &'static str,
    /// A word that must follow: `poetry run`.
    verb: &'static str,
    /// Options that take a value as the next argument.
    valued: &'static [&'static str],
    /// Arguments of its own before the program.
    own: usize,
}

const fn wrapper(name: &'static str, verb: &'static str, valued: &'static [&'static str], own: usize) -> Wrapper {
    Wrapper {
        name,
        verb,
        valued,
        own,
    }
}

/// One line teaches another wrapper.
const WRAPPERS: &[Wrapper] = &[
    wrapper("nohup", "", &[], 0),
    wrapper("setsid", "", &[], 0),
    wrapper("time", "", &["-f", "-o"], 0),
    wrapper("nice", "", &["-n"], 0),
    wrapper("ionice", "", &["-c", "-n"], 0),
    wrapper("stdbuf", "", &["-i", "-o", "-e"], 0),
    wrapper("tini", "", &["-e", "-p"], 0),
    wrapper("tini-static", "", &["-e", "-p"], 0),
    wrapper("docker-init", "", &["-e", "-p"], 0),
    wrapper("catatonit", "", &[], 0),
    wrapper("dumb-init", "", &["-r", "--rewrite"], 0),
    wrapper("su-exec", "", &[], 1),
    wrapper("gosu", "", &[], 1),
    wrapper("s6-setuidgid", "", &[], 1),
    wrapper("with-contenv", "", &[], 0),
    wrapper("chpst", "", &["-u", "-e", "-m", "-o"], 0),
    wrapper("setpriv", "", &["--reuid", "--regid", "--groups"], 0),
    wrapper("runuser", "", &["-u", "-g", "-G"], 0),
    wrapper("sudo", "", &["-u", "-g"], 0),
    wrapper("poetry", "run", &["-C", "--directory", "-P", "--project"], 0),
    wrapper("pipenv", "run", &[], 0),
    wrapper("pdm", "run", &["-p", "--project"], 0),
    wrapper("hatch", "run", &[], 0),
    wrapper("rye", "run", &[], 0),
    wrapper(
        "uv",
        "run",
        &[
            "--extra",
            "--group",
            "--no-group",
            "--with",
            "--project",
            "--directory",
            "--env-file",
            "-p",
            "--python",
            "--package",
        ],
        0,
    ),
    wrapper("conda", "run", &["-n", "--name", "-p", "--prefix"], 0),
    wrapper("micromamba", "run", &["-n", "--name", "-p", "--prefix"], 0),
    wrapper("npx", "", &["-p", "--package"], 0),
    wrapper("bunx", "", &[], 0),
    wrapper("pnpm", "exec", &[], 0),
    wrapper("bundle", "exec", &["--gemfile"], 0),
    wrapper("newrelic-admin", "run-program", &[], 0),
    wrapper("ddtrace-run", "", &[], 0),
    wrapper(
        "opentelemetry-instrument",
        "",
        &[
            "--traces_exporter",
            "--metrics_exporter",
            "--logs_exporter",
            "--service_name",
        ],
        0,
    ),
    wrapper(
        "dockerize",
        "",
        &[
            "-wait",
            "-timeout",
            "-template",
            "-stdout",
            "-stderr",
            "-wait-retry-interval",
        ],
        0,
    ),
];

/// Waits for something, then starts what stands behind `--`.
const WAITERS: &[&str] = &["wait-for-it", "wait-for-it.sh", "wait-for", "wait-for.sh", "wait4ports"];

/// Start something with variables from outside of the repository, which may set any: secret managers. With the word that
/// must follow.
const BRINGERS: &[Wrapper] = &[
    wrapper(
        "doppler",
        "run",
        &["-p", "--project", "-c", "--config", "-t", "--token"],
        0,
    ),
    wrapper("infisical", "run", &["--env", "--path", "--projectId", "--token"], 0),
    wrapper("chamber", "exec", &["-b", "--backend", "-r", "--retries"], 0),
    wrapper("aws-vault", "exec", &["-d", "--duration"], 1),
    wrapper("op", "run", &["--env-file", "--account"], 0),
    wrapper("bws", "run", &["--project-id", "-t", "--access-token"], 0),
    wrapper("teller", "run", &["-c", "--config"], 0),
    wrapper("berglas", "exec", &[], 0),
    wrapper("summon", "", &["-f", "-p", "-e"], 0),
    wrapper("envconsul", "", &["-config", "-prefix", "-secret"], 0),
    wrapper("vault-env", "", &[], 0),
    wrapper("aws-env", "", &[], 0),
];

pub(super) const SHELLS: &[&str] = &["sh", "bash", "ash", "dash", "zsh", "ksh", "busybox"];

/// Follows shells and wrappers to the process they start. A loop, except for shell text inside shell text.
pub(super) fn resolve(
    mut words: Vec<Argument>,
    mut environment: Environment,
    mut certain: bool,
    depth: usize,
    around: &dyn Around,
) -> Option<Command> {
    if depth > MAX_DEPTH {
        return None;
    }
    for _ in 0..4 * MAX_DEPTH {
        let program = words.first()?.clone();
        if program.unknown {
            certain = false;
            break;
        }
        let base = program.base_name();
        match around.step(&words) {
            Some(Step::Words(given, next)) if !next.is_empty() => {
                environment.extend(given);
                words = next;
                continue;
            }
            Some(Step::Script(text, arguments)) => {
                let run = script::run(&text, &arguments, environment.clone(), depth + 1, around);
                if let Some(mut found) = run {
                    found.certain &= certain;
                    return Some(found);
                }
                // What it starts cannot be told, but that it may set any variable.
                environment.push(Given::Any(program.clone()));
            }
            Some(Step::Unread(given)) => {
                environment.extend(given);
                break;
            }
            _ => {}
        }
        let skip = if base == "env" {
            env(&words, &mut environment)
        } else if SHELLS.contains(&base) {
            match script_of(&words) {
                Some(at) => {
                    let more = Arguments::behind(words.get(at + 2..).unwrap_or_default());
                    let mut found = script::run(&words[at], &more, environment, depth + 1, around)?;
                    found.certain &= certain;
                    return Some(found);
                }
                None => None,
            }
        } else if WAITERS.contains(&base) {
            words.iter().position(|word| word.text == "--").map(|at| at + 1)
        } else if let Some(skip) = brought(base, &words) {
            environment.push(Given::Any(program.clone()));
            Some(skip)
        } else if is_python(base) {
            module(&words)
        } else if (base.contains("entrypoint") || base.ends_with(".sh"))
            && words.get(1).is_some_and(|next| !next.text.starts_with('-'))
        {
            // The images' own scripts end in `exec "$@"`; anybody's `entrypoint.sh` mostly does.
            if !base.starts_with("docker-") {
                certain = false;
                environment.push(Given::Perhaps(program.clone()));
            }
            Some(1)
        } else {
            WRAPPERS
                .iter()
                .find(|wrapper| wrapper.name == base)
                .and_then(|wrapper| unwrap(wrapper, &words))
        };
        match skip.filter(|skip| *skip < words.len()) {
            Some(skip) => drop(words.drain(..skip)),
            None => break,
        }
    }
    let mut words = words.into_iter();
    let program = words.next()?;
    // Arguments only: the program is the image's own entrypoint.
    certain &= !program.text.starts_with('-');
    Some(Command {
        environment,
        program,
        arguments: words.collect(),
        certain,
    })
}

fn is_python(base: &str) -> bool {
    base.strip_prefix("python")
        .or(base.strip_prefix("pypy"))
        .is_some_and(|version| version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
}

/// Where the program stands that one of the bringers starts.
fn brought(base: &str, words: &[Argument]) -> Option<usize> {
    let bringer = BRINGERS.iter().find(|bringer| bringer.name == base)?;
    let at = unwrap(bringer, words)?;
    let marked = words.iter().position(|word| word.text == "--");
    Some(marked.map_or(at, |marked| marked + 1))
}

/// Skips options; gives the index of the first argument that is none.
pub(super) fn options(words: &[Argument], from: usize, valued: &[&str]) -> usize {
    let mut at = from;
    while let Some(word) = words.get(at) {
        match word.text.as_str() {
            "--" => return at + 1,
            text if valued.contains(&text) => at += 2,
            text if text.starts_with('-') && text.len() > 1 => at += 1,
            _ => break,
        }
    }
    at
}

fn unwrap(wrapper: &Wrapper, words: &[Argument]) -> Option<usize> {
    let mut at = options(words, 1, wrapper.valued);
    if !wrapper.verb.is_empty() {
        if words.get(at)?.text != wrapper.verb {
            return None;
        }
        at = options(words, at + 1, wrapper.valued);
    }
    at += wrapper.own;
    if wrapper.own > 0 && words.get(at).is_some_and(|word| word.text == "--") {
        at += 1;
    }
    Some(at)
}

fn env(words: &[Argument], environment: &mut Environment) -> Option<usize> {
    let mut at = options(words, 1, &["-u", "--unset", "-C", "--chdir"]);
    while let Some((name, value)) = words.get(at).and_then(assignment) {
        environment.push(Given::Set(name, value));
        at += 1;
    }
    Some(at)
}

/// `NAME=value`, as shells and `env` take it.
pub(super) fn assignment(word: &Argument) -> Option<(String, Argument)> {
    let (name, _) = word.text.split_once('=')?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let is_name = !name.is_empty() && !name.as_bytes()[0].is_ascii_digit() && name.bytes().all(fits);
    is_name.then(|| (name.to_owned(), word.rest(name.len() + 1)))
}

/// `python -u -m gunicorn …`: the index of the module.
fn module(words: &[Argument]) -> Option<usize> {
    let mut at = 1;
    while let Some(word) = words.get(at) {
        match word.text.as_str() {
            "-m" => return Some(at + 1),
            "-X" | "-W" => at += 2,
            text if text.starts_with('-') && text != "-c" && text.len() > 1 => at += 1,
            _ => return None,
        }
    }
    None
}

/// The index of the text behind `sh -c`, `bash -lc`, `bash -o pipefail -c`.
fn script_of(words: &[Argument]) -> Option<usize> {
    let mut at = 1;
    if words.first()?.base_name() == "busybox" {
        words.get(1).filter(|applet| SHELLS.contains(&applet.text.as_str()))?;
        at = 2;
    }
    let mut is_script = false;
    while let Some(word) = words.get(at) {
        match word.text.as_str() {
            "--" => {
                at += 1;
                break;
            }
            "-o" | "+o" | "--rcfile" | "--init-file" => at += 1,
            text if text.starts_with("--") => {}
            text if text.starts_with('-') && text.len() > 1 => {
                is_script |= text.contains('c');
                // `-euo pipefail`
                at += usize::from(text.ends_with('o'));
            }
            _ => break,
        }
        at += 1;
    }
    (is_script && at < words.len()).then_some(at)
}
