//! Which requests that one route takes may go on to a route of another gateway.

use rustc_hash::FxHashMap;

use crate::estate::{Estate, Takes};
use crate::model::field::route;
use crate::model::{EntityId, Lens, Model};

/// What each route takes.
pub(super) struct Reach<'a> {
    model: &'a Model,
    takes: FxHashMap<EntityId, &'a Takes>,
}

impl<'a> Reach<'a> {
    pub(super) fn new(estate: &'a Estate) -> Self {
        let routes = estate.gateways.iter().flat_map(|gateway| &gateway.routes);
        Self {
            model: &estate.model,
            takes: routes.map(|route| (route.id, &route.takes)).collect(),
        }
    }

    /// Whether requests of a route may be taken by another behind it, by host and path.
    pub(super) fn reaches(&self, lens: &Lens, outer: EntityId, inner: EntityId) -> bool {
        let (Some(takes), Some(next)) = (self.takes.get(&outer), self.takes.get(&inner)) else {
            return true;
        };
        let path = |route| lens.see(&self.model.held(route, route::PATH)).is().cloned();
        let sends = path(outer);
        match next.prefix {
            Some(_) => takes.reaches(sends.as_deref(), next),
            None => {
                let prefix = path(inner);
                takes.reaches(
                    sends.as_deref(),
                    &Takes {
                        prefix,
                        ..(*next).clone()
                    },
                )
            }
        }
    }
}
