//! YAML text to tree: events in, documents out. What the keys mean is not known here. The events come from `usual` where
//! it can read the whole text, else from granit-parser, which only this file knows.

mod builder;
mod embed;
mod json;
mod spans;
#[cfg(test)]
mod tests;
mod usual;

use std::borrow::Cow;
use std::sync::Arc;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Span as Range, StrInput, StructureStyle, Tag};

use super::holes::{self, Templates};
use super::tree::{Shape, Style, Tree, TreeBuilder};
use crate::repo::{Source, SourceId, Span};
use builder::{Documents, Meta};

pub use embed::embed;

/// Reads a YAML file as a list of its documents. Template text is masked and becomes holes; `${VAR}` and what
/// else is filled in later is only recorded as a hole, since YAML can read it. What is broken loses the rest of its own document at most.
pub fn parse(source: &Source) -> Tree {
    let kinds = holes::detect(&source.text);
    let masked = holes::holes(source.id, &source.text, kinds.without(Templates::ENV));
    let masked = holes::merge(masked, &holes::replaced(source));
    let recorded = holes::holes(source.id, &source.text, kinds.only(Templates::ENV));
    let recorded = holes::merge(recorded, &holes::filled(source.id, &source.text));
    parse_text(source.id, &source.text, &masked, &recorded)
}

/// Like `parse`, for holes that were found elsewhere: those to be masked, and those only to be recorded. Both must be
/// ascending and apart.
pub fn parse_text(source: SourceId, text: &Arc<str>, masked: &[Span], recorded: &[Span]) -> Tree {
    let readable = match masked.is_empty() {
        true => Cow::Borrowed(&**text),
        false => Cow::Owned(holes::mask_indented(text, masked)),
    };
    let holes = holes::merge(masked.to_vec(), recorded);
    let start = || TreeBuilder::new(source, text.clone(), holes.clone(), Shape::List);
    documents(text, &readable, masked, start)
}

/// Like `parse`; a file that begins as JSON may also hold comments as JavaScript writes them, and tabs.
pub fn parse_commented(source: &Source) -> Tree {
    let text = &source.text;
    if !text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '/']) {
        return parse(source);
    }
    let (readable, comments) = json::blank(text);
    if readable == **text {
        return parse(source);
    }
    let start = || {
        let mut tree = TreeBuilder::new(source.id, text.clone(), Vec::new(), Shape::List);
        for (start, end) in &comments {
            tree.comment(*start, *end);
        }
        tree
    };
    documents(text, &readable, &[], start)
}

/// Reads all documents into the tree that `start` makes.
fn documents(text: &str, readable: &str, masked: &[Span], start: impl Fn() -> TreeBuilder) -> Tree {
    let mut documents = Documents::new(text, readable, masked, start());
    if usual::read_documents(readable, &mut documents).is_none() {
        documents = Documents::new(text, readable, masked, start());
        read(readable, &mut documents);
    }
    documents.finish()
}

fn read<'a>(text: &'a str, documents: &mut Documents<'a>) {
    let options = granit_parser::options! {
        emit_unresolved_aliases: true,
        max_buffered_comment_events: usize::MAX,
    };
    let mut parser = Parser::new_from_str_with_options(text, options);
    loop {
        match parser.next_event() {
            Some(Ok((event, range))) => take(event, &range, documents),
            Some(Err(error)) => {
                failed(&error, text, documents);
                if !resume(&mut parser, text, documents) {
                    return;
                }
            }
            None => return,
        }
    }
}

fn resume<'a>(parser: &mut Parser<'a, StrInput<'a>>, text: &str, documents: &mut Documents<'_>) -> bool {
    match parser.proceed_next_document() {
        Ok(more) => more,
        Err(error) => {
            failed(&error, text, documents);
            false
        }
    }
}

fn take<'a>(event: Event<'a>, range: &Range, documents: &mut Documents<'a>) {
    let Some(bytes) = range.byte_range() else { return };
    let (start, end) = (bytes.start, bytes.end);
    let mut meta = Meta {
        start,
        end,
        column: range.start.col(),
        anchor: event.anchor_id().unwrap_or(0),
        tag: None,
    };
    meta.tag = range
        .tag_span()
        .and_then(|tag| tag.byte_range())
        .map(|tag| (tag.start, tag.end));
    match event {
        Event::DocumentStart(explicit, _) => documents.begin(explicit, start, end),
        Event::DocumentEnd => documents.end(start, end),
        Event::Comment(..) => documents.comment(start, end),
        Event::Scalar(value, style, _, tag) => {
            let null = style == ScalarStyle::Plain && is_null(&value, start == end, tag.as_deref());
            documents.scalar(value, style_of(style), null, meta);
        }
        Event::SequenceStart(style, ..) => documents.open(Shape::List, style == StructureStyle::Flow, meta),
        Event::MappingStart(style, ..) => documents.open(Shape::Map, style == StructureStyle::Flow, meta),
        Event::SequenceEnd | Event::MappingEnd => documents.close(start, end),
        Event::Alias(id) => documents.alias(Some(id), start, end),
        Event::UnresolvedAlias(_) => documents.alias(None, start, end),
        _ => {}
    }
}

fn style_of(style: ScalarStyle) -> Style {
    match style {
        ScalarStyle::SingleQuoted => Style::Single,
        ScalarStyle::DoubleQuoted => Style::Double,
        ScalarStyle::Literal => Style::Literal,
        ScalarStyle::Folded => Style::Folded,
        _ => Style::Plain,
    }
}

fn is_null(value: &str, is_empty: bool, tag: Option<&Tag>) -> bool {
    match tag {
        None => is_empty || matches!(value, "~" | "null" | "Null" | "NULL"),
        Some(tag) => tag.is_yaml_core_schema_tag("null"),
    }
}

fn failed(error: &ScanError, text: &str, documents: &mut Documents<'_>) {
    let start = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
    let end = start + text[start..].find(['\n', '\r']).unwrap_or(text.len() - start);
    let what = match error.kind() {
        ErrorKind::RecursionLimitExceeded => "this is nested deeper than 255 levels".to_owned(),
        ErrorKind::TabInIndentation | ErrorKind::TabInPlainScalar | ErrorKind::TabAtBlockScalarStart => {
            "a tab stands where YAML allows only spaces for indentation".to_owned()
        }
        ErrorKind::ExpectedBlockMappingKey => {
            "a key was expected here: this line does not fit the indentation of what stands above".to_owned()
        }
        _ => error.info(),
    };
    documents.fail(start, end, &what);
}
