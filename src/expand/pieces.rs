//! Where the pieces of a made text stand in the files they come from.

use std::ops::Range;

use super::cache::ExpandCache;
use crate::repo::{Piece, Source, Sources, Span};
use crate::syntax::effects::{Part, Parts};

/// Where a decoded text stands byte for byte, given the span it was decoded from; `None` where it does not.
pub fn verbatim(sources: &Sources, text: &str, span: Span) -> Option<Span> {
    let source = sources.get(span.source);
    let quoted = Span::new(span.source, span.start + 1, span.end.saturating_sub(1));
    [span, quoted]
        .into_iter()
        .find(|span| span.start <= span.end && source.text.get(span.range()) == Some(text))
}

/// The text of a literal block scalar (`|`) as a source of its own, whose bytes are led back to the file: a script in a
/// container's arguments. `None` when the text does not stand like that at `span`.
pub fn block(sources: &Sources, cache: &ExpandCache, text: &str, span: Span) -> Option<Span> {
    let file = sources.get(span.source);
    // The scalar may end before its last line feed, which belongs to its text all the same.
    let raw = file
        .text
        .get(span.start as usize..)
        .filter(|raw| raw.starts_with('|'))?;
    let mut at = raw.find('\n')? + 1;
    let first = text.lines().find(|line| !line.trim().is_empty())?;
    let indent = raw[at..]
        .lines()
        .find(|line| !line.trim().is_empty())?
        .len()
        .checked_sub(first.len())?;
    let mut pieces = Vec::new();
    let mut made = 0;
    for line in text.split_inclusive('\n') {
        let own = raw[at..].split_inclusive('\n').next().unwrap_or_default();
        let content = own.get(indent..).filter(|_| !own.trim().is_empty()).unwrap_or("\n");
        let (line_text, own_text) = (line.trim_end_matches('\n'), content.trim_end_matches('\n'));
        if line_text != own_text || line.len() > content.len() {
            return None;
        }
        let end = at + own.trim_end_matches('\n').len();
        let start = span.start + (end - line_text.len()) as u32;
        pieces.push(Piece {
            at: made as u32,
            len: line.len() as u32,
            from: Span::new(span.source, start, start + line.len() as u32),
            indent: indent as u32,
        });
        made += line.len();
        at += own.len();
    }
    let source = cache.derived(sources, &format!("{} (script)", file.path), text.to_owned(), pieces);
    Some(Span::new(source.id, 0, text.len() as u32))
}

/// The piece for a text that was put at `at`: verbatim where it stands like this at `span`.
pub(super) fn piece(sources: &Sources, at: usize, text: &str, span: Span) -> Piece {
    let mut from = verbatim(sources, text, span).unwrap_or(span);
    if from.len() as usize == text.len() && sources.get(from.source).text.get(from.range()) != Some(text) {
        // Equal lengths would claim that the text stands there verbatim.
        from.end = from.end.saturating_sub(1).max(from.start);
    }
    Piece {
        at: at as u32,
        len: text.len() as u32,
        from,
        indent: 0,
    }
}

/// A text in parts as a text of its own behind another, each part with its place and each variable with its value. What
/// has none is nothing in lower case, as no image defines such; else it is a hole.
pub(super) fn assembled(
    sources: &Sources,
    before: Option<&Source>,
    parts: &Parts,
    place: &dyn Fn(&Range<usize>) -> Span,
    lookup: &dyn Fn(&str) -> Option<(String, Span)>,
) -> (String, Vec<Piece>) {
    let (mut text, mut pieces) = (String::new(), Vec::new());
    let mut add = |own: &str, span: Span| {
        if !own.is_empty() {
            pieces.push(piece(sources, text.len(), own, span));
            text.push_str(own);
        }
    };
    if let Some(before) = before {
        add(&before.text, Span::new(before.id, 0, before.text.len() as u32));
    }
    for part in parts {
        match part {
            Part::Text(own, at) => add(own, place(at)),
            Part::Variable(name, default, at) => match (lookup(name), default) {
                (Some((value, span)), _) => add(&value, span),
                (None, Some(default)) => add(default, place(at)),
                (None, None) if name.bytes().any(|byte| byte.is_ascii_lowercase()) => {}
                (None, None) => add(&format!("${{{name}}}"), place(at)),
            },
        }
    }
    (text, pieces)
}
