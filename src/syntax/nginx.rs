//! nginx configuration to tree. A directive is a node named after its first word; a block's content are its children.

mod tokens;

use std::ops::Range;
use std::sync::Arc;

use super::tree::{ProblemKind, Shape, Style, Tree, TreeBuilder, Word};
use crate::repo::{SourceId, Span};

pub use tokens::{Kind, Token, Tokens};

/// What is no nginx configuration at all is full of problems; more than these help nobody.
const MAX_PROBLEMS: usize = 20;

/// Deeper blocks are read flat. nginx itself needs four or five.
const MAX_DEPTH: usize = 200;

/// The tokens of a text: white space and comments included, every byte in exactly one.
pub fn tiles(text: &str) -> Tokens<'_> {
    Tokens::new(text, 0, text.len())
}

/// The tree of a text without holes.
pub fn parse_plain(source: SourceId, text: Arc<str>) -> Tree {
    let len = text.len();
    let masked = text.clone();
    parse_part(source, text, &masked, Vec::new(), 0..len)
}

/// The tree of a text whose `holes` are masked, at the same length, in `masked`.
pub fn parse(source: SourceId, text: Arc<str>, masked: &str, holes: Vec<Span>) -> Tree {
    let len = text.len();
    parse_part(source, text, masked, holes, 0..len)
}

/// The tree of one part of a text, such as one file of an `nginx -T` dump. Spans are those of the whole text.
pub fn parse_part(source: SourceId, text: Arc<str>, masked: &str, holes: Vec<Span>, part: Range<usize>) -> Tree {
    let own = text.clone();
    let lexed = if masked.len() == own.len() { masked } else { &own };
    let part = part.start.min(lexed.len())..part.end.min(lexed.len());
    let doubtful = holes.clone();
    let mut parser = Parser {
        text: &own,
        holes: &doubtful,
        builder: TreeBuilder::new(source, text, holes, Shape::Map),
        words: Vec::new(),
        blocks: Vec::new(),
        flat: 0,
        problems: 0,
        suspect: None,
        body: None,
    };
    parser.read(Tokens::new(lexed, part.start, part.end), part.end);
    let mut tree = parser.builder.finish();
    forgive_template(&mut tree, &own, &doubtful);
    tree
}

/// A template that decides what stands where is nginx configuration only once it is rendered: nobody's mistake, and
/// said once.
fn forgive_template(tree: &mut Tree, text: &str, holes: &[Span]) {
    let decides = |hole: &Span| text.get(hole.range()).is_some_and(|hole| hole.starts_with(['{', '<']));
    if tree.problems.is_empty() || !holes.iter().any(decides) {
        return;
    }
    tree.problems.truncate(1);
    let first = &mut tree.problems[0];
    first.kind = ProblemKind::Skipped;
    first.message = format!(
        "parts of this template can only be read once it is rendered ({})",
        first.message
    );
}

/// The files in the output of `nginx -T`: each one's path and where its text stands. `None` if this is no such output.
pub fn dump_parts(text: &str) -> Option<Vec<(String, Range<usize>)>> {
    const MARK: &str = "# configuration file ";
    let mut parts: Vec<(String, Range<usize>)> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end();
        if let Some(path) = content.strip_prefix(MARK).and_then(|rest| rest.strip_suffix(':')) {
            if let Some((_, range)) = parts.last_mut() {
                range.end = at;
            }
            parts.push((path.to_owned(), at + line.len()..text.len()));
        } else if parts.is_empty() && !content.is_empty() && !content.starts_with("nginx: ") {
            return None;
        }
        at += line.len();
    }
    (!parts.is_empty()).then_some(parts)
}

struct Parser<'t> {
    text: &'t str,
    holes: &'t [Span],
    builder: TreeBuilder,
    /// The words of the directive being read.
    words: Vec<Token>,
    /// Where the `{` of every open block stands.
    blocks: Vec<usize>,
    /// Open blocks beyond the depth limit.
    flat: usize,
    problems: usize,
    /// The block whose `}` is probably the one that is missing: what closed it stands further out.
    suspect: Option<usize>,
    /// The Lua body being read: the range between its braces.
    body: Option<Range<usize>>,
}

impl Parser<'_> {
    fn read(&mut self, mut tokens: Tokens<'_>, end: usize) {
        let mut last: Option<Token> = None;
        while let Some(token) = tokens.next() {
            match token.kind {
                Kind::Space => {}
                Kind::Comment => {
                    if !self.is_hole(token.start, token.start + 1) {
                        self.builder.comment(token.start as u32, token.end as u32);
                    }
                }
                Kind::Raw => self.body = Some(token.start..token.end),
                Kind::End => self.end(token),
                Kind::Open if tokens.opened_raw() => self.body = Some(token.end..token.end),
                Kind::Open => self.open(token),
                Kind::Close => self.close(token),
                Kind::Word | Kind::Single | Kind::Double | Kind::Unclosed => {
                    self.check(token, last);
                    self.begins_another(token);
                    self.words.push(token);
                }
            }
            last = Some(token);
        }
        self.end_of_text(end);
    }

    /// Complaints about a single word.
    fn check(&mut self, token: Token, last: Option<Token>) {
        let glued =
            last.is_some_and(|last| matches!(last.kind, Kind::Single | Kind::Double) && last.end == token.start);
        // nginx allows `if ($a = "b")`: the parenthesis after the quote is a word of its own.
        if glued && self.text.as_bytes().get(token.start) != Some(&b')') {
            self.problem(
                token.start,
                token.end,
                "nginx expects a space, `;` or `{` after a closing quote",
            );
        }
        if token.kind == Kind::Unclosed {
            self.problem(
                token.start,
                token.end,
                "this quote is not closed; it was read up to the end of its line",
            );
        }
    }

    fn end(&mut self, token: Token) {
        if self.words.is_empty() {
            self.problem(token.start, token.end, "`;` without a directive before it");
        }
        self.emit(Shape::Leaf, token.end);
    }

    fn open(&mut self, token: Token) {
        if self.words.is_empty() {
            self.problem(token.start, token.end, "`{` without a directive before it");
        }
        if self.builder.depth() > MAX_DEPTH {
            if self.flat == 0 {
                let message = format!("more than {MAX_DEPTH} blocks inside each other");
                let (start, end) = (token.start as u32, token.end as u32);
                self.builder.problem(start, end, ProblemKind::Skipped, message);
            }
            self.flat += 1;
            self.emit(Shape::Leaf, token.end);
            return;
        }
        self.blocks.push(token.start);
        if self.words.is_empty() {
            self.builder.open(None, Shape::Map, token.start as u32);
        } else {
            self.start(Shape::Map);
        }
    }

    fn close(&mut self, token: Token) {
        if let Some(body) = self.body.take() {
            self.emit_raw(body, token.end);
            return;
        }
        self.missing_semicolon("");
        if self.flat > 0 {
            self.flat -= 1;
        } else if let Some(open) = self.blocks.pop() {
            if self.suspect.is_none() && indent(self.text, token.start) < indent(self.text, open) {
                self.suspect = Some(open);
            }
            self.builder.close(token.end as u32);
        } else {
            self.problem(token.start, token.end, "`}` closes no block");
        }
    }

    fn end_of_text(&mut self, end: usize) {
        if let Some(body) = self.body.take() {
            self.problem(body.start.saturating_sub(1), body.start, "this Lua block is not closed");
            self.emit_raw(body, end);
        }
        self.missing_semicolon("");
        if let Some(open) = self.blocks.last().copied() {
            let more = match self.blocks.len() + self.flat {
                1 => String::new(),
                open => format!(" ({open} blocks are open at the end)"),
            };
            let open = self.suspect.unwrap_or(open);
            self.problem(open, open + 1, format!("this block is not closed{more}"));
        }
        for _ in 0..self.blocks.len() {
            self.builder.close(end as u32);
        }
    }

    /// Ends a directive that should have had a `;` before `}`, the end of the text, or the next directive.
    fn missing_semicolon(&mut self, because: &str) {
        let Some(last) = self.words.last().copied() else { return };
        // Words that are template text need no `;`: who knows what they become.
        if !self.words.iter().any(|word| self.is_hole(word.start, word.end)) {
            self.problem(last.start, last.end, format!("`;` is missing after this{because}"));
        }
        self.emit(Shape::Leaf, last.end);
    }

    /// Ends a directive that has all its arguments and no `;` where a word on a later line begins the next one: nginx
    /// would refuse the file, and what stands there would be taken for a default.
    fn begins_another(&mut self, token: Token) {
        let [name, .., last] = self.words.as_slice() else {
            return;
        };
        let between = self.text.as_bytes().get(last.end..token.start);
        if !between.is_some_and(|between| between.contains(&b'\n')) {
            return;
        }
        let name = self.text.get(name.start..name.end).unwrap_or_default();
        let given = self.words.len() - 1;
        let next = self.text.get(token.start..token.end).unwrap_or_default();
        if token.kind == Kind::Word && refuses(name, next) {
            self.missing_semicolon(&format!(": `{next}` begins the next directive"));
        } else if arguments(name) == Some(given) {
            let s = if given == 1 { "" } else { "s" };
            self.missing_semicolon(&format!(": `{name}` takes {given} argument{s}"));
        }
    }

    fn emit(&mut self, shape: Shape, end: usize) {
        if !self.words.is_empty() {
            self.start(shape);
            self.builder.close(end as u32);
        }
    }

    fn emit_raw(&mut self, body: Range<usize>, end: usize) {
        if !self.words.is_empty() {
            self.start(Shape::Leaf);
            let word = Word::plain(body.start as u32, body.end as u32);
            self.builder.word(word.styled(Style::Raw));
            self.builder.close(end as u32);
        }
    }

    /// Opens the node of the words read so far.
    fn start(&mut self, shape: Shape) {
        let Some(name) = self.words.first().copied() else {
            return;
        };
        if name.kind == Kind::Word && is_quantifier(self.text.get(name.start..name.end).unwrap_or_default()) {
            let message = "a `{` in an unquoted regular expression opens a block here; quote the expression";
            self.problem(name.start, name.end, message);
        }
        let first = self.word(name);
        self.builder.open(Some(first), shape, name.start as u32);
        for index in 1..self.words.len() {
            let word = self.word(self.words[index]);
            self.builder.word(word);
        }
        self.words.clear();
    }

    fn word(&self, token: Token) -> Word {
        let (start, end) = (token.start as u32, token.end as u32);
        let inner = match token.kind {
            Kind::Single | Kind::Double => token.start + 1..token.end - 1,
            Kind::Unclosed => token.start + 1..token.end,
            _ => token.start..token.end,
        };
        let raw = self.text.get(inner).unwrap_or_default();
        let style = match self.text.as_bytes()[token.start] {
            _ if token.kind == Kind::Word => Style::Plain,
            b'"' => Style::Double,
            _ => Style::Single,
        };
        match unescape(raw) {
            Some(decoded) => Word::decoded(start, end, style, decoded),
            None if style == Style::Plain => Word::plain(start, end),
            None => Word::decoded(start, end, style, raw),
        }
    }

    fn is_hole(&self, start: usize, end: usize) -> bool {
        let from = self.holes.partition_point(|hole| hole.end as usize <= start);
        self.holes.get(from).is_some_and(|hole| (hole.start as usize) < end)
    }

    fn problem(&mut self, start: usize, end: usize, message: impl Into<String>) {
        self.problems += 1;
        let message = match self.problems {
            ..MAX_PROBLEMS => message.into(),
            MAX_PROBLEMS => "too much here is not nginx configuration; further problems are left out".to_owned(),
            _ => return,
        };
        let kind = match self.problems {
            ..MAX_PROBLEMS => ProblemKind::PartlyRead,
            _ => ProblemKind::Skipped,
        };
        self.builder.problem(start as u32, end as u32, kind, message);
    }
}

/// How far the line of a place is indented.
fn indent(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    let line = before.rfind('\n').map_or(0, |end| end + 1);
    let line = &text[line..];
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

/// Whether a directive, that is followed on the next line by a name, would be refused with it as an argument (tried with
/// 1.22.1). What takes any words, such as `index` and `server_name`, swallows the next directive in silence.
fn refuses(name: &str, next: &str) -> bool {
    let begins = matches!(
        next,
        "location"
            | "listen"
            | "server_name"
            | "access_log"
            | "error_log"
            | "add_header"
            | "try_files"
            | "rewrite"
            | "include"
            | "return"
            | "upstream"
            | "client_max_body_size"
            | "ssl_certificate"
            | "ssl_certificate_key"
            | "proxy_pass"
            | "proxy_set_header"
            | "proxy_redirect"
            | "proxy_read_timeout"
            | "proxy_send_timeout"
            | "proxy_connect_timeout"
            | "proxy_buffering"
            | "proxy_http_version"
            | "fastcgi_pass"
            | "fastcgi_param"
            | "fastcgi_index"
            | "fastcgi_read_timeout"
            | "grpc_pass"
            | "auth_basic"
            | "keepalive_timeout"
            | "ssl_protocols"
            | "ssl_ciphers"
    );
    match name {
        "server" | "keepalive" | "zone" => begins || matches!(next, "server" | "keepalive" | "zone"),
        "listen"
        | "access_log"
        | "error_log"
        | "add_header"
        | "ssl_protocols"
        | "ssl_ciphers"
        | "ssl_certificate"
        | "ssl_certificate_key"
        | "include"
        | "rewrite"
        | "return"
        | "proxy_redirect"
        | "auth_basic"
        | "auth_basic_user_file"
        | "expires"
        | "gzip"
        | "sendfile"
        | "keepalive_timeout" => begins,
        _ => false,
    }
}

/// How many arguments nginx takes, for directives that always have the same number (`NGX_CONF_TAKE1`, `_TAKE2` and
/// `_FLAG` in its modules).
fn arguments(name: &str) -> Option<usize> {
    let of_pass = ["proxy_", "fastcgi_", "uwsgi_", "scgi_", "grpc_"];
    let own = of_pass.iter().find_map(|module| name.strip_prefix(module));
    match own.unwrap_or(name) {
        "set_header" if own.is_some() => Some(2),
        "pass"
        | "read_timeout"
        | "send_timeout"
        | "connect_timeout"
        | "buffer_size"
        | "buffering"
        | "busy_buffers_size"
        | "request_buffering"
        | "http_version"
        | "next_upstream_timeout"
        | "next_upstream_tries"
        | "socket_keepalive"
        | "ssl_server_name"
        | "ssl_name"
        | "ssl_verify"
            if own.is_some() =>
        {
            Some(1)
        }
        "client_max_body_size"
        | "client_body_timeout"
        | "client_header_timeout"
        | "send_timeout"
        | "resolver_timeout"
        | "keepalive_requests"
        | "worker_processes"
        | "worker_connections"
        | "default_type"
        | "root"
            if own.is_none() =>
        {
            Some(1)
        }
        _ => None,
    }
}

/// Whether a directive's name is the rest of a regular expression that was cut at the brace of `\d{1,3}`.
fn is_quantifier(name: &str) -> bool {
    let rest = name.trim_start_matches(|char: char| char.is_ascii_digit() || char == ',');
    rest.len() < name.len() && rest.starts_with('}')
}

/// What nginx makes of backslashes: seven escapes, all other backslashes stay. `None` if nothing changes.
fn unescape(raw: &str) -> Option<String> {
    memchr::memchr(b'\\', raw.as_bytes())?;
    let mut out = String::with_capacity(raw.len());
    let mut chars = raw.chars().peekable();
    let mut changed = false;
    while let Some(char) = chars.next() {
        let replaced = match (char, chars.peek()) {
            ('\\', Some(quoted @ ('"' | '\'' | '\\'))) => Some(*quoted),
            ('\\', Some('t')) => Some('\t'),
            ('\\', Some('r')) => Some('\r'),
            ('\\', Some('n')) => Some('\n'),
            _ => None,
        };
        if replaced.is_some() {
            chars.next();
            changed = true;
        }
        out.push(replaced.unwrap_or(char));
    }
    changed.then_some(out)
}
