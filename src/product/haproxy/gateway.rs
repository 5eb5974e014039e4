//! HAProxy as a gateway: in containers and in files that no container mounts.

use std::sync::Arc;

use crate::environment::{ContainerSpec, Role, folder_of};
use crate::estate::{Builder, Listen, Place};
use crate::expand::ContainerFiles;
use crate::model::field::gateway;
use crate::model::{Doubt, EntityId, Fact, Model, Site, Stored, Value, Version};
use crate::product::haproxy::lower::{Input, lower};
use crate::product::haproxy::place::{self, InContainer, InRepository, USUAL};
use crate::product::haproxy::product::PRODUCT;
use crate::product::haproxy::table::{LINE_FEED, TABLE};
use crate::product::haproxy::words::Around;
use crate::product::proxy::{Piece, Proxy, Running};
use crate::repo::{Source, Span};
use crate::syntax::haproxy::ends_with_feed;
use crate::syntax::{Language, Tree};

/// How HAProxy is found and lowered.
pub(super) static PROXY: Proxy = Proxy {
    may_run,
    in_container,
    loose,
    is_anothers: None,
};

/// Whether an image built from the repository has a configuration where HAProxy looks for it.
fn may_run(spec: &ContainerSpec, files: &ContainerFiles) -> bool {
    spec.built.is_some() && USUAL.iter().any(|path| files.get(path).is_some())
}

fn in_container(builder: &mut Builder<'_>, running: &Running<'_>) {
    let spec = &running.placed.spec;
    let around = InContainer {
        spec,
        files: running.files,
        compose: builder.estate.compose,
    };
    let (sources, open) = around.entries();
    let version = builder.version_of(running.process, PRODUCT.id());
    let place = builder.place_of(running.at, spec.span);
    let listens = lower_files(builder, &sources, version, &around, open, place);
    builder.gateway_sockets(running.at, running.process, PRODUCT.id(), &listens, spec.span);
}

fn loose<'a>(_: &Builder<'a>) -> Vec<Piece<'a>> {
    vec![Box::new(lower_loose)]
}

/// Files that no container mounts.
fn lower_loose(builder: &mut Builder<'_>) {
    let context = builder.context;
    let files = context.loose(&builder.environment.loose, Role::Product(PRODUCT.id()));
    for config in place::loose(context.repository, &files) {
        let file = &context.repository.files()[config.files[0]];
        let place = Place::of_file(file);
        let around = InRepository {
            repository: context.repository,
            folder: folder_of(&file.path),
        };
        let files = config.files.iter().map(|at| &context.repository.files()[*at]);
        let sources: Vec<Arc<Source>> = files.map(|file| file.source.clone()).collect();
        let version = context.stated(PRODUCT.id()).cloned();
        lower_files(builder, &sources, version, &around, config.open, place);
    }
}

fn lower_files(
    builder: &mut Builder<'_>,
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
        .map(|source| builder.context.tree(source, Language::Haproxy))
        .collect();
    let span = trees[0]
        .root()
        .children()
        .next()
        .map_or_else(|| place.span, |at| at.head());
    let own = PRODUCT.id();
    let id = builder.gateway_entity(own, version.as_ref(), &place, span);
    let model = &mut builder.estate.model;
    for (source, tree) in sources.iter().zip(&trees) {
        line_feed(model, id, source, tree);
    }
    let lowered = lower(
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
    builder.add_gateway(id, own, place, lowered.routes, lowered.listens);
    listens
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
