//! What containers run. Which process it is, what it listens on, how long it works on a request, how long it keeps
//! connections. Which servers there are is handed in: each is a [`Server`], and its room says what it does.

mod bound;
pub(crate) mod command;
mod descriptor;
pub(crate) mod dockerfile;
pub(crate) mod image;
mod launch;
pub(crate) mod settings;
pub(crate) mod sockets;

use std::collections::HashMap;
use std::sync::Arc;

use crate::environment::container::ContainerSpec;
use crate::environment::{File, Repository, join};
use crate::expand::{ContainerFiles, ExpandCache};
use crate::model::field::process;
use crate::model::{Assumption, Doubt, Entity, EntityId, Held, Kind, Known, Model, ProductId, Version};
use crate::repo::{Source, Sources, Span};
use crate::syntax::{Language, Tree};
use command::{Runs, Started};
pub(crate) use descriptor::{Lowered, Reads};
pub(crate) use image::Image;
pub(crate) use launch::Launch;

pub use descriptor::{Images, OnMachine, Program, Server};
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
    /// The servers that are known, each with its product.
    pub servers: &'static [(ProductId, &'static Server)],
}

impl<'a> ProcessContext<'a> {
    pub(crate) fn tree(&self, source: &Source, language: Language) -> Arc<Tree> {
        self.cache.tree_of(self.repository, source, language)
    }

    pub(crate) fn loose_files(&self) -> impl Iterator<Item = &'a File> {
        let files = self.repository.files();
        self.loose.iter().filter_map(move |at| files.get(*at))
    }

    /// The Dockerfile a container is built from.
    pub(crate) fn dockerfile(&self, spec: &ContainerSpec) -> Option<&'a Source> {
        let file = self.repository.get(spec.dockerfile.as_ref()?)?;
        Some(&file.source)
    }

    /// Whether that Dockerfile speaks of something under one of these names.
    pub(crate) fn dockerfile_names(&self, spec: &ContainerSpec, names: &[&str]) -> bool {
        let file = self.dockerfile(spec);
        file.is_some_and(|file| names.iter().any(|name| file.text.contains(name)))
    }

    /// A file of the folder a container is built from.
    pub(crate) fn built_file(&self, spec: &ContainerSpec, path: &str) -> Option<&'a File> {
        self.repository.get(&join(spec.built.as_ref()?, path)?)
    }

    /// The file of that folder that lies at a path of the container: `/app/conf/server.py` may be `conf/server.py`, as the
    /// folder that it is copied to is not known.
    pub(crate) fn copied_file(&self, spec: &ContainerSpec, path: &str) -> Option<&'a File> {
        let path = path.trim_start_matches('/');
        let cuts = path.match_indices('/').map(|(at, _)| at + 1);
        let mut ends = std::iter::once(0).chain(cuts).map(|cut| &path[cut..]);
        ends.find_map(|end| self.built_file(spec, end))
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
    pub sockets: Held<Vec<SocketJoin>>,
    /// Whether the image holds this one product and its command is not changed, so that nothing else listens.
    pub official_only: bool,
}

impl ProcessJoin {
    /// The process of a product.
    pub(crate) fn of(product: ProductId, id: EntityId, sockets: impl Into<Held<Vec<SocketJoin>>>) -> Self {
        Self {
            id: Known::Is(id),
            product: Some(product),
            sockets: sockets.into(),
            official_only: false,
        }
    }

    /// The same where what runs is only assumed: what an image starts that is not known well.
    #[must_use]
    pub fn unless(mut self, model: &mut Model, assumption: &Assumption) -> Self {
        let sockets = self.sockets.parts().0.is().map_or(&[][..], Vec::as_slice);
        let all = sockets.iter().map(|socket| socket.id).chain(self.id.clone().is());
        for id in all {
            let unless = &mut model.entity_mut(id).unless;
            *unless = Assumption::both(unless.take(), Some(assumption));
        }
        self.sockets = self.sockets.unless(assumption.clone());
        self
    }

    pub(crate) fn unknown(doubt: Doubt) -> Self {
        Self {
            id: Known::Unknown(doubt.clone()),
            product: None,
            sockets: Known::Unknown(doubt).into(),
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
        Known::Unknown(doubt) => bound::lower(model, spec, doubt).unwrap_or(join),
        _ => join,
    }
}

/// What a container runs, as far as it is a program that is known here.
fn known(model: &mut Model, context: &ProcessContext<'_>, spec: &ContainerSpec, files: &ContainerFiles) -> ProcessJoin {
    let unknown = |why: &str, span: Span| {
        ProcessJoin::unknown(Doubt::at(format!("what {} runs is not known: {why}", spec.name), span))
    };
    let started = match command::runs(context.sources, context.cache, spec) {
        Runs::Command(started) => started,
        Runs::Image => {
            return of_image(model, context, spec, files).unwrap_or_else(|| unknown(&foreign(spec), spec.span));
        }
        Runs::Unknown(why, span) => return unknown(&why, span),
    };
    let program = &started.command.program;
    if program.unknown {
        return unknown(&format!("its program is {}", program.text), program.span);
    }
    match of_command(model, context, files, &started) {
        Some(Ok(join)) => join,
        Some(Err(why)) => unknown(why, program.span),
        None => unknown(
            &format!("{} is not a server gatelint knows", program.base_name()),
            program.span,
        ),
    }
}

/// The process that a command starts. Where several servers are started by one program, the first that shows.
fn of_command(
    model: &mut Model,
    context: &ProcessContext<'_>,
    files: &ContainerFiles,
    started: &Started<'_>,
) -> Option<Lowered> {
    let program = &started.command.program;
    let name = program.base_name();
    let first = started.command.arguments.first().map(|argument| argument.text.as_str());
    let mut found = None;
    for (product, server) in context.servers {
        if !server.is_started_by(product.name, name, first) {
            continue;
        }
        let image = Image::of(context, started.spec);
        let launch = Launch {
            product: *product,
            server,
            context,
            spec: started.spec,
            files,
            image: image.as_ref(),
            started: Some(started),
            span: program.span,
        };
        let lowered = launch.lower(model);
        if lowered.is_ok() {
            return Some(lowered);
        }
        found = found.or(Some(lowered));
    }
    found
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
    let mut known = context.servers.iter();
    let (product, server) = known.find(|(_, server)| server.is_started_in(&image))?;
    let launch = Launch {
        product: *product,
        server,
        context,
        spec,
        files,
        image: Some(&image),
        started: None,
        span: spec.image.as_ref().map_or(spec.span, |image| image.span),
    };
    launch.lower(model).ok()
}

/// Adds the entity of a process.
fn entity(model: &mut Model, spec: &ContainerSpec, name: &str, version: Option<Version>, span: Span) -> EntityId {
    let mut entity = Entity::new(Kind::Process, spec.name.clone(), span);
    entity.set(process::NAME, name.into(), span);
    if let Some(version) = &version {
        let at = spec.image.as_ref().map_or(span, |image| image.span);
        entity.set(process::VERSION, version.to_string().into(), at);
    }
    entity.version = version;
    model.add(entity)
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

/// Says whether a process keeps connections, and whether it ends a request that takes too long.
pub(crate) fn behave(model: &mut Model, id: EntityId, keeps: Known<bool>, kills: Known<bool>, span: Span) {
    let entity = model.entity_mut(id);
    entity.set_known(process::KEEPS_CONNECTIONS, keeps, span);
    entity.set_known(process::KILLS_AT_TIMEOUT, kills, span);
}
