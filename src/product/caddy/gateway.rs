//! Caddy as a gateway: in containers and in files that no container mounts.

use crate::environment::{ContainerSpec, Role};
use crate::estate::{Builder, Listen, Place};
use crate::expand::ContainerFiles;
use crate::model::Version;
use crate::product::caddy::expand::config;
use crate::product::caddy::lower::lower;
use crate::product::caddy::place::{InContainer, InRepository, USUAL, mains};
use crate::product::caddy::product::PRODUCT;
use crate::product::caddy::words::Around;
use crate::product::proxy::{Piece, Proxy, Running};
use crate::repo::Source;
use crate::syntax::Language;

/// How Caddy is found and lowered.
pub(super) static PROXY: Proxy = Proxy {
    may_run,
    in_container,
    loose,
    is_anothers: None,
};

/// Whether an image built from the repository has a configuration where Caddy looks for it.
fn may_run(spec: &ContainerSpec, files: &ContainerFiles) -> bool {
    spec.built.is_some() && files.get(USUAL).is_some()
}

fn in_container(builder: &mut Builder<'_>, running: &Running<'_>) {
    let (spec, own, context) = (&running.placed.spec, PRODUCT.id(), builder.context);
    let around = InContainer {
        spec,
        files: running.files,
        compose: builder.estate.compose,
        trees: &|source| context.tree(source, Language::Caddyfile),
    };
    let version = builder.version_of(running.process, own);
    let mut listens = Vec::new();
    let main = around.main();
    if let Some(file) = running.files.get(&main).filter(|_| !main.ends_with(".json")) {
        let place = builder.place_of(running.at, spec.span);
        listens = lower_file(builder, &file.source, version.as_ref(), &around, place);
    }
    builder.gateway_sockets(running.at, running.process, own, &listens, spec.span);
}

fn loose<'a>(_: &Builder<'a>) -> Vec<Piece<'a>> {
    vec![Box::new(lower_loose)]
}

/// Files that no container mounts.
fn lower_loose(builder: &mut Builder<'_>) {
    let context = builder.context;
    let around = InRepository {
        repository: context.repository,
        trees: &|source| context.tree(source, Language::Caddyfile),
    };
    let files = context.loose(&builder.environment.loose, Role::Product(PRODUCT.id()));
    for at in mains(&around, &files) {
        let file = &context.repository.files()[at];
        let version = context.stated(PRODUCT.id());
        lower_file(builder, &file.source, version, &around, Place::of_file(file));
    }
}

fn lower_file(
    builder: &mut Builder<'_>,
    source: &Source,
    version: Option<&Version>,
    around: &dyn Around,
    place: Place,
) -> Vec<Listen> {
    let tree = builder.context.tree(source, Language::Caddyfile);
    let own = PRODUCT.id();
    let span = tree.root().children().next().map_or(place.span, |first| first.head());
    let id = builder.gateway_entity(own, version, &place, span);
    let config = config(around, &tree);
    let lowered = lower(&mut builder.estate.model, &config, around, version);
    builder.add_gateway(id, own, place, lowered.routes, lowered.listens.clone());
    lowered.listens
}
