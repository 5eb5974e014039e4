//! Flow collections: `[a, b]`, `{a: b}`, and JSON.

use super::scalar::{Scalar, Stop};
use super::{DEEPEST, Meta, Reader};
use crate::syntax::tree::Shape;

impl<'a> Reader<'a, '_> {
    /// The collection that begins here.
    pub(super) fn flow(&mut self, anchor: usize) -> Option<()> {
        if self.depth + self.blocks.len() >= DEEPEST {
            return None;
        }
        self.depth += 1;
        let start = self.at;
        let (shape, close) = match self.bytes[start] {
            b'{' => (Shape::Map, b'}'),
            _ => (Shape::List, b']'),
        };
        self.at += 1;
        let meta = Meta {
            anchor,
            ..Meta::at(start, self.at)
        };
        self.documents.open(shape, true, meta);
        loop {
            self.skip_flow()?;
            if self.byte()? == close {
                break;
            }
            if shape == Shape::Map {
                self.flow_key()?;
            }
            self.flow_value()?;
            self.skip_flow()?;
            match self.byte()? {
                b',' => self.at += 1,
                byte if byte == close => break,
                _ => return None,
            }
        }
        self.depth -= 1;
        self.at += 1;
        self.documents.close(self.at - 1, self.at);
        Some(())
    }

    fn flow_key(&mut self) -> Option<()> {
        let key = self.flow_scalar()?;
        let is_quoted = matches!(self.bytes[key.start], b'"' | b'\'');
        self.skip_spaces();
        if self.byte()? != b':' {
            return None;
        }
        self.key_ends(key.start)?;
        self.at += 1;
        if !is_quoted && !self.is_blank(self.at) {
            return None;
        }
        self.give(key, 0);
        self.skip_flow()
    }

    fn flow_value(&mut self) -> Option<()> {
        match self.byte()? {
            b'[' | b'{' => self.flow(0),
            b'*' => self.alias(),
            _ => {
                let scalar = self.flow_scalar()?;
                self.give(scalar, 0);
                Some(())
            }
        }
    }

    fn flow_scalar(&mut self) -> Option<Scalar<'a>> {
        match self.byte()? {
            b'"' => return self.double(),
            b'\'' => return self.single(),
            _ => self.begins_plain()?,
        }
        let start = self.at;
        let rest = &self.bytes[start..];
        for (index, byte) in rest.iter().enumerate() {
            let ends = match byte {
                b',' | b'[' | b']' | b'{' | b'}' | b'\n' => true,
                b':' => matches!(
                    rest.get(index + 1),
                    None | Some(b' ' | b'\n' | b',' | b'[' | b']' | b'{' | b'}')
                ),
                b'#' => rest[index - 1] == b' ',
                b'\t' => return None,
                _ => false,
            };
            if ends {
                return Some(self.plain_until(start, start + index, Stop::Other));
            }
        }
        None
    }

    /// Moves past blanks, line ends and comments.
    fn skip_flow(&mut self) -> Option<()> {
        self.skip_spaces();
        if !self.is_line_over() {
            return Some(());
        }
        self.end_of_line()?;
        let column = self.skip_blank()?;
        let is_marker = column == 0 && (self.is_marker() || self.bytes[self.at..].starts_with(b"..."));
        (!is_marker).then_some(())
    }
}
