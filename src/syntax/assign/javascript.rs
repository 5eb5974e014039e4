//! A Node server's timeouts and where it listens, found in JavaScript or TypeScript without running it.

use std::sync::Arc;

use super::{Setting, Style, Tree, Value, arithmetic, tree};
use crate::repo::SourceId;

const TIMEOUTS: [&str; 3] = ["keepAliveTimeout", "headersTimeout", "requestTimeout"];

/// Longer expressions, in tokens, are not literals; following them would take quadratic time.
const MAX_EXPRESSION: usize = 500;

/// Functions that make a server, or hand options to one.
const SERVERS: [&str; 7] = [
    "createServer",
    "createSecureServer",
    "Server",
    "fastify",
    "Fastify",
    "FastifyAdapter",
    "restify",
];

/// The settings of a Node server: a map of `keepAliveTimeout`, `headersTimeout`, `requestTimeout` and `timeout` with
/// milliseconds, and `listen` with port (or socket) and host. What is not a literal is a hole. `None` if the text sets
/// nothing of that kind, which costs one search.
pub fn javascript_settings(source: SourceId, text: Arc<str>) -> Option<Tree> {
    let bytes = text.as_bytes();
    let mentions = |word: &str| memchr::memmem::find(bytes, word.as_bytes()).is_some();
    // `headersTimeout`, `requestTimeout`, `setTimeout`, `.timeout`
    if !mentions(".listen")
        && !mentions("sTimeout")
        && !mentions("eTimeout")
        && !mentions("tTimeout")
        && !mentions(".timeout")
    {
        return None;
    }
    let (tokens, comments) = tokens(&text);
    let settings = Reader {
        text: &text,
        tokens: &tokens,
    }
    .read();
    (!settings.is_empty()).then(|| tree(source, text.clone(), Vec::new(), &settings, &comments))
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::syntax) enum Kind {
    Name,
    Number,
    String,
    /// A template literal or a regular expression.
    Opaque,
    Mark(u8),
}

#[derive(Clone, Copy, Debug)]
pub(in crate::syntax) struct Token {
    pub(in crate::syntax) kind: Kind,
    pub(in crate::syntax) start: usize,
    pub(in crate::syntax) end: usize,
    /// Whether a line feed stands before it.
    fresh: bool,
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}

/// Tokens and comments.
pub(in crate::syntax) fn tokens(text: &str) -> (Vec<Token>, Vec<(usize, usize)>) {
    let bytes = text.as_bytes();
    let mut tokens: Vec<Token> = Vec::new();
    let mut comments = Vec::new();
    let mut fresh = true;
    let mut at = 0;
    let find =
        |from: usize, what: &[u8]| memchr::memmem::find(&bytes[from.min(bytes.len())..], what).map(|len| from + len);
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        let next = bytes.get(at + 1).copied().unwrap_or(0);
        let kind = match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {
                fresh |= byte == b'\n';
                at += 1;
                continue;
            }
            b'/' if next == b'/' => {
                at = find(at, b"\n").unwrap_or(bytes.len());
                comments.push((start, start + text[start..at].trim_end().len()));
                continue;
            }
            b'/' if next == b'*' => {
                at = find(at + 2, b"*/").map_or(bytes.len(), |end| end + 2);
                comments.push((start, at));
                continue;
            }
            b'/' if regex_may_follow(text, tokens.last()) => {
                at = regex_end(bytes, at);
                Kind::Opaque
            }
            b'"' | b'\'' => {
                at = string_end(bytes, at);
                Kind::String
            }
            b'`' => {
                at = template_end(bytes, at);
                Kind::Opaque
            }
            b'0'..=b'9' => {
                at += bytes[at..]
                    .iter()
                    .take_while(|byte| is_name(**byte) || **byte == b'.')
                    .count();
                Kind::Number
            }
            _ if is_name(byte) => {
                at += bytes[at..].iter().take_while(|byte| is_name(**byte)).count();
                Kind::Name
            }
            _ => {
                at += 1;
                Kind::Mark(byte)
            }
        };
        tokens.push(Token {
            kind,
            start,
            end: at,
            fresh: std::mem::take(&mut fresh),
        });
    }
    (tokens, comments)
}

/// Whether a `/` starts a regular expression: after anything that cannot end an operand.
fn regex_may_follow(text: &str, last: Option<&Token>) -> bool {
    match last.map(|last| (last.kind, &text[last.start..last.end])) {
        None => true,
        Some((Kind::Name, word)) => matches!(word, "return" | "typeof" | "case" | "in" | "of" | "void" | "delete"),
        Some((Kind::Number | Kind::String | Kind::Opaque, _)) => false,
        Some((Kind::Mark(mark), _)) => !matches!(mark, b')' | b']' | b'}'),
    }
}

fn regex_end(bytes: &[u8], from: usize) -> usize {
    let mut class = false;
    let mut at = from + 1;
    while let Some(&byte) = bytes.get(at).filter(|_| at < from + 1000) {
        match byte {
            b'\n' => return from + 1,
            b'\\' => at += 1,
            b'[' => class = true,
            b']' => class = false,
            b'/' if !class => return at + 1,
            _ => {}
        }
        at += 1;
    }
    from + 1
}

/// One past a string; one that is not closed ends with its line.
fn string_end(bytes: &[u8], from: usize) -> usize {
    let mut at = from + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'\n' => return at,
            _ if byte == bytes[from] => return at + 1,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// One past a template literal; `${…}` may hold others, which a stack keeps apart.
fn template_end(bytes: &[u8], from: usize) -> usize {
    // True: inside a template's text. False: inside a brace of code.
    let mut open = vec![true];
    let mut at = from + 1;
    while let Some(&byte) = bytes.get(at) {
        let in_text = open.last() == Some(&true);
        match byte {
            b'\\' => at += 1,
            b'`' if in_text => {
                open.pop();
                if open.is_empty() {
                    return at + 1;
                }
            }
            b'`' => open.push(true),
            b'$' if in_text && bytes.get(at + 1) == Some(&b'{') => {
                open.push(false);
                at += 1;
            }
            b'{' if !in_text => open.push(false),
            b'}' if !in_text => {
                open.pop();
            }
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// Whether a string has both its quotes.
pub(in crate::syntax) fn is_closed(written: &str) -> bool {
    written.len() >= 2 && written.as_bytes()[0] == written.as_bytes()[written.len() - 1]
}

struct Reader<'t> {
    text: &'t str,
    tokens: &'t [Token],
}

impl Reader<'_> {
    fn text(&self, index: usize) -> &str {
        self.tokens
            .get(index)
            .map_or("", |token| &self.text[token.start..token.end])
    }

    fn mark(&self, index: usize, mark: u8) -> bool {
        self.tokens
            .get(index)
            .is_some_and(|token| token.kind == Kind::Mark(mark))
    }

    fn read(&self) -> Vec<Setting> {
        let mut settings = Vec::new();
        // The functions whose parentheses are open; empty for other brackets.
        let mut calls: Vec<&str> = Vec::new();
        for (index, token) in self.tokens.iter().enumerate() {
            match token.kind {
                Kind::Mark(b'(') => calls.push(index.checked_sub(1).map_or("", |callee| self.text(callee))),
                Kind::Mark(b'[' | b'{') => calls.push(""),
                Kind::Mark(b')' | b']' | b'}') => {
                    calls.pop();
                }
                Kind::Name => settings.extend(self.setting(index, &calls)),
                Kind::String => {
                    let inner = self.text(index).trim_matches(['"', '\'']);
                    if let Some(name) = TIMEOUTS.into_iter().find(|name| *name == inner) {
                        settings.extend(self.option(index, name, &calls));
                    }
                }
                _ => {}
            }
        }
        settings
    }

    fn setting(&self, index: usize, calls: &[&str]) -> Option<Setting> {
        let name = self.text(index);
        let member = index > 0 && self.mark(index - 1, b'.');
        let receiver = if member && index > 1 { self.text(index - 2) } else { "" };
        let of_server = receiver.to_ascii_lowercase().ends_with("server");
        let timeout = TIMEOUTS.into_iter().find(|timeout| *timeout == name);
        match (name, timeout) {
            (_, Some(timeout)) if member => {
                let assigned = self.mark(index + 1, b'=') && !self.mark(index + 2, b'=') && !self.mark(index + 2, b'>');
                // Clients have the same settings: `agent.keepAliveTimeout`.
                let client = receiver.to_ascii_lowercase().ends_with("agent");
                (assigned && !client).then(|| self.found(index, timeout, vec![self.value(index + 2)]))
            }
            (_, Some(timeout)) => self.option(index, timeout, calls),
            ("timeout", _) if of_server && self.mark(index + 1, b'=') && !self.mark(index + 2, b'=') => {
                Some(self.found(index, "timeout", vec![self.value(index + 2)]))
            }
            ("setTimeout", _) if of_server && self.mark(index + 1, b'(') => {
                Some(self.found(index, "timeout", vec![self.value(index + 2)]))
            }
            ("listen", _) if member && self.mark(index + 1, b'(') => self.listen(index, receiver),
            _ => None,
        }
    }

    fn found(&self, index: usize, name: &'static str, values: Vec<Value>) -> Setting {
        Setting {
            start: self.tokens[index].start,
            end: self.tokens[index].end,
            name: Some(name),
            values,
        }
    }

    /// `keepAliveTimeout: 65000` in an object that goes to a server, or that goes nowhere we can see.
    fn option(&self, index: usize, name: &'static str, calls: &[&str]) -> Option<Setting> {
        let in_object = index > 0 && (self.mark(index - 1, b'{') || self.mark(index - 1, b','));
        if !in_object || !self.mark(index + 1, b':') || matches!(self.text(index + 2), "number" | "string") {
            return None;
        }
        let callee = calls.iter().rev().take(32).find(|callee| !callee.is_empty());
        let to_server = callee.is_none_or(|callee| SERVERS.contains(callee));
        // Elasticsearch's client has a `requestTimeout` too; only this one name is a server's alone.
        let alone = callee.is_some() || name == "keepAliveTimeout";
        (to_server && alone).then(|| self.found(index, name, vec![self.value(index + 2)]))
    }

    /// The expression that starts at a token, up to `;`, `,`, a closing bracket, or a line that starts something new.
    fn expression(&self, from: usize) -> Option<(usize, usize)> {
        let mut depth = 0usize;
        let mut end = from;
        while let Some(token) = self.tokens.get(end) {
            if end - from > MAX_EXPRESSION {
                return None;
            }
            match token.kind {
                Kind::Mark(b'(' | b'[' | b'{') => depth += 1,
                Kind::Mark(b')' | b']' | b'}') if depth == 0 => break,
                Kind::Mark(b')' | b']' | b'}') => depth -= 1,
                Kind::Mark(b';' | b',') if depth == 0 => break,
                Kind::Name | Kind::Number | Kind::String if depth == 0 && token.fresh && end > from => {
                    // Without a semicolon the statement ends where a line starts with an operand after an operand.
                    let last = self.tokens[end - 1].kind;
                    if !matches!(last, Kind::Mark(mark) if !matches!(mark, b')' | b']' | b'}')) {
                        break;
                    }
                }
                _ => {}
            }
            end += 1;
        }
        (end > from).then_some((from, end))
    }

    fn value(&self, from: usize) -> Value {
        let Some((first, last)) = self.expression(from) else {
            let at = self.tokens.get(from).or(self.tokens.last());
            return at.map_or(Value::unknown(0, 0), |token| Value::unknown(token.start, token.end));
        };
        let (start, end) = (self.tokens[first].start, self.tokens[last - 1].end);
        let written = &self.text[start..end];
        if last == first + 1 && self.tokens[first].kind == Kind::String && is_closed(written) && !written.contains('\\')
        {
            let style = if written.starts_with('"') {
                Style::Double
            } else {
                Style::Single
            };
            let decoded = Some(written[1..written.len() - 1].to_owned());
            return Value::Word {
                start,
                end,
                style,
                decoded,
                holes: Vec::new(),
            };
        }
        match arithmetic(written) {
            Some(number) => Value::plain(start, end, Some(number.to_string())),
            None => Value::unknown(start, end),
        }
    }

    /// `.listen(port, host)`, `.listen({ port, host })`, `.listen('/run/app.sock')`.
    fn listen(&self, index: usize, receiver: &str) -> Option<Setting> {
        let first = index + 2;
        if self.mark(first, b')') {
            return None;
        }
        if self.mark(first, b'{') {
            let mut values: Vec<Value> = Vec::new();
            let end = self.expression(first)?.1;
            for key in ["port", "host"] {
                let at = (first..end)
                    .find(|at| self.text(*at) == key && (self.mark(at - 1, b'{') || self.mark(at - 1, b',')));
                match at {
                    Some(at) if self.mark(at + 1, b':') => values.push(self.value(at + 2)),
                    Some(at) => values.push(Value::unknown(self.tokens[at].start, self.tokens[at].end)),
                    None if key == "port" => return None,
                    None => {}
                }
            }
            return Some(self.found(index, "listen", values));
        }
        let port = self.value(first);
        let (from, end) = self.expression(first)?;
        let written = self.text[self.tokens[from].start..self.tokens[end - 1].end].to_ascii_lowercase();
        let receiver = receiver.to_ascii_lowercase();
        let known = matches!(self.tokens[from].kind, Kind::Number);
        let speaks_of_it =
            written.contains("port") || ["app", "server", "fastify"].iter().any(|name| receiver.ends_with(name));
        // Other things have a `listen` too: `history.listen(callback)`.
        if !known && (!speaks_of_it || written.contains("=>") || written.starts_with("function")) {
            return None;
        }
        let mut values = vec![port];
        let host = end + 1;
        let is_string = self.tokens.get(host).is_some_and(|token| token.kind == Kind::String);
        if self.mark(end, b',') && (is_string || self.text(host).to_ascii_lowercase().contains("host")) {
            values.push(self.value(host));
        }
        Some(self.found(index, "listen", values))
    }
}
