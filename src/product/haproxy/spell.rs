//! HAProxy's way of writing: lines without an end mark, ports behind addresses, and settings in front of the servers.

use crate::model::field::endpoint;
use crate::model::{NewEntry, NewValue, Spelling, Value};
use crate::repo::{Edit, Refusal, Span};

/// HAProxy's way of writing.
#[derive(Debug)]
pub(super) struct Lines;

impl Spelling for Lines {
    fn entry(&self, entry: &NewEntry<'_>) -> Result<Edit, Refusal> {
        line(entry)
    }

    fn apart(&self, new: &NewValue<'_>) -> Option<Result<Edit, Refusal>> {
        behind(new).map(Ok)
    }
}

/// What is put behind an address: a port where none is written.
fn behind(new: &NewValue<'_>) -> Option<Edit> {
    let Value::Number(port) = new.value else { return None };
    if new.field != endpoint::PORT.id() {
        return None;
    }
    let entity = new.model.entity(new.entity);
    let written = new.sources.text(entity.span);
    // A variable that became nothing is no place for a port.
    let plain = !written.contains('$') && !written.ends_with(':') && !written.contains('{');
    let at = Span::new(entity.span.source, entity.span.end, entity.span.end);
    plain.then(|| Edit {
        span: at,
        text: format!(":{port}"),
    })
}

/// A new line of a section: in front of its servers, because `default-server` must stand there and settings usually do;
/// else behind its last line.
fn line(entry: &NewEntry<'_>) -> Result<Edit, Refusal> {
    let (sources, section, name) = (entry.sources, entry.block, entry.name);
    let content = format!("{name} {}", entry.value);
    let content = content.trim_end();
    let own = || {
        section
            .children()
            .filter(|child| child.span().source == section.span().source)
    };
    let server = own().find(|child| matches!(child.name(), "server" | "server-template"));
    let source = sources.get(section.span().source);
    let text = &*source.text;
    let feed = if text.contains("\r\n") { "\r\n" } else { "\n" };
    if let Some(server) = server {
        let start = server.span().start as usize;
        let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let indent = &text[line..start];
        if indent.trim().is_empty() {
            let at = Span::new(source.id, line as u32, line as u32);
            return Ok(Edit {
                span: at,
                text: format!("{indent}{content}{feed}"),
            });
        }
    }
    let Some(last) = own().last() else {
        return Err(Refusal::new(format!(
            "the section in which {name} would stand is empty"
        )));
    };
    let start = last.span().start as usize;
    let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let indent = &text[line..start];
    if !indent.trim().is_empty() {
        return Err(Refusal::new("the section is not written line by line"));
    }
    let end = last.span().end as usize;
    let end = text[end..].find('\n').map_or(text.len(), |at| end + at);
    let at = end - usize::from(text[..end].ends_with('\r'));
    Ok(Edit {
        span: Span::new(source.id, at as u32, at as u32),
        text: format!("{feed}{indent}{content}"),
    })
}
