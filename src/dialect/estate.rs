//! One environment lowered: every document, container, process and gateway, ready to be linked.

mod haproxy;
mod machine;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::facts::{self, Facts};
use super::join::{Container, Estate, Gateway, Listen, Socket};
use super::nginx::place::{self, ContainerIncludes, DumpIncludes, Entries, RepositoryIncludes};
use super::nginx::{self, Includes};
use super::process::{self, Bind, ProcessContext, ProcessJoin};
use super::{annotations, chart, ingress, kubernetes, load_balancer, policy, scaling, workload as pods};
use crate::environment::pods::{Placed, containers};
use crate::environment::{Environment, Platform, Repository, Role, folder_of};
use crate::expand::cache::Language;
use crate::expand::{ContainerFiles, ExpandCache, container_files};
use crate::model::field::{container, gateway, process as process_field, socket, workload};
use crate::model::{Doubt, Entity, EntityId, Kind, Known, Version};
use crate::repo::{Source, SourceId, Sources, Span};
use crate::syntax::Tree;

/// The containers of an environment with the files they see.
pub struct Placement {
    containers: Vec<(Placed, ContainerFiles)>,
    /// Files of the repository that some container sees.
    pub mounted: HashSet<SourceId>,
}

impl Placement {
    /// Finds the containers and their files.
    pub fn new(
        sources: &Sources,
        repository: &Repository,
        environment: &Environment,
        cache: &ExpandCache,
    ) -> Placement {
        let placed = containers(environment, repository);
        let containers: Vec<_> = placed
            .into_iter()
            .map(|placed| {
                let files = container_files(sources, repository, &placed.spec, cache);
                (placed, files)
            })
            .collect();
        let mut mounted = HashSet::new();
        for (placed, files) in &containers {
            for seen in &files.files {
                // A build or a test may mount the whole repository: that is no Envoy.
                if !super::envoy::place::is_anothers(&placed.spec, seen) {
                    origins(sources, &seen.source, &mut mounted, 0);
                }
            }
        }
        Placement { containers, mounted }
    }
}

/// The files a text comes from.
fn origins(sources: &Sources, source: &Source, found: &mut HashSet<SourceId>, depth: usize) {
    match &source.pieces {
        None => {
            found.insert(source.id);
        }
        Some(pieces) if depth < 4 => {
            for piece in pieces {
                if !found.contains(&piece.from.source) {
                    origins(sources, &sources.get(piece.from.source), found, depth + 1);
                }
            }
        }
        Some(_) => {}
    }
}

/// What lowering needs beside the environment.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// All texts.
    pub sources: &'a Sources,
    /// All files.
    pub repository: &'a Repository,
    /// Derived texts and trees.
    pub cache: &'a ExpandCache,
    /// Versions the configuration states, by product.
    pub versions: &'a HashMap<String, Version>,
    /// Files that a container of some environment sees: those do not run anywhere else.
    pub mounted: &'a HashSet<SourceId>,
    /// What the configuration says lives elsewhere.
    pub facts: &'a Facts,
}

impl Context<'_> {
    /// The nginx tree of a source: the file's own where it was read as nginx, else made once.
    fn nginx(&self, source: &Arc<Source>) -> Arc<Tree> {
        let file = self
            .repository
            .get(&source.path)
            .filter(|file| file.source.id == source.id && file.role == Role::Nginx);
        match file.and_then(|file| file.tree.clone()) {
            Some(tree) => tree,
            None => self.cache.tree(source, Language::Nginx),
        }
    }
}

/// Lowers an environment.
pub fn lower(context: &Context<'_>, environment: &Environment, placement: Placement) -> Estate {
    let mut lower = Lower {
        context: *context,
        environment,
        estate: Estate {
            compose: environment.platform == Platform::Compose,
            together: environment.platform != Platform::Directory || &*environment.name != ".",
            incomplete: environment.incomplete.clone(),
            kustomized: environment.platform == Platform::Kustomize,
            ..Estate::default()
        },
        scalers: Vec::new(),
    };
    match environment.platform {
        Platform::Terraform => lower.estate.targets = scaling::terraform::targets(&mut lower.estate.model, environment),
        Platform::CloudFormation => {
            lower.estate.targets = scaling::cloudformation::targets(&mut lower.estate.model, environment);
        }
        _ => lower.documents(placement),
    }
    lower.estate
}

struct Lower<'a> {
    context: Context<'a>,
    environment: &'a Environment,
    estate: Estate,
    scalers: Vec<pods::Scaler>,
}

impl Lower<'_> {
    /// Everything that documents and loose files deploy.
    fn documents(&mut self, placement: Placement) {
        let context = self.context;
        let environment = self.environment;
        self.services();
        self.scalers = pods::scalers(&mut self.estate.model, environment);
        self.containers(placement);
        self.machines();
        self.loose_nginx();
        super::envoy::place::loose(&mut self.estate, &context, &environment.loose);
        self.loose_haproxy();
        self.ingresses();
        self.policies();
        self.estate.targets = scaling::targets(&mut self.estate.model, environment, &self.scalers);
        facts::load_balancers(&mut self.estate, context.facts);
        facts::cdns(&mut self.estate, context.facts, &environment.documents);
    }

    fn services(&mut self) {
        for document in self
            .environment
            .documents
            .iter()
            .filter(|document| &*document.kind == "Service")
        {
            let service = kubernetes::service(&mut self.estate.model, document);
            self.estate.services.push(service);
            let balancer = load_balancer::classic(&mut self.estate.model, document);
            self.estate.gateways.extend(balancer);
        }
    }

    /// Network policies, namespaces, and where the ingress controller runs.
    fn policies(&mut self) {
        for document in &self.environment.documents {
            match &*document.kind {
                "NetworkPolicy" => {
                    let policy = policy::lower(&mut self.estate.model, document);
                    self.estate.policies.extend(policy);
                }
                "Namespace" => self.estate.namespaces.push(policy::namespace(document)),
                _ => {}
            }
        }
        let is = |labels: &[(Arc<str>, Arc<str>)]| {
            labels
                .iter()
                .any(|(key, value)| &**key == "app.kubernetes.io/name" && &**value == "ingress-nginx")
        };
        let pods = self.estate.containers.iter().filter(|pod| is(&pod.labels));
        let maps = self.environment.documents.iter();
        let maps = maps.filter(|document| ingress::is_controller(document));
        let mut here = pods.map(|pod| &pod.namespace).chain(maps.map(|map| &map.namespace));
        let released = chart::namespace(self.environment);
        let here = here.find(|namespace| !namespace.is_empty()).cloned().or(released);
        self.estate.controller_namespace = self.context.facts.gateway_namespace.clone().or(here);
    }

    fn ingresses(&mut self) {
        let documents = &self.environment.documents;
        if !documents.iter().any(|document| &*document.kind == "Ingress") {
            return;
        }
        let settings = documents.iter().find(|document| ingress::is_controller(document));
        let settings = match settings {
            Some(document) => Some(ingress::controller(&mut self.estate.model, document)),
            None => chart::controller(&mut self.estate.model, self.environment, self.context.repository),
        };
        for document in documents.iter().filter(|document| &*document.kind == "Ingress") {
            let gateway = ingress::lower(&mut self.estate.model, document, documents, settings);
            annotations::settings(&mut self.estate.model, document, documents);
            self.estate.gateways.push(gateway);
        }
    }

    fn containers(&mut self, placement: Placement) {
        let mut workloads: HashMap<(usize, Arc<str>), (EntityId, usize)> = HashMap::new();
        // In compose a service may use another's network.
        let mut pods: HashMap<Arc<str>, usize> = HashMap::new();
        for (placed, files) in placement.containers {
            if placed.init {
                continue;
            }
            let key = (placed.document, placed.workload.clone());
            let (workload, own_pod) = match workloads.get(&key) {
                Some(known) => *known,
                None => {
                    let made = (self.workload(&placed), self.estate.containers.len());
                    workloads.insert(key, made);
                    made
                }
            };
            let pod = match &placed.network_of {
                Some(other) => *pods.entry(other.clone()).or_insert(own_pod),
                None => *pods.entry(placed.workload.clone()).or_insert(own_pod),
            };
            let pod = if self.estate.compose { pod } else { own_pod };
            self.container(&placed, &files, workload, pod);
        }
    }

    fn workload(&mut self, placed: &Placed) -> EntityId {
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
        pods::workload(&mut self.estate.model, document, placed, &self.scalers, id);
        id
    }

    fn container(&mut self, placed: &Placed, files: &ContainerFiles, workload: EntityId, pod: usize) {
        let spec = &placed.spec;
        self.declare_ports(workload, spec);
        let mut entity = Entity::new(Kind::Container, format!("{} {}", placed.workload, spec.name), spec.span);
        entity.set(container::NAME, spec.name.clone(), spec.span);
        if let Some(image) = &spec.image {
            entity.set(container::IMAGE, image.text.clone(), image.span);
        }
        entity.link("workload", Known::Is(workload));
        let id = self.estate.model.add(entity);
        let at = self.estate.containers.len();
        let document = &self.environment.documents[placed.document];
        pods::container(&mut self.estate.model, document, placed, id);
        let context = self.process_context(&self.environment.loose);
        let joined = process::lower(&mut self.estate.model, &context, spec, files);
        let sockets = sockets_of(&joined);
        let is_gateway = joined.product == Some("nginx");
        let entity = self.estate.model.entity_mut(id);
        entity.set(container::IS_GATEWAY, is_gateway, spec.span);
        if let Known::Is(process) = joined.id {
            pods::pool(&mut self.estate.model, id, process);
            self.estate.model.entity_mut(process).link("container", Known::Is(id));
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
            host_network: placed.host_network,
            ports: spec.ports.clone(),
            sockets,
            process: joined.id.clone(),
            sole: joined.official_only,
            shared: files.shared.clone(),
            machine: false,
        });
        if joined.product == Some("nginx") {
            self.nginx_container(placed, files, at, &joined);
        } else if joined.product == Some("haproxy") {
            self.haproxy_container(placed, files, at, &joined);
        } else if joined.product.is_none() && looks_like_nginx(files) {
            // A custom image with nginx files mounted: a gateway, though its main file is in the image.
            self.nginx_container(placed, files, at, &joined);
        }
        if joined.product.is_none() {
            let context = self.context;
            super::envoy::place::container(&mut self.estate, &context, placed, files, at);
        }
        let process = self.estate.containers[at].process.clone();
        self.estate.model.entity_mut(id).link("process", process);
    }

    fn declare_ports(&mut self, workload: EntityId, spec: &crate::environment::ContainerSpec) {
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

    fn process_context<'c>(&self, loose: &'c [usize]) -> ProcessContext<'c>
    where
        Self: 'c,
    {
        ProcessContext {
            sources: self.context.sources,
            repository: self.context.repository,
            loose,
            cache: self.context.cache,
            versions: self.context.versions,
        }
    }

    fn nginx_container(&mut self, placed: &Placed, files: &ContainerFiles, at: usize, joined: &ProcessJoin) {
        let context = self.context;
        let trees = |source: &Arc<Source>| context.nginx(source);
        let includes = ContainerIncludes::new(&placed.spec, files, &trees);
        let config = nginx_config(&placed.spec);
        let entries = includes.entries(config.as_deref(), &placed.spec);
        let version = joined
            .id
            .as_ref()
            .is()
            .and_then(|id| self.estate.model.entity(*id).version.clone());
        let version = version.or_else(|| context.versions.get("nginx").cloned());
        let label = self.estate.containers[at].name.clone();
        let namespace = placed.namespace.clone();
        let folder = self.estate.containers[at].folder.clone();
        let place = Place {
            container: Some(at),
            label,
            span: placed.spec.span,
            namespace,
            folder,
        };
        let known = !entries.is_empty();
        let listens = self.gateway(&includes, version, &entries, place);
        if joined.product == Some("nginx") {
            let default = !known
                && place::is_stock_image(&placed.spec)
                && files.doubt("/etc/nginx/conf.d/default.conf").is_none();
            self.gateway_sockets(at, joined, &listens, default, placed.spec.span);
        }
    }

    /// What a gateway listens on, as its own configuration says; the stock image of nginx without any listens on 80.
    fn gateway_sockets(&mut self, at: usize, joined: &ProcessJoin, listens: &[Listen], default: bool, span: Span) {
        let Known::Is(process) = joined.id else { return };
        if listens.is_empty() && !default {
            let product = joined.product.unwrap_or_default();
            let doubt = Doubt::at(format!("where {product} listens is not in the repository"), span);
            self.estate.containers[at].sockets = Known::Unknown(doubt);
            return;
        }
        let stock = Listen {
            text: Arc::from("80"),
            port: Some(80),
            socket: None,
            loopback: false,
            speaks: Some("http"),
            proxy_protocol: false,
            span,
        };
        let listens = if listens.is_empty() {
            std::slice::from_ref(&stock)
        } else {
            listens
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
            let product = joined.product.unwrap_or_default();
            let mut entity = Entity::new(Kind::Socket, format!("{product} {}", listen.text), listen.span);
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
            entity.set(socket::PROXY_PROTOCOL, listen.proxy_protocol, listen.span);
            let id = self.estate.model.add(entity);
            let port = listen.port.map_or(Known::Absent, Known::Is);
            sockets.push(Socket {
                id,
                port,
                path: listen.socket.clone(),
                loopback: listen.loopback,
            });
        }
        let first = listens[0].span;
        let entity = self.estate.model.entity_mut(process);
        entity.set(process_field::SOCKETS, Arc::from(words.join(", ")), first);
        entity.set(
            process_field::LISTENS_TCP,
            sockets.iter().any(|socket| socket.path.is_none()),
            first,
        );
        entity.set(
            process_field::LISTENS_UNIX,
            sockets.iter().any(|socket| socket.path.is_some()),
            first,
        );
        if let [
            Socket {
                port: Known::Is(port), ..
            },
        ] = sockets.as_slice()
        {
            entity.set(process_field::ONLY_PORT, i64::from(*port), first);
        }
        self.estate.containers[at].sockets = Known::Is(sockets);
    }

    /// nginx files that no container mounts: of a machine, or of an image built elsewhere.
    fn loose_nginx(&mut self) {
        let context = self.context;
        let files: Vec<usize> = self
            .environment
            .loose
            .iter()
            .copied()
            .filter(|at| {
                let file = &context.repository.files()[*at];
                file.role == Role::Nginx && !context.mounted.contains(&file.source.id)
            })
            .collect();
        if files.is_empty() {
            return;
        }
        let trees = |source: &Arc<Source>| context.nginx(source);
        let includes = RepositoryIncludes::new(context.repository, &trees);
        for config in place::loose(context.repository, &files, &includes) {
            let file = &context.repository.files()[config.file];
            let version = context.versions.get("nginx").cloned();
            let place = Place {
                container: None,
                label: file.path.clone(),
                span: Span::new(file.source.id, 0, 0),
                namespace: Arc::from(""),
                folder: Arc::from(folder_of(&file.path)),
            };
            match DumpIncludes::new(&file.source) {
                Some((dump, entries)) => self.gateway(&dump, version, &entries, place),
                None => self.gateway(&includes, version, &config.entries, place),
            };
        }
    }

    fn gateway(
        &mut self,
        includes: &dyn Includes,
        version: Option<Version>,
        entries: &Entries,
        place: Place,
    ) -> Vec<Listen> {
        if entries.is_empty() {
            return Vec::new();
        }
        let span = entries.first().map_or(place.span, |(tree, ..)| {
            let first = tree.root().children().next();
            first.map_or_else(|| Span::new(tree.source(), 0, 0), |at| at.head())
        });
        let id = self.gateway_entity("nginx", version.as_ref(), &place, span);
        let lowered = nginx::lower(&mut self.estate.model, includes, version, entries);
        let listens = lowered.listens.clone();
        if let Some(events) = lowered.events {
            let entity = self.estate.model.entity_mut(id);
            entity.scope = Some(events);
            entity.table = Some(&nginx::table::TABLE);
        }
        self.estate.gateways.push(Gateway {
            id,
            product: "nginx",
            container: place.container,
            to_endpoints: false,
            unplaced: place.container.is_none(),
            namespace: place.namespace,
            folder: place.folder,
            routes: lowered.routes,
            listens: lowered.listens,
        });
        listens
    }

    fn gateway_entity(&mut self, product: &str, version: Option<&Version>, place: &Place, span: Span) -> EntityId {
        let mut entity = Entity::new(Kind::Gateway, format!("{product} {}", place.label), span);
        entity.set(gateway::NAME, place.label.clone(), span);
        entity.set(gateway::PRODUCT, Arc::from(product), span);
        if let Some(version) = version {
            entity.set(gateway::VERSION, Arc::from(version.to_string()), span);
        }
        if place.container.is_some() {
            let platform = if self.estate.compose { "compose" } else { "kubernetes" };
            entity.set(gateway::PLATFORM, Arc::from(platform), span);
        }
        let container = match place.container {
            Some(at) => Known::Is(self.estate.containers[at].id),
            None => Known::Unknown(Doubt::at("no container mounts the file", span)),
        };
        entity.link("container", container);
        self.estate.model.add(entity)
    }
}

/// What is spoken on a port: one `listen … ssl` makes it TLS for all servers that share it.
fn spoken(listens: &[Listen], listen: &Listen) -> Option<&'static str> {
    let same = || {
        let is_same = |other: &&Listen| other.port == listen.port && other.socket == listen.socket;
        listens.iter().filter(is_same)
    };
    if same().any(|other| other.speaks == Some("https")) {
        Some("https")
    } else {
        same().all(|other| other.speaks == Some("http")).then_some("http")
    }
}

/// Where a gateway runs.
struct Place {
    container: Option<usize>,
    label: Arc<str>,
    span: Span,
    namespace: Arc<str>,
    folder: Arc<str>,
}

fn sockets_of(joined: &ProcessJoin) -> Known<Vec<Socket>> {
    joined.sockets.clone().map(|sockets| {
        let socket = |socket: crate::dialect::process::SocketJoin| match socket.address {
            Bind::Tcp { port, .. } => Socket {
                id: socket.id,
                port,
                path: None,
                loopback: socket.loopback,
            },
            Bind::Unix(path) => Socket {
                id: socket.id,
                port: Known::Absent,
                path: Some(path),
                loopback: false,
            },
        };
        sockets.into_iter().map(socket).collect()
    })
}

/// The file `nginx -c` names.
fn nginx_config(spec: &crate::environment::ContainerSpec) -> Option<String> {
    let words: Vec<&str> = spec
        .entrypoint
        .iter()
        .chain(&spec.arguments)
        .flatten()
        .flat_map(|text| {
            if spec.shell {
                text.text.split_whitespace().collect()
            } else {
                vec![&*text.text]
            }
        })
        .collect();
    let at = words.iter().position(|word| *word == "-c")?;
    // `sh -c` has the same letter.
    let shell = at > 0 && words[at - 1].ends_with("sh");
    words
        .get(at + 1)
        .filter(|path| !shell && path.starts_with('/'))
        .map(|path| (*path).to_owned())
}

fn looks_like_nginx(files: &ContainerFiles) -> bool {
    files
        .files
        .iter()
        .any(|file| file.path.contains("/nginx/") && file.path.ends_with(".conf"))
}
