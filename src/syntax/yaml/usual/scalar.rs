//! Scalars: plain and quoted ones of one line, and blocks.

use std::borrow::Cow;

use super::{Meta, Reader};
use crate::syntax::tree::Style;

/// How long a key may be, in bytes; YAML's own limit is 1024 characters.
const LONGEST_KEY: usize = 1000;

/// A scalar of one line.
pub(super) struct Scalar<'a> {
    pub start: usize,
    pub end: usize,
    pub value: Cow<'a, str>,
    pub style: Style,
    pub stop: Stop,
}

/// What ends a scalar.
#[derive(Clone, Copy)]
pub(super) enum Stop {
    /// A colon that makes it a key, and where that ends.
    Colon(usize),
    /// Anything else.
    Other,
}

impl<'a> Reader<'a, '_> {
    /// The plain or quoted scalar that begins here, in a block.
    pub(super) fn scalar(&mut self) -> Option<Scalar<'a>> {
        let mut scalar = match self.byte()? {
            b'"' => self.double()?,
            b'\'' => self.single()?,
            _ => return self.plain(),
        };
        let end = self.at;
        self.skip_spaces();
        if self.byte() == Some(b':') {
            if !self.is_blank(self.at + 1) {
                return None;
            }
            scalar.stop = self.key_ends(scalar.start)?;
        }
        if !matches!(scalar.stop, Stop::Colon(_)) {
            self.at = end;
        }
        Some(scalar)
    }

    /// The colon that stands here, behind a key.
    pub(super) fn key_ends(&self, start: usize) -> Option<Stop> {
        (self.at - start < LONGEST_KEY).then_some(Stop::Colon(self.at + 1))
    }

    fn plain(&mut self) -> Option<Scalar<'a>> {
        self.begins_plain()?;
        let start = self.at;
        let rest = &self.bytes[start..];
        let mut stop = Stop::Other;
        let mut end = rest.len();
        for (index, byte) in rest.iter().enumerate() {
            match byte {
                b'\n' => {
                    end = index;
                    break;
                }
                b':' if matches!(rest.get(index + 1), None | Some(b' ' | b'\n')) => {
                    self.at = start + index;
                    stop = self.key_ends(start)?;
                    end = index;
                    break;
                }
                b'#' if rest[index - 1] == b' ' => {
                    end = index;
                    break;
                }
                b'\t' => return None,
                _ => {}
            }
        }
        Some(self.plain_until(start, start + end, stop))
    }

    /// Makes a plain scalar, without the spaces at its end.
    pub(super) fn plain_until(&mut self, start: usize, mut end: usize, stop: Stop) -> Scalar<'a> {
        while self.bytes[end - 1] == b' ' {
            end -= 1;
        }
        self.at = end;
        Scalar {
            start,
            end,
            value: Cow::Borrowed(&self.text[start..end]),
            style: Style::Plain,
            stop,
        }
    }

    /// Whether a plain scalar may begin here.
    pub(super) fn begins_plain(&self) -> Option<()> {
        match self.byte()? {
            b'-' if !matches!(
                self.bytes.get(self.at + 1),
                None | Some(b' ' | b'\n' | b'\t' | b',' | b'[' | b']' | b'{' | b'}')
            ) =>
            {
                Some(())
            }
            b' ' | b'\t' | b'\n' | b'-' | b'?' | b':' | b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*'
            | b'!' | b'|' | b'>' | b'\'' | b'"' | b'%' | b'@' | b'`' => None,
            _ => Some(()),
        }
    }

    pub(super) fn single(&mut self) -> Option<Scalar<'a>> {
        let start = self.at;
        let mut at = start + 1;
        let mut doubled = false;
        loop {
            let rest = &self.bytes[at..];
            at += memchr::memchr3(b'\'', b'\n', b'\t', rest)?;
            if self.bytes[at] != b'\'' {
                return None;
            }
            if self.bytes.get(at + 1) != Some(&b'\'') {
                break;
            }
            doubled = true;
            at += 2;
        }
        let raw = &self.text[start + 1..at];
        let value = match doubled {
            true => Cow::Owned(raw.replace("''", "'")),
            false => Cow::Borrowed(raw),
        };
        Some(self.quoted(start, at + 1, value, Style::Single))
    }

    pub(super) fn double(&mut self) -> Option<Scalar<'a>> {
        let start = self.at;
        let mut from = start + 1;
        let mut decoded = String::new();
        let mut at = from;
        loop {
            let byte = *self.bytes.get(at)?;
            match byte {
                b'"' => break,
                b'\n' | b'\t' => return None,
                b'\\' => {
                    decoded.push_str(&self.text[from..at]);
                    decoded.push(match self.bytes.get(at + 1)? {
                        b'n' => '\n',
                        b't' => '\t',
                        b'r' => '\r',
                        b'"' => '"',
                        b'\\' => '\\',
                        b'/' => '/',
                        _ => return None,
                    });
                    at += 2;
                    from = at;
                }
                _ => at += 1,
            }
        }
        let rest = &self.text[from..at];
        let value = match from == start + 1 {
            true => Cow::Borrowed(rest),
            false => Cow::Owned(decoded + rest),
        };
        Some(self.quoted(start, at + 1, value, Style::Double))
    }

    fn quoted(&mut self, start: usize, end: usize, value: Cow<'a, str>, style: Style) -> Scalar<'a> {
        self.at = end;
        Scalar {
            start,
            end,
            value,
            style,
            stop: Stop::Other,
        }
    }

    /// A literal or folded block, from its header to the line that ends it.
    pub(super) fn block_scalar(&mut self, anchor: usize) -> Option<()> {
        let parent = self.blocks.last()?.column;
        let style = match self.bytes[self.at] {
            b'>' => Style::Folded,
            _ => Style::Literal,
        };
        self.at += 1;
        let chomping = self.byte().filter(|byte| matches!(byte, b'+' | b'-'));
        self.at += usize::from(chomping.is_some());
        self.end_of_line()?;
        let column = self.block_column(parent)?;
        let mut block = Block {
            folds: style == Style::Folded,
            ..Block::default()
        };
        let mut start = None;
        loop {
            let line = self.at;
            let rest = &self.bytes[line..];
            let spaces = rest.iter().take(column).take_while(|byte| **byte == b' ').count();
            // A block at the end of the text must end with a line: what it means else is not agreed on.
            let length = match rest.len() {
                0 => break,
                _ => memchr::memchr(b'\n', rest)?,
            };
            if length == spaces {
                block.breaks += 1;
            } else if spaces < column {
                break;
            } else {
                start = start.or(Some(line + column));
                block.line(&self.text[line + column..line + length]);
            }
            self.at = line + length + 1;
        }
        let meta = Meta {
            anchor,
            ..Meta::at(start?, self.at)
        };
        let value = Cow::Owned(block.value(chomping));
        self.documents.scalar(value, style, false, meta);
        Some(())
    }

    /// The column of a block's first line with text.
    fn block_column(&self, parent: usize) -> Option<usize> {
        let mut at = self.at;
        let mut widest = 0;
        loop {
            let spaces = self.bytes[at..].iter().take_while(|byte| **byte == b' ').count();
            at += spaces;
            match self.bytes.get(at)? {
                b'\n' => at += 1,
                b'\t' => return None,
                _ => return (spaces > parent && spaces >= widest).then_some(spaces),
            }
            widest = widest.max(spaces);
        }
    }
}

/// The value of a block scalar while its lines are read.
#[derive(Default)]
struct Block {
    value: String,
    folds: bool,
    /// Empty lines since the last one with text.
    breaks: usize,
    /// Whether there was one, and whether that began with a blank, which keeps the lines around it apart.
    last: Option<bool>,
}

impl Block {
    fn line(&mut self, text: &str) {
        let is_indented = text.starts_with([' ', '\t']);
        let breaks = std::mem::take(&mut self.breaks);
        match self.last.replace(is_indented) {
            Some(false) if self.folds && !is_indented && breaks == 0 => self.value.push(' '),
            Some(false) if self.folds && !is_indented => {}
            Some(_) => self.value.push('\n'),
            None => {}
        }
        self.feed(breaks);
        self.value.push_str(text);
    }

    fn feed(&mut self, lines: usize) {
        self.value.extend(std::iter::repeat_n('\n', lines));
    }

    fn value(mut self, chomping: Option<u8>) -> String {
        if chomping != Some(b'-') {
            self.feed(1);
        }
        if chomping == Some(b'+') {
            self.feed(self.breaks);
        }
        self.value
    }
}
