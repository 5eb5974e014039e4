//! What gateways of all products have in common: where they run, their entity, what they listen on.

use std::sync::Arc;

use crate::environment::{File, folder_of};
use crate::estate::{Builder, Gateway, Listen, Route, Socket};
use crate::model::field::{gateway, process, socket};
use crate::model::{Doubt, Entity, EntityId, Held, Kind, Known, ProductId, Version};
use crate::repo::Span;

/// Where a gateway runs.
pub struct Place {
    /// The container, as an index; `None` for a file that no container mounts.
    pub container: Option<usize>,
    /// What people call it: the container's name, or the file's path.
    pub label: Arc<str>,
    /// The container, or the file.
    pub span: Span,
    /// The namespace names are looked up in; empty where unknown.
    pub namespace: Arc<str>,
    /// The folder it belongs to.
    pub folder: Arc<str>,
}

impl Place {
    /// A file that no container mounts.
    pub fn of_file(file: &File) -> Place {
        Place {
            container: None,
            label: file.path.clone(),
            span: Span::new(file.source.id, 0, 0),
            namespace: Arc::from(""),
            folder: Arc::from(folder_of(&file.path)),
        }
    }
}

impl Builder<'_> {
    /// The place of a container.
    pub fn place_of(&self, at: usize, span: Span) -> Place {
        let container = &self.estate.containers[at];
        Place {
            container: Some(at),
            label: container.name.clone(),
            span,
            namespace: container.namespace.clone(),
            folder: container.folder.clone(),
        }
    }

    /// The entity of a gateway whose configuration begins at `span`.
    pub fn gateway_entity(
        &mut self,
        product: ProductId,
        version: Option<&Version>,
        place: &Place,
        span: Span,
    ) -> EntityId {
        let mut entity = Entity::new(Kind::Gateway, format!("{} {}", product.name, place.label), span);
        entity.set(gateway::NAME, place.label.clone(), span);
        entity.set(gateway::PRODUCT, Arc::from(product.name), span);
        if let Some(version) = version {
            entity.set(gateway::VERSION, Arc::from(version.to_string()), span);
        }
        if place.container.is_some() {
            let platform = if self.estate.compose { "compose" } else { "kubernetes" };
            entity.set(gateway::PLATFORM, Arc::from(platform), span);
        }
        if !place.namespace.is_empty() {
            entity.set(gateway::NAMESPACE, place.namespace.clone(), span);
        }
        let container = match place.container {
            Some(at) => Known::Is(self.estate.containers[at].id),
            None => Known::Unknown(Doubt::at("no container mounts the file", span)),
        };
        entity.link(gateway::CONTAINER, container);
        self.estate.model.add(entity)
    }

    /// Notes a gateway's routes and what it listens on.
    pub fn add_gateway(
        &mut self,
        id: EntityId,
        product: ProductId,
        place: Place,
        routes: Vec<Route>,
        listens: Vec<Listen>,
    ) {
        self.estate.gateways.push(Gateway {
            id,
            product,
            container: place.container,
            to_endpoints: false,
            unplaced: place.container.is_none(),
            unloaded: None,
            namespace: place.namespace,
            folder: place.folder,
            routes,
            listens,
        });
    }

    /// What a gateway's process listens on, as its own configuration says; where that says nothing, it is not known.
    pub fn gateway_sockets(
        &mut self,
        at: usize,
        process: &Known<EntityId>,
        product: ProductId,
        listens: &[Listen],
        span: Span,
    ) {
        let Known::Is(process) = *process else { return };
        if listens.is_empty() {
            let doubt = Doubt::at(format!("where {} listens is not in the repository", product.name), span);
            self.estate.containers[at].sockets = Known::Unknown(doubt).into();
            return;
        }
        self.sockets(at, process, product, listens);
    }

    /// The sockets of a gateway's process: each address once.
    pub fn sockets(&mut self, at: usize, process: EntityId, product: ProductId, listens: &[Listen]) {
        let Some(first) = listens.first().map(|listen| listen.span) else {
            return;
        };
        let mut sockets: Vec<Socket> = Vec::new();
        let mut words: Vec<String> = Vec::new();
        for listen in listens {
            let word = listen
                .socket
                .as_ref()
                .map_or_else(|| listen.text.to_string(), |path| format!("unix:{path}"));
            if words.contains(&word) {
                continue;
            }
            words.push(word);
            let id = self.estate.model.add(socket_entity(product, listens, listen));
            sockets.push(Socket {
                id,
                port: listen.port.map_or(Held::ABSENT, |port| Known::Is(port).into()),
                path: listen.socket.clone(),
                loopback: listen.loopback,
            });
        }
        let by_tcp = sockets.iter().any(|socket| socket.path.is_none());
        let by_unix = sockets.iter().any(|socket| socket.path.is_some());
        let entity = self.estate.model.entity_mut(process);
        entity.set(process::SOCKETS, Arc::from(words.join(", ")), first);
        entity.set(process::LISTENS_TCP, by_tcp, first);
        entity.set(process::LISTENS_UNIX, by_unix, first);
        if let [only] = sockets.as_slice() {
            entity.set_known(process::ONLY_PORT, only.port.clone().map(i64::from), first);
        }
        self.estate.containers[at].sockets = Known::Is(sockets).into();
    }
}

fn socket_entity(product: ProductId, listens: &[Listen], listen: &Listen) -> Entity {
    let mut entity = Entity::new(Kind::Socket, format!("{} {}", product.name, listen.text), listen.span);
    entity.set(socket::ADDRESS, listen.text.clone(), listen.span);
    if let Some(port) = listen.port {
        entity.set(socket::PORT, i64::from(port), listen.span);
    }
    if let Some(path) = &listen.socket {
        entity.set(socket::PATH, path.clone(), listen.span);
    }
    entity.set(socket::LOOPBACK, listen.loopback, listen.span);
    if let Some(speaks) = spoken(listens, listen) {
        entity.set(socket::SPEAKS, Arc::from(speaks), listen.span);
    }
    entity.set_known(socket::PROXY_PROTOCOL, listen.proxy_protocol.clone(), listen.span);
    entity
}

/// What is spoken on a port: one `listen … ssl` makes it TLS for all servers that share it.
fn spoken(listens: &[Listen], listen: &Listen) -> Option<&'static str> {
    let same = || {
        let is_same = |other: &&Listen| other.port == listen.port && other.socket == listen.socket;
        listens.iter().filter(is_same)
    };
    if same().any(|other| other.speaks == Some("https")) {
        return Some("https");
    }
    listen
        .speaks
        .filter(|_| same().all(|other| other.speaks == listen.speaks))
}
