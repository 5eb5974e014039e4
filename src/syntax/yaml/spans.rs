//! Exact spans: where scalars, blocks and values that are not there begin and end, templates included.

use super::builder::{Documents, Meta, WHITE};
use super::embed::block_lines;
use crate::syntax::holes;
use crate::syntax::tree::{NodeId, Style, Word};

impl Documents<'_> {
    /// The word of a scalar. In a block scalar it begins at the `|`, which the event does not cover.
    pub(super) fn word(&self, value: &str, style: Style, meta: &Meta) -> Word {
        let (start, end) = (meta.start, meta.end);
        let raw = self.readable.get(start..end).unwrap_or_default();
        let word = |start: usize, end: usize, text: &str| Word::decoded(start as u32, end as u32, style, text);
        match style {
            Style::Literal | Style::Folded => {
                let from = meta.tag.map_or(self.last.1, |tag| tag.1.max(self.last.1));
                let header = self.block_header(from, start).unwrap_or(start);
                let end = self.block_end(header, start.max(header), end);
                let shown = match style {
                    Style::Literal => self.unmasked_lines(header, end, value),
                    _ => None,
                };
                word(header, end, shown.as_deref().unwrap_or(value))
            }
            Style::Single | Style::Double => match raw.get(1..raw.len().saturating_sub(1)) {
                Some(inner) if inner == value => word(start, end, &self.text[start + 1..end - 1]),
                _ => word(start, end, value),
            },
            _ => {
                let (from, to) = self.with_templates(start, end);
                match raw == value || start == end {
                    true => Word::plain(from as u32, to as u32),
                    false => word(from, to, value),
                }
            }
        }
    }

    /// A plain scalar whose first or last byte lies in a template reaches to the ends of that: masked, only part of it
    /// may read as text.
    fn with_templates(&self, start: usize, end: usize) -> (usize, usize) {
        let around = |at: usize| {
            let next = self.masked.partition_point(|hole| hole.range().end <= at);
            self.masked
                .get(next)
                .map(|hole| hole.range())
                .filter(|hole| hole.start < at)
        };
        (
            around(start).map_or(start, |hole| hole.start),
            around(end).map_or(end, |hole| hole.end),
        )
    }

    /// The value of a literal block scalar with its templates as they were written.
    fn unmasked_lines(&self, header: usize, end: usize, value: &str) -> Option<String> {
        if self.masked.is_empty() || self.text.get(header..end) == self.readable.get(header..end) {
            return None;
        }
        let (_, lines) = block_lines(self.text, header, value)?;
        let text: String = lines.into_iter().map(|(start, end)| &self.text[start..end]).collect();
        Some(text.replace("\r\n", "\n"))
    }

    /// The end of the last line of a block scalar that is not blank, or of its header.
    fn block_end(&self, header: usize, start: usize, end: usize) -> usize {
        let content = &self.readable[start..end.max(start)];
        let last = content.trim_end_matches(WHITE).len();
        if last == 0 || start == header {
            let line = &self.readable[header..];
            return header + line.find(WHITE).unwrap_or(line.len());
        }
        // Blanks at the end of that line belong to it.
        start
            + content[last..]
                .find(['\n', '\r'])
                .map_or(content.len(), |more| last + more)
    }

    /// The `|` or `>` between the text before a block scalar and its first line.
    fn block_header(&self, from: usize, to: usize) -> Option<usize> {
        let bytes = self.readable.as_bytes();
        let mut at = from;
        while at <= to {
            let skip = |ends: &[u8]| bytes[at..].iter().position(|byte| ends.contains(byte));
            match *bytes.get(at)? {
                b'|' | b'>' => return Some(at),
                b'#' => at += skip(b"\n\r")?,
                b'&' | b'!' => at += skip(b" \t\n\r")?,
                _ => at += 1,
            }
        }
        None
    }

    /// Where a value that is not there ends: behind the colon, and behind a template that may print it.
    pub(super) fn end_of_null(&self, id: NodeId, end: usize) -> usize {
        let (name_start, name_end) = self.tree.name_of(id).unwrap_or((end, end));
        let end = end.max(name_end);
        let rest = &self.readable[end..];
        let colon = rest.trim_start_matches([' ', '\t']);
        let end = match colon.starts_with(':') && name_end == end {
            true => end + rest.len() - colon.len() + 1,
            false => end,
        };
        match self.masked.is_empty() {
            true => end,
            false => self.reach(end, column(self.readable, name_start)),
        }
    }

    /// The end of a block with the templates directly behind it that print into it, by their column.
    pub(super) fn reach(&self, end: usize, column_of_block: usize) -> usize {
        let mut reached = end;
        let mut at = end;
        let next = self.masked.partition_point(|hole| hole.range().start < end);
        for hole in self.masked[next..].iter().take(16) {
            let range = hole.range();
            if !self.text[at..range.start].trim_matches(WHITE).is_empty() {
                break;
            }
            let same_line = !self.text[end..range.start].contains('\n');
            let template = &self.text[range.clone()];
            let lands = || prints_at(template).unwrap_or_else(|| column(self.text, range.start));
            if same_line || (holes::prints(template) && lands() >= column_of_block) {
                reached = range.end;
            }
            at = range.end;
        }
        reached
    }
}

/// The column in bytes.
fn column(text: &str, at: usize) -> usize {
    at - text[..at].rfind('\n').map_or(0, |line| line + 1)
}

/// The column a Helm template indents its output to.
fn prints_at(template: &str) -> Option<usize> {
    let digits = template.rsplit_once("indent ")?.1.trim_start();
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok()
}
