//! HAProxy configuration to tree. A section is a map node named after its keyword, with its arguments as words; its
//! lines are leaves. Words are split as HAProxy's `parse_line` splits them: quotes, escapes, comments anywhere.
//!
//! Conditional lines (`.if`, `.else`, …) are kept as lines: who reads the tree decides what they put in doubt.

use std::sync::Arc;

use super::token::{self, SPACE, STOP};
use super::tree::{ProblemKind, Shape, Style, Tree, TreeBuilder, Word};
use crate::repo::{SourceId, Span};

/// What is no HAProxy configuration at all is full of problems; more than these help nobody.
const MAX_PROBLEMS: usize = 20;

/// Keywords that begin a section (`cfg_register_section` in the sources of 3.2, and `program` of older versions).
const SECTIONS: [&str; 21] = [
    "acme",
    "backend",
    "cache",
    "crt-store",
    "defaults",
    "dynamic-update",
    "fcgi-app",
    "frontend",
    "global",
    "http-errors",
    "listen",
    "log-forward",
    "log-profile",
    "mailers",
    "namespace_list",
    "peers",
    "program",
    "resolvers",
    "ring",
    "traces",
    "userlist",
];

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// White space within a line, and a byte order mark at the start.
    Space,
    /// The line feed.
    Feed,
    /// From `#` to the end of the line.
    Comment,
    /// A word, quotes included: `a"b c"d` is one.
    Word,
    /// A word in which a quote is not closed; it ends with its line.
    Unclosed,
}

/// One token.
pub type Token = token::Token<Kind>;

const CLASS: [u8; 256] = token::classes(b" \t\r\x0b\x0c", b"\n#\\\"'");

/// The tokens of a text, in order and without gaps.
#[derive(Clone, Debug)]
pub struct Tokens<'t> {
    bytes: &'t [u8],
    at: usize,
}

/// The tokens of a text: every byte in exactly one.
pub fn tiles(text: &str) -> Tokens<'_> {
    Tokens {
        bytes: text.as_bytes(),
        at: 0,
    }
}

impl Tokens<'_> {
    fn run(&self, from: usize, keep: impl Fn(u8) -> bool) -> usize {
        let rest = self.bytes.get(from..).unwrap_or_default();
        rest.iter()
            .position(|byte| !keep(*byte))
            .map_or(self.bytes.len(), |len| from + len)
    }

    /// The end of the word at `from`, and whether its quotes are closed.
    fn word(&self, from: usize) -> (usize, bool) {
        let mut at = from;
        let mut quote = None;
        loop {
            at = self.run(at, |byte| CLASS[byte as usize] & STOP == 0);
            match (self.bytes.get(at), quote) {
                (None | Some(b'\n'), _) => return (at, quote.is_none()),
                // Nothing is escaped between single quotes. An escaped line feed still ends the line.
                (Some(b'\\'), open) if open != Some(b'\'') => {
                    at += if matches!(self.bytes.get(at + 1), None | Some(b'\n')) {
                        1
                    } else {
                        2
                    };
                }
                (Some(byte), Some(open)) => {
                    if *byte == open {
                        quote = None;
                    }
                    at += 1;
                }
                (Some(byte @ (b'"' | b'\'')), None) => {
                    quote = Some(*byte);
                    at += 1;
                }
                (Some(_), None) => return (at, true),
            }
        }
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let start = self.at;
        let (kind, end) = match self.bytes.get(start)? {
            b'\n' => (Kind::Feed, start + 1),
            b'#' => {
                let rest = &self.bytes[start..];
                let end = memchr::memchr(b'\n', rest).map_or(self.bytes.len(), |len| start + len);
                // The carriage return of a line ending is no part of the comment.
                let cr = self.bytes[end - 1] == b'\r';
                (Kind::Comment, end - usize::from(cr))
            }
            0xef if start == 0 && self.bytes.starts_with(b"\xef\xbb\xbf") => (Kind::Space, 3),
            byte if CLASS[*byte as usize] & SPACE != 0 => {
                (Kind::Space, self.run(start, |byte| CLASS[byte as usize] & SPACE != 0))
            }
            _ => match self.word(start) {
                (end, true) => (Kind::Word, end),
                (end, false) => (Kind::Unclosed, end),
            },
        };
        self.at = end;
        Some(Token { kind, start, end })
    }
}

/// The tree of a text without holes.
pub fn parse_plain(source: SourceId, text: Arc<str>) -> Tree {
    let masked = text.clone();
    parse(source, text, &masked, Vec::new())
}

/// The tree of a text whose `holes` are masked, at the same length, in `masked`.
pub fn parse(source: SourceId, text: Arc<str>, masked: &str, holes: Vec<Span>) -> Tree {
    let own = text.clone();
    let lexed = if masked.len() == own.len() { masked } else { &own };
    let doubtful = holes.clone();
    let mut parser = Parser {
        text: &own,
        holes: &doubtful,
        builder: TreeBuilder::new(source, text, holes, Shape::Map),
        words: Vec::new(),
        section: false,
        end: 0,
        problems: 0,
    };
    for token in tiles(lexed) {
        match token.kind {
            Kind::Space => {}
            Kind::Feed => parser.line(),
            Kind::Comment => parser.comment(token),
            Kind::Word => parser.words.push(token),
            Kind::Unclosed => {
                parser.problem(token, "this quote is not closed on its line");
                parser.words.push(token);
            }
        }
    }
    parser.line();
    if parser.section {
        parser.builder.close(parser.end);
    }
    parser.builder.finish()
}

/// Whether HAProxy would find the last line complete. Since 2.3 it refuses a file whose last line has no line feed
/// ("missing LF on last line, file might have been truncated").
pub fn ends_with_feed(text: &str) -> bool {
    text.is_empty() || text.ends_with('\n')
}

struct Parser<'t> {
    text: &'t str,
    holes: &'t [Span],
    builder: TreeBuilder,
    /// The words of the line being read.
    words: Vec<Token>,
    /// Whether a section is open.
    section: bool,
    /// Where the last line of the section ends.
    end: u32,
    problems: usize,
}

impl Parser<'_> {
    fn comment(&mut self, token: Token) {
        let from = self.holes.partition_point(|hole| hole.end as usize <= token.start);
        let masked = self
            .holes
            .get(from)
            .is_some_and(|hole| (hole.start as usize) <= token.start);
        if !masked {
            self.builder.comment(token.start as u32, token.end as u32);
        }
    }

    /// Ends a line.
    fn line(&mut self) {
        let Some((first, rest)) = self.words.split_first() else {
            return;
        };
        let name = self.word(*first);
        let start = name.start();
        let end = rest.last().unwrap_or(first).end as u32;
        let keyword = self.text.get(first.start..first.end).unwrap_or_default();
        let opens = SECTIONS.binary_search(&keyword).is_ok();
        if opens && self.section {
            self.builder.close(self.end);
        }
        let shape = if opens { Shape::Map } else { Shape::Leaf };
        self.builder.open(Some(name), shape, start);
        for at in 1..self.words.len() {
            let word = self.word(self.words[at]);
            self.builder.word(word);
        }
        if opens {
            self.section = true;
        } else {
            self.builder.close(end);
        }
        self.end = end;
        self.words.clear();
    }

    fn word(&self, token: Token) -> Word {
        let (start, end) = (token.start as u32, token.end as u32);
        let raw = self.text.get(token.start..token.end).unwrap_or_default();
        match decode(raw) {
            None => Word::plain(start, end),
            Some(decoded) => Word::decoded(start, end, style(raw), decoded),
        }
    }

    fn problem(&mut self, token: Token, message: &str) {
        self.problems += 1;
        let message = match self.problems {
            ..MAX_PROBLEMS => message,
            MAX_PROBLEMS => "too much here is not HAProxy configuration; further problems are left out",
            _ => return,
        };
        let kind = match self.problems {
            ..MAX_PROBLEMS => ProblemKind::PartlyRead,
            _ => ProblemKind::Skipped,
        };
        self.builder
            .problem(token.start as u32, token.end as u32, kind, message);
    }
}

/// Quoted as a whole, or only in parts.
fn style(raw: &str) -> Style {
    let inner = |quote: char| {
        raw.strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote))
            .is_some_and(|inner| !inner.contains(quote))
    };
    if inner('"') {
        Style::Double
    } else if inner('\'') {
        Style::Single
    } else {
        Style::Plain
    }
}

/// What HAProxy makes of quotes and backslashes. `None` if nothing changes.
fn decode(raw: &str) -> Option<String> {
    memchr::memchr3(b'\\', b'"', b'\'', raw.as_bytes())?;
    let mut out = String::with_capacity(raw.len());
    let mut quote = None;
    let mut chars = raw.chars().peekable();
    while let Some(char) = chars.next() {
        match (char, quote) {
            ('\\', open) if open != Some('\'') => match chars.peek().copied() {
                Some(next @ (' ' | '\\' | '#' | '\'' | '"')) => {
                    chars.next();
                    out.push(next);
                }
                Some('$') if open == Some('"') => {
                    chars.next();
                    out.push('$');
                }
                Some(next @ ('r' | 'n' | 't')) => {
                    chars.next();
                    out.push(match next {
                        'r' => '\r',
                        'n' => '\n',
                        _ => '\t',
                    });
                }
                _ => out.push('\\'),
            },
            (char, Some(open)) if char == open => quote = None,
            (char @ ('"' | '\''), None) => quote = Some(char),
            (char, _) => out.push(char),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_lines_as_haproxy_does() {
        let text = "defaults base\n  mode http # all\n\nbackend \"a b\" from base\r\n  server s1 \"${HOST}\":80 check#x\n  http-request set-header X a\\ b'c d'\\#\n.if defined(X)\n  option redispatch\n.endif\n";
        let tree = parse_plain(SourceId(0), text.into());
        let shown: Vec<String> = tree
            .all()
            .skip(1)
            .map(|at| format!("{} {:?}", at.name(), at.texts().collect::<Vec<_>>()))
            .collect();
        assert_eq!(
            shown,
            [
                "defaults [\"base\"]",
                "mode [\"http\"]",
                "backend [\"a b\", \"from\", \"base\"]",
                "server [\"s1\", \"${HOST}:80\", \"check\"]",
                "http-request [\"set-header\", \"X\", \"a bc d#\"]",
                ".if [\"defined(X)\"]",
                "option [\"redispatch\"]",
                ".endif []",
            ]
        );
        assert_eq!(tree.comments.len(), 2);
        assert_eq!(tree.root().children().count(), 2);
        assert!(tree.problems.is_empty());
    }

    #[test]
    fn an_open_quote_ends_with_its_line() {
        let tree = parse_plain(
            SourceId(0),
            "backend a\n  http-send-name-header 'x y\n  mode http\n".into(),
        );
        assert_eq!(tree.problems.len(), 1);
        assert_eq!(tree.root().scalar("backend.mode"), Some("http"));
    }

    proptest::proptest! {
        /// Every byte lies in one token, whatever the text is, and reading it ends in a tree.
        #[test]
        fn tokens_tile_any_text(text in r#"([ a-z\t\r\n"'\\#${}.é:]|backend|server |defaults){0,40}"#) {
            let mut at = 0;
            for token in tiles(&text) {
                assert_eq!(token.start, at);
                assert!(token.end > token.start);
                at = token.end;
            }
            assert_eq!(at, text.len());
            let tree = parse_plain(SourceId(0), text.as_str().into());
            for node in tree.all() {
                let span = node.span();
                assert!(span.start <= span.end && span.end as usize <= text.len());
                assert!(node.texts().count() == node.words().len());
            }
        }
    }
}
