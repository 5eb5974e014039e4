//! INI (php-fpm pools, php.ini, supervisord, uwsgi) to tree: a section is a map, an entry a leaf with at most one word.

use std::sync::Arc;

use super::tree::{ProblemKind, Shape, Style, Tree, TreeBuilder, Word};
use crate::repo::{SourceId, Span};

/// The tree of a text without holes.
pub fn parse_plain(source: SourceId, text: Arc<str>) -> Tree {
    let masked = text.clone();
    parse(source, text, &masked, Vec::new())
}

/// The tree of a text whose `holes` are masked, at the same length, in `masked`. Entries before any section are
/// children of the root.
pub fn parse(source: SourceId, text: Arc<str>, masked: &str, holes: Vec<Span>) -> Tree {
    let own = text.clone();
    let lexed = if masked.len() == own.len() { masked } else { &own };
    let mut builder = TreeBuilder::new(source, text, holes, Shape::Map);
    let mut at = 0;
    let mut section_end = None;
    for line in lexed.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let line = if start == 0 {
            line.trim_start_matches('\u{feff}')
        } else {
            line
        };
        let content = line.trim();
        if content.is_empty() {
            continue;
        }
        let start = at - line.trim_start().len();
        let end = start + content.len();
        match content.as_bytes()[0] {
            b';' | b'#' => builder.comment(start as u32, end as u32),
            b'[' => {
                if let Some(end) = section_end.take() {
                    builder.close(end);
                }
                section(&mut builder, content, start);
                section_end = Some(end as u32);
            }
            _ => {
                let end = entry(&mut builder, &own, content, start);
                section_end = section_end.map(|_| end);
            }
        }
    }
    if let Some(end) = section_end {
        builder.close(end);
    }
    builder.finish()
}

fn section(builder: &mut TreeBuilder, content: &str, start: usize) {
    let close = content.find(']');
    let name = &content[1..close.unwrap_or(content.len())];
    let from = start + 1 + (name.len() - name.trim_start().len());
    builder.open(
        Some(Word::plain(from as u32, (from + name.trim().len()) as u32)),
        Shape::Map,
        start as u32,
    );
    let Some(close) = close else {
        let end = (start + content.len()) as u32;
        builder.problem(
            start as u32,
            end,
            ProblemKind::PartlyRead,
            "the section's name is not closed by `]`",
        );
        return;
    };
    let rest = &content[close + 1..];
    if rest.trim_start().starts_with([';', '#']) {
        let from = start + content.len() - rest.trim_start().len();
        builder.comment(from as u32, (start + content.len()) as u32);
    }
}

/// Adds one entry and gives its end.
fn entry(builder: &mut TreeBuilder, text: &str, content: &str, start: usize) -> u32 {
    let equals = content.find('=');
    let (name, value) = match equals {
        Some(equals) => (&content[..equals], Some(&content[equals + 1..])),
        None => (&content[..comment_in(content).unwrap_or(content.len())], None),
    };
    let name_end = start + name.trim_end().len();
    builder.open(
        Some(Word::plain(start as u32, name_end as u32)),
        Shape::Leaf,
        start as u32,
    );
    let mut end = name_end;
    let mut comment = None;
    match (value, equals) {
        (Some(value), Some(equals)) => {
            let from = start + equals + 1 + (value.len() - value.trim_start().len());
            let (word, len, rest) = value_of(text, value.trim_start(), from);
            if len > 0 {
                builder.word(word);
                end = from + len;
            } else {
                end = start + equals + 1;
            }
            comment = rest.map(|rest| from + rest);
        }
        _ => comment = comment_in(content).map(|at| start + at).or(comment),
    }
    builder.close(end as u32);
    if let Some(from) = comment {
        builder.comment(from as u32, (start + content.len()) as u32);
    }
    end as u32
}

/// The value at the start of `value` (which stands at `from`), its length, and where a comment follows.
fn value_of(text: &str, value: &str, from: usize) -> (Word, usize, Option<usize>) {
    if let Some(len) = quoted_len(value) {
        let rest = &value[len..];
        // Quotes around a part only (`"a" b`) belong to the value.
        if rest.is_empty() || rest.trim_start().starts_with([';', '#']) {
            let comment = (!rest.is_empty()).then(|| value.len() - rest.trim_start().len());
            let style = if value.starts_with('"') {
                Style::Double
            } else {
                Style::Single
            };
            let inner = text.get(from + 1..from + len - 1).unwrap_or_default();
            let decoded = match style {
                Style::Double => inner.replace("\\\"", "\""),
                _ => inner.to_owned(),
            };
            return (
                Word::decoded(from as u32, (from + len) as u32, style, decoded),
                len,
                comment,
            );
        }
    }
    let comment = comment_in(value);
    let len = value[..comment.unwrap_or(value.len())].trim_end().len();
    (Word::plain(from as u32, (from + len) as u32), len, comment)
}

/// Length of the quoted text at the start, quotes included, if it is closed on this line.
fn quoted_len(value: &str) -> Option<usize> {
    let bytes = value.as_bytes();
    let quote = *bytes.first().filter(|byte| matches!(byte, b'"' | b'\''))?;
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if quote == b'"' => at += 2,
            byte if byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
    None
}

/// Where an inline comment starts: a `;` at the start or after white space. A `#` may be part of a value.
fn comment_in(value: &str) -> Option<usize> {
    let bytes = value.as_bytes();
    memchr::memchr_iter(b';', bytes).find(|at| *at == 0 || bytes[at - 1].is_ascii_whitespace())
}
