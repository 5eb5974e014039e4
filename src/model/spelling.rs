//! How a language writes what is not there yet. What is written already is replaced where it stands, the same in all
//! languages.

use std::fmt;

use super::entity::{Entity, EntityId, Model};
use super::key::FieldId;
use super::value::Value;
use crate::repo::{Edit, Refusal, Sources, Span};
use crate::syntax::At;

/// The ways of a language, which its tables name. Those that are not said are the usual ones: YAML, or statements that end in
/// a semicolon.
pub trait Spelling: fmt::Debug + Sync {
    /// A new entry of a block.
    ///
    /// # Errors
    /// When there is no place for it: the reason, as the end of "no fix is offered: …".
    fn entry(&self, entry: &NewEntry<'_>) -> Result<Edit, Refusal> {
        usual(entry)
    }

    /// How a field is written that is no entry of its entity's own block: a port behind an address, an option in a message
    /// of its own. `None` for all others.
    fn apart(&self, new: &NewValue<'_>) -> Option<Result<Vec<Edit>, Refusal>> {
        let _ = new;
        None
    }

    /// A field that a new value of this one is written together with.
    fn along(&self, field: FieldId) -> Option<FieldId> {
        let _ = field;
        None
    }
}

/// YAML, or statements that end in a semicolon.
#[derive(Debug)]
pub struct Usual;

impl Spelling for Usual {}

/// An entry to be written.
#[derive(Clone, Copy, Debug)]
pub struct NewEntry<'a> {
    /// All texts.
    pub sources: &'a Sources,
    /// The block it is written into.
    pub block: At<'a>,
    /// What it is for.
    pub entity: &'a Entity,
    /// Its name.
    pub name: &'a str,
    /// Its value, as rows spell it.
    pub value: &'a str,
    /// Whether the value stands without quotes.
    pub bare: bool,
}

/// A value to be written.
#[derive(Clone, Copy, Debug)]
pub struct NewValue<'a> {
    /// All texts.
    pub sources: &'a Sources,
    /// What it is written for, and everything around it.
    pub model: &'a Model,
    /// What it is written for.
    pub entity: EntityId,
    /// The field.
    pub field: FieldId,
    /// The value.
    pub value: &'a Value,
}

/// A new entry at the end of a block, in the indentation and style of its neighbours.
fn usual(entry: &NewEntry<'_>) -> Result<Edit, Refusal> {
    let NewEntry {
        sources,
        block,
        name,
        value,
        bare,
        ..
    } = *entry;
    let yaml = block.tree().root().is_list();
    let content = if yaml && bare {
        format!("{name}: {value}")
    } else if yaml {
        format!("{name}: \"{value}\"")
    } else {
        format!("{name} {value};")
    };
    let Some(last) = block
        .children()
        .filter(|child| child.span().source == block.span().source)
        .last()
    else {
        return Err(Refusal::new(format!("the block in which {name} would stand is empty")));
    };
    let source = sources.get(last.span().source);
    let text = &*source.text;
    let end = last.span().end as usize;
    let line_start = text[..last.span().start as usize].rfind('\n').map_or(0, |at| at + 1);
    let before = &text[line_start..last.span().start as usize];
    let rest_end = text[end..].find('\n').map_or(text.len(), |at| end + at);
    let rest = text[end..rest_end].trim();
    let alone = before.trim().is_empty() && (rest.is_empty() || rest.starts_with('#'));
    if alone {
        let crlf = text[..rest_end].ends_with('\r');
        let at = rest_end - usize::from(crlf);
        let feed = if crlf { "\r\n" } else { "\n" };
        let at = Span::new(source.id, at as u32, at as u32);
        return Ok(Edit {
            span: at,
            text: format!("{feed}{before}{content}"),
        });
    }
    if yaml {
        return Err(Refusal::new("the entries stand on one line"));
    }
    let at = Span::new(source.id, end as u32, end as u32);
    Ok(Edit {
        span: at,
        text: format!(" {content}"),
    })
}
