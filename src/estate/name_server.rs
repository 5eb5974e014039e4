//! Who looks a host up while a gateway runs.

use std::sync::Arc;

use crate::model::field::endpoint;
use crate::model::host::is_public_name_server;
use crate::model::{EntityId, Model};
use crate::repo::Span;

/// Notes the name servers of an endpoint.
pub fn note(model: &mut Model, endpoint: EntityId, servers: &[String], span: Span) {
    let public = servers.iter().find(|server| is_public_name_server(server));
    let entity = model.entity_mut(endpoint);
    entity.set(endpoint::NAME_SERVERS, Arc::from(servers.join(", ")), span);
    if let Some(public) = public {
        let only = servers.iter().all(|server| is_public_name_server(server));
        entity.set(endpoint::PUBLIC_NAME_SERVER, Arc::from(public.as_str()), span);
        entity.set(endpoint::ONLY_PUBLIC, only, span);
    }
}
