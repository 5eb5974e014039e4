//! Who was probably meant by an address of the gateway's own pod or machine that nobody serves there.

use crate::estate::Container;
use crate::link::asked::Asked;
use crate::link::machine::{self, Together};
use crate::link::names::{Local, OwnTarget};
use crate::link::socket::{at_path, on_port};
use crate::model::field::{process, route, socket};
use crate::model::{Assumption, EntityId, Known};

/// What a container has at an address.
pub(super) fn at(asked: &Asked<'_>, container: &Container, address: &Local) -> Known<EntityId> {
    match address {
        Local::Port(port) => on_port(asked.lens, container, *port),
        Local::Path(path) => at_path(asked.lens, container, path),
    }
}

/// The only one of these that speaks what the route speaks and that no gateway sends to.
pub(super) fn only_unreached(asked: &Asked<'_>, among: impl Iterator<Item = usize>) -> Option<usize> {
    let pass = asked.estate.model.held(asked.route.id, route::PASS);
    let pass = pass.likely()?;
    let mut fitting = among.filter(|one| {
        let container = &asked.estate.containers[*one];
        speaks(asked, container, &pass) && !is_reached(asked, container)
    });
    let only = fitting.next()?;
    fitting.next().is_none().then_some(only)
}

/// Who was meant by an address of a machine that nobody is known to serve, where one process of it is without anybody
/// who sends to it.
pub(super) fn of_machine(asked: &Asked<'_>, address: &Local) -> Option<usize> {
    let Asked { estate, names, .. } = *asked;
    let spoken_of = match address {
        Local::Port(port) => estate.spoken_of.contains(&*port.to_string()),
        Local::Path(path) => estate.spoken_of.contains(path),
    };
    let on_network = || estate.containers.iter().filter(|other| other.host_network);
    // Wherever it lies: it may be of this machine.
    let served = |address: &Local| {
        names.listening.contains(address) || on_network().any(|other| at(asked, other, address) != Known::Absent)
    };
    if spoken_of || served(address) {
        return None;
    }
    let own = (&*asked.gateway.folder, asked.gateway.product.name);
    let together = |one: &usize| place(asked, own, &estate.containers[*one]);
    let here = || (0..estate.containers.len()).filter(|one| estate.containers[*one].machine && together(one).is_some());
    let meant = only_unreached(asked, here())?;
    // With several that are not served anybody may be missing.
    let is_other = |target: &&OwnTarget| {
        let of_it = target.container.is_none() && machine::one(own, (&target.folder, target.product.name)).is_some();
        of_it && target.address != *address && !served(&target.address)
    };
    let pass = asked.estate.model.held(asked.route.id, route::PASS);
    if names
        .own
        .iter()
        .filter(is_other)
        .any(|target| target.pass.as_ref() == pass.as_ref().likely())
    {
        return None;
    }
    let unseen = "something that is not in the repository listens there";
    let clause = match together(&meant)? {
        // What speaks these stands in files of the tree; HTTP any program may speak.
        Together::Tree
            if matches!(address, Local::Path(_)) || pass.likely().is_some_and(|pass| is_gateway_only(&pass)) =>
        {
            return Some(meant);
        }
        Together::Tree | Together::Folder => unseen.to_owned(),
        Together::Assumed => {
            let named = |folder: &str| match folder {
                "" => "the repository's root".to_owned(),
                folder => folder.to_owned(),
            };
            format!(
                "{unseen}, or {} and {} are for different machines",
                named(own.0),
                named(&estate.containers[meant].folder)
            )
        }
    };
    asked.lens.allows(&Assumption::unless(clause)).ok()?;
    Some(meant)
}

/// Whether only application servers behind gateways speak it.
fn is_gateway_only(pass: &str) -> bool {
    !matches!(pass, "proxy" | "grpc" | "stream" | "tcp" | "mirror")
}

/// Whether a process is of a gateway's machine.
pub(super) fn place(asked: &Asked<'_>, gateway: (&str, &str), container: &Container) -> Option<Together> {
    let id = container.process.clone().is()?;
    let name = asked.estate.model.get(id, process::NAME).is()?;
    machine::one(gateway, (&container.folder, &name))
}

/// Whether some gateway sends to what a container listens on, as the same machine or pod sees it.
fn is_reached(asked: &Asked<'_>, container: &Container) -> bool {
    let names = asked.names;
    let by_name = || container.names.iter().any(|name| names.targeted.contains(name));
    let by_address = |target: &OwnTarget| at(asked, container, &target.address) != Known::Absent;
    names.own.iter().any(by_address) || by_name()
}

/// Whether all that a container listens on is known, and speaks what a route speaks.
fn speaks(asked: &Asked<'_>, container: &Container, pass: &str) -> bool {
    let Known::Is(sockets) = asked.lens.see(&container.sockets) else {
        return false;
    };
    let model = &asked.estate.model;
    let fits = |id: EntityId| match (pass, model.held(id, socket::SPEAKS).likely()) {
        // On a machine a socket of systemd, for whatever it starts.
        (pass, None) => container.machine || pass == "proxy",
        ("proxy", Some(speaks)) => matches!(&*speaks, "http" | "https" | "h2c"),
        ("grpc", Some(speaks)) => matches!(&*speaks, "https" | "h2c"),
        (pass, Some(speaks)) => *pass == *speaks,
    };
    !sockets.is_empty() && sockets.iter().all(|socket| fits(socket.id))
}
