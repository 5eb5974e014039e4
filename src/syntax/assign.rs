//! Settings written as program code: top-level assignments of a Python file (`gunicorn.conf.py`), and a Node server's
//! timeouts. Literals are read; whatever would have to be run is a hole.

pub(super) mod javascript;
mod python;

use std::sync::Arc;

use super::tree::{Shape, Style, Tree, TreeBuilder, Word};
use crate::repo::{SourceId, Span};

pub use javascript::javascript_settings;
pub use python::python;

/// What is assigned.
#[derive(Debug)]
enum Value {
    /// A word, decoded where decoding changed it.
    Word {
        start: usize,
        end: usize,
        style: Style,
        decoded: Option<String>,
        holes: Vec<(usize, usize)>,
    },
    /// A list or tuple.
    List {
        start: usize,
        end: usize,
        items: Vec<Value>,
    },
}

impl Value {
    fn unknown(start: usize, end: usize) -> Self {
        Value::Word {
            start,
            end,
            style: Style::Plain,
            decoded: None,
            holes: vec![(start, end)],
        }
    }

    fn plain(start: usize, end: usize, decoded: Option<String>) -> Self {
        Value::Word {
            start,
            end,
            style: Style::Plain,
            decoded,
            holes: Vec::new(),
        }
    }

    fn holes(&self, all: &mut Vec<(usize, usize)>) {
        match self {
            Value::Word { holes, .. } => all.extend(holes),
            Value::List { items, .. } => items.iter().for_each(|item| item.holes(all)),
        }
    }

    fn word(&self) -> Option<Word> {
        let Value::Word {
            start,
            end,
            style,
            decoded,
            ..
        } = self
        else {
            return None;
        };
        let (start, end) = (*start as u32, *end as u32);
        let word = match decoded {
            Some(decoded) => Word::decoded(start, end, *style, decoded.as_str()),
            None => Word::plain(start, end),
        };
        Some(word.styled(*style))
    }

    fn build(&self, name: Option<Word>, from: usize, builder: &mut TreeBuilder) {
        let end = match self {
            Value::Word { end, .. } => {
                builder.open(name, Shape::Leaf, from as u32);
                self.word().into_iter().for_each(|word| builder.word(word));
                end
            }
            Value::List { end, items, .. } => {
                builder.open(name, Shape::List, from as u32);
                for item in items {
                    let (Value::Word { start, .. } | Value::List { start, .. }) = item;
                    item.build(None, *start, builder);
                }
                end
            }
        };
        builder.close(*end as u32);
    }
}

/// One setting: its name, and one value or several words (`listen` has port and host).
#[derive(Debug)]
struct Setting {
    start: usize,
    end: usize,
    /// The name where it does not stand as such in the text.
    name: Option<&'static str>,
    values: Vec<Value>,
}

/// The tree of settings found in a text: a map with one child for each, in order.
fn tree(
    source: SourceId,
    text: Arc<str>,
    mut holes: Vec<Span>,
    settings: &[Setting],
    comments: &[(usize, usize)],
) -> Tree {
    let mut own = Vec::new();
    for value in settings.iter().flat_map(|setting| &setting.values) {
        value.holes(&mut own);
    }
    holes.extend(
        own.into_iter()
            .map(|(start, end)| Span::new(source, start as u32, end as u32)),
    );
    holes.sort_unstable();
    // Holes inside others say nothing new, and the tree wants them in order without overlap.
    holes.dedup_by(|next, kept| {
        let covered = next.start < kept.end;
        kept.end = kept.end.max(if covered { next.end } else { kept.end });
        covered
    });
    let mut builder = TreeBuilder::new(source, text, holes, Shape::Map);
    for (start, end) in comments {
        builder.comment(*start as u32, *end as u32);
    }
    for setting in settings {
        let (start, end) = (setting.start as u32, setting.end as u32);
        let name = match setting.name {
            Some(name) => Word::decoded(start, end, Style::Plain, name),
            None => Word::plain(start, end),
        };
        match setting.values.as_slice() {
            [value @ Value::List { .. }] => value.build(Some(name), setting.start, &mut builder),
            values => {
                builder.open(Some(name), Shape::Leaf, start);
                let words: Vec<Word> = values.iter().filter_map(Value::word).collect();
                let end = words.iter().map(|word| word.end()).fold(end, u32::max);
                words.into_iter().for_each(|word| builder.word(word));
                builder.close(end);
            }
        }
    }
    builder.finish()
}

/// The value of numbers joined by `*`, or by `+`, such as `2 * 60`; `None` if it is anything else.
pub(super) fn arithmetic(text: &str) -> Option<u64> {
    text.split('+').try_fold(0u64, |sum, term| {
        let product = term
            .split('*')
            .try_fold(1u64, |product, factor| product.checked_mul(integer(factor.trim())?))?;
        sum.checked_add(product)
    })
}

/// A decimal integer, with `_` between its digits.
fn integer(text: &str) -> Option<u64> {
    let digits = text.as_bytes();
    let ends = digits.first()?.is_ascii_digit() && digits.last()?.is_ascii_digit();
    let fits = digits.iter().all(|byte| byte.is_ascii_digit() || *byte == b'_');
    // A leading zero is octal, or an error.
    let octal = digits.len() > 1 && digits[0] == b'0';
    (ends && fits && !octal).then(|| text.replace('_', "").parse().ok())?
}

/// A floating point number such as `1.5` or `2e3`.
fn is_float(text: &str) -> bool {
    text.starts_with(|char: char| char.is_ascii_digit() || char == '.')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'))
        && text.parse::<f64>().is_ok()
}
