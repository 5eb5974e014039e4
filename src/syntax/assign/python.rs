//! `name = value` at the top level of a Python file.

use std::sync::Arc;

use super::{Setting, Style, Tree, Value, arithmetic, integer, is_float, tree};
use crate::repo::{SourceId, Span};

/// The assignments of a Python file: a map with one child for each, in order, so that the last of a name wins. What
/// cannot be read without running the file is a hole, and so is every value assigned under a condition.
pub fn python(source: SourceId, text: Arc<str>, masked: &str, holes: Vec<Span>) -> Tree {
    let own = text.clone();
    let lexed = if masked.len() == own.len() { masked } else { &own };
    let mut reader = Reader {
        text: lexed,
        bytes: lexed.as_bytes(),
        settings: Vec::new(),
        comments: Vec::new(),
    };
    reader.read();
    tree(source, text, holes, &reader.settings, &reader.comments)
}

/// Where code that is not at the top level stands.
#[derive(Clone, PartialEq)]
enum Inside {
    Nothing,
    /// `if`, `try`, `for`, `with`, …: may run or not.
    Condition,
    /// `def` and `class`: other names, except those declared `global`.
    Scope(Vec<String>),
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    settings: Vec<Setting>,
    comments: Vec<(usize, usize)>,
}

impl Reader<'_> {
    fn read(&mut self) {
        let mut at = if self.text.starts_with('\u{feff}') { 3 } else { 0 };
        let mut inside = Inside::Nothing;
        while at < self.bytes.len() {
            let start = at
                + self.bytes[at..]
                    .iter()
                    .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\x0c'))
                    .count();
            let end = self.logical_end(start);
            let statement = &self.text[start..end];
            if start == at && !statement.trim().is_empty() && !statement.starts_with('#') {
                inside = Inside::Nothing;
                let first = statement
                    .split(|char: char| !char.is_alphanumeric() && char != '_')
                    .next()
                    .unwrap_or_default();
                match first {
                    "def" | "class" | "async" => inside = Inside::Scope(Vec::new()),
                    "if" | "elif" | "else" | "try" | "except" | "finally" | "for" | "while" | "with" | "match" => {
                        inside = Inside::Condition;
                    }
                    _ => {}
                }
            }
            self.statement(start, end, &mut inside);
            at = end + 1;
        }
    }

    /// Where the logical line that starts at `from` ends: its line feed, `;`, or the end of the text. Notes comments.
    fn logical_end(&mut self, from: usize) -> usize {
        let mut depth = 0usize;
        let mut at = from;
        while let Some(&byte) = self.bytes.get(at) {
            match byte {
                b'\n' | b';' if depth == 0 => return at,
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                b'\\' => at += 1,
                b'"' | b'\'' => {
                    at = self.string_end(at);
                    continue;
                }
                b'#' => {
                    let end = memchr::memchr(b'\n', &self.bytes[at..]).map_or(self.bytes.len(), |len| at + len);
                    let visible = self.text[at..end].trim_end().len();
                    self.comments.push((at, at + visible));
                    at = end;
                    continue;
                }
                _ => {}
            }
            at += 1;
        }
        self.bytes.len()
    }

    /// One past the string that starts with the quote at `from`; one that is not closed ends with its line.
    fn string_end(&self, from: usize) -> usize {
        let quote = self.bytes[from];
        let triple = self.bytes[from..].starts_with(&[quote; 3]);
        let mut at = from + if triple { 3 } else { 1 };
        while let Some(&byte) = self.bytes.get(at) {
            match byte {
                b'\\' => at += 1,
                b'\n' if !triple => return at,
                _ if byte == quote && !triple => return at + 1,
                _ if byte == quote && self.bytes[at..].starts_with(&[quote; 3]) => return at + 3,
                _ => {}
            }
            at += 1;
        }
        self.bytes.len()
    }

    fn statement(&mut self, start: usize, end: usize, inside: &mut Inside) {
        let mut start = start;
        // `if x: timeout = 3` on one line.
        if *inside == Inside::Condition
            && let Some(colon) = self.text[start..end].find(": ")
            && let Some((_, _)) = self.target(start + colon + 2, end)
            && self.target(start, end).is_none()
        {
            start += colon + 2;
        }
        if let Inside::Scope(globals) = inside
            && let Some(names) = self.text[start..end].strip_prefix("global ")
        {
            globals.extend(names.split(',').map(|name| name.trim().to_owned()));
        }
        let Some((name_end, value)) = self.target(start, end) else {
            return;
        };
        let conditional = match inside {
            Inside::Nothing => false,
            Inside::Condition => true,
            Inside::Scope(globals) => {
                if !globals.iter().any(|name| *name == self.text[start..name_end]) {
                    return;
                }
                true
            }
        };
        let Some((from, to)) = self.trim(value.0, end) else {
            return;
        };
        let value = if conditional || value.1 {
            Value::unknown(from, to)
        } else {
            self.value(from, to, 0)
        };
        self.settings.push(Setting {
            start,
            end: name_end,
            name: None,
            values: vec![value],
        });
    }

    /// If a statement is an assignment to one name: where the name ends, where the value starts, and whether it is an
    /// augmented one (`+=`).
    fn target(&self, start: usize, end: usize) -> Option<(usize, (usize, bool))> {
        let bytes = &self.bytes[..end];
        let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
        let len = bytes.get(start..)?.iter().take_while(is_name).count();
        if len == 0 || bytes[start].is_ascii_digit() {
            return None;
        }
        let name_end = start + len;
        let space = |at: usize| {
            at + bytes[at..]
                .iter()
                .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\\' | b'\r'))
                .count()
        };
        let mut at = space(name_end);
        if bytes.get(at) == Some(&b':') {
            // An annotation, which holds no `=`: `timeout: int = 30`.
            at += memchr::memchr2(b'=', b'\n', &bytes[at..])?;
        }
        match bytes.get(at..)? {
            [b'=', b'=', ..] => None,
            [b'=', ..] => Some((name_end, (at + 1, false))),
            [b'+' | b'-' | b'*' | b'/' | b'|', b'=', ..] => Some((name_end, (at + 2, true))),
            _ => None,
        }
    }

    /// The part of a range that is neither white space, nor comment, nor joined line.
    fn trim(&self, from: usize, to: usize) -> Option<(usize, usize)> {
        let mut start = from;
        let mut end = from;
        let mut at = from;
        while at < to {
            match self.bytes[at] {
                b' ' | b'\t' | b'\r' | b'\n' => at += 1,
                b'\\' if matches!(self.bytes.get(at + 1), Some(b'\n' | b'\r')) => at += 1,
                b'#' => at = memchr::memchr(b'\n', &self.bytes[at..to]).map_or(to, |len| at + len),
                byte => {
                    if end == from {
                        start = at;
                    }
                    at = if matches!(byte, b'"' | b'\'') {
                        self.string_end(at).min(to)
                    } else {
                        at + 1
                    };
                    end = at;
                }
            }
        }
        // A backslash may step into a character; a value never ends there.
        (end > start && self.text.is_char_boundary(start) && self.text.is_char_boundary(end)).then_some((start, end))
    }

    fn value(&self, from: usize, to: usize, depth: usize) -> Value {
        let text = &self.text[from..to];
        if matches!(text, "True" | "False" | "None") || integer(text).is_some() && !text.contains('_') {
            return Value::plain(from, to, None);
        }
        if let Some(number) = arithmetic(text.trim_matches(['(', ')'])) {
            return Value::plain(from, to, Some(number.to_string()));
        }
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        if is_float(unsigned) || integer(unsigned).is_some() {
            return Value::plain(from, to, None);
        }
        if let Some(value) = self.string(from, to) {
            return value;
        }
        match (text.as_bytes()[0], text.as_bytes()[text.len() - 1]) {
            (b'[', b']') | (b'(', b')') if depth < 8 => match self.items(from + 1, to - 1, depth) {
                Some(items) => Value::List {
                    start: from,
                    end: to,
                    items,
                },
                None => Value::unknown(from, to),
            },
            _ => Value::unknown(from, to),
        }
    }

    /// The items of a list; `None` if the brackets do not belong together or hold a comprehension.
    fn items(&self, from: usize, to: usize, depth: usize) -> Option<Vec<Value>> {
        let mut items = Vec::new();
        let mut level = 0usize;
        let mut start = from;
        let mut at = from;
        while at < to {
            match self.bytes[at] {
                b'(' | b'[' | b'{' => level += 1,
                b')' | b']' | b'}' => level = level.checked_sub(1)?,
                b'"' | b'\'' => {
                    at = self.string_end(at);
                    continue;
                }
                b'#' => {
                    at += memchr::memchr(b'\n', &self.bytes[at..to])?;
                    continue;
                }
                b',' if level == 0 => {
                    items.extend(self.trim(start, at).map(|(from, to)| self.value(from, to, depth + 1)));
                    start = at + 1;
                }
                _ => {}
            }
            at += 1;
        }
        if self.text.get(start..to)?.contains(" for ") {
            return None;
        }
        items.extend(self.trim(start, to).map(|(from, to)| self.value(from, to, depth + 1)));
        Some(items)
    }

    /// One string literal; the braces of an f-string are holes.
    fn string(&self, from: usize, to: usize) -> Option<Value> {
        let prefix = self.bytes[from..to]
            .iter()
            .take_while(|byte| byte.is_ascii_alphabetic())
            .count();
        let letters = self.text[from..from + prefix].to_ascii_lowercase();
        let open = from + prefix;
        let quote = *self.bytes[..to].get(open).filter(|byte| matches!(byte, b'"' | b'\''))?;
        if letters.len() > 2 || !letters.bytes().all(|byte| b"rbuf".contains(&byte)) || self.string_end(open) != to {
            return None;
        }
        let len = if self.bytes[open..to].starts_with(&[quote; 3]) && to >= open + 6 {
            3
        } else {
            1
        };
        // Not closed, or only a quote.
        if to < open + 2 * len || self.bytes[to - 1] != quote {
            return None;
        }
        let inner = self.text.get(open + len..to - len)?;
        let mut holes = Vec::new();
        if letters.contains('f') {
            let mut at = 0;
            while let Some(start) = inner[at..].find('{').map(|len| at + len) {
                let end = inner[start..].find('}').map_or(inner.len(), |len| start + len + 1);
                holes.push((open + len + start, open + len + end));
                at = end;
            }
        }
        let decoded = if letters.contains('r') {
            inner.to_owned()
        } else {
            unescape(inner)
        };
        let style = if quote == b'"' { Style::Double } else { Style::Single };
        Some(Value::Word {
            start: from,
            end: to,
            style,
            decoded: Some(decoded),
            holes,
        })
    }
}

/// The escapes that occur in settings; all others stay as written.
fn unescape(inner: &str) -> String {
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(char) = chars.next() {
        match (char, chars.clone().next()) {
            ('\\', Some(next @ ('\\' | '\'' | '"' | 'n' | 't' | 'r' | '\n'))) => {
                chars.next();
                match next {
                    'n' => out.push('\n'),
                    't' => out.push('\t'),
                    'r' => out.push('\r'),
                    '\n' => {}
                    next => out.push(next),
                }
            }
            _ => out.push(char),
        }
    }
    out
}
