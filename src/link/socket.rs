//! What listens where a request arrives.

use std::sync::Arc;

use crate::estate::{Container, Estate};
use crate::model::{Doubt, EntityId, Known, Lens};

/// The socket of a container on a TCP port: absent when the process is known to listen elsewhere only.
pub(super) fn on_port(lens: &Lens, container: &Container, port: u16) -> Known<EntityId> {
    let sockets = match lens.see(&container.sockets) {
        Known::Is(sockets) => sockets,
        Known::Absent => return Known::Absent,
        Known::Unknown(doubt) => return Known::Unknown(doubt),
    };
    let mut doubt = None;
    for socket in sockets {
        match lens.see(&socket.port) {
            Known::Is(own) if *own == port => return Known::Is(socket.id),
            Known::Unknown(reason) => doubt = Some(reason),
            _ => {}
        }
    }
    doubt.map_or(Known::Absent, Known::Unknown)
}

/// The socket of a container at a path.
pub(super) fn at_path(lens: &Lens, container: &Container, path: &str) -> Known<EntityId> {
    lens.see(&container.sockets).then(|sockets| {
        sockets
            .iter()
            .find(|socket| socket.path.as_deref().is_some_and(|own| is_same(own, path)))
            .map_or(Known::Absent, |socket| Known::Is(socket.id))
    })
}

/// Whether a process that says it listens at the one path may be found at the other; where a relative one lies depends
/// on where the process is started.
fn is_same(own: &str, path: &str) -> bool {
    let relative = own.trim_start_matches("./");
    match own.starts_with('/') {
        true => normal(own) == normal(path),
        false => path.strip_suffix(relative).is_some_and(|rest| rest.ends_with('/')),
    }
}

/// `/var/run` is `/run` on every system that has both.
fn normal(path: &str) -> &str {
    path.strip_prefix("/var")
        .filter(|rest| rest.starts_with("/run/"))
        .unwrap_or(path)
}

/// Containers that see the same volume at a path, with the path they see it under.
pub(super) fn sharing(estate: &Estate, own: usize, path: &str) -> Vec<(usize, String)> {
    let mounts = &estate.containers[own].shared;
    let covering = mounts
        .iter()
        .filter_map(|(folder, volume)| Some((below(path, folder)?, volume)));
    let Some((rest, volume)) = covering.min_by_key(|(rest, _)| rest.len()) else {
        return Vec::new();
    };
    let pod = estate.containers[own].pod;
    let others = estate.containers.iter().enumerate().filter(|(at, container)| {
        // A volume of a pod is that pod's; a named volume of a compose project is everyone's.
        *at != own && (estate.compose || container.pod == pod)
    });
    others
        .filter_map(|(at, container)| {
            let (folder, _) = container.shared.iter().find(|(_, other)| other == volume)?;
            Some((at, format!("{}{rest}", folder.trim_end_matches('/'))))
        })
        .collect()
}

pub(super) fn below<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    let folder = folder.trim_end_matches('/');
    let rest = normal(path)
        .strip_prefix(normal(folder))
        .or_else(|| path.strip_prefix(folder))?;
    rest.starts_with('/').then_some(rest)
}

/// Who in the environment listens on or declares a port, for saying what was probably meant.
pub(super) fn elsewhere(lens: &Lens, estate: &Estate, pod: usize, folder: &str, port: u16) -> Option<Arc<str>> {
    let mut found = estate.containers.iter().filter(|container| {
        container.pod != pod
            && !container.machine
            && (estate.compose || super::names::near(estate, folder, &container.folder).is_some())
            && (matches!(on_port(lens, container, port), Known::Is(_))
                || container.ports.iter().any(|own| own.number == port))
    });
    found.next().map(|container| container.name.clone())
}

/// Why nothing is known of what runs in a container.
pub(super) fn unknown_process(lens: &Lens, container: &Container) -> Doubt {
    match lens.see(&container.sockets) {
        Known::Unknown(doubt) => doubt,
        _ => Doubt::new(format!("what {} runs is not known", container.name)),
    }
}
