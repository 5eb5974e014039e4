//! The YAML that nearly every file is written in, read in one pass over its lines: block maps and lists, scalars of one
//! line, block scalars, flow collections, anchors. It is several times as fast as a parser of all of YAML.
//!
//! What is rare or broken is `None` here and left to granit-parser, whose events these must equal: the tests hold both
//! against each other.

mod flow;
mod scalar;

use super::builder::{Documents, Meta};
use crate::syntax::tree::{Shape, Style};
use scalar::{Scalar, Stop};

/// How many collections may be open at once; granit-parser gives up at 255.
const DEEPEST: usize = 200;

/// Reads a whole text, or `None` where any of it is unusual: what `documents` were told is then of no use.
pub(super) fn read_documents<'a>(text: &'a str, documents: &mut Documents<'a>) -> Option<()> {
    if !is_readable(text) {
        return None;
    }
    let mut reader = Reader {
        text,
        bytes: text.as_bytes(),
        at: 0,
        documents,
        document: Document::Outside,
        blocks: Vec::with_capacity(16),
        anchors: Vec::new(),
        anchored: 0,
        depth: 0,
    };
    reader.stream()
}

/// Whether a text has only characters that mean the same to everyone. Carriage returns are rare enough to be left out.
fn is_readable(text: &str) -> bool {
    let usual = |byte: u8| (byte >= b' ' && byte != 0x7f) | (byte == b'\n') | (byte == b'\t');
    // By chunks, so that it is compiled to wide instructions.
    let mut chunks = text.as_bytes().chunks(64);
    if !chunks.all(|chunk| chunk.iter().fold(true, |all, byte| all & usual(*byte))) {
        return false;
    }
    let odd = |char: char| matches!(char, '\u{80}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}'..);
    text.is_ascii() || !text.contains(odd)
}

struct Reader<'a, 'd> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    documents: &'d mut Documents<'a>,
    document: Document,
    blocks: Vec<Block>,
    /// Names of this document, the last one of a name counts.
    anchors: Vec<(&'a str, usize)>,
    anchored: usize,
    /// How many flow collections are open.
    depth: usize,
}

#[derive(Clone, Copy)]
enum Document {
    Outside,
    /// Begun by a `---` that ends here.
    Empty(usize),
    Filled,
}

/// An open block collection.
struct Block {
    column: usize,
    is_list: bool,
    awaits: Option<Awaited>,
}

/// The value behind a colon or a dash with nothing else on its line.
struct Awaited {
    /// Where a null would stand: at the colon, or where the line of the dash ends.
    at: usize,
    /// 0: none.
    anchor: usize,
}

impl<'a> Reader<'a, '_> {
    fn stream(&mut self) -> Option<()> {
        loop {
            let column = self.skip_blank()?;
            if self.at == self.bytes.len() {
                return self.end_document();
            }
            if column > 0 || !self.is_marker() {
                self.line(column)?;
                continue;
            }
            self.end_document()?;
            let start = self.at;
            self.at += 3;
            self.documents.begin(true, start, self.at);
            self.document = Document::Empty(self.at);
            self.end_of_line()?;
        }
    }

    fn end_document(&mut self) -> Option<()> {
        match self.document {
            Document::Outside => return Some(()),
            Document::Empty(at) => self.null(at),
            Document::Filled => {
                while !self.blocks.is_empty() {
                    self.close_block()?;
                }
            }
        }
        self.documents.end(self.at, self.at);
        self.document = Document::Outside;
        self.anchors.clear();
        Some(())
    }

    /// A line whose content begins here: it belongs to the block of its column, and ends those further in.
    fn line(&mut self, column: usize) -> Option<()> {
        let is_item = self.is_dash();
        while let Some(block) = self.blocks.last_mut() {
            if column > block.column {
                // Else a scalar goes on, or the indentation is wrong.
                let awaited = block.awaits.take()?;
                return self.node(column, awaited.anchor, false);
            }
            if column == block.column && block.is_list == is_item {
                self.null_if_awaited()?;
                return match is_item {
                    true => self.item(column),
                    false => self.entry(),
                };
            }
            // A list may stand right below its key.
            if column == block.column && is_item {
                let awaited = block.awaits.take()?;
                return self.open_list(column, self.column_of_item(column), awaited.anchor);
            }
            self.close_block()?;
        }
        match self.document {
            Document::Filled => return None,
            Document::Outside => self.documents.begin(false, self.at, self.at),
            Document::Empty(_) => {}
        }
        self.document = Document::Filled;
        self.node(column, 0, false)
    }

    /// A node that begins here. An anchor on the same line is that of the first key, if there is one.
    fn node(&mut self, column: usize, anchor: usize, same_line: bool) -> Option<()> {
        if self.is_dash() {
            return match same_line && anchor > 0 {
                true => None,
                false => self.open_list(column, column, anchor),
            };
        }
        if !matches!(self.bytes[self.at], b'[' | b'{' | b'|' | b'>' | b'*' | b'&') {
            let scalar = self.scalar()?;
            let Stop::Colon(colon) = scalar.stop else {
                self.give(scalar, anchor);
                return self.end_of_line();
            };
            if same_line && anchor > 0 {
                return None;
            }
            self.open_block(Shape::Map, column, column, scalar.start, anchor)?;
            self.give(scalar, 0);
            return self.after_key(colon);
        }
        match anchor {
            0 => self.value(),
            _ => self.value_of(anchor),
        }
    }

    fn entry(&mut self) -> Option<()> {
        let key = self.scalar()?;
        let Stop::Colon(colon) = key.stop else { return None };
        self.give(key, 0);
        self.after_key(colon)
    }

    /// What stands behind the colon that ends here.
    fn after_key(&mut self, colon: usize) -> Option<()> {
        self.at = colon;
        self.skip_spaces();
        if self.is_line_over() {
            return self.await_value(colon - 1, 0);
        }
        self.value()
    }

    fn item(&mut self, column: usize) -> Option<()> {
        let dash = self.at;
        self.at += 1;
        self.skip_spaces();
        let anchor = match self.byte() {
            Some(b'&') => self.anchor()?,
            _ => 0,
        };
        if self.is_line_over() {
            return self.await_value(self.line_end(), anchor);
        }
        self.node(column + self.at - dash, anchor, true)
    }

    fn await_value(&mut self, at: usize, anchor: usize) -> Option<()> {
        self.blocks.last_mut()?.awaits = Some(Awaited { at, anchor });
        self.end_of_line()
    }

    /// A value that is no block collection, with its anchor.
    fn value(&mut self) -> Option<()> {
        let start = self.at;
        let anchor = match self.byte() {
            Some(b'&') => self.anchor()?,
            _ => 0,
        };
        if self.is_line_over() {
            return self.await_value(start, anchor);
        }
        self.value_of(anchor)
    }

    fn value_of(&mut self, anchor: usize) -> Option<()> {
        match *self.bytes.get(self.at)? {
            b'|' | b'>' => return self.block_scalar(anchor),
            b'[' | b'{' => self.flow(anchor)?,
            b'*' if anchor == 0 => self.alias()?,
            _ => {
                let scalar = self.scalar()?;
                if matches!(scalar.stop, Stop::Colon(_)) {
                    return None;
                }
                self.give(scalar, anchor);
            }
        }
        self.end_of_line()
    }

    fn open_list(&mut self, column: usize, shown: usize, anchor: usize) -> Option<()> {
        self.open_block(Shape::List, column, shown, self.at + shown - column, anchor)?;
        self.item(column)
    }

    /// `shown` and `start` are what the event says; granit-parser tells of a list right below its key where its first
    /// item's content is.
    fn open_block(&mut self, shape: Shape, column: usize, shown: usize, start: usize, anchor: usize) -> Option<()> {
        if self.blocks.len() == DEEPEST {
            return None;
        }
        let meta = Meta {
            column: shown,
            anchor,
            ..Meta::at(start, start)
        };
        self.documents.open(shape, false, meta);
        self.blocks.push(Block {
            column,
            is_list: shape == Shape::List,
            awaits: None,
        });
        Some(())
    }

    fn column_of_item(&self, column: usize) -> usize {
        let rest = &self.bytes[self.at + 1..];
        match rest.iter().position(|byte| *byte != b' ') {
            Some(spaces) if rest[spaces] != b'\n' => column + 1 + spaces,
            _ => column + 1,
        }
    }

    fn close_block(&mut self) -> Option<()> {
        self.null_if_awaited()?;
        self.blocks.pop();
        self.documents.close(self.at, self.at);
        Some(())
    }

    fn null_if_awaited(&mut self) -> Option<()> {
        if let Some(awaited) = self.blocks.last_mut()?.awaits.take() {
            if awaited.anchor > 0 {
                return None;
            }
            self.null(awaited.at);
        }
        Some(())
    }

    fn null(&mut self, at: usize) {
        self.documents.scalar("~".into(), Style::Plain, true, Meta::at(at, at));
    }

    fn give(&mut self, scalar: Scalar<'a>, anchor: usize) {
        let Scalar {
            start,
            end,
            value,
            style,
            ..
        } = scalar;
        let null = style == Style::Plain && super::is_null(&value, false, None);
        let meta = Meta {
            anchor,
            ..Meta::at(start, end)
        };
        self.documents.scalar(value, style, null, meta);
    }

    /// Notes the anchor that begins here and moves to what it names.
    fn anchor(&mut self) -> Option<usize> {
        let name = self.name()?;
        self.skip_spaces();
        self.anchored += 1;
        self.anchors.push((name, self.anchored));
        Some(self.anchored)
    }

    fn alias(&mut self) -> Option<()> {
        let start = self.at;
        let name = self.name()?;
        let known = self.anchors.iter().rev().find(|(known, _)| *known == name);
        self.documents.alias(known.map(|(_, id)| *id), start, self.at);
        Some(())
    }

    /// The name behind a `&` or `*`.
    fn name(&mut self) -> Option<&'a str> {
        let start = self.at + 1;
        let is_usual = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        self.at = start + self.bytes[start..].iter().take_while(|byte| is_usual(byte)).count();
        let ends = matches!(self.byte(), None | Some(b' ' | b'\n' | b',' | b']' | b'}'));
        (ends && self.at > start).then(|| &self.text[start..self.at])
    }

    fn byte(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn is_blank(&self, at: usize) -> bool {
        matches!(self.bytes.get(at), None | Some(b' ' | b'\n'))
    }

    fn is_dash(&self) -> bool {
        self.byte() == Some(b'-') && self.is_blank(self.at + 1)
    }

    fn is_marker(&self) -> bool {
        self.bytes[self.at..].starts_with(b"---") && self.is_blank(self.at + 3)
    }

    /// Whether nothing but a comment follows on this line.
    fn is_line_over(&self) -> bool {
        match self.byte() {
            None | Some(b'\n') => true,
            Some(b'#') => self.bytes[..self.at].ends_with(b" "),
            _ => false,
        }
    }

    fn skip_spaces(&mut self) {
        while self.byte() == Some(b' ') {
            self.at += 1;
        }
    }

    /// Moves to the next line if this one has at most a comment left.
    fn end_of_line(&mut self) -> Option<()> {
        self.skip_spaces();
        if !self.is_line_over() {
            return None;
        }
        match self.byte() {
            Some(b'#') => self.comment(),
            Some(_) => self.at += 1,
            None => {}
        }
        Some(())
    }

    /// Moves to the first byte of a line that is more than a comment, and gives its column.
    fn skip_blank(&mut self) -> Option<usize> {
        loop {
            let start = self.at;
            self.skip_spaces();
            match self.byte() {
                Some(b'\n') => self.at += 1,
                Some(b'#') => self.comment(),
                Some(b'\t') => return None,
                _ => return Some(self.at - start),
            }
        }
    }

    fn line_end(&self) -> usize {
        memchr::memchr(b'\n', &self.bytes[self.at..]).map_or(self.bytes.len(), |length| self.at + length)
    }

    fn comment(&mut self) {
        let end = self.line_end();
        self.documents.comment(self.at, end);
        self.at = self.bytes.len().min(end + 1);
    }
}
