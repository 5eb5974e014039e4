//! HCL (Terraform) to tree: a block is a map named after its type with its labels as words, an attribute a leaf whose one
//! word is its expression as it is written. Expressions are read where one is asked for (`expression`), because most
//! never are. Tolerant: a mistake is a problem, and reading resumes on a later line.

pub mod expression;

mod scan;

use std::sync::Arc;

use super::tree::{ProblemKind, Shape, Style, Tree, TreeBuilder, Word};
use crate::repo::{SourceId, Span};

pub use expression::{Expression, ExpressionKind};

/// Blocks nested deeper than this are not read; Terraform's own schemas end long before.
const DEEPEST: usize = 64;

/// How often an expression may run to the end of the text for want of a bracket before the rest is left unread. Each
/// time costs a walk over the whole text.
const UNCLOSED: usize = 4;

/// The tree of a text. `holes` are bytes that could not be decoded.
pub fn parse(source: SourceId, text: Arc<str>, holes: Vec<Span>) -> Tree {
    let own = text.clone();
    let mut reader = Reader {
        text: &own,
        at: if own.starts_with('\u{feff}') { 3 } else { 0 },
        builder: TreeBuilder::new(source, text, holes, Shape::Map),
        unclosed: 0,
    };
    reader.body();
    reader.builder.finish()
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    builder: TreeBuilder,
    unclosed: usize,
}

impl Reader<'_> {
    fn body(&mut self) {
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                _ if byte.is_ascii_whitespace() => self.at += 1,
                b'#' | b'/' if self.comment() => {}
                b'}' if self.builder.depth() > 1 => {
                    self.at += 1;
                    self.builder.close(self.at as u32);
                }
                b'}' => {
                    self.problem(self.at, self.at + 1, "`}` closes no block");
                    self.at += 1;
                }
                _ if scan::is_identifier_start(self.text, self.at) => self.entry(),
                _ => self.skip_line(self.at, "an attribute or a block is expected here"),
            }
        }
        if self.builder.depth() > 1 {
            let end = self.text.len();
            self.problem(end, end, "a block is not closed by `}`");
        }
    }

    /// An attribute or the head of a block.
    fn entry(&mut self) {
        let start = self.at;
        let name_end = scan::identifier_end(self.text, start);
        let name = Word::plain(start as u32, name_end as u32);
        self.at = name_end;
        let mut labels = Vec::new();
        loop {
            self.blanks();
            match self.text.as_bytes().get(self.at) {
                Some(b'=') if labels.is_empty() && self.text.as_bytes().get(self.at + 1) != Some(&b'=') => {
                    self.at += 1;
                    return self.attribute(name, start);
                }
                Some(b'{') => {
                    if self.builder.depth() > DEEPEST {
                        self.problem(
                            start,
                            self.at + 1,
                            "blocks are nested too deep here; the rest is not read",
                        );
                        self.at = self.text.len();
                        return;
                    }
                    self.at += 1;
                    self.builder.open(Some(name), Shape::Map, start as u32);
                    for label in labels {
                        self.builder.word(label);
                    }
                    return;
                }
                Some(b'"') => match scan::plain_string(self.text, self.at) {
                    Some(end) => {
                        let label = &self.text[self.at + 1..end - 1];
                        labels.push(Word::decoded(self.at as u32, end as u32, Style::Double, label));
                        self.at = end;
                    }
                    None => return self.skip_line(self.at, "this quote is not closed on its line"),
                },
                Some(_) if scan::is_identifier_start(self.text, self.at) => {
                    let end = scan::identifier_end(self.text, self.at);
                    labels.push(Word::plain(self.at as u32, end as u32));
                    self.at = end;
                }
                _ => return self.skip_line(start, "`=` or `{` is expected after this name"),
            }
        }
    }

    fn attribute(&mut self, name: Word, start: usize) {
        self.blanks();
        let from = self.at;
        let scanned = scan::expression(self.text, from, &mut |from, to| {
            self.builder.comment(from as u32, to as u32);
        });
        let (end, next) = match scanned {
            Ok(found) => found,
            Err(fault) => {
                self.problem(fault.at, fault.at + 1, fault.message);
                if fault.to_the_end {
                    self.unclosed += 1;
                    if self.unclosed >= UNCLOSED {
                        self.at = self.text.len();
                        return;
                    }
                }
                self.at = scan::line_end(self.text, fault.resume);
                return;
            }
        };
        let content = self.text[from..end].trim_end();
        self.at = next;
        if content.is_empty() {
            self.problem(start, from, "the attribute has no value");
            return;
        }
        let to = (from + content.len()) as u32;
        self.builder.open(Some(name), Shape::Leaf, start as u32);
        self.builder.word(Word::plain(from as u32, to));
        self.builder.close(to);
    }

    /// Spaces, tabs and comments within a line.
    fn blanks(&mut self) {
        while let Some(byte) = self.text.as_bytes().get(self.at) {
            match byte {
                b' ' | b'\t' => self.at += 1,
                b'/' if self.text[self.at..].starts_with("/*") && self.comment() => {}
                _ => return,
            }
        }
    }

    /// Takes a comment; `false` where none begins.
    fn comment(&mut self) -> bool {
        let Some(end) = scan::comment_end(self.text, self.at) else {
            return false;
        };
        self.builder.comment(self.at as u32, end as u32);
        self.at = end;
        true
    }

    fn skip_line(&mut self, from: usize, message: &str) {
        let end = scan::line_end(self.text, self.at);
        self.problem(from, end.max(from), message);
        // A line that opens a block takes the block along, as far as braces tell.
        self.at = end.max(self.at + usize::from(end == self.at && end < self.text.len()));
    }

    fn problem(&mut self, start: usize, end: usize, message: &str) {
        let len = self.text.len();
        let start = floor(self.text, start.min(len));
        let end = ceil(self.text, end.clamp(start, len));
        self.builder
            .problem(start as u32, end as u32, ProblemKind::PartlyRead, message);
    }
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

fn ceil(text: &str, at: usize) -> usize {
    (at..=text.len())
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(text.len())
}
