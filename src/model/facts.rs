//! The facts of one entity, found by their field without a look at each.

use std::ops::{Deref, DerefMut};

use super::entity::Fact;
use super::field::FieldId;

/// The fields of so many facts are kept beside each other; a hop has about a dozen.
const NEAR: usize = 16;
/// No field has this place.
const NONE: u8 = u8::MAX;

/// The facts of one entity, all of fields of its kind, in the order they were added.
#[derive(Clone, Debug)]
pub struct Facts {
    all: Vec<Fact>,
    /// The places of the first facts' fields: rules ask for many facts that are not there.
    fields: [u8; NEAR],
}

impl Facts {
    /// None yet, with room for some.
    pub fn with_capacity(expected: usize) -> Self {
        Self {
            all: Vec::with_capacity(expected),
            fields: [NONE; NEAR],
        }
    }

    /// The first fact of a field.
    pub fn of(&self, field: FieldId) -> Option<&Fact> {
        match self.fields.iter().position(|place| *place == field.place()) {
            Some(at) => self.all.get(at),
            None => self.all.iter().skip(NEAR).find(|fact| fact.field == field),
        }
    }

    /// Adds one behind the others.
    pub fn push(&mut self, fact: Fact) {
        if let Some(place) = self.fields.get_mut(self.all.len()) {
            *place = fact.field.place();
        }
        self.all.push(fact);
    }

    /// Keeps those that fit.
    pub fn retain(&mut self, fits: impl FnMut(&Fact) -> bool) {
        let before = self.all.len();
        self.all.retain(fits);
        if self.all.len() == before {
            return;
        }
        self.fields = [NONE; NEAR];
        for (place, fact) in self.fields.iter_mut().zip(&self.all) {
            *place = fact.field.place();
        }
    }

    /// Adds one in place of those of the same field.
    pub fn put(&mut self, fact: Fact) {
        if self.of(fact.field).is_some() {
            self.retain(|own| own.field != fact.field);
        }
        self.push(fact);
    }
}

impl Extend<Fact> for Facts {
    fn extend<I: IntoIterator<Item = Fact>>(&mut self, facts: I) {
        facts.into_iter().for_each(|fact| self.push(fact));
    }
}

impl<'f> IntoIterator for &'f Facts {
    type Item = &'f Fact;
    type IntoIter = std::slice::Iter<'f, Fact>;

    fn into_iter(self) -> Self::IntoIter {
        self.all.iter()
    }
}

impl Deref for Facts {
    type Target = [Fact];

    fn deref(&self) -> &[Fact] {
        &self.all
    }
}

/// A fact may be completed; its field stays.
impl DerefMut for Facts {
    fn deref_mut(&mut self) -> &mut [Fact] {
        &mut self.all
    }
}
