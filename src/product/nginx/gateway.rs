//! nginx as a gateway: in containers and in files that no container mounts.

use std::sync::Arc;

use crate::environment::{ContainerSpec, Role};
use crate::estate::{Builder, Listen, Place};
use crate::expand::ContainerFiles;
use crate::model::{Known, Version};
use crate::product::nginx::includes::Includes;
use crate::product::nginx::lower::lower;
use crate::product::nginx::place::{self, ContainerIncludes, DumpIncludes, Entries, LooseConfig, RepositoryIncludes};
use crate::product::nginx::product::PRODUCT;
use crate::product::nginx::table::TABLE;
use crate::product::proxy::{Piece, Proxy, Running};
use crate::repo::{Source, Span};
use crate::speed;
use crate::syntax::Language;

/// How nginx is found and lowered.
pub(super) static PROXY: Proxy = Proxy {
    may_run,
    in_container,
    loose,
    is_anothers: None,
};

/// Whether a container sees nginx's own files: an image of one's own, with files in a folder of nginx.
fn may_run(_: &ContainerSpec, files: &ContainerFiles) -> bool {
    let is_nginx = |folder: &str| folder.starts_with("nginx");
    files.files.iter().any(|file| {
        let (folders, name) = file.path.rsplit_once('/').unwrap_or_default();
        name.ends_with(".conf") && folders.split('/').any(is_nginx)
    })
}

fn in_container(builder: &mut Builder<'_>, running: &Running<'_>) {
    let context = builder.context;
    let (spec, files, at) = (&running.placed.spec, running.files, running.at);
    let trees = |source: &Arc<Source>| context.tree(source, Language::Nginx);
    let keeps_stock = place::keeps_stock(context.repository, spec, files);
    let includes = ContainerIncludes::new(spec, keeps_stock, files, &trees, context.claimants);
    let entries = includes.entries(config(spec).as_deref(), spec);
    let known = !entries.is_empty();
    let own = PRODUCT.id();
    let version = builder.version_of(running.process, own);
    let place = builder.place_of(at, spec.span);
    let listens = lower_entries(builder, &includes, version, &entries, place);
    if running.product != Some(own) {
        return;
    }
    let default = !known && place::is_stock_image(spec) && files.doubt("/etc/nginx/conf.d/default.conf").is_none();
    let stock = [stock(spec.span)];
    let listens = if default && listens.is_empty() {
        &stock
    } else {
        listens.as_slice()
    };
    builder.gateway_sockets(at, running.process, own, listens, spec.span);
}

/// The configurations among nginx files that no container mounts, some at a time.
fn loose<'a>(builder: &Builder<'a>) -> Vec<Piece<'a>> {
    let context = builder.context;
    let files = context.loose(&builder.environment.loose, Role::Product(PRODUCT.id()));
    let trees = |source: &Arc<Source>| context.tree(source, Language::Nginx);
    let includes = RepositoryIncludes::new(context.repository, &trees);
    let mut left = place::loose(context.repository, &files, &includes)
        .into_iter()
        .peekable();
    let mut pieces: Vec<Piece<'a>> = Vec::new();
    while left.peek().is_some() {
        let some: Vec<LooseConfig> = left.by_ref().take(speed::TASK).collect();
        pieces.push(Box::new(move |builder| lower_loose(builder, &some)));
    }
    pieces
}

fn lower_loose(builder: &mut Builder<'_>, configurations: &[LooseConfig]) {
    let context = builder.context;
    let trees = |source: &Arc<Source>| context.tree(source, Language::Nginx);
    let includes = RepositoryIncludes::new(context.repository, &trees);
    for config in configurations {
        let file = &context.repository.files()[config.file];
        let version = context.stated(PRODUCT.id()).cloned();
        let place = Place::of_file(file);
        match DumpIncludes::new(&file.source) {
            Some((dump, entries)) => lower_entries(builder, &dump, version, &entries, place),
            None => lower_entries(builder, &includes, version, &config.entries, place),
        };
    }
}

fn lower_entries(
    builder: &mut Builder<'_>,
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
    let own = PRODUCT.id();
    let id = builder.gateway_entity(own, version.as_ref(), &place, span);
    let lowered = lower(&mut builder.estate.model, includes, version, entries);
    let listens = lowered.listens.clone();
    if let Some(events) = lowered.events {
        let entity = builder.estate.model.entity_mut(id);
        entity.scope = Some(events);
        entity.table = Some(&TABLE);
    }
    builder.add_gateway(id, own, place, lowered.routes, lowered.listens);
    listens
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
