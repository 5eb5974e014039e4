//! A container and where it runs.

use std::sync::Arc;

use crate::environment::container::ContainerSpec;
use crate::repo::Span;
use crate::syntax::NodeId;

/// Which names lead where, of a compose service.
#[derive(Clone, Debug, Default, Hash)]
pub struct Naming {
    /// Those of its networks on which it always has the same address (`ipv4_address`, `ipv6_address`).
    pub fixed_networks: Vec<Arc<str>>,
    /// The services with whose update it is restarted (`depends_on: …: restart: true`).
    pub restarted_with: Vec<Arc<str>>,
    /// Why its name may lead to an address that is not its own: a Swarm service has a virtual one.
    pub virtual_address: Option<Arc<str>>,
    /// Names that only it knows, with the address each leads to (`extra_hosts`).
    pub hosts: Vec<(Arc<str>, Arc<str>)>,
    /// Names that only it knows, with the service each leads to (`links`).
    pub links: Vec<(Arc<str>, Arc<str>)>,
    /// Its fixed addresses (`ipv4_address`, `ipv6_address`), each with its network.
    pub addresses: Vec<(Arc<str>, Arc<str>)>,
    /// The subnets its networks say they have, each with its network.
    pub subnets: Vec<(Arc<str>, Arc<str>)>,
    /// Whether only services of its project have names there: no network that another project makes or may join by its
    /// name, no link to another project, no name server of its own.
    pub closed: bool,
    /// Where it is, if names of services mean nothing there: on the network of the host, or on Docker's own bridge.
    pub without_names: Option<&'static str>,
}

/// A container and where it runs.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The document it is written in (index into `Environment::documents`).
    pub document: usize,
    /// The workload's name as deployed; in compose the service's.
    pub workload: Arc<str>,
    /// The workload's kind (`Deployment`); `service` in compose.
    pub kind: Arc<str>,
    /// The workload's namespace; empty where none is written, and in compose.
    pub namespace: Arc<str>,
    /// The labels of its pods; in compose those of the service.
    pub labels: Vec<(Arc<str>, Arc<str>)>,
    /// The file the document starts from.
    pub unit: Arc<str>,
    /// Whether it uses the host's network.
    pub host_network: bool,
    /// How many of it run, where written.
    pub replicas: Option<(i64, Span)>,
    /// Whether it ends before the others start.
    pub init: bool,
    /// The compose networks it is in: `default` where none is written, none for `network_mode: none`.
    pub networks: Vec<Arc<str>>,
    /// The compose service whose network it uses (`network_mode: service:x`).
    pub network_of: Option<Arc<str>>,
    /// What else decides which names lead where in a compose project.
    pub naming: Naming,
    /// Further names by which others on its networks reach it.
    pub aliases: Vec<Arc<str>>,
    /// The container as written.
    pub spec: ContainerSpec,
    /// The container's map in the document's tree; in compose the service's.
    pub item: NodeId,
    /// The pod's specification in the document's tree; in compose the service's map again.
    pub pod: NodeId,
}
