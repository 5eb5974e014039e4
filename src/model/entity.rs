//! Entities, their facts and links, and how a fact is found: written, inherited, by default, absent or unknown.

use std::num::NonZeroU32;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::field::{Field, FieldId, Kind, Link};
use super::found::{FactView, Found, found};
use super::known::{Doubt, Known};
use super::table::{DefaultFor, Row, Table};
use super::value::{FieldType, Value};
use super::version::Version;
use crate::repo::{SourceId, Span};
use crate::syntax::{At, NodeId, Tree};

/// An entity of one model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntityId(pub u32);

/// A scope of one model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScopeId(pub u32);

/// A tree of one model, counted from 1: a model holds many facts, and their sites are smaller without a zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TreeId(NonZeroU32);

impl TreeId {
    /// The last of so many trees.
    fn last_of(trees: usize) -> Self {
        Self(NonZeroU32::new(trees as u32).unwrap_or(NonZeroU32::MIN))
    }

    /// Its place among the trees.
    pub(super) fn place(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// A node of one of a model's trees.
pub type NodePlace = (TreeId, NodeId);

/// What a fact holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// This value.
    Is(Value),
    /// Something was written that cannot be known or read here.
    Unknown(Doubt),
}

/// Where a fact is written, so that a fix never searches.
#[derive(Clone, Copy, Debug)]
pub struct Site {
    /// The row through which the value was read and is written; the fact's span is what it replaces.
    pub row: &'static Row,
    /// The directive or entry; `None` where no tree holds it (a word of a command line).
    pub node: Option<NodePlace>,
}

/// One written or computed fact.
#[derive(Clone, Debug)]
pub struct Fact {
    /// The field.
    pub field: FieldId,
    /// Its value.
    pub value: Stored,
    /// Where it stands, or what it was computed from.
    pub span: Span,
    /// Where it is written; `None` for a computed fact.
    pub site: Option<Site>,
}

/// The settings written in one block, file or command line, in front of those it inherits from.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// The next outer scope.
    pub parent: Option<ScopeId>,
    /// What is written here.
    pub facts: SmallVec<[Fact; 1]>,
    /// Why more may be written here than could be read: a hole, an unread include.
    pub doubt: Option<Doubt>,
    /// The block itself, for inserting into it.
    pub home: Option<NodePlace>,
}

/// One thing of the model.
#[derive(Clone, Debug)]
pub struct Entity {
    /// What it is.
    pub kind: Kind,
    /// What it is called; with the kind, its identity when two runs are compared.
    pub name: Arc<str>,
    /// Where it is declared.
    pub span: Span,
    /// Facts of its own that no scope holds.
    pub facts: Vec<Fact>,
    /// Links, in the order of `Kind::links`.
    pub links: SmallVec<[Known<EntityId>; 2]>,
    /// Its nearest scope.
    pub scope: Option<ScopeId>,
    /// The table its scopes were read through, which also has its defaults.
    pub table: Option<&'static Table>,
    /// Its protocol module, for tables that have them.
    pub module: &'static str,
    /// The product's version, for defaults.
    pub version: Option<Version>,
}

/// How many facts an entity usually has: to double the room for them until it suffices would take more time and memory
/// than anything else in it.
fn usual(kind: Kind) -> usize {
    match kind {
        Kind::Hop | Kind::Autoscaler => 10,
        Kind::Service | Kind::Process => 8,
        Kind::ServicePort => 7,
        Kind::Note | Kind::Probe | Kind::Socket => 5,
        _ => 0,
    }
}

impl Entity {
    /// An entity without facts; links start out absent.
    pub fn new(kind: Kind, name: impl Into<Arc<str>>, span: Span) -> Entity {
        Entity {
            kind,
            name: name.into(),
            span,
            facts: Vec::with_capacity(usual(kind)),
            links: SmallVec::from_elem(Known::Absent, kind.links().len()),
            scope: None,
            table: None,
            module: "",
            version: None,
        }
    }

    /// Adds a computed fact that stands at `span`.
    pub fn set<T: FieldType>(&mut self, field: Field<T>, value: T, span: Span) {
        self.store(field.id(), Stored::Is(value.wrap()), span);
    }

    /// Adds a fact that may be unknown; an absent one is not stored.
    pub fn set_known<T: FieldType>(&mut self, field: Field<T>, value: Known<T>, span: Span) {
        match value {
            Known::Is(value) => self.set(field, value, span),
            Known::Absent => {}
            Known::Unknown(doubt) => self.store(field.id(), Stored::Unknown(doubt), span),
        }
    }

    fn store(&mut self, field: FieldId, value: Stored, span: Span) {
        debug_assert_eq!(field.kind, self.kind, "a field of another kind");
        self.facts.retain(|fact| fact.field != field);
        self.facts.push(Fact {
            field,
            value,
            span,
            site: None,
        });
    }

    /// Sets a link.
    #[inline]
    pub fn link(&mut self, link: Link, to: Known<EntityId>) {
        debug_assert_eq!(link.from, self.kind, "a link of another kind");
        self.links[link.place()] = to;
    }

    /// Where a link leads.
    #[inline]
    pub fn linked(&self, link: Link) -> &Known<EntityId> {
        debug_assert_eq!(link.from, self.kind, "a link of another kind");
        self.links.get(link.place()).unwrap_or(&Known::Absent)
    }
}

/// Everything known of one environment.
#[derive(Debug, Default)]
pub struct Model {
    pub(super) entities: Vec<Entity>,
    pub(super) scopes: Vec<Scope>,
    pub(super) trees: Vec<Arc<Tree>>,
    /// By address: every tree is kept, so addresses stay its own.
    tree_ids: FxHashMap<usize, TreeId>,
}

impl Model {
    /// Makes room for what this many documents usually give: copying a large model as it grows would double its peak.
    pub fn expect(&mut self, documents: usize) {
        self.entities.reserve(documents * 16);
        self.scopes.reserve(documents * 4);
    }

    /// Adds an entity.
    pub fn add(&mut self, entity: Entity) -> EntityId {
        self.entities.push(entity);
        EntityId(self.entities.len() as u32 - 1)
    }

    /// Adds a scope.
    pub fn add_scope(&mut self, scope: Scope) -> ScopeId {
        self.scopes.push(scope);
        ScopeId(self.scopes.len() as u32 - 1)
    }

    /// Makes a tree known, so that sites can name it.
    pub fn add_tree(&mut self, tree: &Arc<Tree>) -> TreeId {
        let trees = &mut self.trees;
        *self.tree_ids.entry(Arc::as_ptr(tree) as usize).or_insert_with(|| {
            trees.push(tree.clone());
            TreeId::last_of(trees.len())
        })
    }

    /// The id of a tree that was added before.
    pub fn tree_of(&self, tree: &Tree) -> TreeId {
        let known = self.tree_ids.get(&(std::ptr::from_ref(tree) as usize));
        debug_assert!(known.is_some(), "a tree of another model");
        known.copied().unwrap_or(TreeId::last_of(0))
    }

    /// The texts of all trees that facts are written in.
    pub fn sources(&self) -> impl Iterator<Item = SourceId> + '_ {
        self.trees.iter().flat_map(|tree| tree.sources())
    }

    /// An entity of this model.
    pub fn entity(&self, id: EntityId) -> &Entity {
        &self.entities[id.0 as usize]
    }

    /// An entity of this model, to complete it.
    pub fn entity_mut(&mut self, id: EntityId) -> &mut Entity {
        &mut self.entities[id.0 as usize]
    }

    /// All scopes, in the order they were added.
    pub fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    /// A scope of this model.
    pub fn scope(&self, id: ScopeId) -> &Scope {
        &self.scopes[id.0 as usize]
    }

    /// A scope of this model, to complete it.
    pub fn scope_mut(&mut self, id: ScopeId) -> &mut Scope {
        &mut self.scopes[id.0 as usize]
    }

    /// The place of a site.
    pub fn at(&self, tree: TreeId, node: NodeId) -> At<'_> {
        self.trees[tree.place()].at(node)
    }

    /// All entities, in the order they were added.
    pub fn entities(&self) -> impl ExactSizeIterator<Item = (EntityId, &Entity)> {
        let ids = |(at, entity)| (EntityId(at as u32), entity);
        self.entities.iter().enumerate().map(ids)
    }

    /// All entities of a kind, in the order they were added.
    pub fn all(&self, kind: Kind) -> impl Iterator<Item = EntityId> + '_ {
        (0..self.entities.len() as u32)
            .map(EntityId)
            .filter(move |id| self.entity(*id).kind == kind)
    }

    /// Whether there is any entity of a kind.
    pub fn has(&self, kind: Kind) -> bool {
        self.entities.iter().any(|entity| entity.kind == kind)
    }

    /// Where a link of an entity leads.
    #[inline]
    pub fn linked(&self, id: EntityId, link: Link) -> Known<EntityId> {
        let to = self.entity(id).linked(link);
        debug_assert!(
            to.as_ref()
                .is()
                .is_none_or(|to| self.entity(*to).kind == link.info().to),
            "a link to another kind"
        );
        to.clone()
    }

    /// A field's typed value.
    pub fn get<T: FieldType>(&self, id: EntityId, field: Field<T>) -> Known<T> {
        self.find(id, field.id()).then(|found| match T::unwrap(found.value()) {
            Some(value) => Known::Is(value),
            None => Known::Absent,
        })
    }

    /// A field with all that a report or a fix needs.
    pub fn fact(&self, id: EntityId, field: FieldId) -> Known<FactView> {
        self.find(id, field).map(|found| found.view(self.entity(id)))
    }

    /// A field of an entity: written in its own scope; else unknown where a nearer scope could not be read whole; else
    /// inherited; else the product's default for its version; else absent.
    pub fn find(&self, id: EntityId, field: FieldId) -> Known<Found<'_>> {
        let entity = self.entity(id);
        if field.kind != entity.kind {
            return Known::Absent;
        }
        if let Some(fact) = entity.facts.iter().find(|fact| fact.field == field) {
            return found(fact, false);
        }
        let Some(table) = entity.table else {
            return Known::Absent;
        };
        let rows = table.giving(field, entity.module);
        if rows.clone().next().is_none() {
            return Known::Absent;
        }
        let inherits = rows.clone().any(|row| row.inherits);
        let is_ours = |site: Site| rows.clone().any(|row| std::ptr::eq(row, site.row));
        let mut scope = entity.scope;
        let mut own = true;
        while let Some(at) = scope {
            let here = self.scope(at);
            let mut facts = here.facts.iter();
            let written = facts.find(|fact| fact.field == field && fact.site.is_some_and(is_ours));
            if let Some(fact) = written {
                return found(fact, !own);
            }
            if let Some(doubt) = &here.doubt {
                return Known::Unknown(doubt.clone());
            }
            if !inherits {
                break;
            }
            own = false;
            scope = here.parent;
        }
        for row in rows.clone().filter(|row| !row.defaults.is_empty()) {
            match row.default_for(entity.version.as_ref()) {
                DefaultFor::None => {}
                DefaultFor::Open => {
                    let reason = format!(
                        "the default of {} depends on the version of {}",
                        row.name, table.product
                    );
                    return Known::Unknown(Doubt::new(reason));
                }
                DefaultFor::One(default) => {
                    return match &default.value {
                        Some(value) => Known::Is(Found::Default {
                            value,
                            row,
                            product: table.product,
                            source: default.source,
                        }),
                        None => Known::Absent,
                    };
                }
            }
        }
        Known::Absent
    }

    /// Which row a fix would write an absent or default field through, for an entity with a scope.
    pub fn row_for(&self, id: EntityId, field: FieldId) -> Option<&'static Row> {
        let entity = self.entity(id);
        entity.table?.giving(field, entity.module).next()
    }
}
