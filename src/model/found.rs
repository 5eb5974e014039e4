//! A fact as it is found for an entity: written, inherited, by default, and where.

use super::assumption::{Assumption, Held};
use super::entity::{Entity, Fact, Site, Stored};
use super::known::Known;
use super::table::Row;
use super::value::Value;
use super::version::Version;
use crate::repo::Span;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Written in the entity's own scope.
    Written,
    /// Written in an outer scope.
    Inherited,
    /// The product's default.
    Default {
        /// The product.
        product: &'static str,
        /// Its version, where known.
        version: Option<Version>,
        /// Where the default is documented.
        source: &'static str,
    },
    /// Worked out from other facts.
    Computed,
}

/// A fact as found for one entity.
#[derive(Clone, Debug)]
pub struct FactView {
    /// The value.
    pub value: Value,
    /// Where it stands; for a default, the entity that has it.
    pub span: Span,
    /// Where it comes from.
    pub origin: Origin,
    /// Where it is written, or for a default the row it would be written through.
    pub row: Option<&'static Row>,
    /// Where it is written.
    pub site: Option<Site>,
    /// What it rests on, where that is an assumption.
    pub unless: Option<Assumption>,
}

impl FactView {
    /// The name of an entity, where it is declared.
    pub fn of_entity(entity: &Entity) -> FactView {
        FactView {
            value: Value::Text(entity.name.clone()),
            span: entity.span,
            origin: Origin::Computed,
            row: None,
            site: None,
            unless: entity.unless.clone(),
        }
    }
}

/// A fact as found, before anything is copied: rules ask for many values and report few.
#[derive(Clone, Copy, Debug)]
pub enum Found<'m> {
    /// It is written or computed.
    Fact {
        /// The value.
        value: &'m Value,
        /// The fact that holds it.
        fact: &'m Fact,
        /// Whether an outer scope has it.
        inherited: bool,
    },
    /// The product has it so.
    Default {
        /// The value.
        value: &'static Value,
        /// The row it would be written through.
        row: &'static Row,
        /// The product.
        product: &'static str,
        /// Where the default is documented.
        source: &'static str,
    },
}

impl<'m> Found<'m> {
    /// The value.
    pub fn value(&self) -> &'m Value {
        match self {
            Found::Fact { value, .. } => value,
            Found::Default { value, .. } => value,
        }
    }

    /// Whether it is written in a file: what is only supposed is not, wherever it stands.
    pub fn is_written(&self) -> bool {
        matches!(self, Found::Fact { fact, inherited, .. }
            if (*inherited || fact.site.is_some()) && !matches!(fact.value, Stored::Assumed(_)))
    }

    /// The whole of it, for the entity it was asked of.
    pub fn view(&self, entity: &Entity, unless: Option<&Assumption>) -> FactView {
        let unless = unless.cloned();
        match *self {
            Found::Fact { value, fact, inherited } => FactView {
                value: value.clone(),
                span: fact.span,
                origin: match (inherited, fact.site) {
                    (true, _) => Origin::Inherited,
                    (false, Some(_)) => Origin::Written,
                    (false, None) => Origin::Computed,
                },
                row: fact.site.map(|site| site.row),
                site: fact.site,
                unless,
            },
            Found::Default {
                value,
                row,
                product,
                source,
            } => FactView {
                value: value.clone(),
                span: entity.span,
                origin: Origin::Default {
                    product,
                    version: entity.version.clone(),
                    source,
                },
                row: Some(row),
                site: None,
                unless,
            },
        }
    }
}

pub(super) fn found(fact: &Fact, inherited: bool) -> Held<Found<'_>> {
    let of = |value| Known::Is(Found::Fact { value, fact, inherited });
    match &fact.value {
        Stored::Is(value) => of(value).into(),
        Stored::Unknown(doubt) => Known::Unknown(doubt.clone()).into(),
        Stored::Assumed(supposed) => {
            let value = supposed.value.as_ref().map_or(Known::Absent, of);
            value.unless(supposed.unless.clone())
        }
    }
}
