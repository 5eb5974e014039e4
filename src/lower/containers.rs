//! Containers with what they run.

use std::collections::HashMap;
use std::sync::Arc;

use crate::environment::container::{Mount, MountSource};
use crate::environment::pods::Placed;
use crate::environment::{ContainerSpec, folder_of};
use crate::estate::{Builder, Container, Socket};
use crate::expand::{ContainerFiles, Deployed};
use crate::kubernetes::scaler::Scalers;
use crate::kubernetes::workload as pods;
use crate::model::field::{container, process, workload};
use crate::model::{Doubt, Entity, EntityId, Held, Kind, Known, ProductId};
use crate::product;
use crate::product::proxy::Running;
use crate::server::{self, Bind, ExposedPorts, ProcessContext, ProcessJoin, SocketJoin};

impl Builder<'_> {
    pub(super) fn containers(&mut self, containers: &[Deployed], scalers: &Scalers<'_>) {
        let mut workloads: HashMap<(usize, Arc<str>), (EntityId, usize)> = HashMap::new();
        // In compose a service may use another's network.
        let mut pods: HashMap<Arc<str>, usize> = HashMap::new();
        for (placed, files) in containers {
            if placed.init {
                continue;
            }
            let key = (placed.document, placed.workload.clone());
            let (workload, own_pod) = match workloads.get(&key) {
                Some(known) => *known,
                None => {
                    let made = (self.workload(placed, scalers), self.estate.containers.len());
                    workloads.insert(key, made);
                    made
                }
            };
            let pod = match &placed.network_of {
                Some(other) => *pods.entry(other.clone()).or_insert(own_pod),
                None => *pods.entry(placed.workload.clone()).or_insert(own_pod),
            };
            let pod = if self.estate.compose { pod } else { own_pod };
            let at = self.estate.containers.len();
            let product = self.container(placed, files, workload, pod);
            if let Some(product) = product.filter(|product| product.is_gateway()) {
                let id = self.estate.containers[at].id;
                self.missing_mount(id, product, &placed.spec, containers);
            }
        }
    }

    fn workload(&mut self, placed: &Placed, scalers: &Scalers<'_>) -> EntityId {
        let document = &self.environment.documents[placed.document];
        let span = match &*document.kind {
            "compose" => placed.spec.span,
            _ => document
                .at()
                .get("metadata.name")
                .map_or(placed.spec.span, |name| name.word_span_at(0)),
        };
        let kind = if &*placed.kind == "service" {
            Arc::from("compose service")
        } else {
            placed.kind.clone()
        };
        let mut entity = Entity::new(
            Kind::Workload,
            format!("{} {}", placed.namespace, placed.workload),
            span,
        );
        entity.set(workload::NAME, placed.workload.clone(), span);
        entity.set(workload::KIND, kind, span);
        if let Some((replicas, at)) = placed.replicas {
            entity.set(workload::REPLICAS, replicas, at);
        }
        let id = self.estate.model.add(entity);
        let scaler = pods::workload(&mut self.estate.model, document, placed, scalers, id);
        self.scaled.extend(scaler.map(|scaler| (id, scaler)));
        id
    }

    fn container(
        &mut self,
        placed: &Placed,
        files: &ContainerFiles,
        workload: EntityId,
        pod: usize,
    ) -> Option<ProductId> {
        let spec = &placed.spec;
        self.declare_ports(workload, spec);
        let mut entity = Entity::new(Kind::Container, format!("{} {}", placed.workload, spec.name), spec.span);
        entity.set(container::NAME, spec.name.clone(), spec.span);
        if let Some(image) = &spec.image {
            entity.set(container::IMAGE, image.text.clone(), image.span);
        }
        entity.link(container::WORKLOAD, Known::Is(workload));
        let id = self.estate.model.add(entity);
        let at = self.estate.containers.len();
        let document = &self.environment.documents[placed.document];
        pods::container(&mut self.estate.model, document, placed, id);
        let context = self.process_context(&self.environment.loose);
        let joined = server::lower(&mut self.estate.model, &context, spec, files);
        let sockets = sockets_of(&joined);
        let is_gateway = joined.product.is_some_and(ProductId::is_gateway);
        let exposed = server::exposed(&context, spec);
        let mut ports = spec.ports.clone();
        let further = exposed
            .ports
            .iter()
            .filter(|port| spec.ports.iter().all(|own| own.number != port.number));
        ports.extend(further.cloned());
        let entity = self.estate.model.entity_mut(id);
        entity.set(container::IS_GATEWAY, is_gateway, spec.span);
        if let Known::Is(process) = joined.id {
            pods::pool(&mut self.estate.model, id, process);
            self.estate
                .model
                .entity_mut(process)
                .link(process::CONTAINER, Known::Is(id));
        }
        let names = if self.estate.compose {
            [placed.workload.clone()]
                .into_iter()
                .chain(placed.aliases.iter().cloned())
                .collect()
        } else {
            Vec::new()
        };
        self.estate.containers.push(Container {
            id,
            workload,
            name: if self.estate.compose {
                placed.workload.clone()
            } else {
                spec.name.clone()
            },
            pod,
            namespace: placed.namespace.clone(),
            folder: Arc::from(folder_of(&document.path)),
            labels: if self.estate.compose {
                Vec::new()
            } else {
                placed.labels.clone()
            },
            names,
            networks: placed.networks.clone(),
            naming: placed.naming.clone(),
            host_network: placed.host_network,
            ports,
            sockets,
            process: joined.id.clone(),
            sole: joined.official_only,
            shared: files.shared.clone(),
            mounted: mounted(spec),
            machine: false,
        });
        let running = Running {
            placed,
            files,
            at,
            process: &joined.id,
            product: joined.product,
        };
        for (own, proxy) in product::proxies() {
            let runs = match joined.product {
                Some(product) => product == *own,
                None => (proxy.may_run)(spec, files),
            };
            if runs {
                (proxy.in_container)(self, &running);
            }
        }
        let process = self.estate.containers[at].process.clone();
        self.estate.model.entity_mut(id).link(container::PROCESS, process);
        self.expose(at, spec, &exposed);
        joined.product
    }

    /// Notes the ports that a Dockerfile names where nothing tells what the container listens on.
    fn expose(&mut self, at: usize, spec: &ContainerSpec, exposed: &ExposedPorts) {
        let container = &self.estate.containers[at];
        let Some(first) = exposed.ports.first().map(|port| port.span).or(exposed.open) else {
            return;
        };
        // What a gateway listens on is in its own configuration.
        let is_gateway = || self.estate.gateways.iter().any(|gateway| gateway.container == Some(at));
        if !matches!(container.sockets.parts(), (Known::Unknown(_), _)) || is_gateway() {
            return;
        }
        let id = container.id;
        let numbers = server::numbers(&self.process_context(&self.environment.loose), spec);
        let entity = self.estate.model.entity_mut(id);
        if let Some(open) = exposed.open {
            let doubt = Doubt::at("a port in the Dockerfile is known only when it is built", open);
            entity.set_known(container::EXPOSED, Known::Unknown(doubt.clone()), first);
            entity.set_known(container::ONLY_EXPOSED, Known::Unknown(doubt), first);
            return;
        }
        let words: Vec<String> = exposed.ports.iter().map(|port| port.number.to_string()).collect();
        entity.set(container::EXPOSED, words.join(", ").into(), first);
        if let [only] = exposed.ports.as_slice() {
            entity.set(container::ONLY_EXPOSED, i64::from(only.number), only.span);
        }
        entity.set_known(container::NUMBERS, numbers.map(Arc::from), first);
    }

    fn declare_ports(&mut self, workload: EntityId, spec: &ContainerSpec) {
        let words = spec.ports.iter().map(|port| match &port.name {
            Some(name) => format!("{name} ({})", port.number),
            None => port.number.to_string(),
        });
        let known = self.estate.model.get(workload, workload::PORTS).is();
        let all: Vec<String> = known.iter().map(ToString::to_string).chain(words).collect();
        if let (false, Some(port)) = (all.is_empty(), spec.ports.first()) {
            self.estate
                .model
                .entity_mut(workload)
                .set(workload::PORTS, Arc::from(all.join(", ")), port.span);
            let entity = self.estate.model.entity_mut(workload);
            match (all.as_slice(), &port.name) {
                ([_], Some(name)) => entity.set(workload::ONLY_PORT_NAME, name.clone(), port.span),
                _ => entity.facts.retain(|fact| fact.field != workload::ONLY_PORT_NAME.id()),
            }
        }
    }

    pub(super) fn process_context<'c>(&self, loose: &'c [usize]) -> ProcessContext<'c>
    where
        Self: 'c,
    {
        ProcessContext {
            sources: self.context.sources,
            repository: self.context.repository,
            loose,
            cache: self.context.cache,
            versions: self.context.versions,
            servers: crate::product::servers(),
        }
    }
}

/// The paths at which a container has something other than a volume that is named.
fn mounted(spec: &ContainerSpec) -> Vec<String> {
    let is_shared = |mount: &&Mount| matches!(mount.source, MountSource::Shared(_));
    let mounts = spec.mounts.iter().filter(|mount| !is_shared(mount));
    mounts.map(|mount| mount.path.clone()).collect()
}

/// What a process listens on, as its command and settings say.
pub(super) fn sockets_of(joined: &ProcessJoin) -> Held<Vec<Socket>> {
    joined.sockets.clone().map(|sockets| {
        let socket = |socket: SocketJoin| match socket.address {
            Bind::Tcp { port, .. } => Socket {
                id: socket.id,
                port,
                path: None,
                loopback: socket.loopback,
            },
            Bind::Unix(path) => Socket {
                id: socket.id,
                port: Held::ABSENT,
                path: Some(path),
                loopback: false,
            },
        };
        sockets.into_iter().map(socket).collect()
    })
}
