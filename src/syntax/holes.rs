//! Holes: text that no one can know before it is rendered. Found in the raw text, then masked at the same length, so
//! that a parser that knows nothing of templates reads the rest and every span stays true.

use memchr::memmem;

use crate::repo::{Source, SourceId, Span};

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

/// The text with its holes made harmless, at the same length and with the same line feeds. Holes that fill their lines
/// become comments (`#....`); others become `HHHH` on their first line and blanks on the lines after it, so that the
/// lines keep their meaning. `holes` must be ascending and apart.
pub fn mask(text: &str, holes: &[Span]) -> String {
    mask_with(text, holes, |_| None)
}

/// Like `mask`, for a language in which indentation has a meaning (YAML): a comment is moved to a column at which it
/// cannot end the block it stands in, since templates often stand at the beginning of the line.
pub fn mask_indented(text: &str, holes: &[Span]) -> String {
    mask_with(text, holes, |group| Some(column(text, holes, group)))
}

/// Neighbouring holes with nothing but blanks between them.
struct Group {
    start: usize,
    end: usize,
    first: usize,
    last: usize,
}

fn mask_with(text: &str, holes: &[Span], place: impl Fn(&Group) -> Option<usize>) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut next = 0;
    while let Some(hole) = holes.get(next) {
        let mut group = Group {
            start: hole.range().start,
            end: hole.range().end,
            first: next,
            last: next,
        };
        while let Some(after) = holes.get(group.last + 1)
            && bytes[group.end..after.range().start].iter().all(|byte| is_blank(*byte))
        {
            group.end = after.range().end;
            group.last += 1;
        }
        next = group.last + 1;
        let before = bytes[..group.start].iter().rposition(|byte| !is_blank(*byte));
        let starts_line = before.is_none_or(|at| bytes[at] == b'\n');
        let after = bytes[group.end..]
            .iter()
            .find(|byte| !is_blank(**byte) && **byte != b'\r');
        if starts_line && after.is_none_or(|byte| *byte == b'\n') {
            let line = before.map_or(0, |at| at + 1);
            comment(&mut out, line, &group, place(&group));
        } else {
            let ends_line = after.is_none_or(|byte| *byte == b'\n');
            for hole in &holes[group.first..=group.last] {
                // After a quoted value an `{{ end }}` must not look like text.
                let blank = ends_line && matches!(keyword(&text[hole.range()]), "end" | "endif" | "endfor");
                inline(&mut out[hole.range()], if blank { b' ' } else { b'H' });
            }
        }
    }
    // Holes lie on character boundaries, so replacing all their bytes leaves valid UTF-8.
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// The bytes of each line without its ending.
fn lines(bytes: &mut [u8]) -> impl Iterator<Item = &mut [u8]> {
    bytes.split_mut(|byte| *byte == b'\n').map(|line| {
        let end = line.len() - usize::from(line.last() == Some(&b'\r'));
        &mut line[..end]
    })
}

fn comment(out: &mut [u8], line: usize, group: &Group, column: Option<usize>) {
    let first = column.map_or(group.start, |column| line + column);
    // Where the template is too short to reach that column, a blank line does no harm.
    let end = group.end;
    for (number, part) in lines(&mut out[line..end]).enumerate() {
        let blanks = part.iter().take_while(|byte| is_blank(**byte)).count();
        let at = match column {
            _ if number == 0 => first - line,
            Some(column) => column,
            None => blanks,
        };
        for (index, byte) in part.iter_mut().enumerate() {
            *byte = match index.cmp(&at) {
                std::cmp::Ordering::Less if is_blank(*byte) => *byte,
                std::cmp::Ordering::Less => b' ',
                std::cmp::Ordering::Equal => b'#',
                std::cmp::Ordering::Greater => b'.',
            };
        }
    }
}

fn inline(out: &mut [u8], fill: u8) {
    for (number, part) in lines(out).enumerate() {
        part.fill(if number == 0 { fill } else { b' ' });
    }
}

/// Whether a template may print something, rather than only steer what is printed.
pub fn prints(template: &str) -> bool {
    let steers = matches!(
        keyword(template),
        "if" | "else" | "end" | "range" | "with" | "define" | "block"
    );
    !steers && !template.starts_with("{%") && !template.starts_with("{#") && !inner(template).starts_with("/*")
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

/// The column for the comment that stands for a template: where the next line that is no template says the block
/// continues, if it opens one here; else within what both neighbours belong to.
fn column(text: &str, holes: &[Span], group: &Group) -> usize {
    let own = text[..group.start].len() - text[..group.start].rfind('\n').map_or(0, |at| at + 1);
    let before = line_before(text, holes, group);
    let after = line_after(text, holes, group);
    let (Some(before), after) = (before, after) else {
        return own;
    };
    let from = indent(before);
    if opens_block_scalar(before) {
        let least = item_indent(before) + 1;
        return match after.map(indent) {
            Some(next) if next >= least => next,
            _ => own.max(least + 1),
        };
    }
    own.max(after.map_or(from, indent).min(from))
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The column of a line's first key or value, behind the dashes of list items.
fn item_indent(line: &str) -> usize {
    let mut rest = line.trim_start_matches(' ');
    let mut least = line.len() - rest.len();
    while let Some(inner) = rest.strip_prefix("- ") {
        rest = inner.trim_start_matches(' ');
        // `- |` needs its text only behind the dash, `- key: |` behind the key.
        if !rest.starts_with(['|', '>']) {
            least = line.len() - rest.len();
        }
    }
    least
}

fn opens_block_scalar(line: &str) -> bool {
    let line = match line.find(" #") {
        Some(at) => &line[..at],
        None => line,
    };
    let head = line
        .trim_end()
        .trim_end_matches(|c: char| c.is_ascii_digit() || c == '+' || c == '-');
    head.strip_suffix(['|', '>'])
        .is_some_and(|rest| rest.is_empty() || rest.ends_with([' ', '\t']))
}

/// The nearest line before that is neither blank nor a template. Looks past a few templates only: it is a guess.
fn line_before<'t>(text: &'t str, holes: &[Span], group: &Group) -> Option<&'t str> {
    let mut first = group.first;
    let mut end = group.start;
    for _ in 0..16 {
        let before = text[..end].trim_end();
        match first.checked_sub(1).map(|at| holes[at]) {
            Some(hole) if hole.range().end == before.len() && starts_line(text, hole.range().start) => {
                first -= 1;
                end = hole.range().start;
            }
            _ => return before.rsplit('\n').next().filter(|line| !line.trim().is_empty()),
        }
    }
    None
}

fn line_after<'t>(text: &'t str, holes: &[Span], group: &Group) -> Option<&'t str> {
    let mut last = group.last;
    let mut from = group.end;
    for _ in 0..16 {
        let rest = &text[from..];
        let start = from + rest.len() - rest.trim_start().len();
        match holes.get(last + 1) {
            Some(hole) if hole.range().start == start && ends_line(text, hole.range().end) => {
                last += 1;
                from = hole.range().end;
            }
            _ => {
                let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
                return text[line..].lines().next().filter(|line| !line.trim().is_empty());
            }
        }
    }
    None
}

fn starts_line(text: &str, at: usize) -> bool {
    text[..at]
        .trim_end_matches([' ', '\t'])
        .chars()
        .next_back()
        .is_none_or(|c| c == '\n')
}

fn ends_line(text: &str, at: usize) -> bool {
    text[at..]
        .trim_start_matches([' ', '\t', '\r'])
        .chars()
        .next()
        .is_none_or(|c| c == '\n')
}
