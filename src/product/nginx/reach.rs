//! Time limits that reach no `*_pass` of their own module: `proxy_read_timeout` where only `grpc_pass` is.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::estate::Route;
use crate::model::field::setting;
use crate::model::{Entity, EntityId, Kind, Known, Model, Origin, ScopeId, Stored, Value};
use crate::product::nginx::context::Context;
use crate::product::nginx::table::MODULES;

/// The limits, by what a directive's name ends in, with what happens when one is over.
const LIMITS: [(&str, &str); 3] = [
    (
        "read_timeout",
        "a request that waits longer for the response ends as 504",
    ),
    ("send_timeout", "a request that waits longer to be sent on ends as 504"),
    (
        "connect_timeout",
        "a request that waits longer for a connection ends as 504",
    ),
];

/// Adds the limits that are written where routes of other modules only inherit them. `scopes` are those of the
/// configuration, with the blocks they are of.
pub(super) fn add(model: &mut Model, scopes: &[(ScopeId, Context)], routes: &[Route]) {
    let mut below: HashMap<ScopeId, Vec<EntityId>> = HashMap::new();
    for route in routes {
        for scope in around(model, model.entity(route.id).scope) {
            below.entry(scope).or_default().push(route.id);
        }
    }
    // What is not read may hold routes of any module.
    let doubted = scopes.iter().filter(|(scope, _)| model.scope(*scope).doubt.is_some());
    let open: HashSet<ScopeId> = doubted.flat_map(|(scope, _)| around(model, Some(*scope))).collect();
    let mut found = Vec::new();
    for (scope, context) in scopes {
        let Some(routes) = below.get(scope).filter(|_| !open.contains(scope)) else {
            continue;
        };
        // Of a fragment of `http` the other files are not seen.
        let outer = around(model, Some(*scope));
        if *context == Context::Http && outer.iter().any(|outer| model.scope(*outer).doubt.is_some()) {
            continue;
        }
        for fact in &model.scope(*scope).facts {
            let Some(row) = fact.site.map(|site| site.row) else {
                continue;
            };
            let Some((module, limit)) = row.name.split_once('_').filter(|(module, _)| MODULES.contains(module)) else {
                continue;
            };
            let Some((_, outcome)) = LIMITS.iter().find(|(name, _)| *name == limit) else {
                continue;
            };
            let field = row.field;
            if routes.iter().any(|route| model.entity(*route).module == module) {
                continue;
            }
            let by_default = routes.iter().find_map(|route| match model.fact(*route, field) {
                Known::Is(view) if matches!(view.origin, Origin::Default { .. }) => {
                    Some((model.entity(*route).module, view.value, model.entity(*route).span))
                }
                _ => None,
            });
            let (Some((other, holds, at)), Stored::Is(written)) = (by_default, &fact.value) else {
                continue;
            };
            if *written == holds || !MODULES.contains(&other) {
                continue;
            }
            let mut entity = Entity::new(Kind::Setting, format!("{other}_pass {}", row.name), fact.span);
            entity.set(setting::NAME, Arc::from(row.name.as_str()), fact.span);
            entity.set(setting::VALUE, Arc::from(written.to_string()), fact.span);
            entity.set(setting::PROBLEM, Arc::from("module"), fact.span);
            entity.set(setting::PRODUCT, Arc::from("nginx"), fact.span);
            entity.set(setting::HOLDER, Arc::from(format!("{other}_pass")), at);
            entity.set(setting::OWNER, Arc::from(format!("{module}_pass")), fact.span);
            entity.set(setting::INSTEAD, Arc::from(format!("{other}_{limit}")), fact.span);
            entity.set(setting::MEANT, Arc::from(holds.to_string()), fact.span);
            entity.set(setting::OUTCOME, Arc::from(*outcome), fact.span);
            // No kernel tries to connect for longer than two minutes, whatever is set.
            if limit != "connect_timeout"
                && let (Value::Duration(written), Value::Duration(holds)) = (written, &holds)
            {
                entity.set(setting::SHORTER, holds < written, fact.span);
            }
            found.push(entity);
        }
    }
    for entity in found {
        model.add(entity);
    }
}

/// A scope and those around it.
fn around(model: &Model, from: Option<ScopeId>) -> Vec<ScopeId> {
    let mut chain = Vec::new();
    let mut next = from;
    while let Some(scope) = next {
        chain.push(scope);
        next = model.scope(scope).parent;
    }
    chain
}
