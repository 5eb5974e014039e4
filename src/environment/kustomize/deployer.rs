//! What Argo CD and Flux deploy: the paths their objects name.

use std::collections::HashMap;

use crate::environment::directory::Objects;
use crate::environment::{Document, Environment, Platform, Repository, is_development, join};
use crate::syntax::At;

use super::transform::default_namespace;

/// Every path that a deployer names, with the namespace it deploys to where all that name it agree.
///
/// A deployer may mean another repository; a path that exists here is taken to be this one's.
pub(super) fn paths(objects: &Objects) -> HashMap<String, Option<String>> {
    let mut found: HashMap<String, Option<String>> = HashMap::new();
    for document in objects.all() {
        let at = document.at();
        let api = at.scalar("apiVersion").unwrap_or_default();
        let named = match &*document.kind {
            "Kustomization" if api.starts_with("kustomize.toolkit.fluxcd.io/") => {
                flux(at).map(|path| vec![path]).unwrap_or_default()
            }
            "Application" if api.starts_with("argoproj.io/") => at.child("spec").map(argo).unwrap_or_default(),
            "ApplicationSet" if api.starts_with("argoproj.io/") => {
                at.get("spec.template.spec").map(argo).unwrap_or_default()
            }
            _ => continue,
        };
        for (path, namespace) in named {
            let namespace = namespace.filter(|name| !name.contains("{{")).map(str::to_owned);
            found
                .entry(path)
                .and_modify(|known| *known = known.take().filter(|known| Some(known) == namespace.as_ref()))
                .or_insert(namespace);
        }
    }
    found
}

fn flux(at: At<'_>) -> Option<(String, Option<&str>)> {
    Some((join("", at.scalar("spec.path")?)?, at.scalar("spec.targetNamespace")))
}

fn argo(spec: At<'_>) -> Vec<(String, Option<&str>)> {
    let namespace = spec.scalar("destination.namespace");
    let sources = spec
        .child("source")
        .into_iter()
        .chain(spec.child("sources").into_iter().flat_map(At::items));
    let paths = sources
        .filter(|source| source.child("chart").is_none())
        .filter_map(|source| source.scalar("path"));
    paths
        .filter(|path| !path.contains("{{"))
        .filter_map(|path| Some((join("", path)?, namespace)))
        .collect()
}

/// Environments of named folders that have no kustomization: the objects in them. The repository's root is left to the
/// directory environment, which is the same.
pub(super) fn folders(
    repository: &Repository,
    objects: &mut Objects,
    deployed: &HashMap<String, Option<String>>,
    is_kustomized: impl Fn(&str) -> bool,
) -> Vec<Environment> {
    let mut named: Vec<(&String, &Option<String>)> = deployed.iter().collect();
    named.sort();
    let mut found = Vec::new();
    let mut taken = Vec::new();
    for (path, namespace) in named {
        let is_chart = repository.get(&format!("{path}/Chart.yaml")).is_some();
        if path.is_empty() || is_kustomized(path) || is_chart {
            continue;
        }
        let mut files = Vec::new();
        let mut documents: Vec<Document> = Vec::new();
        for file in repository
            .under(path)
            .iter()
            .filter_map(|file| repository.index(&file.path))
        {
            let own = objects.rest(file);
            if !own.is_empty() {
                files.push(file);
                documents.extend_from_slice(own);
            }
        }
        if documents.is_empty() {
            continue;
        }
        if let Some(namespace) = namespace {
            default_namespace(&mut documents, namespace);
        }
        taken.extend_from_slice(&files);
        found.push(Environment {
            name: path.as_str().into(),
            platform: Platform::Directory,
            folder: path.as_str().into(),
            documents,
            loose: Vec::new(),
            files,
            development: is_development(path),
            incomplete: None,
        });
    }
    for file in taken {
        objects.take(file);
    }
    found
}
