//! What containers run: gunicorn, uvicorn, Puma, Spring Boot, Tomcat, php-fpm, Node, nginx. Which process it is, what it
//! listens on, how long it works on a request, how long it keeps connections.

mod bound;
pub(crate) mod command;
pub(crate) mod dockerfile;
pub(crate) mod image;
pub(crate) mod settings;
pub(crate) mod sockets;

use crate::product::named::SERVERS;
use crate::product::{gunicorn, node, php_fpm, puma, rails, spring as java, tomcat, uvicorn, uwsgi};
use std::collections::HashMap;
use std::sync::Arc;

use crate::environment::container::{ContainerSpec, Text};
use crate::environment::{File, Repository};
use crate::expand::{ContainerFiles, ExpandCache};
use crate::model::field::process;
use crate::model::{Doubt, Entity, EntityId, Kind, Known, Model, ProductId, Version};
use crate::repo::{Source, Sources, Span};
use crate::syntax::{Language, Tree};
use command::{Runs, Started};
pub(crate) use image::Image;

pub use dockerfile::{ExposedPorts, exposed, numbers};
pub use sockets::{Bind, SocketJoin};

/// What lowering a process may look at beside the container.
#[derive(Clone, Copy, Debug)]
pub struct ProcessContext<'a> {
    /// All texts.
    pub sources: &'a Sources,
    /// All files.
    pub repository: &'a Repository,
    /// Files of the environment that belong to no document (indexes into the repository's files).
    pub loose: &'a [usize],
    /// Derived texts and trees.
    pub cache: &'a ExpandCache,
    /// Versions that the configuration states, by product.
    pub versions: &'a HashMap<String, Version>,
}

/// The products whose version the configuration may state: what it says of any other would change nothing.
pub const VERSIONED: [&str; 18] = [
    "bun",
    "daphne",
    "deno",
    "envoy",
    "granian",
    "gunicorn",
    "haproxy",
    "hypercorn",
    "nginx",
    "node",
    "php",
    "puma",
    "spring-boot",
    "tomcat",
    "unicorn",
    "uvicorn",
    "uwsgi",
    "waitress-serve",
];

impl<'a> ProcessContext<'a> {
    pub(crate) fn tree(&self, source: &Source, language: Language) -> Arc<Tree> {
        self.cache.tree_of(self.repository, source, language)
    }

    pub(crate) fn loose_files(&self) -> impl Iterator<Item = &'a File> {
        let files = self.repository.files();
        self.loose.iter().filter_map(move |at| files.get(*at))
    }

    /// The version the configuration states, else the one in the tag of an image that is named after the product, also
    /// of the base that a Dockerfile names.
    fn version(&self, spec: &ContainerSpec, product: &str) -> Option<Version> {
        if let Some(stated) = self.versions.get(product) {
            return Some(stated.clone());
        }
        let image = Image::of(self, spec)?;
        let is_it = image.name() == product
            || (product == "haproxy" && is_haproxy(&image))
            || (product == "nginx" && image.name() == "nginx-unprivileged");
        is_it.then(|| image.version())?
    }
}

/// What linking needs of a process.
#[derive(Clone, Debug)]
pub struct ProcessJoin {
    /// The entity; unknown when it cannot be told what runs.
    pub id: Known<EntityId>,
    /// The product, when it is one we know by name.
    pub product: Option<ProductId>,
    /// What it listens on.
    pub sockets: Known<Vec<SocketJoin>>,
    /// Whether the image holds this one product and its command is not changed, so that nothing else listens.
    pub official_only: bool,
}

impl ProcessJoin {
    pub(crate) fn unknown(doubt: Doubt) -> Self {
        Self {
            id: Known::Unknown(doubt.clone()),
            product: None,
            sockets: Known::Unknown(doubt),
            official_only: false,
        }
    }
}

/// Lowers what a container runs.
pub fn lower(
    model: &mut Model,
    context: &ProcessContext<'_>,
    spec: &ContainerSpec,
    files: &ContainerFiles,
) -> ProcessJoin {
    let filled = dockerfile::filled(context, spec);
    let spec = filled.as_ref().unwrap_or(spec);
    let join = known(model, context, spec, files);
    match &join.id {
        Known::Unknown(doubt) => bound::lower(model, context, spec, doubt).unwrap_or(join),
        _ => join,
    }
}

/// What a container runs, as far as it is a program that is known here.
fn known(model: &mut Model, context: &ProcessContext<'_>, spec: &ContainerSpec, files: &ContainerFiles) -> ProcessJoin {
    let unknown = |why: String, span: Span| {
        ProcessJoin::unknown(Doubt::at(format!("what {} runs is not known: {why}", spec.name), span))
    };
    let started = match command::runs(context.sources, context.cache, spec) {
        Runs::Command(started) => started,
        Runs::Image => {
            return of_image(model, context, spec, files).unwrap_or_else(|| unknown(foreign(spec), spec.span));
        }
        Runs::Unknown(why, span) => return unknown(why, span),
    };
    let program = &started.command.program;
    let name = program.base_name();
    let first = started.command.arguments.first().map(|argument| argument.text.as_str());
    match name {
        _ if program.unknown => unknown(format!("its program is {}", program.text), program.span),
        "gunicorn" => gunicorn::lower(model, context, &started, files),
        "uvicorn" => uvicorn::lower(model, context, &started),
        "fastapi" if matches!(first, Some("run" | "dev")) => uvicorn::lower(model, context, &started),
        "haproxy" => haproxy(model, context, spec, program.span),
        "nginx" | "nginx-debug" | "openresty" => nginx(model, context, spec, program.span, &started),
        "puma" => puma::lower(model, context, &started, files),
        "rails" if matches!(first, Some("server" | "s")) => rails::lower(model, context, &started, files),
        "java" => match java::lower(model, context, &started, files) {
            Some(join) => join,
            None => unknown(
                "what a Java program does is known only for Spring Boot".to_owned(),
                program.span,
            ),
        },
        "catalina.sh" | "startup.sh" => tomcat::lower(model, context, spec, files)
            .unwrap_or_else(|| unknown("where Tomcat listens is not in the repository".to_owned(), program.span)),
        "uwsgi" => uwsgi::lower(model, context, &started, files),
        name if name.starts_with("php-fpm") => php_fpm::lower(model, context, spec, files, program.span),
        name if node::starts(name, first) => node::lower(model, context, &started, files),
        name => match SERVERS.iter().find(|known| known.product.name == name) {
            Some(known) => named(model, context, spec, known.id(), program.span),
            None => unknown(format!("{name} is not a server gatelint knows"), program.span),
        },
    }
}

/// The process of a machine without containers, as far as loose files tell: php-fpm pools beside nginx.
pub fn machine(model: &mut Model, context: &ProcessContext<'_>) -> Option<ProcessJoin> {
    php_fpm::machine(model, context)
}

fn foreign(spec: &ContainerSpec) -> String {
    match (&spec.image, &spec.built) {
        (_, Some(_)) => "the command is inside the image that is built here".to_owned(),
        (Some(image), None) => format!("the command is inside the image {}", image.text),
        (None, None) => "neither image nor command is written".to_owned(),
    }
}

/// The process of an image whose command is not changed.
fn of_image(
    model: &mut Model,
    context: &ProcessContext<'_>,
    spec: &ContainerSpec,
    files: &ContainerFiles,
) -> Option<ProcessJoin> {
    let image = Image::of(context, spec).filter(|image| !image.other_command)?;
    let span = spec.image.as_ref().map_or(spec.span, |image| image.span);
    let unchanged = !image.changed;
    if php_fpm::is_image(&image) {
        let mut join = php_fpm::lower(model, context, spec, files, span);
        join.official_only = unchanged;
        return Some(join);
    }
    if image.is_official("tomcat") {
        return tomcat::lower(model, context, spec, files);
    }
    if is_haproxy(&image) {
        let mut join = haproxy(model, context, spec, span);
        join.official_only = unchanged;
        return Some(join);
    }
    matches!(image.name(), "nginx" | "nginx-unprivileged" | "openresty").then(|| {
        let id = entity(model, context, spec, "nginx", span);
        let mut join = gateway(model, id, span);
        join.official_only = unchanged && is_official_nginx(&image);
        join
    })
}

fn is_official_nginx(image: &Image) -> bool {
    image.is_official("nginx") || image.is_official("nginxinc/nginx-unprivileged")
}

fn nginx(
    model: &mut Model,
    context: &ProcessContext<'_>,
    spec: &ContainerSpec,
    span: Span,
    started: &Started<'_>,
) -> ProcessJoin {
    let id = entity(model, context, spec, "nginx", span);
    let mut join = gateway(model, id, span);
    // Behind a shell something else may run beside it.
    let is_shell = |text: &Text| matches!(text.text.rsplit('/').next(), Some("sh" | "bash" | "ash"));
    let direct = !spec.arguments.iter().flatten().any(is_shell);
    join.official_only = started.command.certain
        && spec.entrypoint.is_none()
        && direct
        && Image::of(context, spec).is_some_and(|image| !image.changed && is_official_nginx(&image));
    join
}

/// Images that hold HAProxy and nothing else, with its configuration at the usual place.
fn is_haproxy(image: &Image) -> bool {
    const IMAGES: [&str; 4] = [
        "haproxy",
        "haproxytech/haproxy-alpine",
        "haproxytech/haproxy-debian",
        "haproxytech/haproxy-ubuntu",
    ];
    IMAGES.iter().any(|name| image.is_official(name))
}

/// Whether a container runs such an image as it is.
pub fn is_haproxy_image(spec: &ContainerSpec) -> bool {
    let image = spec
        .image
        .as_ref()
        .filter(|image| !image.unknown && spec.built.is_none());
    image.is_some_and(|image| {
        is_haproxy(&Image {
            text: image.text.split('@').next().unwrap_or_default().to_owned(),
            changed: false,
            other_command: false,
        })
    })
}

/// HAProxy as a process; what it binds is for its own dialect to say.
fn haproxy(model: &mut Model, context: &ProcessContext<'_>, spec: &ContainerSpec, span: Span) -> ProcessJoin {
    let id = entity(model, context, spec, "haproxy", span);
    let doubt = Doubt::at("the HAProxy configuration says what it binds", span);
    model.entity_mut(id).set(process::KEEPS_CONNECTIONS, true, span);
    ProcessJoin {
        id: Known::Is(id),
        product: Some(crate::product::haproxy::DESCRIPTOR.id()),
        sockets: Known::Unknown(doubt),
        official_only: is_haproxy_image(spec),
    }
}

/// nginx as a process; what it listens on is for its own dialect to say.
fn gateway(model: &mut Model, id: EntityId, span: Span) -> ProcessJoin {
    let doubt = Doubt::at("the nginx configuration says what it listens on", span);
    model.entity_mut(id).set(process::KEEPS_CONNECTIONS, true, span);
    ProcessJoin {
        id: Known::Is(id),
        product: Some(crate::product::nginx::DESCRIPTOR.id()),
        sockets: Known::Unknown(doubt),
        official_only: false,
    }
}

/// A server that is known by name only: nothing else is claimed.
fn named(
    model: &mut Model,
    context: &ProcessContext<'_>,
    spec: &ContainerSpec,
    product: ProductId,
    span: Span,
) -> ProcessJoin {
    let id = entity(model, context, spec, product.name, span);
    let doubt = Doubt::at(format!("gatelint does not read the settings of {}", product.name), span);
    open(model, id, &doubt);
    let sockets = sockets::add(model, id, Known::Unknown(doubt));
    ProcessJoin {
        id: Known::Is(id),
        product: Some(product),
        sockets,
        official_only: false,
    }
}

/// Makes every fact about time and connections unknown.
pub(crate) fn open(model: &mut Model, id: EntityId, doubt: &Doubt) {
    let entity = model.entity_mut(id);
    let span = entity.span;
    entity.set_known(process::REQUEST_TIMEOUT, Known::Unknown(doubt.clone()), span);
    entity.set_known(process::KILLS_AT_TIMEOUT, Known::Unknown(doubt.clone()), span);
    entity.set_known(process::KEEPALIVE_TIMEOUT, Known::Unknown(doubt.clone()), span);
    entity.set_known(process::KEEPS_CONNECTIONS, Known::Unknown(doubt.clone()), span);
}

/// The entity of a process that a command starts, and that command's options.
pub(crate) fn with_options(
    model: &mut Model,
    context: &ProcessContext<'_>,
    started: &Started<'_>,
    product: &'static str,
    options: &[settings::Spelled],
) -> (EntityId, settings::Layer) {
    let id = entity(model, context, started.spec, product, started.command.program.span);
    let layer = settings::Layer::of_command(model, context.sources, Some(started), &started.command, options);
    (id, layer)
}

/// Adds the entity of a process: name and version.
pub(crate) fn entity(
    model: &mut Model,
    context: &ProcessContext<'_>,
    spec: &ContainerSpec,
    product: &'static str,
    span: Span,
) -> EntityId {
    let version = context.version(spec, if product == "php-fpm" { "php" } else { product });
    let mut entity = Entity::new(Kind::Process, spec.name.clone(), span);
    entity.set(process::NAME, product.into(), span);
    if let Some(version) = &version {
        let at = spec.image.as_ref().map_or(span, |image| image.span);
        entity.set(process::VERSION, version.to_string().into(), at);
    }
    entity.version = version;
    model.add(entity)
}
