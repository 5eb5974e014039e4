//! Envoy in containers, by the file their command names, and in files that no container mounts.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::environment::pods::Placed;
use crate::environment::{ContainerSpec, Role, folder_of};
use crate::expand::ContainerFiles;
use crate::lower::gateway::Place;
use crate::lower::{Context, Lower};
use crate::model::field::{container, process};
use crate::model::{Doubt, Entity, Kind, Known, Version};
use crate::product::envoy::DESCRIPTOR;
use crate::product::envoy::lower::{self, Lowered};
use crate::product::envoy::place::{bootstrap_of, is_built_with, is_image, nearby, runs, version};
use crate::product::envoy::resources::{Files, Resources, is_whole};
use crate::repo::{Source, SourceId};
use crate::syntax::{Language, Tree};

impl Lower<'_> {
    /// The Envoy of a container, if it runs one whose bootstrap is in the repository.
    pub(super) fn envoy_container(&mut self, placed: &Placed, files: &ContainerFiles, at: usize) {
        let spec = &placed.spec;
        if !runs(spec) && !is_built_with(spec, files) {
            return;
        }
        let id = self.estate.containers[at].id;
        let entity = self.estate.model.entity_mut(id);
        entity.set(container::IS_GATEWAY, true, spec.span);
        let context = self.context;
        let tree = |source: &Arc<Source>| envoy_tree(&context, source);
        let Some(bootstrap) = bootstrap_of(spec, files, &tree) else {
            return;
        };
        let lookup = |path: &str| files.get(path).map(|file| tree(&file.source));
        let resources = Resources::of_bootstrap(&bootstrap, &lookup);
        let version = version(spec, context.versions.get("envoy"));
        let whole = resources.more_listeners.is_none();
        let place = self.place_of(at, spec.span);
        let done = self.envoy(&bootstrap, resources, &lookup, version.as_ref(), place);
        self.envoy_process(at, spec, &done, whole, version.as_ref());
    }

    /// Files that no container mounts: bootstraps with what they name, and the rest by folder.
    pub(super) fn loose_envoy(&mut self) {
        let context = self.context;
        let files = context.loose(&self.environment.loose, Role::Product(DESCRIPTOR.id()));
        let read: Vec<_> = files
            .into_iter()
            .filter_map(|at| {
                let file = &context.repository.files()[at];
                let tree = file.tree.clone()?;
                tree.problems.is_empty().then_some((file, tree))
            })
            .collect();
        let version = context.versions.get("envoy");
        let mut named: Vec<SourceId> = Vec::new();
        for (file, bootstrap) in read.iter().filter(|(_, tree)| is_whole(tree)) {
            let seen = RefCell::new(Vec::new());
            let lookup = |path: &str| {
                let found = nearby(context.repository, folder_of(&file.path), path)?;
                seen.borrow_mut().push(found.source());
                Some(found)
            };
            let resources = Resources::of_bootstrap(bootstrap, &lookup);
            self.envoy(bootstrap, resources, &lookup, version, Place::of_file(file));
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
            self.envoy(&trees[0], resources, &|_| None, version, Place::of_file(parts[0].0));
        }
    }

    fn envoy(
        &mut self,
        tree: &Arc<Tree>,
        resources: Resources,
        files: Files<'_>,
        version: Option<&Version>,
        place: Place,
    ) -> Lowered {
        let id = self.gateway_entity(DESCRIPTOR.id(), version, &place, tree.root().head());
        let label = format!("envoy {}", place.label);
        let mut done = lower::lower(&mut self.estate.model, resources, files, version, &label);
        let routes = std::mem::take(&mut done.routes);
        self.add_gateway(id, DESCRIPTOR.id(), place, routes, done.listens.clone());
        done
    }

    /// The process of the container, which listens where its listeners say.
    fn envoy_process(
        &mut self,
        at: usize,
        spec: &ContainerSpec,
        done: &Lowered,
        whole: bool,
        version: Option<&Version>,
    ) {
        let span = spec.span;
        let mut entity = Entity::new(Kind::Process, self.estate.containers[at].name.clone(), span);
        entity.set(process::NAME, Arc::from(DESCRIPTOR.product.name), span);
        if let Some(version) = version {
            entity.set(process::VERSION, Arc::from(version.to_string()), span);
        }
        entity.set(process::KEEPS_CONNECTIONS, true, span);
        if let Some((time, at)) = done.keepalive {
            entity.set(process::KEEPALIVE_TIMEOUT, time, at);
        }
        let id = self.estate.model.add(entity);
        let container = &mut self.estate.containers[at];
        container.process = Known::Is(id);
        // Nothing else listens in the official image.
        container.sole = is_image(spec);
        if whole {
            container.sockets = Known::Is(Vec::new()).into();
            self.sockets(at, id, DESCRIPTOR.id(), &done.listens);
        } else {
            let doubt = Doubt::at("listeners also come from elsewhere", span);
            container.sockets = Known::Unknown(doubt).into();
        }
    }
}

fn envoy_tree(context: &Context<'_>, source: &Arc<Source>) -> Arc<Tree> {
    context.tree(source, Language::CommentedYaml)
}
