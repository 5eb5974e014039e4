//! nginx text to tokens, exactly as `ngx_conf_read_token` splits it. Every byte lies in one token.

use crate::syntax::token::{self, SPACE, STOP};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// White space, and a byte order mark at the start.
    Space,
    /// From `#` to the end of the line.
    Comment,
    /// A word without quotes.
    Word,
    /// `'…'`.
    Single,
    /// `"…"`.
    Double,
    /// A quoted word whose quote is not closed; it ends where its line's content ends.
    Unclosed,
    /// The body of a `*_by_lua_block`.
    Raw,
    /// `{`
    Open,
    /// `}`
    Close,
    /// `;`
    End,
}

impl Kind {
    /// Whether the token is an argument or a name.
    pub fn is_word(self) -> bool {
        matches!(self, Kind::Word | Kind::Single | Kind::Double | Kind::Unclosed)
    }
}

/// One token.
pub type Token = token::Token<Kind>;

const CLASS: [u8; 256] = token::classes(b" \t\r\n", b";{\\$");

fn is(byte: u8, class: u8) -> bool {
    CLASS[byte as usize] & class != 0
}

/// The tokens of a text, in order and without gaps.
#[derive(Clone, Debug)]
pub struct Tokens<'t> {
    bytes: &'t [u8],
    at: usize,
    end: usize,
    /// Whether the next word is a directive's name.
    fresh: bool,
    /// The directive being read has a Lua body.
    lua: bool,
    /// The last token opened a Lua body.
    raw: bool,
    /// A search for a closing quote of this kind (single, double) reached the end, so there is none for later ones
    /// either; searching again would take quadratic time.
    hopeless: [bool; 2],
}

impl<'t> Tokens<'t> {
    /// The tokens of `text[from..to]`.
    pub fn new(text: &'t str, from: usize, to: usize) -> Self {
        let end = to.min(text.len());
        Self {
            bytes: text.as_bytes(),
            at: from.min(end),
            end,
            fresh: true,
            lua: false,
            raw: false,
            hopeless: [false; 2],
        }
    }

    /// Whether the token just given was the `{` of a Lua body.
    pub fn opened_raw(&self) -> bool {
        self.raw
    }

    fn run(&self, from: usize, keep: impl Fn(u8) -> bool) -> usize {
        self.bytes[from..self.end]
            .iter()
            .position(|byte| !keep(*byte))
            .map_or(self.end, |len| from + len)
    }

    fn word(&self, from: usize) -> usize {
        let mut at = from;
        while at < self.end {
            at = self.run(at, |byte| !is(byte, STOP));
            match self.bytes.get(at).filter(|_| at < self.end) {
                Some(b'\\') => at += 2,
                // The brace of `${name}` does not open a block.
                Some(b'$') => at = self.run(at + 1, |byte| byte == b'{'),
                _ => break,
            }
        }
        at.min(self.end)
    }

    /// One past the quote that closes the one at `from`.
    fn closing(&self, from: usize) -> Option<usize> {
        let quote = self.bytes[from];
        let mut at = from + 1;
        while at < self.end {
            at += memchr::memchr2(quote, b'\\', &self.bytes[at..self.end])?;
            if self.bytes[at] == quote {
                return Some(at + 1);
            }
            at += 2;
        }
        None
    }

    fn line_end(&self, from: usize) -> usize {
        memchr::memchr(b'\n', &self.bytes[from..self.end]).map_or(self.end, |len| from + len)
    }

    fn quoted(&mut self, from: usize) -> (Kind, usize) {
        let double = self.bytes[from] == b'"';
        let closing = if self.hopeless[usize::from(double)] {
            None
        } else {
            self.closing(from)
        };
        if let Some(end) = closing {
            let follows = self.bytes.get(end).filter(|_| end < self.end);
            let fits = follows.is_none_or(|byte| is(*byte, SPACE) || matches!(byte, b';' | b'{' | b')'));
            // A quote that was forgotten pairs with the next one, lines below, which then has text right after it.
            if fits || memchr::memchr(b'\n', &self.bytes[from..end]).is_none() {
                return (if double { Kind::Double } else { Kind::Single }, end);
            }
        } else {
            self.hopeless[usize::from(double)] = true;
        }
        let mut end = self.line_end(from);
        while end > from + 1 && (is(self.bytes[end - 1], SPACE) || matches!(self.bytes[end - 1], b';' | b'{')) {
            end -= 1;
        }
        (Kind::Unclosed, end)
    }

    fn comment(&self, from: usize) -> usize {
        let end = self.line_end(from);
        if end > from + 1 && self.bytes[end - 1] == b'\r' {
            end - 1
        } else {
            end
        }
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    #[inline]
    fn next(&mut self) -> Option<Token> {
        let start = self.at;
        if start >= self.end {
            return None;
        }
        if std::mem::take(&mut self.raw) {
            let end = lua_end(&self.bytes[..self.end], start);
            if end > start {
                self.at = end;
                return Some(Token {
                    kind: Kind::Raw,
                    start,
                    end,
                });
            }
        }
        let (kind, end) = match self.bytes[start] {
            b' ' | b'\t' | b'\r' | b'\n' => (Kind::Space, self.run(start + 1, |byte| is(byte, SPACE))),
            0xEF if start == 0 && self.bytes.starts_with(b"\xEF\xBB\xBF") => (Kind::Space, 3.min(self.end)),
            b'#' => (Kind::Comment, self.comment(start)),
            b';' => (Kind::End, start + 1),
            b'{' => (Kind::Open, start + 1),
            b'}' => (Kind::Close, start + 1),
            b'"' | b'\'' => self.quoted(start),
            _ => (Kind::Word, self.word(start)),
        };
        match kind {
            _ if kind.is_word() && self.fresh => {
                let quotes = usize::from(matches!(kind, Kind::Single | Kind::Double));
                self.lua = self.bytes[start..end - quotes].ends_with(b"_by_lua_block");
                self.fresh = false;
            }
            Kind::Open => {
                self.raw = std::mem::take(&mut self.lua);
                self.fresh = true;
            }
            Kind::Close | Kind::End => {
                self.lua = false;
                self.fresh = true;
            }
            Kind::Space | Kind::Comment => {}
            _ => self.fresh = false,
        }
        self.at = end;
        Some(Token { kind, start, end })
    }
}

/// Where the Lua body that starts at `from` ends: at the `}` that balances the one before it, or at the end.
fn lua_end(bytes: &[u8], from: usize) -> usize {
    let mut depth = 0usize;
    let mut hopeless = Vec::new();
    let mut at = from;
    while let Some(&byte) = bytes.get(at) {
        at = match byte {
            b'{' => {
                depth += 1;
                at + 1
            }
            b'}' if depth == 0 => return at,
            b'}' => {
                depth -= 1;
                at + 1
            }
            b'"' | b'\'' => lua_string(bytes, at),
            b'[' => lua_long(bytes, at, &mut hopeless).unwrap_or(at + 1),
            b'-' if bytes.get(at + 1) == Some(&b'-') => lua_long(bytes, at + 2, &mut hopeless)
                .unwrap_or_else(|| memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |len| at + len)),
            _ => at + 1,
        };
    }
    bytes.len()
}

/// One past a Lua string; one that is not closed on its line is no string.
fn lua_string(bytes: &[u8], from: usize) -> usize {
    let mut at = from + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'\n' => return from + 1,
            _ if byte == bytes[from] => return at + 1,
            _ => at += 1,
        }
    }
    from + 1
}

/// One past `[[…]]` or `[==[…]==]`, if one starts here. Levels that are closed nowhere below are kept in `hopeless`.
fn lua_long(bytes: &[u8], from: usize, hopeless: &mut Vec<usize>) -> Option<usize> {
    let rest = bytes.get(from..)?.strip_prefix(b"[")?;
    let level = rest.iter().take_while(|byte| **byte == b'=').count();
    rest.get(level)
        .filter(|byte| **byte == b'[' && !hopeless.contains(&level))?;
    let mut close = vec![b'='; level + 2];
    close[0] = b']';
    close[level + 1] = b']';
    let body = from + level + 2;
    let len = memchr::memmem::find(&bytes[body..], &close);
    if len.is_none() {
        hopeless.push(level);
    }
    Some(body + len? + close.len())
}
