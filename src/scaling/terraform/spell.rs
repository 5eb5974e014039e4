//! Terraform's way of writing: attributes of a block, with the equals signs of neighbours below each other.

use crate::model::{NewEntry, Spelling};
use crate::repo::{Edit, Refusal, Span};
use crate::syntax::{At, Shape};

/// HCL's way of writing.
#[derive(Debug)]
pub(super) struct Attributes;

impl Spelling for Attributes {
    fn entry(&self, entry: &NewEntry<'_>) -> Result<Edit, Refusal> {
        attribute(entry)
    }
}

/// A new attribute behind the last one of a block. One that is there as a plain number is replaced: `-1`, which sets
/// nothing.
fn attribute(entry: &NewEntry<'_>) -> Result<Edit, Refusal> {
    let NewEntry {
        sources,
        block,
        name,
        value,
        bare,
        ..
    } = *entry;
    let value = if bare { value.to_owned() } else { quoted(value) };
    if let Some(written) = block.child(name) {
        let is_number = written.text().is_some_and(|text| text.parse::<i64>().is_ok());
        if !is_number {
            return Err(Refusal::new(format!("{name} is worked out, not written")));
        }
        let span = written.word_span_at(0);
        return Ok(Edit { span, text: value });
    }
    let last = block.children().filter(|child| child.shape() == Shape::Leaf).last();
    let Some(last) = last else {
        return Err(Refusal::new(format!("the block in which {name} would stand is empty")));
    };
    let source = sources.get(last.span().source);
    let text = &*source.text;
    let span = last.span();
    let line_start = text[..span.start as usize].rfind('\n').map_or(0, |at| at + 1);
    let indent = &text[line_start..span.start as usize];
    if !indent.trim().is_empty() {
        return Err(Refusal::new("the attributes stand on one line"));
    }
    let line_end = text[span.end as usize..]
        .find('\n')
        .map_or(text.len(), |at| span.end as usize + at);
    let rest = text[span.end as usize..line_end].trim();
    if !(rest.is_empty() || rest.starts_with(['#', '/'])) {
        return Err(Refusal::new("the attributes stand on one line"));
    }
    let crlf = text[..line_end].ends_with('\r');
    let feed = if crlf { "\r\n" } else { "\n" };
    let at = (line_end - usize::from(crlf)) as u32;
    let width = equals_column(text, last).max(name.len());
    Ok(Edit {
        span: Span::new(source.id, at, at),
        text: format!("{feed}{indent}{name:width$} = {value}"),
    })
}

/// How wide names are up to the equals sign of an attribute.
fn equals_column(text: &str, attribute: At<'_>) -> usize {
    let start = attribute.span().start as usize;
    let equals = text[start..].find('=').unwrap_or(0);
    text[start..start + equals]
        .trim_end_matches(' ')
        .len()
        .max(equals.saturating_sub(1))
}

fn quoted(value: &str) -> String {
    let mut text = String::from("\"");
    for c in value.chars() {
        if matches!(c, '"' | '\\') {
            text.push('\\');
        }
        text.push(c);
    }
    text.push('"');
    text.replace("${", "$${").replace("%{", "%%{")
}
