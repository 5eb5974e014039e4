//! The settings of a Ruby file such as `config/puma.rb`: calls at its top, `name value, value`. What would have to be
//! run is not known.

use std::collections::HashMap;

use crate::model::{Held, Known};
use crate::repo::{Source, Span};
use crate::server::command::Started;

/// One call.
#[derive(Debug)]
pub(crate) struct Call {
    pub name: String,
    /// What it is given; `None` where that cannot be known.
    pub values: Vec<Option<Held<String>>>,
    /// Where the first value stands.
    pub span: Span,
}

/// Reads the calls of a file that have one of the names, in order.
pub(crate) fn calls(source: &Source, names: &[&str], started: &Started<'_>) -> Vec<Call> {
    let mut found = Vec::new();
    let mut variables: HashMap<&str, &str> = HashMap::new();
    // Inside a block or a condition nobody knows whether the line is run.
    let mut depth = 0_usize;
    let mut at = 0;
    for line in source.text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let code = without_comment(line);
        let trimmed = code.trim();
        let first = trimmed.split([' ', '(']).next().unwrap_or_default();
        match first {
            "end" => {
                depth = depth.saturating_sub(1);
                continue;
            }
            "if" | "unless" | "case" | "begin" | "def" | "while" => depth += 1,
            _ if opens(trimmed) => depth += 1,
            _ => {}
        }
        if let Some((name, value)) = trimmed.split_once(" = ")
            && depth == 0
        {
            variables.insert(name.trim(), value.trim());
        }
        if !names.contains(&first) {
            continue;
        }
        let behind = trimmed[first.len()..].trim_start();
        let rest = match behind.strip_prefix('(') {
            Some(inside) => inside.trim_end().strip_suffix(')').unwrap_or(inside).trim_start(),
            None => behind,
        };
        let offset = line.find(trimmed).unwrap_or(0)
            + (trimmed.len() - trimmed[first.len()..].trim_start_matches([' ', '(']).len());
        let from = (start + offset) as u32;
        let end = from + arguments(rest).first().map_or(rest.len(), |value| value.len()) as u32;
        let certain = depth == 0 && ![" if ", " unless "].iter().any(|word| rest.contains(word));
        let values = arguments(rest).into_iter().map(|value| {
            let value = certain.then_some(value)?;
            evaluate(value, &variables, started, 0)
        });
        found.push(Call {
            name: first.to_owned(),
            values: values.collect(),
            span: Span::new(source.id, from, end),
        });
    }
    found
}

fn without_comment(line: &str) -> &str {
    let mut quote = None;
    for (at, c) in line.char_indices() {
        match (c, quote) {
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('#', None) => return &line[..at],
            _ => {}
        }
    }
    line
}

/// Whether a line opens a block with `do`.
fn opens(line: &str) -> bool {
    line.ends_with(" do") || (line.ends_with('|') && line.contains(" do |"))
}

/// The arguments of a call, split at commas that stand in no bracket and no quote.
fn arguments(text: &str) -> Vec<&str> {
    let (mut found, mut from, mut depth, mut quote) = (Vec::new(), 0, 0_i32, None);
    for (at, c) in text.char_indices() {
        match (c, quote) {
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('(' | '[' | '{', None) => depth += 1,
            (')' | ']' | '}', None) => depth -= 1,
            (',', None) if depth == 0 => {
                found.push(text[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    found.push(text[from..].trim());
    found
}

/// A literal, a variable of the file, or `ENV` with what the container says or the default beside it, which rests on the
/// variable's not being set where that cannot be seen.
fn evaluate(text: &str, variables: &HashMap<&str, &str>, started: &Started<'_>, depth: usize) -> Option<Held<String>> {
    let sure = |text: String| Some(Held::from(Known::Is(text)));
    if depth > 4 {
        return None;
    }
    let text = text.trim().trim_end_matches(".to_i").trim_end_matches(".to_s").trim();
    let next = |text: &str| evaluate(text, variables, started, depth + 1);
    let digits = text.replace('_', "");
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return sure(digits);
    }
    if matches!(text, "true" | "false") {
        return sure(text.to_owned());
    }
    if let Some(inner) = text.strip_prefix("Integer(").and_then(|rest| rest.strip_suffix(')')) {
        return next(inner);
    }
    if let Some(value) = variables.get(text) {
        return next(value);
    }
    if let Some(rest) = text.strip_prefix("ENV.fetch(") {
        let (inside, behind) = rest.split_once(')')?;
        let parts = arguments(inside);
        let block = behind.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        let default = parts.get(1).copied().or(block);
        return environment(unquoted(parts.first()?)?, default, started, next);
    }
    if let Some(rest) = text.strip_prefix("ENV[") {
        let (inside, behind) = rest.split_once(']')?;
        return environment(unquoted(inside)?, behind.trim().strip_prefix("||"), started, next);
    }
    let plain = unquoted(text).filter(|inner| !inner.contains("#{"))?;
    sure(plain.to_owned())
}

fn unquoted(text: &str) -> Option<&str> {
    let text = text.trim();
    let inner = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\''))
}

fn environment(
    name: &str,
    default: Option<&str>,
    started: &Started<'_>,
    next: impl Fn(&str) -> Option<Held<String>>,
) -> Option<Held<String>> {
    match started.variable(name) {
        Some(value) => (!value.unknown).then(|| Known::Is(value.text).into()),
        None => Some(next(default?)?.on(started.unset_in_image(name).as_ref())),
    }
}
