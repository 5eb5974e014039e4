//! Which fields the words at a place give, so that a proof knows what changing them means to change.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustc_hash::FxHashMap;

use super::world::World;
use crate::model::{FieldId, Kind, Model};
use crate::repo::{SourceId, Span};

/// Which fields stand where, found once for each environment: a fix must not cost a walk over its model.
pub(super) struct Places<'w> {
    pub world: &'w dyn World,
    by_environment: Mutex<FxHashMap<usize, Arc<OnceLock<OfModel>>>>,
}

/// The same for one model.
struct OfModel {
    /// Fields of blocks: one text may be read by several, such as a backend's timeout and each route's.
    scopes: FxHashMap<Span, Vec<FieldId>>,
    /// Fields of what scales and is scaled: what a shortfall or a note speaks of is a fact of another entity.
    scaling: FxHashMap<SourceId, Vec<(Span, FieldId)>>,
}

impl<'w> Places<'w> {
    pub fn new(world: &'w dyn World) -> Self {
        let by_environment = Mutex::default();
        Self { world, by_environment }
    }

    /// The fields whose facts stand at a place of an environment.
    pub fn fields_at(&self, environment: usize, span: Span) -> Vec<FieldId> {
        let of = {
            let mut all = self.by_environment.lock().unwrap_or_else(PoisonError::into_inner);
            all.entry(environment).or_default().clone()
        };
        let of = of.get_or_init(|| OfModel::new(self.world.model(environment)));
        let scopes = of.scopes.get(&span).into_iter().flatten().copied();
        let scaling = of.scaling.get(&span.source).into_iter().flatten();
        let scaling = scaling.filter(|(own, _)| own.overlaps(span)).map(|(_, field)| *field);
        scopes.chain(scaling).collect()
    }
}

impl OfModel {
    fn new(model: &Model) -> Self {
        let mut scopes: FxHashMap<Span, Vec<FieldId>> = FxHashMap::default();
        for fact in model.scopes().iter().flat_map(|scope| &scope.facts) {
            scopes.entry(fact.span).or_default().push(fact.field);
        }
        let mut scaling: FxHashMap<SourceId, Vec<(Span, FieldId)>> = FxHashMap::default();
        for kind in [Kind::Autoscaler, Kind::Schedule, Kind::Workload] {
            for fact in model.all(kind).flat_map(|id| &model.entity(id).facts) {
                scaling
                    .entry(fact.span.source)
                    .or_default()
                    .push((fact.span, fact.field));
            }
        }
        Self { scopes, scaling }
    }
}
