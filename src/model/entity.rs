//! Entities, their facts and links, and the model that holds them.

use std::num::NonZeroU32;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::assumption::{Assumption, Held};
use super::key::{Field, FieldId, Link};
use super::kind::Kind;
use super::known::{Doubt, Known};
use super::table::{Row, Table};
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
    /// It is this as far as can be seen here.
    Assumed(Box<Supposed>),
}

/// A value that rests on an assumption.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Supposed {
    /// The value; `None` where there is none.
    pub value: Option<Value>,
    /// What would make it wrong.
    pub unless: Assumption,
}

impl Stored {
    /// The same on an assumption; what is unknown stays so.
    #[must_use]
    pub fn unless(self, assumption: Assumption) -> Stored {
        let (value, unless) = match self {
            Stored::Is(value) => (Some(value), assumption),
            Stored::Unknown(_) => return self,
            Stored::Assumed(supposed) => (supposed.value, supposed.unless.and(&assumption)),
        };
        Stored::Assumed(Box::new(Supposed { value, unless }))
    }

    /// What is stored of a value; nothing of what is surely absent.
    pub fn from_held(held: &Held<Value>) -> Option<Stored> {
        let (value, unless) = held.parts();
        Some(match (value, unless) {
            (Known::Unknown(doubt), _) => Stored::Unknown(doubt),
            (Known::Is(value), None) => Stored::Is(value.clone()),
            (Known::Absent, None) => return None,
            (known, Some(unless)) => Stored::Assumed(Box::new(Supposed {
                value: known.is().cloned(),
                unless: unless.clone(),
            })),
        })
    }
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
    /// Why more may be written here although it is likely that there is not: what is inherited through this scope, and
    /// the product's defaults behind it, rest on that.
    pub unless: Option<Assumption>,
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
    pub links: SmallVec<[Held<EntityId>; 2]>,
    /// What its being there at all rests on, where that is an assumption: so does everything that is said of it.
    pub unless: Option<Assumption>,
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
            links: SmallVec::from_elem(Held::ABSENT, kind.links().len()),
            unless: None,
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

    /// Adds a fact that may be unknown or rest on an assumption; one that is surely absent is not stored.
    pub fn set_known<T: FieldType>(&mut self, field: Field<T>, value: impl Into<Held<T>>, span: Span) {
        if let Some(stored) = Stored::from_held(&value.into().map(FieldType::wrap)) {
            self.store(field.id(), stored, span);
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
    pub fn link(&mut self, link: Link, to: impl Into<Held<EntityId>>) {
        debug_assert_eq!(link.from, self.kind, "a link of another kind");
        self.links[link.place()] = to.into();
    }

    /// Makes everything rest on an assumption that would not be the same without it.
    pub fn rest(&mut self, without: &Entity, assumption: &Assumption) {
        for fact in &mut self.facts {
            let mut others = without.facts.iter();
            if !others.any(|other| other.field == fact.field && other.value == fact.value) {
                let value = std::mem::replace(&mut fact.value, Stored::Is(Value::Bool(false)));
                fact.value = value.unless(assumption.clone());
            }
        }
        let lacking = |other: &&Fact| self.facts.iter().all(|fact| fact.field != other.field);
        let lacking: Vec<Fact> = without.facts.iter().filter(lacking).cloned().collect();
        self.facts.extend(lacking.into_iter().map(|fact| Fact {
            value: Stored::Assumed(Box::new(Supposed {
                value: None,
                unless: assumption.clone(),
            })),
            ..fact
        }));
        for (link, other) in self.links.iter_mut().zip(&without.links) {
            if link != other {
                *link = std::mem::replace(link, Held::ABSENT).unless(assumption.clone());
            }
        }
    }

    /// Where a link leads.
    #[inline]
    pub fn linked(&self, link: Link) -> &Held<EntityId> {
        debug_assert_eq!(link.from, self.kind, "a link of another kind");
        self.links.get(link.place()).unwrap_or(&Held::ABSENT)
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

    /// All trees that facts are written in.
    pub fn trees(&self) -> &[Arc<Tree>] {
        &self.trees
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

    /// Where a link of an entity surely leads.
    #[inline]
    pub fn linked(&self, id: EntityId, link: Link) -> Known<EntityId> {
        let to = self.entity(id).linked(link);
        debug_assert!(
            to.parts()
                .0
                .is()
                .is_none_or(|to| self.entity(*to).kind == link.info().to),
            "a link to another kind"
        );
        to.clone().known()
    }
}

/// A model holds many links and facts, and few that rest on an assumption: those must not make the others larger.
const _: () = {
    assert!(size_of::<Held<EntityId>>() == size_of::<Known<EntityId>>());
    assert!(size_of::<Stored>() == size_of::<Value>());
};
