//! POSIX shell words and operators, with exact places.

use super::argument::Argument;

/// One shell word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// First byte, quotes included.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// The word without quotes and escapes; variables stand as written.
    pub text: String,
    /// Whether it holds `$X`, `${X}`, `$(…)`, backticks or template text.
    pub has_variable: bool,
}

/// A word, or an operator such as `&&`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lexeme {
    Word(Piece),
    Operator(&'static str),
    /// A redirection; the next word is its target, unless it names one itself (`2>&1`).
    Redirect {
        target: bool,
    },
    /// `<<`: what follows is not a command.
    Heredoc,
}

/// Splits one command line into words, as `shlex` does: operators are words like any other.
pub fn split(text: &str) -> Vec<Piece> {
    let mut lexer = Lexer {
        bytes: text.as_bytes(),
        at: 0,
        operators: false,
    };
    let mut pieces = Vec::new();
    while let Some(Lexeme::Word(piece)) = lexer.next() {
        pieces.push(piece);
    }
    pieces
}

/// Splits shell text into words and operators.
pub(super) fn lexemes(text: &str) -> Vec<Lexeme> {
    let mut lexer = Lexer {
        bytes: text.as_bytes(),
        at: 0,
        operators: true,
    };
    std::iter::from_fn(move || lexer.next()).collect()
}

/// The pieces of an argument's text as arguments of their own.
pub(super) fn arguments(outer: &Argument, pieces: &[Piece]) -> Vec<Argument> {
    arguments_of(outer, pieces, is_open_anywhere(outer))
}

/// Whether a hole that leaves no mark in the text may be anywhere in it; a mark is found in the word it stands in.
pub(super) fn is_open_anywhere(outer: &Argument) -> bool {
    let is_marked = || {
        ["$", "`", "{{", "{%", "<%"]
            .into_iter()
            .any(|mark| outer.text.contains(mark))
    };
    outer.unknown && !is_marked()
}

/// The same where that was asked already: it costs a search of the whole text.
pub(super) fn arguments_of(outer: &Argument, pieces: &[Piece], anywhere: bool) -> Vec<Argument> {
    let argument = |piece: &Piece| {
        let unknown = piece.has_variable || anywhere;
        outer.part(piece.start, piece.end, piece.text.clone(), unknown)
    };
    pieces.iter().map(argument).collect()
}

struct Lexer<'t> {
    bytes: &'t [u8],
    at: usize,
    operators: bool,
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn next(&mut self) -> Option<Lexeme> {
        loop {
            match self.bytes.get(self.at)? {
                b'\n' if self.operators => {
                    self.at += 1;
                    return Some(Lexeme::Operator(";"));
                }
                b'\\' if self.peek(1) == b'\n' => self.at += 2,
                b'\\' if self.peek(1) == b'\r' && self.peek(2) == b'\n' => self.at += 3,
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                b'#' if self.operators => {
                    self.at =
                        memchr::memchr(b'\n', &self.bytes[self.at..]).map_or(self.bytes.len(), |len| self.at + len);
                }
                _ => break,
            }
        }
        if self.operators
            && !self.template()
            && let Some(operator) = self.operator()
        {
            return Some(operator);
        }
        Some(Lexeme::Word(self.word()))
    }

    fn operator(&mut self) -> Option<Lexeme> {
        const OPERATORS: [&str; 10] = ["&&", "||", "|&", ";;", ";", "|", "(", ")", "&>", "&"];
        let rest = &self.bytes[self.at..];
        // A redirection may carry the number of its file: `2>&1`, `>>log`.
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        match rest.get(digits) {
            Some(b'<') if rest[digits + 1..].starts_with(b"<") => {
                self.at += digits + 2;
                return Some(Lexeme::Heredoc);
            }
            Some(b'<' | b'>') => {
                self.at += digits + 1;
                while matches!(self.peek(0), b'>' | b'|' | b'&') {
                    self.at += 1;
                }
                let to_file =
                    self.bytes[self.at - 1] == b'&' && (self.peek(0).is_ascii_digit() || self.peek(0) == b'-');
                if to_file {
                    self.at += 1;
                }
                return Some(Lexeme::Redirect { target: !to_file });
            }
            _ => {}
        }
        let operator = OPERATORS
            .into_iter()
            .find(|operator| rest.starts_with(operator.as_bytes()))?;
        self.at += operator.len();
        if operator == "&>" {
            while self.peek(0) == b'>' {
                self.at += 1;
            }
            return Some(Lexeme::Redirect { target: true });
        }
        Some(Lexeme::Operator(operator))
    }

    fn word(&mut self) -> Piece {
        let start = self.at;
        let mut out: Vec<u8> = Vec::new();
        let mut unknown = false;
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => break,
                b'&' | b'|' | b';' | b'(' | b')' | b'<' | b'>' if self.operators && !self.template() => break,
                b'\\' => {
                    // Before a line feed it joins lines.
                    if self.peek(1) != b'\n' {
                        out.extend(self.bytes.get(self.at + 1));
                    }
                    self.at = (self.at + 2).min(self.bytes.len());
                }
                b'\'' => {
                    let body = self.at + 1;
                    let end = memchr::memchr(b'\'', &self.bytes[body..]).map_or(self.bytes.len(), |len| body + len);
                    out.extend_from_slice(&self.bytes[body..end]);
                    self.at = (end + 1).min(self.bytes.len());
                }
                b'"' => unknown |= self.double(&mut out),
                _ => unknown |= self.plain(&mut out),
            }
        }
        // Escapes are removed byte by byte, always before a whole character, so this stays UTF-8.
        let text = String::from_utf8_lossy(&out).into_owned();
        Piece {
            start,
            end: self.at,
            text,
            has_variable: unknown,
        }
    }

    fn double(&mut self, out: &mut Vec<u8>) -> bool {
        let mut unknown = false;
        self.at += 1;
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'"' => {
                    self.at += 1;
                    break;
                }
                b'\\' if matches!(self.peek(1), b'"' | b'\\' | b'$' | b'`') => {
                    out.push(self.peek(1));
                    self.at += 2;
                }
                b'\\' if self.peek(1) == b'\n' => self.at += 2,
                _ => unknown |= self.plain(out),
            }
        }
        unknown
    }

    fn template(&self) -> bool {
        self.template_end().is_some()
    }

    /// One past the template text that starts here.
    fn template_end(&self) -> Option<usize> {
        let rest = &self.bytes[self.at..self.bytes.len().min(self.at + 1000)];
        let close = match rest.get(..2)? {
            b"{{" => "}}",
            b"{%" => "%}",
            b"<%" => "%>",
            _ => return None,
        };
        memchr::memmem::find(rest, close.as_bytes()).map(|len| self.at + len + 2)
    }

    /// Takes one byte, or a variable, substitution or template text as a whole; gives whether it was such.
    fn plain(&mut self, out: &mut Vec<u8>) -> bool {
        let start = self.at;
        let next = self.peek(1);
        let end = match self.bytes[start] {
            b'$' if next == b'(' => self.balanced(start + 1, b'(', b')'),
            b'$' if next == b'{' => self.balanced(start + 1, b'{', b'}'),
            b'$' if next.is_ascii_alphabetic() || next == b'_' => {
                let name = self.bytes[start + 1..]
                    .iter()
                    .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_');
                start + 1 + name.count()
            }
            b'$' if next.is_ascii_digit() || matches!(next, b'@' | b'*' | b'#' | b'?' | b'$' | b'!' | b'-') => {
                start + 2
            }
            b'`' => memchr::memchr(b'`', &self.bytes[start + 1..]).map_or(self.bytes.len(), |len| start + len + 2),
            b'{' | b'<' => self.template_end().unwrap_or(start + 1),
            _ => start + 1,
        };
        out.extend_from_slice(&self.bytes[start..end]);
        self.at = end;
        end > start + 1
    }

    /// One past the bracket that balances the one at `from`; quotes inside hide brackets.
    fn balanced(&self, from: usize, open: u8, close: u8) -> usize {
        let mut depth = 0usize;
        let mut quote = 0;
        let mut at = from;
        while let Some(&byte) = self.bytes.get(at) {
            match byte {
                b'\\' if quote != b'\'' => at += 1,
                b'\'' | b'"' if quote == 0 => quote = byte,
                _ if quote != 0 && byte == quote => quote = 0,
                _ if quote != 0 => {}
                _ if byte == open => depth += 1,
                _ if byte == close => {
                    depth -= 1;
                    if depth == 0 {
                        return at + 1;
                    }
                }
                _ => {}
            }
            at += 1;
        }
        self.bytes.len()
    }
}
