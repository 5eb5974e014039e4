//! Where a part of a word stands in its file.

use std::ops::Range;

use crate::repo::Span;
use crate::syntax::{At, Word};

/// The bytes of `range` (offsets into the word's text) in the file; the whole word where its text does not stand there
/// as it is read.
pub(super) fn part(at: At<'_>, word: &Word, range: Range<usize>) -> Span {
    let whole = at.word_span(word);
    let len = whole.len() as usize;
    let text = word.decoded_text().map_or(len, str::len);
    // Quotes add one byte on each side; any other difference is an escape or a fold.
    let lead = match len.checked_sub(text) {
        Some(0) => 0,
        Some(2) => 1,
        _ => return whole,
    };
    let start = whole.start + lead + range.start as u32;
    Span::new(whole.source, start, whole.start + lead + range.end as u32)
}

/// The parts of `text` between colons that are not inside `${…}`.
pub(super) fn colon_parts(text: &str) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut from = 0;
    let mut depth = 0_usize;
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'{' if at > 0 && bytes[at - 1] == b'$' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b':' if depth == 0 => {
                parts.push(from..at);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(from..text.len());
    parts
}
