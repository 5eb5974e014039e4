//! Caddy as a process: what starts it. What it listens on is in its configuration.

use crate::model::field::process;
use crate::model::{Doubt, Known, Model};
use crate::server::{Images, Launch, Lowered, ProcessJoin, Reads, Server};

/// What starts Caddy.
pub(super) static SERVER: Server = Server {
    images: Images {
        official: &["caddy"],
        versioned: &["caddy"],
        ..Images::NONE
    },
    reads: Reads::Container(lower),
    ..Server::BY_NAME
};

fn lower(model: &mut Model, launch: &Launch<'_>) -> Lowered {
    let id = launch.entity(model);
    model.entity_mut(id).set(process::KEEPS_CONNECTIONS, true, launch.span);
    let doubt = Doubt::at("the Caddyfile says what it listens on", launch.span);
    let join = ProcessJoin::of(launch.product, id, Known::Unknown(doubt));
    Ok(ProcessJoin {
        official_only: SERVER.has_own_image(launch.spec),
        ..join
    })
}
