//! Where a program listens that gatelint does not know, as far as variables say it whose names plainly mean that.

use crate::environment::ContainerSpec;
use crate::model::{Doubt, Known, Model};
use crate::server::process::{ProcessJoin, entity, open};
use crate::server::sockets::{self, Address, Bind};

/// Variables that hold the address a program listens on, whatever the program: `127.0.0.1:8080`, `:8080`.
const NAMES: [&str; 8] = [
    "LISTEN_ADDR",
    "LISTEN_ADDRESS",
    "HTTP_LISTEN_ADDR",
    "HTTP_LISTEN_ADDRESS",
    "BIND_ADDR",
    "BIND_ADDRESS",
    "HTTP_BIND_ADDR",
    "HTTP_BIND_ADDRESS",
];

/// The process with the sockets its variables name; it may have others. `None` where no variable names one.
pub(crate) fn lower(model: &mut Model, spec: &ContainerSpec, doubt: &Doubt) -> Option<ProcessJoin> {
    let mut addresses: Vec<Address> = NAMES
        .iter()
        .filter_map(|name| spec.variable(name))
        .filter(|value| !value.unknown)
        .filter_map(|value| {
            let (host, number) = value.text.rsplit_once(':')?;
            number.parse::<u16>().ok()?;
            // What has a scheme or a path is where it sends to.
            let is_host = !host.contains('/');
            is_host.then(|| Address {
                bind: Bind::host_and_port(host, number, value.span),
                written: value.text.to_string(),
                span: value.span,
            })
        })
        .collect();
    let span = addresses.first()?.span;
    addresses.push(Address::some_port("other ports", doubt.clone(), span));
    let id = entity(model, spec, "the application", None, span);
    open(model, id, doubt);
    Some(ProcessJoin {
        id: Known::Is(id),
        product: None,
        sockets: sockets::add(model, id, Known::Is(addresses)),
        official_only: false,
    })
}
