//! The process that a shell's script keeps running, and the variables that it gives it.

use std::collections::BTreeMap;

use super::argument::Argument;
use super::around::{Arguments, Around, Given};
use super::command::Command;
use super::shell::{Lexeme, Piece, arguments, arguments_of, is_open_anywhere, lexemes};
use super::wrappers::{Environment, assignment, options, resolve};

/// A script that says more of variables is not one that starts a server.
const MOST: usize = 500;

/// One simple command of a script.
#[derive(Default)]
struct Statement {
    words: Vec<Piece>,
    /// What joins it to the one before.
    before: &'static str,
    /// What follows it.
    after: &'static str,
}

/// What a script's statements say of variables.
struct Variables<'a> {
    environment: Environment,
    locals: BTreeMap<String, Argument>,
    /// `set -a`
    exports_all: bool,
    /// How often each name is assigned to where it was read.
    read: BTreeMap<String, usize>,
    around: &'a dyn Around,
}

impl Variables<'_> {
    fn assigned(&mut self, name: String, value: Argument, is_exported: bool) {
        *self.read.entry(name.clone()).or_default() += 1;
        let given = match is_exported || self.exports_all {
            true => Given::Set(name.clone(), value.clone()),
            false => Given::Local(name.clone(), value.clone()),
        };
        self.environment.push(given);
        self.locals.insert(name, value);
    }

    /// One statement that is surely run.
    fn statement(&mut self, words: &[Argument]) {
        let Some(first) = words.first() else { return };
        match first.text.as_str() {
            "export" => words[1..].iter().for_each(|word| self.export(word)),
            "." | "source" => {
                if let Some(file) = words.get(1) {
                    self.file(file);
                }
            }
            "eval" => self.environment.push(Given::Any(first.clone())),
            "set" => {
                for word in &words[1..] {
                    match word.text.as_str() {
                        "+a" => self.exports_all = false,
                        "allexport" => self.exports_all = true,
                        text if text.starts_with('-') && text.contains('a') => self.exports_all = true,
                        _ => {}
                    }
                }
            }
            ":" => {
                for word in &words[1..] {
                    let inner = word.text.strip_prefix("${").and_then(|text| text.strip_suffix('}'));
                    let name = inner.and_then(|inner| inner.split_once(":=").or_else(|| inner.split_once('=')));
                    if let Some((name, _)) = name {
                        self.assigned(name.to_owned(), word.clone(), false);
                    }
                }
            }
            "unset" => {
                for word in &words[1..] {
                    self.environment.push(Given::Set(word.text.clone(), word.as_unknown()));
                }
            }
            _ => {
                let assigned: Vec<_> = words.iter().map_while(assignment).collect();
                if assigned.len() == words.len() {
                    for (name, value) in assigned {
                        self.assigned(name, value, false);
                    }
                }
            }
        }
    }

    /// `export A=b`, `export A`, `export $(cat .env)`.
    fn export(&mut self, word: &Argument) {
        if let Some((name, value)) = assignment(word) {
            self.assigned(name, value, true);
        } else if word.text.contains(['$', '`']) {
            let names = word
                .text
                .split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"' | '\'' | '`' | '<'));
            let mut files = names.filter_map(|name| self.around.variables(name));
            let given = match files.next() {
                Some(variables) => variables
                    .into_iter()
                    .map(|(name, value)| Given::Set(name, value))
                    .collect(),
                None => vec![Given::Any(word.clone())],
            };
            self.environment.extend(given);
        } else if let Some(value) = self.locals.get(&word.text) {
            self.environment.push(Given::Set(word.text.clone(), value.clone()));
        }
    }

    fn file(&mut self, file: &Argument) {
        let Some(variables) = self.around.variables(&file.text) else {
            return self.environment.push(Given::Any(file.clone()));
        };
        for (name, value) in variables {
            // Which of its lines export is not looked at.
            let value = match self.exports_all {
                true => value,
                false => value.as_unknown(),
            };
            self.environment.push(Given::Set(name, value));
        }
    }

    /// What is assigned to in conditions and loops, too, is not known.
    fn elsewhere(&mut self, text: &Argument) {
        let mut all: BTreeMap<String, (usize, Argument)> = BTreeMap::new();
        let words = lexemes(&text.text).into_iter().filter_map(|lexeme| match lexeme {
            Lexeme::Word(piece) => Some(piece),
            _ => None,
        });
        let words: Vec<Piece> = words.collect();
        for (name, value) in arguments(text, &words).iter().filter_map(assignment) {
            all.entry(name).or_insert((0, value)).0 += 1;
        }
        for (name, (count, value)) in all {
            if count > self.read.get(&name).copied().unwrap_or(0) {
                self.environment.push(Given::Set(name, value.as_unknown()));
            }
        }
    }
}

/// The command that keeps a script running: the first `exec`, else the last statement. `None` where it depends on
/// something: pipelines, `||`, loops and conditions at the end.
pub(super) fn run(
    text: &Argument,
    given: &Arguments,
    environment: Environment,
    depth: usize,
    around: &dyn Around,
) -> Option<Command> {
    let statements = statements(&text.text)?;
    let mut variables = Variables {
        environment,
        locals: BTreeMap::new(),
        exports_all: false,
        read: BTreeMap::new(),
        around,
    };
    let anywhere = is_open_anywhere(text);
    for (index, statement) in statements.iter().enumerate() {
        let Some(first) = statement.words.first() else { continue };
        let last = index + 1 == statements.len();
        let execs = first.text == "exec" && statement.words.len() > 1;
        let surely = !matches!(statement.before, "||" | "|" | "|&") && !matches!(statement.after, "||" | "|" | "|&");
        let ends_here = last || execs && surely && statement.before != "&&";
        if !ends_here {
            if surely {
                variables.statement(&arguments_of(text, &statement.words, anywhere));
            }
            continue;
        }
        if !surely || matches!(first.text.as_str(), "wait" | "}" | ")" | "fi" | "done" | "esac") {
            return None;
        }
        let mut words = arguments(text, &statement.words);
        let assigned: Vec<_> = words.iter().map_while(assignment).collect();
        words.drain(..assigned.len());
        for (name, value) in assigned {
            variables.assigned(name, value, true);
        }
        variables.elsewhere(text);
        if let (true, Some(first)) = (variables.environment.len() > MOST, words.first()) {
            variables.environment = vec![Given::Any(first.clone())];
        }
        while words
            .first()
            .is_some_and(|word| matches!(word.text.as_str(), "exec" | "command"))
        {
            let skip = options(&words, 1, &["-a"]);
            words.drain(..skip.min(words.len()));
        }
        let words = given.filled(words, last);
        return resolve(words, variables.environment, statement.after != "&", depth, around);
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
