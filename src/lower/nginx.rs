//! nginx in containers and in files that no container mounts.

use std::sync::Arc;

use crate::environment::pods::Placed;
use crate::environment::{ContainerSpec, Role};
use crate::estate::Listen;
use crate::expand::ContainerFiles;
use crate::lower::Lower;
use crate::lower::gateway::Place;
use crate::model::{Known, Version};
use crate::product::nginx::place::{self, ContainerIncludes, DumpIncludes, Entries, LooseConfig, RepositoryIncludes};
use crate::product::nginx::{self, Includes};
use crate::repo::{Source, Span};
use crate::server::ProcessJoin;
use crate::syntax::Language;

impl Lower<'_> {
    pub(super) fn nginx_container(&mut self, placed: &Placed, files: &ContainerFiles, at: usize, joined: &ProcessJoin) {
        let context = self.context;
        let spec = &placed.spec;
        let trees = |source: &Arc<Source>| context.tree(source, Language::Nginx);
        let includes = ContainerIncludes::new(spec, files, &trees);
        let entries = includes.entries(config(spec).as_deref(), spec);
        let known = !entries.is_empty();
        let version = self.version_of(joined, "nginx");
        let listens = self.nginx(&includes, version, &entries, self.place_of(at, spec.span));
        if joined.product != Some(nginx::DESCRIPTOR.id()) {
            return;
        }
        let default = !known && place::is_stock_image(spec) && files.doubt("/etc/nginx/conf.d/default.conf").is_none();
        if default && listens.is_empty() {
            self.gateway_sockets(at, joined, &[stock(spec.span)], spec.span);
        } else {
            self.gateway_sockets(at, joined, &listens, spec.span);
        }
    }

    /// The configurations among nginx files that no container mounts.
    pub(super) fn loose_nginx(&self) -> Vec<LooseConfig> {
        let context = self.context;
        let files = context.loose(&self.environment.loose, Role::Product(nginx::DESCRIPTOR.id()));
        let trees = |source: &Arc<Source>| context.tree(source, Language::Nginx);
        place::loose(
            context.repository,
            &files,
            &RepositoryIncludes::new(context.repository, &trees),
        )
    }

    /// Some of them.
    pub(super) fn nginx_files(&mut self, configurations: &[LooseConfig]) {
        let context = self.context;
        let trees = |source: &Arc<Source>| context.tree(source, Language::Nginx);
        let includes = RepositoryIncludes::new(context.repository, &trees);
        for config in configurations {
            let file = &context.repository.files()[config.file];
            let version = context.versions.get("nginx").cloned();
            let place = Place::of_file(file);
            match DumpIncludes::new(&file.source) {
                Some((dump, entries)) => self.nginx(&dump, version, &entries, place),
                None => self.nginx(&includes, version, &config.entries, place),
            };
        }
    }

    fn nginx(
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
        let id = self.gateway_entity(nginx::DESCRIPTOR.id(), version.as_ref(), &place, span);
        let lowered = nginx::lower(&mut self.estate.model, includes, version, entries);
        let listens = lowered.listens.clone();
        if let Some(events) = lowered.events {
            let entity = self.estate.model.entity_mut(id);
            entity.scope = Some(events);
            entity.table = Some(&nginx::table::TABLE);
        }
        self.add_gateway(id, nginx::DESCRIPTOR.id(), place, lowered.routes, lowered.listens);
        listens
    }

    /// The version of the process in a container, or what the configuration of this run states.
    pub(super) fn version_of(&self, joined: &ProcessJoin, product: &str) -> Option<Version> {
        let own = match joined.id {
            Known::Is(id) => self.estate.model.entity(id).version.clone(),
            _ => None,
        };
        own.or_else(|| self.context.versions.get(product).cloned())
    }
}

/// The stock image without any configuration listens on 80.
fn stock(span: Span) -> Listen {
    Listen {
        text: Arc::from("80"),
        port: Some(80),
        socket: None,
        loopback: false,
        speaks: Some("http"),
        proxy_protocol: Known::Is(false),
        span,
    }
}

/// The file `nginx -c` names.
fn config(spec: &ContainerSpec) -> Option<String> {
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

/// Whether a container sees nginx's own files.
pub(super) fn is_likely(files: &ContainerFiles) -> bool {
    files
        .files
        .iter()
        .any(|file| file.path.contains("/nginx/") && file.path.ends_with(".conf"))
}
