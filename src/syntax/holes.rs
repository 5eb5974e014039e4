//! Holes: text that no one can know before it is rendered. Found in the raw text, then masked at the same length, so
//! that a parser that knows nothing of templates reads the rest and every span stays true.

mod filled;
mod mask;

use memchr::memmem;

use crate::repo::{Source, SourceId, Span};

pub use filled::filled;
pub use mask::{mask, mask_indented};

/// A set of template languages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Templates(u8);

impl Templates {
    /// No template language.
    pub const NONE: Self = Self(0);
    /// `{{ }}`, `{% %}`, `{# #}`: Jinja, Go templates, Helm.
    pub const BRACES: Self = Self(1);
    /// `<% %>`: ERB and its like.
    pub const ERB: Self = Self(2);
    /// `${UPPER}` and `${UPPER:-default}`; lower case is nginx's own, `$${X}` is an escape.
    pub const ENV: Self = Self(4);
    /// `@name@` and `%NAME%`.
    pub const AT: Self = Self(8);
    /// All of them.
    pub const ALL: Self = Self(15);

    /// Both sets together.
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both sets.
    pub const fn only(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// This set without the other.
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether the whole other set is in this one.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether nothing is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// The template languages a text may be written in, by their opening marks alone. A false alarm costs only the search
/// for holes.
pub fn detect(text: &str) -> Templates {
    let has = |mark: &str| memmem::find(text.as_bytes(), mark.as_bytes()).is_some();
    let mut found = Templates::NONE;
    if has("{{") || has("{%") || has("{#") {
        found = found.with(Templates::BRACES);
    }
    if has("<%") {
        found = found.with(Templates::ERB);
    }
    if has("${") {
        found = found.with(Templates::ENV);
    }
    let bytes = text.as_bytes();
    let mut percents = memchr::memchr_iter(b'%', bytes);
    if memchr::memchr_iter(b'@', bytes).nth(1).is_some()
        || percents.any(|at| bytes.get(at + 1).is_some_and(u8::is_ascii_uppercase))
    {
        found = found.with(Templates::AT);
    }
    found
}

/// How far the end of a template may be from its beginning: longer ones are unbalanced braces of something else.
const LONGEST: usize = 32 * 1024;
/// How far past the first possible end a string may push the end of a template.
const LONGEST_STRING: usize = 512;

/// The holes of the given languages, ascending and apart. What is opened and never closed is not a hole.
pub fn holes(source: SourceId, text: &str, kinds: Templates) -> Vec<Span> {
    let mut found = Vec::new();
    if kinds.is_empty() {
        return found;
    }
    let bytes = text.as_bytes();
    let mut ends = Ends::new(bytes);
    let mut at = 0;
    while let Some(next) = next_mark(bytes, at, kinds) {
        let end = match bytes[next] {
            b'{' if kinds.contains(Templates::BRACES) => braces(bytes, next, &mut ends),
            b'<' if kinds.contains(Templates::ERB) => match bytes.get(next + 1) {
                Some(b'%') => ends.find(Close::Erb, next + 2).map(|close| close + 2),
                _ => None,
            },
            b'$' if kinds.contains(Templates::ENV) => variable(bytes, next),
            b'@' | b'%' if kinds.contains(Templates::AT) => signs(bytes, next),
            _ => None,
        };
        at = match end {
            Some(end) => {
                found.push(Span::new(source, next as u32, end as u32));
                end
            }
            None => next + 1,
        };
    }
    found
}

/// The places of a source whose bytes were not UTF-8, as holes.
pub fn replaced(source: &Source) -> Vec<Span> {
    source
        .replaced
        .iter()
        .map(|(start, end)| Span::new(source.id, *start, *end))
        .collect()
}

/// Two ascending lists of holes of one source as one; overlapping ones become one.
pub fn merge(mut holes: Vec<Span>, other: &[Span]) -> Vec<Span> {
    if other.is_empty() {
        return holes;
    }
    holes.extend_from_slice(other);
    holes.sort_unstable_by_key(|hole| (hole.start, hole.end));
    holes.dedup_by(|hole, before| {
        let joins = hole.start < before.end;
        if joins {
            before.end = before.end.max(hole.end);
        }
        joins
    });
    holes
}

fn next_mark(bytes: &[u8], from: usize, kinds: Templates) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let found = if kinds.contains(Templates::AT) {
        rest.iter()
            .position(|byte| matches!(byte, b'{' | b'$' | b'<' | b'@' | b'%'))
    } else {
        memchr::memchr3(b'{', b'$', b'<', rest)
    };
    found.map(|at| from + at)
}

#[derive(Clone, Copy)]
enum Close {
    Braces,
    Percent,
    Comment,
    Erb,
    Slash,
}

/// Remembers the next closing mark of each kind, so that many openings without an end cost one search.
struct Ends<'t> {
    bytes: &'t [u8],
    known: [Option<usize>; 5],
}

impl<'t> Ends<'t> {
    fn new(bytes: &'t [u8]) -> Self {
        Self {
            bytes,
            known: [Some(0); 5],
        }
    }

    fn find(&mut self, close: Close, from: usize) -> Option<usize> {
        let mark = [&b"}}"[..], b"%}", b"#}", b"%>", b"*/"][close as usize];
        let known = self.known[close as usize]?;
        if known < from || known == 0 {
            let found = self
                .bytes
                .get(from..)
                .and_then(|rest| memmem::find(rest, mark))
                .map(|at| from + at);
            self.known[close as usize] = found;
        }
        self.known[close as usize].filter(|at| at - from <= LONGEST)
    }
}

fn braces(bytes: &[u8], start: usize, ends: &mut Ends<'_>) -> Option<usize> {
    let inside = start + 2;
    match bytes.get(start + 1)? {
        b'{' => {
            let trimmed = inside + usize::from(bytes.get(inside) == Some(&b'-'));
            let body = bytes.get(trimmed..)?;
            let body = trimmed + body.iter().take_while(|byte| **byte == b' ').count();
            if bytes.get(body..)?.starts_with(b"/*")
                && let Some(closed) = ends.find(Close::Slash, body + 2)
            {
                return ends.find(Close::Braces, closed).map(|close| close + 2);
            }
            let close = ends.find(Close::Braces, inside)?;
            let end = past_strings(bytes, inside, close, b"}}");
            // `{{{ raw }}}` of Handlebars: the third brace belongs to it.
            Some(end + usize::from(bytes.get(inside) == Some(&b'{') && bytes.get(end) == Some(&b'}')))
        }
        b'%' => {
            let close = ends.find(Close::Percent, inside)?;
            Some(past_strings(bytes, inside, close, b"%}"))
        }
        // `${#array[@]}` is a shell's length, not a Jinja comment.
        b'#' if start == 0 || bytes[start - 1] != b'$' => ends.find(Close::Comment, inside).map(|close| close + 2),
        _ => None,
    }
}

/// The end of a template whose first closing mark is at `close`: that mark may stand in a string, as in `{{ "}}" }}`.
fn past_strings(bytes: &[u8], from: usize, close: usize, mark: &[u8]) -> usize {
    let first = close + mark.len();
    if memchr::memchr3(b'"', b'\'', b'`', &bytes[from..close]).is_none() {
        return first;
    }
    let far = (close + LONGEST_STRING).min(bytes.len());
    let mut quote = None;
    let mut at = from;
    while at < far {
        match (quote, bytes[at]) {
            // A string does not go on over the line: it was an apostrophe.
            (Some(_), b'\n') => return first,
            (Some(open), byte) if open == byte => quote = None,
            (Some(b'"'), b'\\') => at += 1,
            // Within a word it is an apostrophe.
            (None, byte @ (b'"' | b'\'' | b'`')) if !bytes[at - 1].is_ascii_alphanumeric() => quote = Some(byte),
            (None, _) if bytes[at..].starts_with(mark) => return at + mark.len(),
            _ => {}
        }
        at += 1;
    }
    first
}

/// The end of `${UPPER}`, `${UPPER:-default}` and the like; the default may hold one more level of them.
fn variable(bytes: &[u8], start: usize) -> Option<usize> {
    if bytes.get(start + 1) != Some(&b'{') {
        return None;
    }
    let escapes = bytes[..start].iter().rev().take_while(|byte| **byte == b'$').count();
    if escapes % 2 == 1 {
        return None;
    }
    let name = start + 2;
    let first = bytes.get(name)?;
    if !first.is_ascii_uppercase() && *first != b'_' {
        return None;
    }
    let is_name = |byte: &&u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || **byte == b'_';
    let end = name + bytes[name..].iter().take_while(is_name).count();
    match bytes.get(end)? {
        b'}' => Some(end + 1),
        b':' | b'-' | b'?' | b'+' | b'=' => {
            let mut depth = 1;
            for (at, byte) in bytes.iter().enumerate().skip(end).take(LONGEST_STRING) {
                match byte {
                    b'\n' => return None,
                    b'{' => depth += 1,
                    b'}' => depth -= 1,
                    _ => {}
                }
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            None
        }
        _ => None,
    }
}

/// The end of `@name@` or `%NAME%`.
fn signs(bytes: &[u8], start: usize) -> Option<usize> {
    let sign = bytes[start];
    // The domain of an address is not a name between two signs.
    if start > 0 && (bytes[start - 1].is_ascii_alphanumeric() || bytes[start - 1] == sign) {
        return None;
    }
    let is_name = |byte: &&u8| match sign {
        b'%' => byte.is_ascii_uppercase() || byte.is_ascii_digit() || **byte == b'_',
        _ => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'),
    };
    let name = &bytes[start + 1..];
    let len = name.iter().take_while(is_name).count();
    // `%Y%m%d` is a date, `%20%` an escape.
    let least = if sign == b'%' { 3 } else { 1 };
    let begins = name
        .first()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    (begins && len >= least && name.get(len) == Some(&sign)).then_some(start + len + 2)
}

/// Whether a template may print something, rather than only steer what is printed.
pub fn prints(template: &str) -> bool {
    let steers = matches!(
        keyword(template),
        "if" | "else" | "end" | "range" | "with" | "define" | "block"
    );
    !steers && !template.starts_with("{%") && !template.starts_with("{#") && !inner(template).starts_with("/*")
}

/// What a template that prints nothing does with the text around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steering {
    /// What follows is there under a condition.
    Begins,
    /// The condition ends.
    Ends,
}

/// Whether a template is the beginning or the end of a condition.
pub fn steers(template: &str) -> Option<Steering> {
    match keyword(template) {
        "if" | "elif" | "else" | "unless" | "elsif" => Some(Steering::Begins),
        "end" | "endif" => Some(Steering::Ends),
        _ => None,
    }
}

fn inner(template: &str) -> &str {
    template.trim_start_matches(['{', '<', '%', '-', '~']).trim_start()
}

fn keyword(template: &str) -> &str {
    inner(template)
        .split(|c: char| !c.is_ascii_alphanumeric())
        .next()
        .unwrap_or_default()
}
