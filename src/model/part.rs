//! Models that are made side by side and then put together. Ids are places, so those of a part move.

use rayon::prelude::*;

use super::assumption::Held;
use super::entity::{Entity, EntityId, Fact, Model, Scope, ScopeId, TreeId};
use super::known::Known;
use crate::speed;

/// Where the entities of a part stand after it was joined to another model.
#[derive(Clone, Copy, Debug)]
pub struct Moved(u32);

impl Moved {
    /// The id that an entity of the part has now.
    pub fn id(self, id: EntityId) -> EntityId {
        EntityId(id.0 + self.0)
    }

    /// Changes an id of the part to the one it has now.
    pub fn known(self, id: &mut Known<EntityId>) {
        if let Known::Is(id) = id {
            *id = self.id(*id);
        }
    }

    /// The same for one that may rest on an assumption.
    pub fn held(self, id: &mut Held<EntityId>) {
        if let Some(id) = id.value_mut() {
            *id = self.id(*id);
        }
    }
}

impl Model {
    /// How the ids of parts change that are put behind what this model has, in this order.
    pub fn moves<'p>(&mut self, parts: impl Iterator<Item = &'p Model>) -> Vec<Moves> {
        let (mut entities, mut scopes) = (self.entities.len(), self.scopes.len());
        let moves = parts.map(|part| {
            let moves = Moves {
                entities: Moved(entities as u32),
                scopes: scopes as u32,
                trees: part.trees.iter().map(|tree| self.add_tree(tree)).collect(),
            };
            entities += part.entities.len();
            scopes += part.scopes.len();
            moves
        });
        moves.collect()
    }

    /// Changes the ids in a part to what they will be. Whoever keeps ids of the part must change them as well.
    pub fn prepare(&mut self, moves: &Moves) {
        let entities = self.entities.par_iter_mut().with_min_len(speed::ENTITIES);
        entities.for_each(|entity| moves.entity(entity));
        let scopes = self.scopes.par_iter_mut().with_min_len(speed::ENTITIES);
        scopes.for_each(|scope| moves.scope(scope));
    }

    /// Puts a part that was prepared behind what this model has.
    pub fn append(&mut self, mut part: Model) {
        self.entities.append(&mut part.entities);
        self.scopes.append(&mut part.scopes);
    }
}

/// How the ids of a part change.
#[derive(Debug)]
pub struct Moves {
    /// Those of its entities.
    pub entities: Moved,
    scopes: u32,
    /// By the part's own ids.
    trees: Vec<TreeId>,
}

impl Moves {
    fn entity(&self, entity: &mut Entity) {
        entity.links.iter_mut().for_each(|link| self.entities.held(link));
        entity.facts.iter_mut().for_each(|fact| self.fact(fact));
        entity.scope = entity.scope.map(|scope| self.scope_id(scope));
    }

    fn scope(&self, scope: &mut Scope) {
        scope.parent = scope.parent.map(|parent| self.scope_id(parent));
        scope.facts.iter_mut().for_each(|fact| self.fact(fact));
        if let Some((tree, _)) = &mut scope.home {
            *tree = self.trees[tree.place()];
        }
    }

    fn fact(&self, fact: &mut Fact) {
        if let Some((tree, _)) = fact.site.as_mut().and_then(|site| site.node.as_mut()) {
            *tree = self.trees[tree.place()];
        }
    }

    fn scope_id(&self, scope: ScopeId) -> ScopeId {
        ScopeId(scope.0 + self.scopes)
    }
}
