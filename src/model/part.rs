//! Models that are made side by side and then put together. Ids are places, so those of a part move.

use super::entity::{Entity, EntityId, Fact, Model, Scope, ScopeId, TreeId};
use super::known::Known;

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
}

impl Model {
    /// Puts a part behind what this model has. Whoever keeps ids of the part must change them.
    pub fn join(&mut self, mut part: Model) -> Moved {
        let moves = Moves {
            entities: Moved(self.entities.len() as u32),
            scopes: self.scopes.len() as u32,
            trees: part.trees.iter().map(|tree| self.add_tree(tree)).collect(),
        };
        part.entities.iter_mut().for_each(|entity| moves.entity(entity));
        part.scopes.iter_mut().for_each(|scope| moves.scope(scope));
        self.entities.append(&mut part.entities);
        self.scopes.append(&mut part.scopes);
        moves.entities
    }
}

/// How the ids of a part change.
struct Moves {
    entities: Moved,
    scopes: u32,
    /// By the part's own ids.
    trees: Vec<TreeId>,
}

impl Moves {
    fn entity(&self, entity: &mut Entity) {
        entity.links.iter_mut().for_each(|link| self.entities.known(link));
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
