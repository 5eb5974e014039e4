//! The containers of an environment, each with the workload it runs in.

mod compose;
mod kubernetes;
mod text;
mod volumes;

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use crate::repo::Span;
use crate::syntax::NodeId;

pub(super) use text::env_lines;

use super::{ContainerSpec, Document, Environment, Repository};

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
    /// Further names by which others on its networks reach it.
    pub aliases: Vec<Arc<str>>,
    /// The container as written.
    pub spec: ContainerSpec,
    /// The container's map in the document's tree; in compose the service's.
    pub item: NodeId,
    /// The pod's specification in the document's tree; in compose the service's map again.
    pub pod: NodeId,
}

/// All containers of an environment, in order of documents.
pub fn containers(environment: &Environment, repository: &Repository) -> Vec<Placed> {
    let config_maps = ConfigMaps::new(environment);
    let of = |(at, document): (usize, &Document)| {
        let mut found = Vec::new();
        match &*document.kind {
            "compose" => compose::services(environment, repository, at, &mut found),
            kind => {
                if let Some(path) = pod_spec_path(kind) {
                    kubernetes::pod(&config_maps, at, document, path, &mut found);
                }
            }
        }
        found
    };
    // A few are done before a second thread has woken up.
    let documents = environment.documents.par_iter().enumerate().with_min_len(256);
    documents.flat_map_iter(of).collect()
}

/// Where the pod's specification stands in a kind of workload.
pub(super) fn pod_spec_path(kind: &str) -> Option<&'static str> {
    match kind {
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "ReplicationController" | "Job" | "Rollout" => {
            Some("spec.template.spec")
        }
        "Pod" => Some("spec"),
        "CronJob" => Some("spec.jobTemplate.spec.template.spec"),
        _ => None,
    }
}

/// The ConfigMaps of an environment by namespace and name.
struct ConfigMaps<'e>(HashMap<(&'e str, &'e str), Vec<&'e Document>>);

impl<'e> ConfigMaps<'e> {
    fn new(environment: &'e Environment) -> Self {
        let mut maps: HashMap<_, Vec<&Document>> = HashMap::new();
        for document in &environment.documents {
            if &*document.kind == "ConfigMap" {
                let key = (&*document.namespace, &*document.name);
                maps.entry(key).or_default().push(document);
            }
        }
        Self(maps)
    }

    /// The ConfigMap that `from` means by a name: of several, which only a folder of manifests has, the nearest.
    /// `None` also when several are equally near.
    fn get(&self, from: &Document, name: &str) -> Option<&'e Document> {
        let reference = from.reference(name);
        let own = self.0.get(&(&*from.namespace, reference.as_str()));
        let all = own.or_else(|| self.0.get(&(&*from.namespace, name)))?;
        let nearness = |document: &Document| {
            let parts = from.path.split('/').zip(document.path.split('/'));
            (
                from.path == document.path,
                parts.take_while(|(own, other)| own == other).count(),
            )
        };
        let best = all.iter().map(|document| nearness(document)).max();
        let mut nearest = all.iter().filter(|document| Some(nearness(document)) == best);
        match (nearest.next(), nearest.next()) {
            (found, None) => found.copied(),
            _ => None,
        }
    }
}
