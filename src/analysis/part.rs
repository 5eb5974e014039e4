//! A part of a large environment in the place of the whole, to prove fixes of a few of its files.
//!
//! The part holds every file that any number of links, in either direction, connect with a changed one, what those
//! read, and whatever is looked up otherwise than by links. It is judged unchanged first, and is a fair stand-in only if
//! it then knows of its files exactly what the whole knows: each entity, each fact and link, and what the rules say and
//! leave open. Nothing outside has then a say in them that it lacks. What could get one by the change would have to be
//! found by a name: so the names by which things find each other must be the same with the change as without, and so
//! must the ports of what is looked for by its port. With the same names the same things are found as before, and all of
//! those are in the part; a complaint that the whole would have, the part then has too.
//!
//! The limit of this: a lookup in `link` that compares neither links nor anything that [`names`] takes down, but a
//! changed value with one outside, would be missed. An environment with network policies is read whole: whom they let
//! in is decided by labels of pods that no link leads to. And only what a change has *no* complaint about in the part is
//! believed.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use rustc_hash::FxHashSet;

use super::Prover;
use super::web::Web;
use crate::environment::{Document, Environment, Platform, Repository, Role, objects};
use crate::estate::{Container, Estate, Gateway, Service};
use crate::fix::outcome::file_key;
use crate::fix::part::{Part, Reading};
use crate::kubernetes::class;
use crate::model::Known;
use crate::model::host::is_loopback;
use crate::product;
use crate::repo::SourceId;

/// Kinds whose objects are found by links, or by the names of what links lead to. All others are always read: what is
/// looked up among them is not known here, and usually there are few.
const LINKED: [&str; 7] = [
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "Service",
    "Ingress",
    "HorizontalPodAutoscaler",
    "PodDisruptionBudget",
];

/// Kinds that pods name in their namespace and that may hold nothing an entity comes from.
const NAMED: [&str; 2] = ["ConfigMap", "Secret"];

impl Prover<'_> {
    /// What of an environment is to be read again when these files change.
    pub(super) fn reading(&self, environment: usize, files: &BTreeSet<SourceId>) -> Reading {
        let whole = self.whole_of(environment);
        match self.part(environment, files) {
            // Both are judged once without the change, and then, it may be, the whole after all.
            Some(part) if part.environment.size() * 4 <= whole.cost => Reading {
                cost: 2 * part.environment.size(),
                part: Some(part),
                ..whole
            },
            _ => whole,
        }
    }

    pub(super) fn whole_of(&self, environment: usize) -> Reading {
        Reading {
            environment,
            part: None,
            cost: self.environments[environment].size(),
        }
    }

    fn part(&self, at: usize, files: &BTreeSet<SourceId>) -> Option<Part> {
        let (whole, kept) = (&self.environments[at], &self.kept[at]);
        let policies = || {
            whole
                .documents
                .iter()
                .any(|document| &*document.kind == "NetworkPolicy")
        };
        // Elsewhere patches and overrides make one document from several files.
        if !whole.is_large() || whole.platform != Platform::Directory || policies() {
            return None;
        }
        let own = files.iter().filter(|file| kept.files.contains(file));
        let changed: Option<Vec<usize>> = own.map(|file| self.repository.index_of(*file)).collect();
        let changed = changed?;
        let files = self.repository.files();
        let simple = |at: &usize| files[*at].role == Role::Kubernetes || files[*at].role.is_loose();
        // What is linked with a file is a few others: of many files, no part would be small.
        let many = changed.len() * 8 > whole.files.len();
        if changed.is_empty() || many || !changed.iter().all(simple) {
            return None;
        }
        let web = kept
            .web
            .get_or_init(|| Web::new(self.ground.sources, &self.repository, &kept.model));
        let reach = web.reach(&changed)?;
        let place = |document: &Document| self.repository.index_of(document.tree.source());
        let is_near = |document: &&Document| place(document).is_some_and(|at| reach.read[at]);
        let namespaces: FxHashSet<&str> = whole
            .documents
            .iter()
            .filter(is_near)
            .map(|near| &*near.namespace)
            .collect();
        let is_wanted = |document: &&Document| match &*document.kind {
            _ if is_near(document) => true,
            kind if NAMED.contains(&kind) => {
                namespaces.contains(&*document.namespace) || product::is_settings(document)
            }
            kind => !LINKED.contains(&kind),
        };
        let loose = whole.loose.iter().copied().filter(|at| reach.read[*at]);
        let environment = Environment {
            name: whole.name.clone(),
            platform: whole.platform,
            folder: whole.folder.clone(),
            documents: whole.documents.iter().filter(is_wanted).cloned().collect(),
            loose: loose.collect(),
            files: whole.files.iter().copied().filter(|at| reach.read[*at]).collect(),
            development: whole.development,
            incomplete: whole.incomplete.clone(),
            inclusions: whole.inclusions.clone(),
        };
        let own = files.iter().zip(&reach.judged).filter(|(_, judged)| **judged);
        Some(Part {
            files: own.map(|(file, _)| file_key(&file.path)).collect(),
            environment,
        })
    }

    /// The same part with the documents that the changed files hold now; `None` where those are others than before, by
    /// name or by what they are found by.
    pub(super) fn renewed(&self, part: &Environment, repository: &Repository) -> Option<Environment> {
        let mut documents: Vec<Document> = Vec::with_capacity(part.documents.len());
        let mut left = part.documents.as_slice();
        while let Some(first) = left.first() {
            let source = first.tree.source();
            let own = left.iter().take_while(|document| document.tree.source() == source);
            let (own, rest) = left.split_at(own.count());
            left = rest;
            let file = &repository.files()[self.repository.index_of(source)?];
            if file.source.id == source {
                documents.extend_from_slice(own);
                continue;
            }
            let now = objects(file);
            let same = now.len() == own.len() && own.iter().zip(&now).all(|(old, new)| identity(old) == identity(new));
            // A kind that is not among these may say what is deployed together.
            let known = |document: &Document| LINKED.contains(&&*document.kind) || NAMED.contains(&&*document.kind);
            if !same || !now.iter().all(known) {
                return None;
            }
            documents.extend(now);
        }
        Some(Environment {
            documents,
            ..part.clone()
        })
    }
}

/// What a document is called, and the words by which it finds others or they find it.
fn identity(document: &Document) -> Vec<String> {
    const WORDS: [&str; 8] = [
        "metadata.labels",
        "spec.selector",
        "spec.template.metadata",
        "spec.template.spec.volumes",
        "spec.scaleTargetRef",
        "spec.ingressClassName",
        "spec.type",
        "spec.externalName",
    ];
    // Annotations that choose a controller, or put Ingresses together.
    let groups = product::readers().iter().flat_map(|reader| reader.groups);
    let chosen = std::iter::once(&class::ANNOTATION).chain(groups);
    let root = document.at();
    let words = WORDS.iter().map(|path| root.get(path));
    let annotations = root.get("metadata.annotations");
    let annotations = chosen.map(|name| annotations.and_then(|all| all.child(name)));
    let texts = words
        .chain(annotations)
        .map(|at| at.map_or_else(String::new, |at| document.tree.raw(at.span()).to_owned()));
    let names = [&document.kind, &document.namespace, &document.name];
    names.into_iter().map(ToString::to_string).chain(texts).collect()
}

/// Everything by which things of an environment find each other: a number for each, in order.
pub(super) fn names(estate: &Estate) -> Vec<u64> {
    let mut found: Vec<u64> = Vec::new();
    found.extend(estate.services.iter().map(service));
    found.extend(estate.containers.iter().map(container));
    found.extend(estate.gateways.iter().map(gateway));
    found.extend(estate.targets.iter().map(|target| digest(&target.identity)));
    found.sort_unstable();
    found
}

fn service(service: &Service) -> u64 {
    digest(&(
        (&*service.name, &*service.namespace, &*service.folder),
        known(&service.selector),
        (service.headless, &service.external),
    ))
}

/// Beside its names the ports: some things are told of whoever listens on a port.
fn container(container: &Container) -> u64 {
    let declared = container.ports.iter().map(|port| (port.number, port.name.as_deref()));
    let (all, unless) = container.sockets.parts();
    let sockets = match &all {
        Known::Is(sockets) => sockets
            .iter()
            .map(|socket| {
                let (port, unless) = socket.port.parts();
                (known(&port), unless, &socket.path)
            })
            .collect(),
        _ => Vec::new(),
    };
    digest(&(
        (&*container.name, &*container.namespace, &*container.folder),
        (
            &container.labels,
            &container.names,
            &container.networks,
            &container.shared,
            &container.mounted,
        ),
        (container.host_network, container.machine),
        &container.naming,
        declared.collect::<Vec<_>>(),
        (known(&all.map(|_| ())), sockets, unless),
    ))
}

fn gateway(gateway: &Gateway) -> u64 {
    let endpoints = gateway.routes.iter().flat_map(|route| &route.endpoints);
    let hosts = endpoints.map(|endpoint| {
        let is_own = matches!(&endpoint.host, Known::Is(host) if is_loopback(host));
        let port = is_own.then(|| known(&endpoint.port));
        (known(&endpoint.host), port, &endpoint.socket)
    });
    digest(&(
        (
            gateway.product,
            gateway.to_endpoints,
            gateway.unplaced,
            gateway.container.is_some(),
        ),
        (&*gateway.namespace, &*gateway.folder),
        hosts.collect::<Vec<_>>(),
    ))
}

fn known<T: Hash>(value: &Known<T>) -> u64 {
    match value {
        Known::Is(value) => digest(&(0, value)),
        Known::Absent => digest(&1),
        Known::Unknown(doubt) => digest(&(2, &*doubt.reason)),
    }
}

fn digest(of: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}
