//! nginx as a process: what starts it. What it listens on is in its configuration.

use crate::environment::container::Text;
use crate::model::field::process;
use crate::model::{Doubt, Known, Model};
use crate::server::{Images, Launch, Lowered, ProcessJoin, Program, Reads, Server};

/// What starts nginx.
pub(super) static SERVER: Server = Server {
    programs: &[
        Program::named("nginx"),
        Program::named("nginx-debug"),
        Program::named("openresty"),
    ],
    images: Images {
        official: &["nginx", "nginxinc/nginx-unprivileged"],
        called: &["nginx", "nginx-unprivileged", "openresty"],
        versioned: &["nginx-unprivileged"],
        ..Images::NONE
    },
    reads: Reads::Container(lower),
    ..Server::BY_NAME
};

fn lower(model: &mut Model, launch: &Launch<'_>) -> Lowered {
    let id = launch.entity(model);
    model.entity_mut(id).set(process::KEEPS_CONNECTIONS, true, launch.span);
    let doubt = Doubt::at("the nginx configuration says what it listens on", launch.span);
    let join = ProcessJoin::of(launch.product, id, Known::Unknown(doubt));
    let official = launch
        .image
        .is_some_and(|image| !image.changed && SERVER.images.is_official(image));
    Ok(ProcessJoin {
        official_only: official && is_alone(launch),
        ..join
    })
}

/// Whether nothing else is started beside it.
fn is_alone(launch: &Launch<'_>) -> bool {
    let Some(started) = launch.started else { return true };
    // Behind a shell something else may run beside it.
    let is_shell = |text: &Text| matches!(text.text.rsplit('/').next(), Some("sh" | "bash" | "ash"));
    let direct = !launch.spec.arguments.iter().flatten().any(is_shell);
    started.command.certain && launch.spec.entrypoint.is_none() && direct
}
