//! Text inside a scalar (the nginx.conf in a ConfigMap) as a text of its own that knows where its bytes stand.

use crate::repo::{Piece, Span};
use crate::syntax::tree::{At, Style, Word};

/// The text of a scalar and the pieces that lead it back into `text`, the text the word stands in, for
/// `Sources::add_derived`.
///
/// In a literal block scalar every line is a piece that stands verbatim in the file, without its indentation. Line
/// endings stay those of the file, so that inserted lines can follow them: with CRLF the text differs from the value.
pub fn embed<'t>(text: &str, at: At<'t>, word: &'t Word) -> (String, Vec<Piece>) {
    let whole = at.word_span(word);
    let value = at.text_of(word);
    if word.style() == Style::Literal
        && let Some((indent, lines)) = block_lines(text, word.start() as usize, value)
    {
        let mut out = String::with_capacity(value.len());
        let mut pieces = Vec::with_capacity(lines.len());
        for (start, end) in lines.into_iter().filter(|(start, end)| start < end) {
            let from = Span::new(whole.source, start as u32, end as u32);
            pieces.push(Piece {
                at: out.len() as u32,
                len: from.len(),
                from,
                indent: indent as u32,
            });
            out.push_str(&text[start..end]);
        }
        return (out, pieces);
    }
    let mut from = whole;
    if matches!(word.style(), Style::Single | Style::Double) {
        from = Span::new(whole.source, whole.start + 1, whole.end.saturating_sub(1));
    }
    let len = value.len() as u32;
    if text.get(from.range()) != Some(value) {
        from = whole;
        // Equal lengths would claim that the text stands there verbatim.
        if from.len() == len {
            from.end = from.end.saturating_sub(1);
        }
    }
    let pieces = if value.is_empty() {
        Vec::new()
    } else {
        vec![Piece {
            at: 0,
            len,
            from,
            indent: 0,
        }]
    };
    (value.to_owned(), pieces)
}

/// The indentation of a literal block scalar and, for each line of its value, the bytes it stands in, without
/// indentation, with its line ending. `header` is the place of the `|`. `None` where lines do not correspond.
pub(super) fn block_lines(text: &str, header: usize, value: &str) -> Option<(usize, Vec<(usize, usize)>)> {
    let bytes = text.as_bytes();
    let mut at = header + memchr::memchr(b'\n', bytes.get(header..)?)? + 1;
    let mut indent = 0;
    let mut lines = Vec::new();
    for line in value.split_inclusive('\n') {
        let rest = bytes.get(at..)?;
        let next = memchr::memchr(b'\n', rest).map_or(bytes.len(), |end| at + end + 1);
        let ending =
            usize::from(rest[..next - at].ends_with(b"\n")) + usize::from(rest[..next - at].ends_with(b"\r\n"));
        let body = next - ending;
        let (content, has_ending) = line.strip_suffix('\n').map_or((line, false), |content| (content, true));
        let own = match content.is_empty() {
            true => None,
            false => Some((body - at).checked_sub(content.len())?),
        };
        indent = indent.max(own.unwrap_or(0));
        lines.push((at, own, body, if has_ending { next } else { body }));
        at = next;
    }
    let strip = |(at, own, body, end): (usize, Option<usize>, usize, usize)| {
        let spaces = bytes[at..body]
            .iter()
            .take(indent)
            .take_while(|byte| **byte == b' ')
            .count();
        // Only a template may stand to the left of the block it is in, and then at any place.
        let fits = own.is_none_or(|own| own == indent || own == spaces);
        fits.then_some((at + spaces, end))
    };
    Some((indent, lines.into_iter().map(strip).collect::<Option<Vec<_>>>()?))
}
