//! What links are made from: addresses, selectors, ports. Rules never see these; they see the links.

mod block;
mod builder;
pub mod facts;
mod gateway;
pub mod name_server;
pub mod scaled;

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::environment::pods::Naming;
use crate::model::field::endpoint;
use crate::model::{Doubt, Entity, EntityId, Held, Kind, Known, Model, Moved, Moves, ProductId};
use crate::repo::{SourceId, Span};

pub use block::Block;
pub use builder::{Builder, Context, Settings};
pub use gateway::Place;

/// A gateway with its routes.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// The entity.
    pub id: EntityId,
    /// The product.
    pub product: ProductId,
    /// The container it runs in, as an index into the environment's placed containers; `None` for an Ingress, whose
    /// controller runs elsewhere, and for a file that no container mounts.
    pub container: Option<usize>,
    /// Whether it reaches pods rather than a Service's virtual address (ingress-nginx).
    pub to_endpoints: bool,
    /// Whether a file that no container mounts: it may run anywhere.
    pub unplaced: bool,
    /// Why no container of its compose project loads its file, in words: names of the project mean nothing to it.
    pub unloaded: Option<Arc<str>>,
    /// The namespace names are looked up in; empty where unknown.
    pub namespace: Arc<str>,
    /// The folder it belongs to, for choosing the nearest of several.
    pub folder: Arc<str>,
    /// Its routes.
    pub routes: Vec<Route>,
    /// Ports it listens on.
    pub listens: Vec<Listen>,
}

/// A port or socket a gateway listens on.
#[derive(Clone, Debug)]
pub struct Listen {
    /// The address as written.
    pub text: Arc<str>,
    /// The port; `None` for a unix socket.
    pub port: Option<u16>,
    /// The path of a unix socket.
    pub socket: Option<Arc<str>>,
    /// Whether only the same network namespace reaches it.
    pub loopback: bool,
    /// `https`, plain `http`, or `h2c` where HTTP/2 is taken without TLS; `None` where it is not known.
    pub speaks: Option<&'static str>,
    /// Whether every connection must begin with a PROXY protocol header.
    pub proxy_protocol: Known<bool>,
    /// Where it is written.
    pub span: Span,
}

/// A route with the endpoints it may lead to.
#[derive(Clone, Debug)]
pub struct Route {
    /// The entity.
    pub id: EntityId,
    /// The group, declared or implicit.
    pub upstream: Known<EntityId>,
    /// Its endpoints; empty when the target is unknown.
    pub endpoints: Vec<Endpoint>,
    /// Why the target is unknown.
    pub doubt: Option<Doubt>,
    /// Whether idle connections to its endpoints are used again.
    pub reuses_connections: Known<bool>,
    /// Which requests it takes.
    pub takes: Takes,
}

/// Which requests a route takes, as far as that is known: by default, any.
#[derive(Clone, Debug, Default)]
pub struct Takes {
    /// The host names of its server or rule; none where any may come.
    pub hosts: Vec<Arc<str>>,
    /// Host names that servers of the gateway have, its own among them.
    pub all_hosts: Arc<BTreeSet<Arc<str>>>,
    /// What paths begin with; `None` where it is chosen otherwise.
    pub prefix: Option<Arc<str>>,
    /// Whether it takes that very path only.
    pub exact: bool,
    /// Longer prefixes, whose requests other routes of the same hosts take.
    pub except: Vec<Arc<str>>,
    /// Whether the host is passed on as it came.
    pub passes_host: bool,
    /// Whether only the gateway itself asks: the answer is not the client's.
    pub internal: bool,
}

impl Takes {
    /// Whether requests that end up here may go on to a route of another gateway. `sends` is what paths begin with when
    /// they leave, `None` where that is not known.
    pub fn reaches(&self, sends: Option<&str>, next: &Takes) -> bool {
        self.reaches_host(next) && sends.is_none_or(|sends| self.reaches_path(sends, next))
    }

    /// Of servers that could take a host, one that has its very name does.
    fn reaches_host(&self, next: &Takes) -> bool {
        let [host] = self.hosts.as_slice() else { return true };
        !self.passes_host || next.hosts.contains(host) || !next.all_hosts.contains(host)
    }

    fn reaches_path(&self, sends: &str, next: &Takes) -> bool {
        // What only the gateway asks has a path of its own.
        let Some(prefix) = next.prefix.as_deref().filter(|_| !next.internal) else {
            return true;
        };
        let inside = !self.exact && prefix.starts_with(sends);
        let longer = match next.exact {
            true if inside || sends == prefix => prefix,
            false if sends.starts_with(prefix) => sends,
            false if inside => prefix,
            _ => return false,
        };
        let taken = |by: &Arc<str>| is_below(longer, by);
        !self.except.iter().any(taken) && !next.except.iter().any(taken)
    }
}

/// Those of sorted prefixes that are longer than one and begin with it.
pub fn longer<'p>(prefixes: &'p BTreeSet<Arc<str>>, own: &'p str) -> impl Iterator<Item = Arc<str>> + 'p {
    let below = prefixes.range::<str, _>((Bound::Excluded(own), Bound::Unbounded));
    below.take_while(move |prefix| prefix.starts_with(own)).cloned()
}

/// Whether a path lies below another, or is it.
pub fn is_below(path: &str, other: &str) -> bool {
    let other = other.trim_end_matches('/');
    path.strip_prefix(other)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// One endpoint of a route.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The entity.
    pub id: EntityId,
    /// The host; absent for a unix socket.
    pub host: Known<Arc<str>>,
    /// The port; absent for a unix socket.
    pub port: Known<u16>,
    /// A Kubernetes Service port that is named rather than numbered (an Ingress backend).
    pub port_name: Option<Arc<str>>,
    /// The path of a unix socket.
    pub socket: Option<Arc<str>>,
    /// Whether the name is looked up again while the gateway runs.
    pub looked_up_again: Known<bool>,
    /// Where it is written.
    pub span: Span,
}

impl Endpoint {
    /// A Service as what a load balancer sends to, under the name that people gave it.
    pub fn of_service(
        model: &mut Model,
        name: String,
        address: Arc<str>,
        host: &str,
        port: Known<u16>,
        span: Span,
    ) -> Endpoint {
        let mut end = Entity::new(Kind::Endpoint, name, span);
        end.set(endpoint::ADDRESS, address, span);
        end.set(endpoint::HOST, host.into(), span);
        end.set_known(endpoint::PORT, port.clone().map(i64::from), span);
        Endpoint {
            id: model.add(end),
            host: Known::Is(host.into()),
            port,
            port_name: None,
            socket: None,
            looked_up_again: Known::Is(true),
            span,
        }
    }
}

/// A Service.
#[derive(Clone, Debug)]
pub struct Service {
    /// The entity.
    pub id: EntityId,
    /// Its name.
    pub name: Arc<str>,
    /// Its namespace; empty where none is written.
    pub namespace: Arc<str>,
    /// The folder it belongs to.
    pub folder: Arc<str>,
    /// Labels a pod must have; absent when the Service has no selector.
    pub selector: Known<Vec<(Arc<str>, Arc<str>)>>,
    /// Its ports.
    pub ports: Known<Vec<ServicePort>>,
    /// Whether it has no virtual address.
    pub headless: bool,
    /// Where an ExternalName leads.
    pub external: Option<Arc<str>>,
}

/// One port of a Service.
#[derive(Clone, Debug)]
pub struct ServicePort {
    /// The entity.
    pub id: EntityId,
    /// Its name.
    pub name: Option<Arc<str>>,
    /// The port.
    pub port: Known<u16>,
    /// The target: a number or a name.
    pub target: Known<Arc<str>>,
    /// Where the target is written (the port itself where none is).
    pub span: Span,
}

/// Something a process listens on.
#[derive(Clone, Debug)]
pub struct Socket {
    /// The entity.
    pub id: EntityId,
    /// The TCP port; absent for a unix socket, unknown where it is filled in later.
    pub port: Held<u16>,
    /// The path of a unix socket.
    pub path: Option<Arc<str>>,
    /// Whether only the same network namespace reaches it.
    pub loopback: bool,
}

/// A container, or a process of a machine for which only its own configuration is in the repository.
#[derive(Clone, Debug)]
pub struct Container {
    /// The entity.
    pub id: EntityId,
    /// The workload's entity.
    pub workload: EntityId,
    /// Its name.
    pub name: Arc<str>,
    /// The pod it belongs to: containers with the same number share a network namespace.
    pub pod: usize,
    /// Its namespace; empty where none is written.
    pub namespace: Arc<str>,
    /// The folder it belongs to.
    pub folder: Arc<str>,
    /// Labels of its pod.
    pub labels: Vec<(Arc<str>, Arc<str>)>,
    /// Names it answers to on its networks (compose).
    pub names: Vec<Arc<str>>,
    /// Networks it is on (compose).
    pub networks: Vec<Arc<str>>,
    /// Which names lead where (compose).
    pub naming: Naming,
    /// Whether it uses the machine's network.
    pub host_network: bool,
    /// Ports it declares.
    pub ports: Vec<crate::environment::DeclaredPort>,
    /// What its process listens on.
    pub sockets: Held<Vec<Socket>>,
    /// Its process.
    pub process: Known<EntityId>,
    /// Whether surely nothing but the known process runs in it: a single-product image with its own command.
    pub sole: bool,
    /// Volumes that others may share: path and volume.
    pub shared: Vec<(String, Arc<str>)>,
    /// Paths under which something else is mounted.
    pub mounted: Vec<String>,
    /// Whether it is no container but a process of a machine.
    pub machine: bool,
}

/// Labels as written: key and value.
pub type Labels = Vec<(Arc<str>, Arc<str>)>;

/// Labels that something must have.
#[derive(Clone, Debug, Default)]
pub struct Selector {
    /// What must hold of each key.
    pub requirements: Vec<(Arc<str>, Requirement)>,
    /// Why it cannot be read whole.
    pub doubt: Option<Doubt>,
}

/// What must hold of one label.
#[derive(Clone, Debug)]
pub enum Requirement {
    /// It has one of these values.
    In(Vec<Arc<str>>),
    /// It has none of these values, or is not there.
    NotIn(Vec<Arc<str>>),
    /// It is there.
    Exists,
    /// It is not there.
    Missing,
}

impl Requirement {
    /// Whether a label with this value, or its absence, meets it.
    pub fn holds(&self, own: Option<&str>) -> bool {
        let is_one = |values: &[Arc<str>]| own.is_some_and(|own| values.iter().any(|value| **value == *own));
        match self {
            Requirement::In(values) => is_one(values),
            Requirement::NotIn(values) => !is_one(values),
            Requirement::Exists => own.is_some(),
            Requirement::Missing => own.is_none(),
        }
    }
}

impl Selector {
    /// Whether labels fit.
    pub fn fits(&self, labels: &[(Arc<str>, Arc<str>)]) -> Known<bool> {
        if let Some(doubt) = &self.doubt {
            return Known::Unknown(doubt.clone());
        }
        Known::Is(self.requirements.iter().all(|(key, requirement)| {
            let own = labels.iter().find(|(own, _)| own == key);
            requirement.holds(own.map(|(_, value)| &**value))
        }))
    }
}

/// Which way a connection goes, as its policies see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Into the pods that a policy selects.
    In,
    /// Out of them.
    Out,
}

/// What a NetworkPolicy says of one direction.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The entity.
    pub id: EntityId,
    /// The direction.
    pub direction: Direction,
    /// Its namespace; empty where none is written.
    pub namespace: Arc<str>,
    /// The folder it belongs to.
    pub folder: Arc<str>,
    /// The pods it is for.
    pub pods: Selector,
    /// Who is let through; empty for no one.
    pub rules: Known<Vec<PolicyRule>>,
}

/// A policy of another sort than Kubernetes' own, of which only this is read.
#[derive(Clone, Debug)]
pub struct OtherPolicy {
    /// Its kind and name.
    pub label: Arc<str>,
    /// Its namespace; empty where it is for the whole cluster, or none is written.
    pub namespace: Arc<str>,
}

/// One entry of `ingress` or `egress`.
#[derive(Clone, Debug)]
pub struct PolicyRule {
    /// Who is at the other end; empty for everyone.
    pub peers: Vec<Peer>,
    /// To which ports; empty for all.
    pub ports: Vec<PolicyPort>,
}

/// One entry of `from` or `to`.
#[derive(Clone, Debug)]
pub enum Peer {
    /// Addresses.
    Block(Block),
    /// Pods of some namespaces.
    Pods {
        /// The namespaces; `None` for the policy's own.
        namespaces: Option<Selector>,
        /// The pods; `None` for all.
        pods: Option<Selector>,
    },
}

/// One port that a policy lets through.
#[derive(Clone, Debug)]
pub struct PolicyPort {
    /// The entity.
    pub id: EntityId,
    /// The number or name; absent for all ports.
    pub port: Known<Arc<str>>,
    /// The last port of a range.
    pub end: Option<u16>,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: Arc<str>,
}

/// Everything of one environment, lowered and ready to be linked.
#[derive(Debug, Default)]
pub struct Estate {
    /// Entities and facts.
    pub model: crate::model::Model,
    /// Gateways with their routes.
    pub gateways: Vec<Gateway>,
    /// Services.
    pub services: Vec<Service>,
    /// Containers.
    pub containers: Vec<Container>,
    /// Whether everything in it is deployed as one set, wherever its files lie.
    pub together: bool,
    /// Whether names are those of a compose project.
    pub compose: bool,
    /// Names that nothing here has and that another compose project of the repository defines.
    pub named_elsewhere: FxHashSet<Arc<str>>,
    /// Ports and socket paths of the gateways' own machines that files of other things speak of.
    pub spoken_of: FxHashSet<Arc<str>>,
    /// Why objects may be missing: part of the environment is not in the repository.
    pub incomplete: Option<Doubt>,
    /// Whether a kustomization says what is deployed together.
    pub kustomized: bool,
    /// Network policies, each direction for itself.
    pub policies: Vec<Policy>,
    /// Policies of other sorts, which may let through what those do not.
    pub other_policies: Vec<OtherPolicy>,
    /// Labels of the namespaces that are written.
    pub namespaces: Vec<(Arc<str>, Labels)>,
    /// The namespace of the ingress controller, where that is known.
    pub controller_namespace: Option<Arc<str>>,
    /// What is scaled, by whatever writes its number.
    pub targets: Vec<scaled::Target>,
    /// Names in the configuration's `facts` that something here answers to, by their place.
    pub answered: Vec<Span>,
    /// Files of the repository that some container here sees.
    pub mounted: FxHashSet<SourceId>,
}

impl Estate {
    /// An estate of the same environment, to be lowered beside this one and joined to it.
    pub fn part(&self) -> Estate {
        Estate {
            together: self.together,
            compose: self.compose,
            incomplete: self.incomplete.clone(),
            kustomized: self.kustomized,
            ..Estate::default()
        }
    }

    /// Puts the gateways, Services and containers of parts behind those that are here. Everything else is lowered once
    /// all parts are joined. Gives how each part's ids have changed.
    pub fn join(&mut self, mut parts: Vec<Estate>) -> Vec<Moved> {
        let moves = self.model.moves(parts.iter().map(|part| &part.model));
        let mut containers = self.containers.len();
        let before: Vec<usize> = parts
            .iter()
            .map(|part| {
                let behind = containers + part.containers.len();
                std::mem::replace(&mut containers, behind)
            })
            .collect();
        let each = parts.par_iter_mut().zip(&moves).zip(before).with_max_len(1);
        each.for_each(|((part, moves), containers)| part.prepare(moves, containers));
        for part in parts {
            self.model.append(part.model);
            self.gateways.extend(part.gateways);
            self.services.extend(part.services);
            self.containers.extend(part.containers);
        }
        moves.iter().map(|moves| moves.entities).collect()
    }

    /// Changes what a part says of itself to what holds behind so many other containers.
    fn prepare(&mut self, moves: &Moves, containers: usize) {
        self.model.prepare(moves);
        let moved = moves.entities;
        for gateway in &mut self.gateways {
            gateway.id = moved.id(gateway.id);
            gateway.container = gateway.container.map(|at| at + containers);
            gateway.routes.iter_mut().for_each(|route| route.moved(moved));
        }
        for service in &mut self.services {
            service.id = moved.id(service.id);
            if let Known::Is(ports) = &mut service.ports {
                ports.iter_mut().for_each(|port| port.id = moved.id(port.id));
            }
        }
        for container in &mut self.containers {
            container.id = moved.id(container.id);
            container.workload = moved.id(container.workload);
            container.pod += containers;
            moved.known(&mut container.process);
            if let Some(sockets) = container.sockets.value_mut() {
                sockets.iter_mut().for_each(|socket| socket.id = moved.id(socket.id));
            }
        }
    }
}

impl Route {
    fn moved(&mut self, moved: Moved) {
        self.id = moved.id(self.id);
        moved.known(&mut self.upstream);
        for endpoint in &mut self.endpoints {
            endpoint.id = moved.id(endpoint.id);
        }
    }
}
