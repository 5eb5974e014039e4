//! What containers run. Which process it is, what it listens on, how long it works on a request, how long it keeps
//! connections. Which servers there are is handed in: each is a [`Server`], and its room says what it does.

pub(crate) mod around;
mod bound;
pub(crate) mod command;
mod context;
mod descriptor;
pub(crate) mod dockerfile;
pub(crate) mod files;
pub(crate) mod image;
mod launch;
mod process;
pub(crate) mod settings;
pub(crate) mod sockets;

use crate::environment::ContainerSpec;
use crate::expand::{ContainerFiles, as_built};
use crate::model::{Doubt, Known, Model};
use crate::repo::Span;
use command::{Runs, Started};
pub(crate) use descriptor::{Lowered, Reads};
pub(crate) use launch::Launch;
pub(crate) use process::{behave, open};

pub use context::ProcessContext;
pub use descriptor::{Images, OnMachine, Program, Server};
pub use dockerfile::{ExposedPorts, exposed, numbers};
pub use process::ProcessJoin;
pub(crate) use sockets::{Address, reopened};
pub use sockets::{Bind, SocketJoin};

/// Lowers what a container runs.
pub fn lower(
    model: &mut Model,
    context: &ProcessContext<'_>,
    spec: &ContainerSpec,
    files: &ContainerFiles,
) -> ProcessJoin {
    let filled = as_built(context.repository, spec);
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
    let started = match command::runs(
        context.sources,
        context.cache,
        spec,
        &around::Around { context, spec, files },
    ) {
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
        let image = context.image(started.spec);
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
    let image = context.image(spec).filter(|image| !image.other_command)?;
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
