//! HAProxy as a process: what starts it. What it binds is in its configuration.

use crate::model::field::process;
use crate::model::{Doubt, Known, Model};
use crate::server::{Images, Launch, Lowered, ProcessJoin, Reads, Server};

/// What starts HAProxy.
pub(super) static SERVER: Server = Server {
    images: Images {
        // They hold HAProxy and nothing else, with its configuration at the usual place.
        official: OFFICIAL,
        versioned: OFFICIAL,
        ..Images::NONE
    },
    reads: Reads::Container(lower),
    ..Server::BY_NAME
};

const OFFICIAL: &[&str] = &[
    "haproxy",
    "haproxytech/haproxy-alpine",
    "haproxytech/haproxy-debian",
    "haproxytech/haproxy-ubuntu",
];

fn lower(model: &mut Model, launch: &Launch<'_>) -> Lowered {
    let id = launch.entity(model);
    model.entity_mut(id).set(process::KEEPS_CONNECTIONS, true, launch.span);
    let doubt = Doubt::at("the HAProxy configuration says what it binds", launch.span);
    let join = ProcessJoin::of(launch.product, id, Known::Unknown(doubt));
    Ok(ProcessJoin {
        official_only: SERVER.has_own_image(launch.spec),
        ..join
    })
}
