//! Envoy as a gateway: in containers, by the file their command names, and in files that no container mounts.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::environment::{ContainerSpec, Role, folder_of};
use crate::estate::{Builder, Place};
use crate::expand::ContainerFiles;
use crate::model::field::{container, process};
use crate::model::{Doubt, Entity, Kind, Known, Version};
use crate::product::envoy::lower::{self, Lowered};
use crate::product::envoy::place::{bootstrap_of, is_anothers, is_built_with, is_image, nearby, runs, version};
use crate::product::envoy::product::PRODUCT;
use crate::product::envoy::resources::{Files, Resources, is_whole};
use crate::product::proxy::{Piece, Proxy, Running};
use crate::repo::{Source, SourceId};
use crate::syntax::{Language, Tree};

/// How Envoy is found and lowered.
pub(super) static PROXY: Proxy = Proxy {
    may_run,
    in_container,
    loose,
    is_anothers: Some(is_anothers),
};

fn may_run(spec: &ContainerSpec, files: &ContainerFiles) -> bool {
    runs(spec) || is_built_with(spec, files)
}

fn loose<'a>(_: &Builder<'a>) -> Vec<Piece<'a>> {
    vec![Box::new(lower_loose)]
}

/// The Envoy of a container, if it runs one whose bootstrap is in the repository.
fn in_container(builder: &mut Builder<'_>, running: &Running<'_>) {
    let (spec, files, at) = (&running.placed.spec, running.files, running.at);
    let id = builder.estate.containers[at].id;
    let entity = builder.estate.model.entity_mut(id);
    entity.set(container::IS_GATEWAY, true, spec.span);
    let context = builder.context;
    let tree = |source: &Arc<Source>| context.tree(source, Language::CommentedYaml);
    let Some(bootstrap) = bootstrap_of(spec, files, &tree) else {
        return;
    };
    let lookup = |path: &str| files.get(path).map(|file| tree(&file.source));
    let resources = Resources::of_bootstrap(&bootstrap, &lookup);
    let version = version(spec, context.stated(PRODUCT.id()));
    let whole = resources.more_listeners.is_none();
    let place = builder.place_of(at, spec.span);
    let done = lower_resources(builder, &bootstrap, resources, &lookup, version.as_ref(), place);
    add_process(builder, at, spec, &done, whole, version.as_ref());
}

/// Files that no container mounts: bootstraps with what they name, and the rest by folder.
fn lower_loose(builder: &mut Builder<'_>) {
    let context = builder.context;
    let files = context.loose(&builder.environment.loose, Role::Product(PRODUCT.id()));
    let read: Vec<_> = files
        .into_iter()
        .filter_map(|at| {
            let file = &context.repository.files()[at];
            let tree = file.tree.clone()?;
            tree.problems.is_empty().then_some((file, tree))
        })
        .collect();
    let version = context.stated(PRODUCT.id());
    let mut named: Vec<SourceId> = Vec::new();
    for (file, bootstrap) in read.iter().filter(|(_, tree)| is_whole(tree)) {
        let seen = RefCell::new(Vec::new());
        let lookup = |path: &str| {
            let found = nearby(context.repository, folder_of(&file.path), path)?;
            seen.borrow_mut().push(found.source());
            Some(found)
        };
        let resources = Resources::of_bootstrap(bootstrap, &lookup);
        lower_resources(builder, bootstrap, resources, &lookup, version, Place::of_file(file));
        named.extend(seen.into_inner());
    }
    let mut rest: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for (file, tree) in &read {
        if !is_whole(tree) && !named.contains(&tree.source()) {
            rest.entry(folder_of(&file.path)).or_default().push((file, tree));
        }
    }
    for parts in rest.into_values() {
        let trees: Vec<Arc<Tree>> = parts.iter().map(|(_, tree)| (*tree).clone()).collect();
        let resources = Resources::of_files(&trees);
        if resources.listeners.is_empty() && resources.routes.is_empty() {
            continue;
        }
        lower_resources(
            builder,
            &trees[0],
            resources,
            &|_| None,
            version,
            Place::of_file(parts[0].0),
        );
    }
}

fn lower_resources(
    builder: &mut Builder<'_>,
    tree: &Arc<Tree>,
    resources: Resources,
    files: Files<'_>,
    version: Option<&Version>,
    place: Place,
) -> Lowered {
    let id = builder.gateway_entity(PRODUCT.id(), version, &place, tree.root().head());
    let label = format!("envoy {}", place.label);
    let mut done = lower::lower(&mut builder.estate.model, resources, files, version, &label);
    let routes = std::mem::take(&mut done.routes);
    builder.add_gateway(id, PRODUCT.id(), place, routes, done.listens.clone());
    done
}

/// The process of the container, which listens where its listeners say.
fn add_process(
    builder: &mut Builder<'_>,
    at: usize,
    spec: &ContainerSpec,
    done: &Lowered,
    whole: bool,
    version: Option<&Version>,
) {
    let span = spec.span;
    let mut entity = Entity::new(Kind::Process, builder.estate.containers[at].name.clone(), span);
    entity.set(process::NAME, Arc::from(PRODUCT.name), span);
    if let Some(version) = version {
        entity.set(process::VERSION, Arc::from(version.to_string()), span);
    }
    entity.set(process::KEEPS_CONNECTIONS, true, span);
    if let Some((time, at)) = done.keepalive {
        entity.set(process::KEEPALIVE_TIMEOUT, time, at);
    }
    let id = builder.estate.model.add(entity);
    let container = &mut builder.estate.containers[at];
    container.process = Known::Is(id);
    // Nothing else listens in the official image.
    container.sole = is_image(spec);
    if whole {
        container.sockets = Known::Is(Vec::new()).into();
        builder.sockets(at, id, PRODUCT.id(), &done.listens);
    } else {
        let doubt = Doubt::at("listeners also come from elsewhere", span);
        container.sockets = Known::Unknown(doubt).into();
    }
}
