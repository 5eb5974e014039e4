//! What Argo CD and Flux deploy: the paths their objects name, and what they change on the way.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use crate::environment::deployed::{Environment, Platform};
use crate::environment::development::is_development;
use crate::environment::directory::Objects;
use crate::environment::document::Document;
use crate::environment::repository::{Repository, folder_of, join};
use crate::model::Doubt;
use crate::syntax::{At, NodeId, Tree};

use super::built::Built;
use super::kustomization::Kustomization;
use super::transform::default_namespace;
use super::{patch, transform};

/// All that names one path.
#[derive(Default)]
pub(super) struct Deployed {
    by: Vec<Deployer>,
}

/// One object that deploys a path.
struct Deployer {
    tree: Arc<Tree>,
    path: Arc<str>,
    namespace: Option<String>,
    /// Whether the namespace is set on everything rather than where none is written.
    forces_namespace: bool,
    /// What changes the objects, in the form of a kustomization.
    changes: Option<NodeId>,
}

/// Every path that a deployer names.
///
/// A deployer may mean another repository; a path that exists here is taken to be this one's.
pub(super) fn paths(objects: &Objects) -> HashMap<String, Deployed> {
    let mut found: HashMap<String, Deployed> = HashMap::new();
    for document in objects.all() {
        let at = document.at();
        // Of all documents few are such: what the others say is not read for it.
        let is_of = |group: &str| at.scalar("apiVersion").is_some_and(|api| api.starts_with(group));
        let spec = match &*document.kind {
            "Kustomization" if is_of("kustomize.toolkit.fluxcd.io/") => {
                let Some(spec) = at.child("spec") else { continue };
                let by = deployer(document, spec.scalar("targetNamespace"), true, Some(spec));
                add(spec.scalar("path"), by, &mut found);
                continue;
            }
            "Application" if is_of("argoproj.io/") => at.child("spec"),
            "ApplicationSet" if is_of("argoproj.io/") => at.get("spec.template.spec"),
            _ => continue,
        };
        let Some(spec) = spec else { continue };
        let sources = spec
            .child("source")
            .into_iter()
            .chain(spec.child("sources").into_iter().flat_map(At::items));
        for source in sources.filter(|source| source.child("chart").is_none()) {
            let by = deployer(
                document,
                spec.scalar("destination.namespace"),
                false,
                source.child("kustomize"),
            );
            add(source.scalar("path"), by, &mut found);
        }
    }
    found
}

fn deployer(document: &Document, namespace: Option<&str>, forces_namespace: bool, changes: Option<At<'_>>) -> Deployer {
    let keys = [
        "patches",
        "images",
        "components",
        "namePrefix",
        "nameSuffix",
        "replicas",
        "commonLabels",
        "labels",
    ];
    Deployer {
        tree: document.tree.clone(),
        path: document.path.clone(),
        namespace: namespace.filter(|name| !name.contains("{{")).map(str::to_owned),
        forces_namespace,
        changes: changes
            .filter(|at| keys.iter().any(|key| at.child(key).is_some()))
            .map(At::id),
    }
}

fn add(path: Option<&str>, by: Deployer, found: &mut HashMap<String, Deployed>) {
    // The path of an ApplicationSet is often a template.
    if let Some(path) = path.filter(|path| !path.contains("{{")).and_then(|path| join("", path)) {
        found.entry(path).or_default().by.push(by);
    }
}

impl Deployed {
    /// Does to the objects what the deployer does; where several deploy them differently, they are in doubt.
    pub fn apply(&self, repository: &Repository, built: &mut Built) {
        if let Some(changing) = self.by.iter().find(|by| by.changes.is_some()) {
            match self.by.as_slice() {
                [only] => only.change(repository, built),
                _ => built.doubt_all(&changing.doubt()),
            }
        }
        self.apply_namespace(&mut built.documents);
    }

    fn apply_namespace(&self, documents: &mut [Document]) {
        let Some(first) = self.by.first() else { return };
        if let Some(namespace) = &first.namespace
            && self.by.iter().all(|by| by.namespace == first.namespace)
        {
            default_namespace(documents, namespace, first.forces_namespace);
        }
    }
}

impl Deployer {
    fn doubt(&self) -> Doubt {
        let span = self.changes.map(|node| self.tree.at(node).head());
        Doubt::perhaps_at(format!("what deploys it in {} changes it", self.path), span)
    }

    fn change(&self, repository: &Repository, built: &mut Built) {
        let (Some(node), Some(file)) = (self.changes, repository.index(&self.path)) else {
            return;
        };
        let at = self.tree.at(node);
        built.files.insert(file);
        let own = Kustomization {
            file,
            path: &self.path,
            folder: folder_of(&self.path),
            at,
            is_component: false,
        };
        patch::apply(repository, &own, built);
        transform::apply(repository, &own, built);
        // Argo CD writes images as words, and both may name components.
        let is_written = |at: At<'_>| at.items().next().is_some_and(|image| !image.is_map());
        if at.child("images").is_some_and(is_written) || at.child("components").is_some() {
            built.doubt_all(&self.doubt());
        }
    }
}

/// Environments of named folders that have no kustomization: the objects in them. The repository's root is left to the
/// directory environment, which is the same.
pub(super) fn folders(
    repository: &Repository,
    objects: &mut Objects,
    deployed: &HashMap<String, Deployed>,
    is_kustomized: impl Fn(&str) -> bool,
) -> Vec<Environment> {
    let mut named: Vec<(&String, &Deployed)> = deployed.iter().collect();
    named.sort_by_key(|(path, _)| *path);
    let mut found = Vec::new();
    let mut taken = Vec::new();
    for (path, by) in named {
        let is_chart = |folder: &str| join(folder, "Chart.yaml").is_some_and(|chart| repository.get(&chart).is_some());
        if path.is_empty() || is_kustomized(path) || is_chart(path) {
            continue;
        }
        // What lies in a chart is deployed as it stands where a folder inside it is named.
        let is_inside = std::iter::successors(Some(folder_of(path)), |folder| {
            (!folder.is_empty()).then(|| folder_of(folder))
        })
        .any(is_chart);
        let mut built = Built::default();
        for file in repository
            .under(path)
            .iter()
            .filter_map(|file| repository.index(&file.path))
        {
            let own = match is_inside {
                true => objects.deployed(repository, file),
                false => Cow::Borrowed(objects.rest(file)),
            };
            if !own.is_empty() {
                taken.push(file);
                built.files.insert(file);
                built.documents.extend_from_slice(&own);
            }
        }
        if built.documents.is_empty() {
            continue;
        }
        by.apply(repository, &mut built);
        found.push(Environment {
            name: path.as_str().into(),
            platform: Platform::Directory,
            folder: path.as_str().into(),
            documents: built.documents,
            loose: Vec::new(),
            files: built.files.into_iter().collect(),
            development: is_development(path),
            incomplete: None,
            inclusions: Vec::new(),
        });
    }
    for file in taken {
        objects.take(file);
    }
    found
}
