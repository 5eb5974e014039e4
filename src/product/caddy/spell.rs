//! Caddy's way of writing: lines without an end mark, in blocks.

use crate::model::field::endpoint;
use crate::model::{NewEntry, NewValue, Spelling, Value};
use crate::repo::{Edit, Refusal, Span};

/// Caddy's way of writing.
#[derive(Debug)]
pub(super) struct Blocks;

impl Spelling for Blocks {
    /// A new line of a block, behind its last one.
    fn entry(&self, entry: &NewEntry<'_>) -> Result<Edit, Refusal> {
        let block = entry.block;
        let own = block
            .children()
            .filter(|child| child.span().source == block.span().source);
        let Some(last) = own.last() else {
            return Err(Refusal::new(format!(
                "the block in which {} would stand is empty",
                entry.name
            )));
        };
        let source = entry.sources.get(last.span().source);
        let text = &*source.text;
        let start = last.span().start as usize;
        let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let indent = &text[line..start];
        if !indent.trim().is_empty() {
            return Err(Refusal::new("the block is not written line by line"));
        }
        let end = last.span().end as usize;
        let end = text[end..].find('\n').map_or(text.len(), |at| end + at);
        let at = end - usize::from(text[..end].ends_with('\r'));
        let feed = if text.contains("\r\n") { "\r\n" } else { "\n" };
        Ok(Edit {
            span: Span::new(source.id, at as u32, at as u32),
            text: format!("{feed}{indent}{} {}", entry.name, entry.value),
        })
    }

    /// A port behind an address that has none.
    fn apart(&self, new: &NewValue<'_>) -> Option<Result<Vec<Edit>, Refusal>> {
        let Value::Number(port) = new.value else { return None };
        if new.field != endpoint::PORT.id() {
            return None;
        }
        let written = new.sources.text(new.model.entity(new.entity).span);
        let span = new.model.entity(new.entity).span;
        let at = Span::new(span.source, span.end, span.end);
        let plain = |char: char| char.is_ascii_alphanumeric() || matches!(char, '.' | '-' | '_');
        written.chars().all(plain).then(|| {
            Ok(vec![Edit {
                span: at,
                text: format!(":{port}"),
            }])
        })
    }
}
