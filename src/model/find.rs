//! How a fact is found: written, inherited, by default, absent or unknown, and whether that rests on an assumption.

use super::assumption::{Assumption, Held};
use super::entity::{Entity, EntityId, Model, Site};
use super::found::{FactView, Found, found};
use super::key::{Field, FieldId};
use super::known::{Doubt, Known};
use super::table::{DefaultFor, Row, Table};
use super::value::FieldType;

impl Model {
    /// A field's typed value, where it is sure.
    pub fn get<T: FieldType>(&self, id: EntityId, field: Field<T>) -> Known<T> {
        self.held(id, field).known()
    }

    /// A field's typed value with what it rests on.
    pub fn held<T: FieldType>(&self, id: EntityId, field: Field<T>) -> Held<T> {
        self.find(id, field.id()).then(|found| match T::unwrap(found.value()) {
            Some(value) => Known::Is(value),
            None => Known::Absent,
        })
    }

    /// A field with all that a report or a fix needs, on whatever it rests.
    pub fn fact(&self, id: EntityId, field: FieldId) -> Known<FactView> {
        let found = self.find(id, field);
        let (found, unless) = found.parts();
        found.map(|found| found.view(self.entity(id), unless))
    }

    /// A field of an entity: written in its own scope; else unknown where a nearer scope could not be read whole; else
    /// inherited; else the product's default for its version; else absent.
    pub fn find(&self, id: EntityId, field: FieldId) -> Held<Found<'_>> {
        let entity = self.entity(id);
        match &entity.unless {
            None => self.found(entity, field),
            Some(unless) => self.found(entity, field).unless(unless.clone()),
        }
    }

    fn found<'m>(&'m self, entity: &'m Entity, field: FieldId) -> Held<Found<'m>> {
        if field.kind != entity.kind {
            return Held::ABSENT;
        }
        if let Some(fact) = entity.facts.iter().find(|fact| fact.field == field) {
            return found(fact, false);
        }
        let Some(table) = entity.table else {
            return Held::ABSENT;
        };
        let rows = table.giving(field, entity.module);
        if rows.clone().next().is_none() {
            return Held::ABSENT;
        }
        let inherits = rows.clone().any(|row| row.inherits);
        let is_ours = |site: Site| rows.clone().any(|row| std::ptr::eq(row, site.row));
        let mut scope = entity.scope;
        let mut own = true;
        let mut unless: Option<Assumption> = None;
        while let Some(at) = scope {
            let here = self.scope(at);
            let mut facts = here.facts.iter();
            let written = facts.find(|fact| fact.field == field && fact.site.is_some_and(is_ours));
            if let Some(fact) = written {
                return found(fact, !own).on(unless.as_ref());
            }
            if let Some(doubt) = &here.doubt {
                return Known::Unknown(doubt.clone()).into();
            }
            if let Some(further) = &here.unless {
                unless = Assumption::both(unless, Some(further));
            }
            if !inherits {
                break;
            }
            own = false;
            scope = here.parent;
        }
        default(entity, table, rows).on(unless.as_ref())
    }

    /// Which row a fix would write an absent or default field through, for an entity with a scope.
    pub fn row_for(&self, id: EntityId, field: FieldId) -> Option<&'static Row> {
        let entity = self.entity(id);
        entity.table?.giving(field, entity.module).next()
    }
}

/// The product's default for the version an entity has.
fn default<'m>(entity: &Entity, table: &'static Table, rows: impl Iterator<Item = &'static Row>) -> Held<Found<'m>> {
    for row in rows.filter(|row| !row.defaults.is_empty()) {
        match row.default_for(entity.version.as_ref()) {
            DefaultFor::None => {}
            DefaultFor::Open => {
                let reason = format!(
                    "the default of {} depends on the version of {}",
                    row.name, table.product
                );
                return Known::Unknown(Doubt::new(reason)).into();
            }
            DefaultFor::One(default) => {
                let found = default.value.as_ref().map(|value| Found::Default {
                    value,
                    row,
                    product: table.product,
                    source: default.source,
                });
                return found.map_or(Known::Absent, Known::Is).into();
            }
        }
    }
    Held::ABSENT
}
