//! Caddyfile to tree. Each line is a node named after its first word, with the others as words; a block is its children.
//! A block that nothing stands in front of, that of the global options, has no name. Addresses of a site that go on
//! behind a comma are one line.
//!
//! Words are split as Caddy's lexer splits them (`caddyconfig/caddyfile/lexer.go`, 2.10): quotes begin at the start of a
//! word only and end it, a backslash before the line feed joins lines, `<<END` begins a text of several lines.

use std::sync::Arc;

use super::tree::{ProblemKind, Shape, Style, Tree, TreeBuilder, Word};
use crate::repo::{SourceId, Span};

/// What is no Caddyfile at all is full of problems; more than these help nobody.
const MAX_PROBLEMS: usize = 20;
/// Deeper blocks are read as if they ended where they begin.
const DEEPEST: usize = 128;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// White space within a line, joined lines and a byte order mark at the start.
    Space,
    /// The line feed.
    Feed,
    /// From `#` to the end of the line.
    Comment,
    /// A word without quotes; `{` and `}` alone are words as well.
    Word,
    /// A word in `"…"` or `` `…` ``.
    Quoted,
    /// A text of several lines, `<<END` to `END`.
    Heredoc,
    /// A quote or such a text that is not closed; it ends with its line.
    Unclosed,
}

/// One token.
pub type Token = super::token::Token<Kind>;

/// The tokens of a text, in order and without gaps.
#[derive(Clone, Debug)]
pub struct Tokens<'t> {
    text: &'t str,
    at: usize,
    /// Whether quotes still open that are not closed: what is behind the last quote is searched once.
    quotes: [bool; 2],
    /// How many more texts of several lines may be looked for in vain.
    heredocs: usize,
}

/// The tokens of a text: every byte in exactly one.
pub fn tiles(text: &str) -> Tokens<'_> {
    Tokens {
        text,
        at: 0,
        quotes: [true; 2],
        heredocs: MAX_PROBLEMS,
    }
}

impl Tokens<'_> {
    fn line_end(&self, from: usize) -> usize {
        let rest = &self.text.as_bytes()[from..];
        memchr::memchr(b'\n', rest).map_or(self.text.len(), |len| from + len)
    }

    fn space(&self, from: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = from;
        loop {
            match bytes.get(at) {
                Some(b'\\') if bytes[at + 1..].starts_with(b"\n") => at += 2,
                Some(b'\\') if bytes[at + 1..].starts_with(b"\r\n") => at += 3,
                Some(b'\n') | None => return at,
                Some(byte) if byte.is_ascii_whitespace() || *byte == 0x0b => at += 1,
                Some(_) => return at,
            }
        }
    }

    /// The end of the word at `from`. Where two lines are joined it ends as well.
    fn word(&self, from: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = from;
        while let Some(byte) = bytes.get(at) {
            let joins = || bytes[at + 1..].starts_with(b"\n") || bytes[at + 1..].starts_with(b"\r\n");
            if byte.is_ascii_whitespace() || *byte == 0x0b || (*byte == b'\\' && joins()) {
                break;
            }
            at += 1;
        }
        at
    }

    /// The end of the quoted word at `from`; `None` where it is not closed.
    fn quoted(&mut self, from: usize, quote: u8) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let open = &mut self.quotes[usize::from(quote == b'`')];
        if !*open {
            return None;
        }
        let mut at = from + 1;
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'\\' if quote == b'"' => at += 1,
                byte if *byte == quote => return Some(at + 1),
                _ => {}
            }
            at += 1;
        }
        *open = false;
        None
    }

    /// The end of the text of several lines that begins at `from`: behind the first line that ends in its mark.
    fn heredoc(&mut self, from: usize) -> Option<usize> {
        let first = self.line_end(from);
        let mark = self.text[from + 2..first].trim_end_matches('\r');
        let is_mark = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-');
        if mark.is_empty() || self.heredocs == 0 || !mark.chars().all(is_mark) {
            return None;
        }
        let mut at = first + 1;
        while at < self.text.len() {
            let end = self.line_end(at);
            let line = self.text[at..end].trim_start();
            let behind = line.strip_prefix(mark);
            if behind.is_some_and(|behind| behind.is_empty() || behind.starts_with(char::is_whitespace)) {
                return Some(end - line.len() + mark.len());
            }
            at = end + 1;
        }
        self.heredocs -= 1;
        None
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let (kind, end) = match bytes.get(start)? {
            b'\n' => (Kind::Feed, start + 1),
            b'#' => {
                let end = self.line_end(start);
                (Kind::Comment, end - usize::from(bytes[end - 1] == b'\r'))
            }
            0xef if start == 0 && bytes.starts_with(b"\xef\xbb\xbf") => (Kind::Space, 3),
            quote @ (b'"' | b'`') => match self.quoted(start, *quote) {
                Some(end) => (Kind::Quoted, end),
                None => (Kind::Unclosed, self.line_end(start)),
            },
            b'<' if bytes[start..].starts_with(b"<<") => match self.heredoc(start) {
                Some(end) => (Kind::Heredoc, end),
                None => (Kind::Word, self.word(start)),
            },
            _ => match self.space(start) {
                end if end > start => (Kind::Space, end),
                _ => (Kind::Word, self.word(start)),
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
    let mut parser = Parser {
        text: &own,
        holes: &holes.clone(),
        builder: TreeBuilder::new(source, text, holes, Shape::Map),
        words: Vec::new(),
        depth: 0,
        end: 0,
        problems: 0,
    };
    for token in tiles(lexed) {
        match token.kind {
            Kind::Space => {}
            Kind::Feed => parser.feed(),
            Kind::Comment => parser.comment(token),
            Kind::Word if &lexed[token.start..token.end] == "{" => parser.open(token),
            Kind::Word if &lexed[token.start..token.end] == "}" => parser.close(token),
            Kind::Unclosed => {
                parser.problem(token, "this quote is not closed");
                parser.words.push(token);
            }
            Kind::Word | Kind::Quoted | Kind::Heredoc => parser.words.push(token),
        }
    }
    parser.line();
    while parser.depth > 0 {
        parser.depth -= 1;
        if parser.depth < DEEPEST {
            parser.builder.close(own.len() as u32);
        }
    }
    parser.builder.finish()
}

struct Parser<'t> {
    text: &'t str,
    holes: &'t [Span],
    builder: TreeBuilder,
    /// The words of the line being read.
    words: Vec<Token>,
    /// How many blocks are open.
    depth: usize,
    /// Where the last word ends.
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

    /// A line feed: addresses go on behind a comma.
    fn feed(&mut self) {
        let goes_on = |last: &Token| last.kind == Kind::Word && self.text[last.start..last.end].ends_with(',');
        if self.depth > 0 || !self.words.last().is_some_and(goes_on) {
            self.line();
        }
    }

    /// Ends a line.
    fn line(&mut self) {
        if self.depth > DEEPEST {
            self.words.clear();
        } else if !self.words.is_empty() {
            self.head(Shape::Leaf);
            self.builder.close(self.end);
        }
    }

    /// Opens the node of a line.
    fn head(&mut self, shape: Shape) {
        let words = std::mem::take(&mut self.words);
        let Some((first, rest)) = words.split_first() else {
            return;
        };
        self.end = rest.last().unwrap_or(first).end as u32;
        let name = self.word(*first);
        let start = name.start();
        self.builder.open(Some(name), shape, start);
        for token in rest {
            let word = self.word(*token);
            self.builder.word(word);
        }
    }

    fn open(&mut self, token: Token) {
        match self.depth {
            ..DEEPEST if self.words.is_empty() => {
                self.builder.open(None, Shape::Map, token.start as u32);
            }
            ..DEEPEST => self.head(Shape::Map),
            DEEPEST => {
                self.problem(token, "blocks are nested too deeply here");
                self.words.clear();
            }
            _ => self.words.clear(),
        }
        self.depth += 1;
    }

    fn close(&mut self, token: Token) {
        self.line();
        if self.depth == 0 {
            return self.problem(token, "this `}` closes no block");
        }
        self.depth -= 1;
        if self.depth < DEEPEST {
            self.builder.close(token.end as u32);
        }
    }

    fn word(&self, token: Token) -> Word {
        let (start, end) = (token.start as u32, token.end as u32);
        let raw = self.text.get(token.start..token.end).unwrap_or_default();
        match token.kind {
            Kind::Quoted if raw.starts_with('`') => Word::decoded(start, end, Style::Raw, raw.trim_matches('`')),
            Kind::Quoted => {
                let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
                Word::decoded(start, end, Style::Double, inner.replace("\\\"", "\""))
            }
            Kind::Unclosed => Word::decoded(start, end, Style::Double, raw.get(1..).unwrap_or_default()),
            Kind::Heredoc => Word::plain(start, end).styled(Style::Literal),
            _ => Word::plain(start, end),
        }
    }

    fn problem(&mut self, token: Token, message: &str) {
        self.problems += 1;
        let message = match self.problems {
            ..MAX_PROBLEMS => message,
            MAX_PROBLEMS => "too much here is not a Caddyfile; further problems are left out",
            _ => return,
        };
        let (start, end) = (token.start as u32, token.end as u32);
        self.builder.problem(start, end, ProblemKind::PartlyRead, message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let tree = parse_plain(SourceId(0), text.into());
        let line = |at: crate::syntax::At<'_>| {
            let depth = at.up().count();
            format!("{depth} {} {:?}", at.name(), at.texts().collect::<Vec<_>>())
        };
        tree.all().skip(1).map(line).collect()
    }

    #[test]
    fn splits_lines_as_caddy_does() {
        let text = "{\n\temail a@b.c\n}\n# all\na.example.com,\nb.example.com {\r\n\troot * \"/srv/a b\" # c\n\trespond \\\n\t\t`x\ny`\n\t@api {\n\t\tpath /a#b\n\t}\n\thandle @api {\n\t\treverse_proxy {$H:api}:80 {args[0]}\n\t}\n}\n";
        assert_eq!(
            shown(text),
            [
                "1  []",
                "2 email [\"a@b.c\"]",
                "1 a.example.com, [\"b.example.com\"]",
                "2 root [\"*\", \"/srv/a b\"]",
                "2 respond [\"x\\ny\"]",
                "2 @api []",
                "3 path [\"/a#b\"]",
                "2 handle [\"@api\"]",
                "3 reverse_proxy [\"{$H:api}:80\", \"{args[0]}\"]",
            ]
        );
        assert_eq!(
            shown("respond <<X\n  a {\n  X 200\nb"),
            ["1 respond [\"<<X\\n  a {\\n  X\", \"200\"]", "1 b []"]
        );
    }

    proptest::proptest! {
        /// Every byte lies in one token, whatever the text is, and reading it ends in a tree.
        #[test]
        fn tokens_tile_any_text(text in r#"([ a-z\t\r\n"`\\#${},:/*.é]|<<X|reverse_proxy |import |\{\n|\}\n){0,60}"#) {
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
                assert!(text.get(span.range()).is_some());
                assert!(node.texts().count() == node.words().len());
                if let Some(parent) = node.parent() {
                    assert!(parent.span().start <= span.start && span.end <= parent.span().end);
                }
            }
        }
    }
}
