//! HAProxy's way of writing: lines without an end mark, ports behind addresses, and settings in front of the servers.

use crate::model::field::{endpoint, upstream};
use crate::model::{EntityId, FieldId, Kind, Known, NewEntry, NewValue, Spelling, Value};
use crate::repo::{Edit, Refusal, Span};

/// HAProxy's way of writing.
#[derive(Debug)]
pub(super) struct Lines;

impl Spelling for Lines {
    fn entry(&self, entry: &NewEntry<'_>) -> Result<Edit, Refusal> {
        line(entry)
    }

    fn apart(&self, new: &NewValue<'_>) -> Option<Result<Vec<Edit>, Refusal>> {
        if new.field == upstream::SERVER_CHECK.id() {
            return Some(Ok(checks(new)));
        }
        behind(new).map(|edit| Ok(vec![edit]))
    }

    /// Either way servers are checked then.
    fn along(&self, field: FieldId) -> Option<FieldId> {
        let checks = [upstream::DEFAULT_CHECK.id(), upstream::SERVER_CHECK.id()];
        checks.contains(&field).then(|| endpoint::CHECK.id())
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

/// Words behind the address of each server that is not checked.
fn checks(new: &NewValue<'_>) -> Vec<Edit> {
    let Value::Text(words) = new.value else {
        return Vec::new();
    };
    let is_own = |id: &EntityId| {
        let own = new.model.linked(*id, endpoint::UPSTREAM);
        own == Known::Is(new.entity) && new.model.get(*id, endpoint::CHECK) == Known::Is(false)
    };
    let servers = new.model.all(Kind::Endpoint).filter(is_own);
    let spans = servers.map(|id| new.model.entity(id).span);
    let edit = |span: Span| Edit {
        span: Span::new(span.source, span.end, span.end),
        text: format!(" {words}"),
    };
    spans.map(edit).collect()
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
