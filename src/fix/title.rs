//! What a fix does, in the words of the language it edits: "set proxy_buffers to 8 32k", "add proxy_ssl_server_name on".

use std::collections::BTreeMap;

use super::spell::{self, Where};
use crate::model::field::container;
use crate::model::table::Form;
use crate::model::{Duration, EntityId, FieldId, Known, Model, Row, Unit, Value};
use crate::rule::{Action, Change, Proposal};

/// The title of a proposal whose values are changed at `place`.
pub(super) fn title(model: &Model, proposal: &Proposal, place: Where) -> String {
    let all: BTreeMap<(EntityId, FieldId), &Value> = proposal
        .changes
        .iter()
        .filter_map(|change| match &change.action {
            Action::Set(value) => Some(((change.entity, change.field), value)),
            Action::Remove => None,
        })
        .collect();
    let mut parts: Vec<String> = Vec::new();
    for change in &proposal.changes {
        let part = match &change.action {
            Action::Remove => Some(format!("remove {}", words(change.field))),
            Action::Set(value) => set(model, change, value, place, &all),
        };
        if let Some(part) = part.filter(|part| !parts.contains(part)) {
            parts.push(part);
        }
    }
    parts.join(", ")
}

fn words(field: FieldId) -> String {
    field.info().name.replace('_', " ")
}

/// One change; `None` where the value already stands there.
fn set(
    model: &Model,
    change: &Change,
    value: &Value,
    place: Where,
    all: &BTreeMap<(EntityId, FieldId), &Value>,
) -> Option<String> {
    let fact = model.fact(change.entity, change.field);
    let written = spell::written(model, &fact, change.entity, place);
    if written.is_some_and(|fact| fact.value == *value) {
        return None;
    }
    if let (true, Value::Duration(time)) = (change.field == container::PRE_STOP.id(), value) {
        return Some(pre_stop(written.is_some(), *time));
    }
    let row = written
        .and_then(|fact| fact.row)
        .or_else(|| model.row_for(change.entity, change.field));
    let Some(row) = row else {
        return Some(format!("set {} to {value}", words(change.field)));
    };
    let spelled = row.unit.spell(value).unwrap_or_else(|| value.to_string());
    Some(match (row.form, row.unit) {
        (Form::Flag, _) => format!("add {}", row.name),
        (Form::Behind(text), _) if text.trim().is_empty() => "end the file with a line feed".to_owned(),
        (Form::Behind(text), _) => format!("add {}", text.trim()),
        (_, Unit::Present) => format!("add {}", row.name),
        (Form::Name, _) => format!("use {spelled}"),
        _ => {
            let line = whole(model, change.entity, row, &spelled, all);
            match written {
                Some(_) => format!("set {} to {line}", row.name),
                None => format!("add {} {line}", row.name),
            }
        }
    })
}

fn pre_stop(written: bool, time: Duration) -> String {
    match written {
        true => format!("let the preStop hook sleep {time}"),
        false => format!("add a preStop hook that sleeps {time}"),
    }
}

/// All words of a directive that holds several values, as they are afterwards.
fn whole(
    model: &Model,
    entity: EntityId,
    row: &Row,
    spelled: &str,
    all: &BTreeMap<(EntityId, FieldId), &Value>,
) -> String {
    let Some(table) = model.entity(entity).table else {
        return spelled.to_owned();
    };
    let mut places: BTreeMap<usize, String> = BTreeMap::new();
    for other in table.named(&row.name).filter(|other| other.word != row.word) {
        let now = match all.get(&(entity, other.field)) {
            Some(value) => Some((*value).clone()),
            None => match model.fact(entity, other.field) {
                Known::Is(fact) => Some(fact.value),
                _ => None,
            },
        };
        if let Some(text) = now.and_then(|value| other.unit.spell(&value)) {
            places.insert(other.word, text);
        }
    }
    places.insert(row.word, spelled.to_owned());
    places.into_values().collect::<Vec<_>>().join(" ")
}
