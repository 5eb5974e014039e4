//! HAProxy in containers and in files that no container mounts.

use std::sync::Arc;

use crate::environment::pods::Placed;
use crate::environment::{ContainerSpec, Role, folder_of};
use crate::estate::Listen;
use crate::expand::ContainerFiles;
use crate::lower::Lower;
use crate::lower::gateway::Place;
use crate::model::field::gateway;
use crate::model::{Doubt, EntityId, Fact, Model, Site, Stored, Value, Version};
use crate::product::haproxy::place::{self, InContainer, InRepository};
use crate::product::haproxy::table::{LINE_FEED, TABLE};
use crate::product::haproxy::{self, Around, Input};
use crate::repo::{Source, Span};
use crate::server::ProcessJoin;
use crate::syntax::haproxy::ends_with_feed;
use crate::syntax::{Language, Tree};

impl Lower<'_> {
    pub(super) fn haproxy_container(
        &mut self,
        placed: &Placed,
        files: &ContainerFiles,
        at: usize,
        joined: &ProcessJoin,
    ) {
        let around = InContainer {
            spec: &placed.spec,
            files,
            compose: self.estate.compose,
        };
        let (sources, open) = around.entries();
        let version = self.version_of(joined, "haproxy");
        let place = self.place_of(at, placed.spec.span);
        let listens = self.haproxy(&sources, version, &around, open, place);
        self.gateway_sockets(at, joined, &listens, placed.spec.span);
    }

    /// HAProxy files that no container mounts.
    pub(super) fn loose_haproxy(&mut self) {
        let context = self.context;
        let files = context.loose(&self.environment.loose, Role::Product(haproxy::DESCRIPTOR.id()));
        for config in place::loose(context.repository, &files) {
            let file = &context.repository.files()[config.files[0]];
            let place = Place::of_file(file);
            let around = InRepository {
                repository: context.repository,
                folder: folder_of(&file.path),
            };
            let files = config.files.iter().map(|at| &context.repository.files()[*at]);
            let sources: Vec<Arc<Source>> = files.map(|file| file.source.clone()).collect();
            let version = context.versions.get("haproxy").cloned();
            self.haproxy(&sources, version, &around, config.open, place);
        }
    }

    fn haproxy(
        &mut self,
        sources: &[Arc<Source>],
        version: Option<Version>,
        around: &dyn Around,
        open: Option<Doubt>,
        place: Place,
    ) -> Vec<Listen> {
        if sources.is_empty() {
            return Vec::new();
        }
        let trees: Vec<Arc<Tree>> = sources
            .iter()
            .map(|source| self.context.tree(source, Language::Haproxy))
            .collect();
        let span = trees[0]
            .root()
            .children()
            .next()
            .map_or_else(|| place.span, |at| at.head());
        let id = self.gateway_entity(haproxy::DESCRIPTOR.id(), version.as_ref(), &place, span);
        let model = &mut self.estate.model;
        for (source, tree) in sources.iter().zip(&trees) {
            line_feed(model, id, source, tree);
        }
        let lowered = haproxy::lower(
            model,
            &Input {
                trees: &trees,
                version: version.clone(),
                around,
                open,
            },
        );
        let entity = model.entity_mut(id);
        entity.table = Some(&TABLE);
        entity.scope = lowered.global;
        entity.version = version;
        let listens = lowered.listens.clone();
        self.add_gateway(id, haproxy::DESCRIPTOR.id(), place, lowered.routes, lowered.listens);
        listens
    }
}

/// Whether an image built from the repository has a configuration where HAProxy looks for it.
pub(super) fn is_built_with(spec: &ContainerSpec, files: &ContainerFiles) -> bool {
    spec.built.is_some() && place::USUAL.iter().any(|path| files.get(path).is_some())
}

/// Notes a file whose last line is not complete. Template text at the end may bring the line feed.
fn line_feed(model: &mut Model, id: EntityId, source: &Source, tree: &Tree) {
    let text = &*source.text;
    let end = text.len() as u32;
    if ends_with_feed(text) || tree.hole_in(Span::new(source.id, end.saturating_sub(1), end)).is_some() {
        return;
    }
    let last = text.rfind('\n').map_or(0, |at| at + 1);
    let start = last + text[last..].len() - text[last..].trim_start().len();
    let span = Span::new(source.id, start as u32, end);
    let entity = model.entity_mut(id);
    entity
        .facts
        .retain(|fact| fact.field != gateway::ENDS_IN_LINE_FEED.id());
    entity.facts.push(Fact {
        field: gateway::ENDS_IN_LINE_FEED.id(),
        value: Stored::Is(Value::Bool(false)),
        span,
        site: Some(Site {
            row: &LINE_FEED,
            node: None,
        }),
    });
}
