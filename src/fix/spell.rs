//! From changed facts to edits: a value where it is written, or a new line in the entity's own block.

use std::collections::BTreeMap;

use crate::model::table::Form;
use crate::model::{
    EntityId, FactView, Kind, Known, Model, NewEntry, NewValue, NodePlace, Row, ScopeId, Table, TreeId, Value,
};
use crate::repo::{Edit, Refusal, Sources, Span};
use crate::rule::{Action, Change};
use crate::syntax::NodeId;

/// Where a value that an outer scope hands down is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// Where it is written, for everything that inherits it.
    Written,
    /// In the entity's own block, for this entity alone.
    OwnBlock,
}

/// The edits of files that make all changes, led back to the files.
///
/// # Errors
/// When a change cannot be written: the reason, as the end of "no fix is offered: …".
pub fn edits(sources: &Sources, model: &Model, changes: &[Change], place: Where) -> Result<Vec<Edit>, Refusal> {
    let mut edits = Vec::new();
    // New directives of one block, by name: `proxy_buffers` holds two fields.
    let mut inserts: BTreeMap<(TreeId, NodeId, String), Insert> = BTreeMap::new();
    for change in changes {
        let fact = model.fact(change.entity, change.field);
        match &change.action {
            Action::Remove => edits.push(remove(sources, model, &fact)?),
            Action::Set(value) => match written(model, &fact, change.entity, place) {
                Some(fact) => edits.extend(replace(sources, fact, value)?),
                None => insert(sources, model, change, value, &mut inserts, &mut edits)?,
            },
        }
    }
    let mut lines = Vec::new();
    for ((_, _, name), insert) in inserts {
        lines.push(insert.spell(sources, model, &name)?);
    }
    // Where an inner and an outer block end on the same line, the inner one's new line comes first.
    let indent = |edit: &Edit| edit.text.trim_start_matches(['\r', '\n']).find(|c| c != ' ');
    lines.sort_by_key(|edit| std::cmp::Reverse(indent(edit)));
    for edit in lines {
        // Several new lines of one block are one edit: two insertions at one place have no order of their own.
        match edits
            .iter_mut()
            .find(|other: &&mut Edit| other.span == edit.span && edit.span.is_empty())
        {
            Some(before) => before.text.push_str(&edit.text),
            None => edits.push(edit),
        }
    }
    edits.into_iter().map(|edit| sources.lift(edit)).collect()
}

/// The written fact a change goes to, if it goes to one.
pub(super) fn written<'f>(
    model: &Model,
    fact: &'f Known<FactView>,
    entity: EntityId,
    place: Where,
) -> Option<&'f FactView> {
    let Known::Is(fact) = fact else { return None };
    let site = fact.site?;
    if place == Where::OwnBlock && fact.origin == crate::model::Origin::Inherited {
        return None;
    }
    // A shortfall or a note speaks of another entity's value, and is mended where that one is written.
    debug_assert!(
        model.entity(entity).kind == site.row.field.kind
            || matches!(
                model.entity(entity).kind,
                Kind::Shortfall | Kind::Cut | Kind::Note | Kind::Schedule | Kind::Workload
            )
    );
    Some(fact)
}

fn replace(sources: &Sources, fact: &FactView, value: &Value) -> Result<Option<Edit>, Refusal> {
    let Some(row) = fact.row else {
        return Err(Refusal::new("the value was worked out, not written"));
    };
    if row.form == Form::Flag {
        return if fact.value == *value {
            Ok(None)
        } else {
            Err(Refusal::new("the parameter cannot be taken back"))
        };
    }
    if let Form::Behind(text) = row.form {
        let at = Span::new(fact.span.source, fact.span.end, fact.span.end);
        let text = text.to_owned();
        return Ok((fact.value != *value).then_some(Edit { span: at, text }));
    }
    let text = row.spell(value)?;
    let old = sources.text(fact.span);
    if row.value_of(&old).as_ref() == Some(value) {
        return Ok(None);
    }
    let quote = old
        .chars()
        .next()
        .filter(|c| matches!(c, '"' | '\''))
        .filter(|_| old.len() > 1);
    let text = quote.map_or(text.clone(), |quote| format!("{quote}{text}{quote}"));
    Ok((text != old).then_some(Edit { span: fact.span, text }))
}

/// Takes an entry away with its line.
fn remove(sources: &Sources, model: &Model, fact: &Known<FactView>) -> Result<Edit, Refusal> {
    let node = match fact {
        Known::Is(fact) => fact.site.and_then(|site| site.node),
        _ => None,
    };
    let Some((tree, node)) = node else {
        return Err(Refusal::new("what should be removed is not written"));
    };
    let at = model.at(tree, node);
    let span = at.span();
    let alone = at.parent().is_some_and(|block| block.children().count() == 1);
    if alone {
        return Err(Refusal::new("nothing would be left of its block"));
    }
    let source = sources.get(span.source);
    let text = &*source.text;
    let start = text[..span.start as usize].rfind('\n').map_or(0, |line| line + 1);
    let end = text[span.end as usize..]
        .find('\n')
        .map_or(text.len(), |line| span.end as usize + line + 1);
    let before = text[start..span.start as usize].trim();
    let rest = text[span.end as usize..end].trim();
    if !before.is_empty() || !(rest.is_empty() || rest.starts_with('#')) {
        return Err(Refusal::new("other entries stand on its line"));
    }
    Ok(Edit {
        span: Span::new(source.id, start as u32, end as u32),
        text: String::new(),
    })
}

/// The block that a new entry goes into: the entity's own, or the nearest around it that may hold it.
fn home(model: &Model, scope: Option<ScopeId>, row: &Row) -> Result<NodePlace, Refusal> {
    let mut refused = None;
    let mut next = scope;
    while let Some(scope) = next.map(|scope| model.scope(scope)) {
        let Some((tree, node)) = scope.home else { break };
        let block = model.at(tree, node).name();
        if row.within.is_empty() || block.is_empty() || row.within.contains(&block) {
            return Ok((tree, node));
        }
        refused = refused.or(Some(format!("{} may not stand in {block}", row.name)));
        next = scope.parent;
    }
    let none = || format!("there is no block to write {} in", row.name);
    Err(Refusal::new(refused.unwrap_or_else(none)))
}

struct Insert {
    home: NodePlace,
    table: &'static Table,
    entity: EntityId,
    words: BTreeMap<usize, String>,
}

fn insert(
    sources: &Sources,
    model: &Model,
    change: &Change,
    value: &Value,
    inserts: &mut BTreeMap<(TreeId, NodeId, String), Insert>,
    edits: &mut Vec<Edit>,
) -> Result<(), Refusal> {
    let entity = model.entity(change.entity);
    let new = NewValue {
        sources,
        model,
        entity: change.entity,
        field: change.field,
        value,
    };
    if let Some(apart) = entity.table.and_then(|table| table.spelling.apart(&new)) {
        edits.extend(apart?);
        return Ok(());
    }
    let Some(row) = model.row_for(change.entity, change.field) else {
        return Err(Refusal::new("the value was worked out, not written"));
    };
    if row.form == Form::Flag {
        // A parameter behind the address it belongs to.
        let at = Span::new(entity.span.source, entity.span.end, entity.span.end);
        edits.push(Edit {
            span: at,
            text: format!(" {}", row.name),
        });
        return Ok(());
    }
    let (tree, node) = home(model, entity.scope, row)?;

    let Some(table) = entity.table else {
        return Err(Refusal::new("the value was worked out, not written"));
    };
    let insert = inserts.entry((tree, node, row.name.clone())).or_insert_with(|| Insert {
        home: (tree, node),
        table,
        entity: change.entity,
        words: BTreeMap::new(),
    });
    insert.words.insert(row.word, row.spell(value)?);
    Ok(())
}

impl Insert {
    /// One new line. Words that are not changed keep the value in force.
    fn spell(mut self, sources: &Sources, model: &Model, name: &str) -> Result<Edit, Refusal> {
        let own = model.entity(self.entity).kind;
        for row in self.table.named(name).filter(|row| row.field.kind == own) {
            if self.words.contains_key(&row.word) {
                continue;
            }
            let Known::Is(now) = model.fact(self.entity, row.field) else {
                return Err(Refusal::new(format!("the rest of {name} is not known")));
            };
            self.words.insert(row.word, row.spell(&now.value)?);
        }
        let words: Vec<String> = self.words.into_values().collect();
        let (tree, node): (TreeId, NodeId) = self.home;
        let bare = self.table.named(name).any(|row| row.bare);
        self.table.spelling.entry(&NewEntry {
            sources,
            block: model.at(tree, node),
            entity: model.entity(self.entity),
            name,
            value: &words.join(" "),
            bare,
        })
    }
}
