//! Response buffers, block by block: nginx merges and judges them in every `server` and `location`, also where nothing is
//! passed on (`ngx_http_proxy_merge_loc_conf` and its like; tried with 1.22.1).

use crate::model::field::buffers;
use crate::model::{Entity, EntityId, Kind, Known, Model, ScopeId, Size, Version};
use crate::product::nginx::context::Context;
use crate::product::nginx::table::{BUFFERING, TABLE};

/// Adds what each block holds that says something of the buffers of a module. What `http` says nginx judges in the servers
/// inside; those that say nothing of their own stand for it.
pub(super) fn add(model: &mut Model, scopes: &[(ScopeId, Context)], version: Option<&Version>) {
    for (scope, context) in scopes {
        for module in BUFFERING {
            let is_judged = match context {
                Context::Server | Context::Location => true,
                Context::Http => scopes.iter().any(|(inner, context)| {
                    *context == Context::Server
                        && model.scope(*inner).parent == Some(*scope)
                        && !says(model, *inner, module)
                }),
                _ => false,
            };
            if is_judged && says(model, *scope, module) {
                add_block(model, *scope, (context.name(), module), version);
            }
        }
    }
}

fn says(model: &Model, scope: ScopeId, module: &str) -> bool {
    let rows = model.scope(scope).facts.iter().filter_map(|fact| fact.site);
    let mut rows = rows.map(|site| site.row);
    rows.any(|row| row.field.kind == Kind::Buffers && row.module == module)
}

fn add_block(model: &mut Model, scope: ScopeId, (block, module): (&str, &'static str), version: Option<&Version>) {
    let own = model.scope(scope).facts.iter();
    let first = own.filter(|fact| fact.site.is_some_and(|site| site.row.module == module));
    let Some(span) = first.map(|fact| fact.span).min() else {
        return;
    };
    let mut entity = Entity::new(Kind::Buffers, format!("{block} {module}"), span);
    entity.set(buffers::MODULE, module.into(), span);
    entity.table = Some(&TABLE);
    entity.scope = Some(scope);
    entity.module = module;
    entity.version = version.cloned();
    let id = model.add(entity);
    if matches!(model.fact(id, buffers::BUSY.id()), Known::Absent) {
        let busy = busy(model, id);
        model.entity_mut(id).set_known(buffers::BUSY, busy, span);
    }
}

/// Without the directive nginx takes twice the larger buffer.
fn busy(model: &Model, id: EntityId) -> Known<Size> {
    let (one, head) = (model.get(id, buffers::SIZE), model.get(id, buffers::HEADER_SIZE));
    one.then(|one| head.map(|head| Size(one.0.max(head.0).saturating_mul(2))))
}
