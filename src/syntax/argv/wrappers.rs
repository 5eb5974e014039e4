//! What stands before the real process: shells, supervisors, user switchers, runners.

use super::shell::{Lexeme, arguments, lexemes};
use super::{Argument, Command, Piece};

/// Shells inside shells inside wrappers: more than this is not a command someone wrote.
const MAX_DEPTH: usize = 16;

type Environment = Vec<(String, Argument)>;

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
    wrapper("doppler", "run", &["-p", "--project", "-c", "--config"], 0),
    wrapper("infisical", "run", &["--env", "--path", "--projectId"], 0),
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
const WAITERS: &[&str] = &[
    "wait-for-it",
    "wait-for-it.sh",
    "wait-for",
    "wait-for.sh",
    "wait4ports",
    "dotenv",
];

const SHELLS: &[&str] = &["sh", "bash", "ash", "dash", "zsh", "ksh", "busybox"];

/// Follows shells and wrappers to the process they start. A loop, except for shell text inside shell text.
pub(super) fn resolve(
    mut words: Vec<Argument>,
    mut environment: Environment,
    mut certain: bool,
    depth: usize,
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
        let skip = if base == "env" {
            env(&words, &mut environment)
        } else if SHELLS.contains(&base) {
            match script_of(&words) {
                Some(at) => {
                    let mut found = script(&words[at], environment, depth + 1)?;
                    found.certain &= certain;
                    return Some(found);
                }
                None => None,
            }
        } else if WAITERS.contains(&base) {
            words.iter().position(|word| word.text == "--").map(|at| at + 1)
        } else if is_python(base) {
            module(&words)
        } else if base.contains("entrypoint") && words.get(1).is_some_and(|next| !next.text.starts_with('-')) {
            // The images' own scripts end in `exec "$@"`; anybody's `entrypoint.sh` mostly does.
            certain &= base.starts_with("docker-");
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

/// Skips options; gives the index of the first argument that is none.
fn options(words: &[Argument], from: usize, valued: &[&str]) -> usize {
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
        environment.push((name, value));
        at += 1;
    }
    Some(at)
}

/// `NAME=value`, as shells and `env` take it.
fn assignment(word: &Argument) -> Option<(String, Argument)> {
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

/// One simple command of a script.
#[derive(Default)]
struct Statement {
    words: Vec<Piece>,
    /// What joins it to the one before.
    before: &'static str,
    /// What follows it.
    after: &'static str,
}

/// The command that keeps a script running: the first `exec`, else the last statement. `None` where it depends on
/// something: pipelines, `||`, loops and conditions at the end.
pub(super) fn script(text: &Argument, mut environment: Environment, depth: usize) -> Option<Command> {
    let statements = statements(&text.text)?;
    for (index, statement) in statements.iter().enumerate() {
        let Some(first) = statement.words.first() else { continue };
        let last = index + 1 == statements.len();
        let execs = first.text == "exec" && statement.words.len() > 1;
        let surely = !matches!(statement.before, "||" | "|" | "|&") && !matches!(statement.after, "||" | "|" | "|&");
        if first.text == "export" {
            let exported = arguments(text, &statement.words[1..]);
            environment.extend(exported.iter().filter_map(assignment));
        }
        let ends_here = last || execs && surely && statement.before != "&&";
        if !ends_here {
            continue;
        }
        if !surely || matches!(first.text.as_str(), "wait" | "}" | ")" | "fi" | "done" | "esac") {
            return None;
        }
        let mut words = arguments(text, &statement.words);
        let assigned: Environment = words.iter().map_while(assignment).collect();
        words.drain(..assigned.len());
        environment.extend(assigned);
        while words
            .first()
            .is_some_and(|word| matches!(word.text.as_str(), "exec" | "command"))
        {
            let skip = options(&words, 1, &["-a"]);
            words.drain(..skip.min(words.len()));
        }
        return resolve(words, environment, statement.after != "&", depth);
    }
    None
}

/// The simple commands of a script outside conditions and loops; each of those leaves its closing word behind. `None`
/// for here-documents.
fn statements(text: &str) -> Option<Vec<Statement>> {
    let mut all: Vec<Statement> = Vec::new();
    let mut current = Statement::default();
    let mut open: Vec<&'static str> = Vec::new();
    let mut target = false;
    for lexeme in lexemes(text) {
        match lexeme {
            Lexeme::Heredoc => return None,
            Lexeme::Redirect { target: needed } => target = needed,
            Lexeme::Word(_) if target => target = false,
            Lexeme::Word(piece) => {
                // A function's `{` stands after the `)` of its name.
                if current.words.is_empty() || (current.words.len() == 1 && current.words[0].text == ")") {
                    let closing = closing(&piece.text);
                    if open.last() == Some(&piece.text.as_str()) {
                        open.pop();
                    } else if let Some(closing) = closing {
                        open.push(closing);
                        continue;
                    } else if !open.is_empty() && matches!(piece.text.as_str(), "then" | "do" | "else") {
                        continue;
                    }
                }
                if open.is_empty() {
                    current.words.push(piece);
                } else {
                    // Only that there is a word counts, so that the next one is not taken for a keyword.
                    current.words.push(Piece {
                        text: String::new(),
                        ..piece
                    });
                }
            }
            Lexeme::Operator(operator @ ("(" | ")")) => match operator {
                _ if open.last() == Some(&"esac") => current = Statement::default(),
                "(" => open.push(")"),
                _ => {
                    if open.last() == Some(&")") {
                        open.pop();
                    }
                    current = Statement {
                        before: current.before,
                        ..Statement::default()
                    };
                    if open.is_empty() {
                        current.words.push(Piece {
                            start: 0,
                            end: 0,
                            text: ")".into(),
                            has_variable: false,
                        });
                    }
                }
            },
            Lexeme::Operator(operator) => {
                current.after = operator;
                let done = std::mem::take(&mut current);
                if open.is_empty() && !done.words.is_empty() {
                    all.push(done);
                    current.before = operator;
                } else if !open.is_empty() {
                    current.before = done.before;
                } else if let (Some(last), true) = (all.last_mut(), operator != ";") {
                    last.after = operator;
                }
            }
        }
    }
    if !open.is_empty() {
        return None;
    }
    if !current.words.is_empty() {
        all.push(current);
    }
    Some(all)
}

fn closing(word: &str) -> Option<&'static str> {
    Some(match word {
        "if" => "fi",
        "for" | "while" | "until" | "select" => "done",
        "case" => "esac",
        "{" => "}",
        _ => return None,
    })
}
