//! What an address of the gateway's own pod or machine leads to: loopback and unix sockets.

use std::sync::Arc;

use super::beside;
use crate::link::asked::Asked;
use crate::link::end::End;
use crate::link::machine::Together;
use crate::link::names::{self, Local};
use crate::link::socket::{at_path, below, elsewhere, on_port, sharing, unknown_process};
use crate::model::{Assumption, Doubt, EntityId, Known};

/// As far as anything is known of a machine.
const ON_MACHINE: &str = "on this machine, as far as the repository tells";

/// The gateway's own loopback interface.
pub(super) fn loopback(asked: &Asked<'_>) -> End {
    let Asked {
        lens,
        estate,
        gateway,
        endpoint,
        ..
    } = *asked;
    let doubt = |reason: &str| Doubt::at(reason, endpoint.span);
    let mut end = End::unknown(doubt("what runs beside the gateway is not in the repository"));
    end.loopback = true;
    end.may_change = Known::Is(false);
    end.service = Known::Absent;
    end.service_port = Known::Absent;
    end.direct = Known::Is(true);
    let port = match &endpoint.port {
        Known::Is(port) => *port,
        Known::Unknown(doubt) => {
            return End {
                loopback: true,
                ..End::unknown(doubt.clone())
            };
        }
        Known::Absent => return end,
    };
    let Some(own) = gateway.container else {
        // A machine: its other processes are whatever configuration of theirs lies nearby.
        let address = Local::Port(port);
        if let Some((at, socket)) = of_machine(asked, &address) {
            end.container = Known::Is(at);
            end.socket = Known::Is(socket);
            end.shared_network = Known::Is(true);
        } else if let Some(meant) = beside::of_machine(asked, &address) {
            return unserved(end, ON_MACHINE, Some(meant));
        }
        return end;
    };
    let pod = estate.containers[own].pod;
    if estate.containers[own].host_network {
        // In one compose project all that use the machine's network use that of the same machine.
        let mut others = estate
            .containers
            .iter()
            .enumerate()
            .filter(|(_, other)| estate.compose && other.host_network && !other.machine);
        let found = others.find_map(|(at, other)| Some((at, on_port(lens, other, port).is()?)));
        if let Some((at, socket)) = found {
            end.container = Known::Is(at);
            end.socket = Known::Is(socket);
            end.shared_network = Known::Is(true);
            return end;
        }
        end.container = Known::Unknown(doubt("the gateway uses the machine's network"));
        end.socket = end.container.clone().then(|_| Known::Absent);
        return end;
    }
    let mut open = None;
    for (at, container) in estate
        .containers
        .iter()
        .enumerate()
        .filter(|(_, container)| container.pod == pod)
    {
        match on_port(lens, container, port) {
            Known::Is(socket) => {
                end.container = Known::Is(at);
                end.socket = Known::Is(socket);
                end.shared_network = Known::Is(true);
                return end;
            }
            Known::Unknown(_) if container.ports.iter().any(|declared| declared.number == port) => {
                end.container = Known::Is(at);
                end.socket = Known::Unknown(unknown_process(lens, container));
                end.shared_network = Known::Is(true);
                return end;
            }
            Known::Unknown(doubt) => open = Some(doubt),
            // The gateway's own ports are known; whatever else its image starts is not.
            Known::Absent if !container.sole => {
                open = Some(Doubt::new(format!("what else {} runs is not known", container.name)))
            }
            Known::Absent => {}
        }
    }
    let pod = || (0..estate.containers.len()).filter(move |at| estate.containers[*at].pod == pod);
    if let Some(doubt) = open {
        let is_known = |at: usize| at == own || !matches!(lens.see(&estate.containers[at].sockets), Known::Unknown(_));
        let silent = on_port(lens, &estate.containers[own], port) == Known::Absent;
        if silent
            && pod().all(is_known)
            && let Some(meant) = beside::only_unreached(asked, pod().filter(|at| *at != own))
            && lens
                .allows(&Assumption::unless("something else in the pod listens there"))
                .is_ok()
        {
            return unserved(end, "in its pod", Some(meant));
        }
        end.container = Known::Unknown(doubt.clone());
        end.socket = Known::Unknown(doubt);
        return end;
    }
    end.shared_network = Known::Is(false);
    end.elsewhere = elsewhere(lens, estate, estate.containers[own].pod, &gateway.folder, port);
    let (place, meant) = match pod().nth(1) {
        Some(_) => (
            "in its pod",
            beside::only_unreached(asked, pod().filter(|at| *at != own)),
        ),
        None => (IN_CONTAINER, of_project(asked, own)),
    };
    unserved(end, place, meant)
}

/// Surely nothing else runs there.
const IN_CONTAINER: &str = "in its own container";

/// An end that nothing serves.
fn unserved(mut end: End, place: &str, meant: Option<usize>) -> End {
    end.container = Known::Absent;
    end.socket = Known::Absent;
    end.nobody = Some(Arc::from(place));
    end.meant = meant;
    end
}

/// Who was probably meant in another container: of a compose project, as far away everything else is somebody else's.
fn of_project(asked: &Asked<'_>, own: usize) -> Option<usize> {
    let estate = asked.estate;
    let others = (0..estate.containers.len()).filter(|at| *at != own && !estate.containers[*at].machine);
    estate.compose.then(|| beside::only_unreached(asked, others))?
}

/// What has an address on the gateway's machine: the nearest process, unless several are equally near.
fn of_machine(asked: &Asked<'_>, address: &Local) -> Option<(usize, EntityId)> {
    let Asked {
        lens, estate, gateway, ..
    } = *asked;
    let machines = estate.containers.iter().enumerate().filter(|(_, other)| other.machine);
    let listening: Vec<(usize, EntityId)> = machines
        .filter_map(|(at, other)| Some((at, beside::at(asked, other, address).is()?)))
        .collect();
    let near = |at: usize| names::near(estate, &gateway.folder, &estate.containers[at].folder);
    let best = listening.iter().filter_map(|(at, _)| near(*at)).max();
    let mut nearest = listening.iter().filter(|(at, _)| best.is_some() && near(*at) == best);
    if best.is_some() {
        return nearest.next().filter(|_| nearest.next().is_none()).copied();
    }
    // Folders beside each other that are called after what they are for.
    let own = (&*gateway.folder, gateway.product.name);
    let mut beside = listening
        .iter()
        .filter(|(at, _)| beside::place(asked, own, &estate.containers[*at]).is_some());
    let only = beside.next().filter(|_| beside.next().is_none())?;
    let (folder, other) = (&gateway.folder, &estate.containers[only.0].folder);
    if beside::place(asked, own, &estate.containers[only.0]) == Some(Together::Assumed) {
        let apart = format!("{folder} and {other} are for different machines");
        lens.allows(&Assumption::unless(apart)).ok()?;
    }
    Some(*only)
}

/// A unix socket: on a shared volume, in the same container, or on the same machine.
pub(super) fn unix(asked: &Asked<'_>, path: &Arc<str>) -> End {
    let Asked {
        lens,
        estate,
        gateway,
        endpoint,
        ..
    } = *asked;
    let mut end = End::unknown(Doubt::at(
        "who listens on the socket is not in the repository",
        endpoint.span,
    ));
    end.service = Known::Absent;
    end.service_port = Known::Absent;
    end.direct = Known::Is(true);
    end.may_change = Known::Is(false);
    end.shared_network = Known::Unknown(Doubt::new("a socket needs no network"));
    let Some(own) = gateway.container else {
        let address = Local::Path(path.clone());
        if let Some((at, socket)) = of_machine(asked, &address) {
            end.container = Known::Is(at);
            end.socket = Known::Is(socket);
        } else if let Some(meant) = beside::of_machine(asked, &address) {
            return unserved(end, ON_MACHINE, Some(meant));
        }
        return end;
    };
    let candidates = sharing(estate, own, path);
    let answering = candidates
        .iter()
        .find_map(|(at, path)| Some((*at, at_path(lens, &estate.containers[*at], path).is()?)));
    if let Some((at, socket)) = answering {
        end.container = Known::Is(at);
        end.socket = Known::Is(socket);
        return end;
    }
    let gateway = &estate.containers[own];
    let shared = gateway.shared.iter().map(|(folder, _)| folder);
    let mut mounted = shared.chain(&gateway.mounted);
    let is_seen = |folder: &String| folder == &**path || below(path, folder).is_some();
    if gateway.sole && !mounted.any(is_seen) && at_path(lens, gateway, path) == Known::Absent {
        let meant = of_project(asked, own);
        return unserved(end, "in its own container, and no volume is mounted there", meant);
    }
    // Only one that could be meant: then it is, and it listens elsewhere.
    let known: Vec<usize> = candidates
        .iter()
        .map(|(at, _)| *at)
        .filter(|at| matches!(lens.see(&estate.containers[*at].sockets), Known::Is(sockets) if !sockets.is_empty()))
        .collect();
    if let ([only], true) = (known.as_slice(), known.len() == candidates.len()) {
        end.container = Known::Is(*only);
        end.socket = Known::Absent;
    }
    end
}
