//! Names that a gateway of a compose project asks for, that nothing in it has, and that another file defines.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use crate::environment::{Repository, Role};
use crate::estate::Builder;
use crate::syntax::At;

impl Builder<'_> {
    /// Notes which of the names that nothing here has some other compose file of the repository defines: the project may
    /// be started with both.
    pub(super) fn names_elsewhere(&mut self) {
        if !self.estate.compose {
            return;
        }
        let estate = &self.estate;
        let known: FxHashSet<&str> = estate
            .containers
            .iter()
            .flat_map(|container| &container.names)
            .map(|name| &**name)
            .collect();
        let closed = |at: &usize| estate.containers[*at].naming.closed;
        let asking = estate
            .gateways
            .iter()
            .filter(|gateway| gateway.container.as_ref().is_some_and(closed));
        let routes = asking.flat_map(|gateway| &gateway.routes);
        let hosts = routes
            .flat_map(|route| &route.endpoints)
            .filter_map(|end| end.host.as_ref().is());
        let missing: FxHashSet<Arc<str>> = hosts
            .filter(|host| !host.contains('.') && !known.contains(&***host))
            .cloned()
            .collect();
        if missing.is_empty() {
            return;
        }
        let composed = self
            .context
            .settings
            .composed
            .get_or_init(|| names(self.context.repository));
        self.estate.named_elsewhere = missing.into_iter().filter(|name| composed.contains(&**name)).collect();
    }
}

/// Every name that a compose file of the repository defines.
fn names(repository: &Repository) -> FxHashSet<Box<str>> {
    let files = repository.files().iter();
    let trees = files
        .filter(|file| file.role == Role::Compose)
        .filter_map(|file| file.tree.as_deref());
    let services = trees
        .flat_map(|tree| tree.root().items())
        .filter_map(|root| root.child("services"))
        .flat_map(At::entries);
    let mut found = FxHashSet::default();
    for service in services {
        let own = [service.name(), service.scalar("container_name").unwrap_or_default()];
        let networks = service.child("networks").map(At::entries).unwrap_or_default();
        let aliases = networks.into_iter().filter_map(|network| network.child("aliases"));
        let aliases = aliases.flat_map(At::items).filter_map(At::text);
        found.extend(own.into_iter().chain(aliases).map(Box::from));
    }
    found
}
