//! What an address of the gateway's own pod or machine leads to: loopback and unix sockets.

use crate::estate::{Endpoint, Estate, Gateway};
use crate::link::end::End;
use crate::link::names;
use crate::link::socket::{at_path, elsewhere, on_port, sharing, unknown_process};
use crate::model::{Doubt, EntityId, Known, Lens};

/// The gateway's own loopback interface.
pub(super) fn loopback(lens: &Lens, estate: &Estate, gateway: &Gateway, endpoint: &Endpoint) -> End {
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
        if let Some((at, socket)) = of_machine(lens, estate, gateway, port) {
            end.container = Known::Is(at);
            end.socket = Known::Is(socket);
            end.shared_network = Known::Is(true);
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
    if let Some(doubt) = open {
        end.container = Known::Unknown(doubt.clone());
        end.socket = Known::Unknown(doubt);
        return end;
    }
    end.container = Known::Absent;
    end.socket = Known::Absent;
    end.shared_network = Known::Is(false);
    end.elsewhere = elsewhere(lens, estate, pod, &gateway.folder, port);
    end
}

/// What listens on a port of the gateway's machine: the nearest process, unless several are equally near.
fn of_machine(lens: &Lens, estate: &Estate, gateway: &Gateway, port: u16) -> Option<(usize, EntityId)> {
    let machines = estate.containers.iter().enumerate().filter(|(_, other)| other.machine);
    let listening = machines.filter_map(|(at, other)| {
        let near = names::near(estate, &gateway.folder, &other.folder)?;
        Some((near, at, on_port(lens, other, port).is()?))
    });
    let mut best: Option<(usize, usize, EntityId)> = None;
    let mut ties = false;
    for found in listening {
        ties = match best {
            Some((near, ..)) if found.0 < near => continue,
            Some((near, ..)) => near == found.0,
            None => false,
        };
        best = Some(found);
    }
    best.filter(|_| !ties).map(|(_, at, socket)| (at, socket))
}

/// A unix socket: on a shared volume, in the same container, or on the same machine.
pub(super) fn unix(lens: &Lens, estate: &Estate, gateway: &Gateway, endpoint: &Endpoint, path: &str) -> End {
    let mut end = End::unknown(Doubt::at(
        "who listens on the socket is not in the repository",
        endpoint.span,
    ));
    end.service = Known::Absent;
    end.service_port = Known::Absent;
    end.direct = Known::Is(true);
    end.may_change = Known::Is(false);
    end.shared_network = Known::Unknown(Doubt::new("a socket needs no network"));
    let candidates: Vec<(usize, String)> = match gateway.container {
        Some(own) => sharing(estate, own, path),
        None => {
            let near = |at: &usize| names::near(estate, &gateway.folder, &estate.containers[*at].folder);
            let machines = || (0..estate.containers.len()).filter(|at| estate.containers[*at].machine);
            let best = machines().filter_map(|at| near(&at)).max();
            machines()
                .filter(|at| best.is_some() && near(at) == best)
                .map(|at| (at, path.to_owned()))
                .collect()
        }
    };
    let answering = candidates
        .iter()
        .find_map(|(at, path)| Some((*at, at_path(lens, &estate.containers[*at], path).is()?)));
    if let Some((at, socket)) = answering {
        end.container = Known::Is(at);
        end.socket = Known::Is(socket);
        return end;
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
