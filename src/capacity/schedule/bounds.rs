//! What a schedule guarantees and allows, each count with the field that states it.

use crate::capacity::timeline::{Place, Timeline};
use crate::repo::Span;

/// What a field of a schedule says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The least number of replicas.
    Minimum,
    /// The greatest number of replicas.
    Maximum,
    /// The number of replicas while a schedule is active, or once it fires.
    Count,
    /// When a count begins to hold.
    Start,
    /// When it ceases to hold.
    End,
    /// How long it holds.
    Length,
}

/// A field that a timeline refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// What it says.
    pub role: Role,
    /// Where it stands; the object, where it is a default.
    pub span: Span,
    /// Whether it is written, rather than the product's default.
    pub written: bool,
}

/// What is guaranteed, and what is allowed at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The count that is there whatever the metrics do.
    pub minimum: Timeline,
    /// The count that is never exceeded.
    pub maximum: Timeline,
    /// The minimum that holds after a deployment has reset the sizes, where one does (CloudFormation without
    /// `IgnoreUnmodifiedGroupSizeProperties`).
    pub after_update: Option<Timeline>,
    /// The fields that the timelines' places number.
    pub fields: Vec<Field>,
}

impl Bounds {
    /// The field at a place.
    pub fn field(&self, place: Place) -> Option<&Field> {
        self.fields.get(place.0 as usize)
    }

    /// Several writers of one target: no one knows who writes last, so the least of their guarantees holds.
    #[must_use]
    pub fn with_other_writer(mut self, other: Bounds) -> Self {
        let first = self.fields.len() as u32;
        self.fields.extend(other.fields);
        self.minimum = self.minimum.min(&other.minimum.renumbered(first));
        self.maximum = self.maximum.min(&other.maximum.renumbered(first));
        self.after_update = match (self.after_update, other.after_update) {
            (Some(own), Some(other)) => Some(own.min(&other.renumbered(first))),
            (own, other) => own.or(other.map(|other| other.renumbered(first))),
        };
        self
    }
}
