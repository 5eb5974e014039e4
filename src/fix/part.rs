//! A part of a large environment that is read in its place, and whether it is a fair stand-in.

use std::hash::{DefaultHasher, Hash, Hasher};

use rustc_hash::FxHashSet;

use super::outcome::{FileKey, Files};
use crate::environment::Environment;
use crate::model::{Entity, EntityId, Fact, Kind, Known, Model, Stored};
use crate::repo::Sources;

/// What is read again of an environment to prove fixes.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The environment.
    pub environment: usize,
    /// The part of it that is read in its place; `None` when it is read as a whole.
    pub part: Option<Part>,
    /// How many documents and files that reads.
    pub cost: usize,
}

/// Some of an environment's files.
#[derive(Clone, Debug)]
pub struct Part {
    /// The files that the changes may have to do with: what is said of these is compared.
    pub files: FxHashSet<FileKey>,
    /// The environment with nothing but these, and what they are read with.
    pub environment: Environment,
}

/// Everything a model knows of the entities in some files, facts that are worked out and links included: a number for
/// each entity, in order. Two models that give the same say the same of these files.
pub fn portrait(sources: &Sources, model: &Model, of: &FxHashSet<FileKey>) -> Vec<u64> {
    let mut files = Files::new(sources);
    let mut found: Vec<u64> = Vec::new();
    for (_, entity) in model.entities().filter(|(_, entity)| has_a_place(entity.kind)) {
        let file = files.key_at(entity.span);
        if of.contains(&file) {
            found.push(one(&mut files, model, entity, file));
        }
    }
    found.sort_unstable();
    found
}

/// Whether entities of a kind belong to the file they point at. What failures look like at a product is the same for all
/// its gateways and points at the first of them; a profile is the configuration's.
pub fn has_a_place(kind: Kind) -> bool {
    !matches!(kind, Kind::Status | Kind::Profile)
}

fn one(files: &mut Files<'_>, model: &Model, entity: &Entity, file: FileKey) -> u64 {
    let mut hasher = DefaultHasher::new();
    (file, entity.kind, &*entity.name, entity.module, &entity.version).hash(&mut hasher);
    facts(files, &entity.facts).hash(&mut hasher);
    for link in &entity.links {
        let (to, unless) = link.parts();
        match to {
            Known::Is(to) => (0, target(files, model, *to)).hash(&mut hasher),
            Known::Absent => 1.hash(&mut hasher),
            Known::Unknown(doubt) => (2, &*doubt.reason).hash(&mut hasher),
        }
        unless.hash(&mut hasher);
    }
    entity.unless.hash(&mut hasher);
    let mut scope = entity.scope;
    while let Some(at) = scope {
        let own = model.scope(at);
        facts(files, &own.facts).hash(&mut hasher);
        own.doubt.as_ref().map(|doubt| &*doubt.reason).hash(&mut hasher);
        own.unless.hash(&mut hasher);
        scope = own.parent;
    }
    hasher.finish()
}

/// A linked entity by its kind, its name and, where it has one, its file.
fn target(files: &mut Files<'_>, model: &Model, id: EntityId) -> (Kind, Box<str>, FileKey) {
    let entity = model.entity(id);
    let file = match has_a_place(entity.kind) {
        true => files.key_at(entity.span),
        false => 0,
    };
    (entity.kind, (&*entity.name).into(), file)
}

/// Facts in any order.
fn facts(files: &mut Files<'_>, facts: &[Fact]) -> u64 {
    let one = |fact: &Fact| {
        let mut hasher = DefaultHasher::new();
        let row = fact.site.map(|site| &*site.row.name);
        (fact.field, row, files.key_at(fact.span)).hash(&mut hasher);
        match &fact.value {
            Stored::Is(value) => value.hash(&mut hasher),
            Stored::Unknown(doubt) => doubt.reason.hash(&mut hasher),
            Stored::Assumed(supposed) => supposed.hash(&mut hasher),
        }
        hasher.finish()
    };
    facts.iter().map(one).fold(0, u64::wrapping_add)
}
