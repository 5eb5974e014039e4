//! From an address to its ends, as the platform and the gateway would resolve it.

use std::sync::Arc;

use super::End;
use super::names::{Found, Names};
use super::nearly;
use super::socket::{at_path, elsewhere, on_port, sharing, unknown_process};
use crate::dialect::join::{Endpoint, Estate, Gateway, Service};
use crate::dialect::nginx::address::{is_ip, is_loopback};
use crate::model::{Doubt, EntityId, Known};

/// All ends of an endpoint: one, or one per container that may answer.
pub(super) fn ends(estate: &Estate, names: &Names, gateway: &Gateway, endpoint: &Endpoint) -> Vec<End> {
    if let Some(path) = &endpoint.socket {
        return vec![unix(estate, gateway, endpoint, path)];
    }
    let host = match &endpoint.host {
        Known::Is(host) => host.clone(),
        Known::Unknown(doubt) => return vec![End::unknown(doubt.clone())],
        Known::Absent => return vec![End::unknown(Doubt::at("the address cannot be read", endpoint.span))],
    };
    if is_loopback(&host) {
        return vec![loopback(estate, gateway, endpoint)];
    }
    if is_ip(&host) {
        let mut end = End::unknown(Doubt::at(
            format!("{host} is an IP address, which no file names"),
            endpoint.span,
        ));
        end.may_change = Known::Is(false);
        return vec![end];
    }
    if estate.compose {
        compose(estate, names, gateway, endpoint, &host)
    } else {
        cluster(estate, names, gateway, endpoint, &host)
    }
}

/// A name on the networks of a compose project.
fn compose(estate: &Estate, names: &Names, gateway: &Gateway, endpoint: &Endpoint, host: &str) -> Vec<End> {
    let own = gateway.container.map(|at| &estate.containers[at]);
    let all = names.containers(host);
    let reachable: Vec<usize> = all
        .iter()
        .copied()
        .filter(|at| {
            let other = &estate.containers[*at];
            own.is_none_or(|own| {
                own.host_network || own.networks.iter().any(|network| other.networks.contains(network))
            })
        })
        .collect();
    if reachable.is_empty() {
        let reason = match all.first() {
            Some(_) => format!("{host} is on another network than the gateway"),
            None => format!("no service of this compose project is called {host}"),
        };
        let mut end = End::unknown(Doubt::at(reason, endpoint.span));
        end.service = Known::Absent;
        end.service_port = Known::Absent;
        end.may_change = external_may_change(host, endpoint);
        end.unreachable = own.and_then(|own| nearly::apart(estate, own, all));
        if all.is_empty() && own.is_some() && estate.incomplete.is_none() {
            end.nearly = nearly::container(estate, names, gateway, host);
        }
        return vec![end];
    }
    let mut ends = Vec::new();
    for at in reachable {
        let container = &estate.containers[at];
        let socket = match &endpoint.port {
            Known::Is(port) => on_port(container, *port),
            Known::Absent => Known::Unknown(Doubt::at("the address has no port", endpoint.span)),
            Known::Unknown(doubt) => Known::Unknown(doubt.clone()),
        };
        ends.push(End {
            service: Known::Absent,
            service_port: Known::Absent,
            container: Known::Is(at),
            socket,
            direct: Known::Is(true),
            loopback: false,
            shared_network: Known::Is(gateway.container == Some(at)),
            // On the host's network it has the host's address.
            may_change: Known::Is(!container.host_network),
            elsewhere: None,
            unreachable: None,
            nearly: None,
            pod_port: endpoint.port.clone(),
            why: None,
        });
    }
    ends
}

/// A name in a cluster: that of a Service, in any of its forms.
fn cluster(estate: &Estate, names: &Names, gateway: &Gateway, endpoint: &Endpoint, host: &str) -> Vec<End> {
    let (name, namespace) = match service_name(host) {
        Some(parts) => parts,
        None => {
            let mut end = End::unknown(Doubt::at(
                format!("{host} is a name outside the repository"),
                endpoint.span,
            ));
            end.service = Known::Absent;
            end.service_port = Known::Absent;
            end.may_change = external_may_change(host, endpoint);
            return vec![end];
        }
    };
    let namespace = namespace.or((!gateway.namespace.is_empty()).then_some(&*gateway.namespace));
    let service = match names.service(estate, name, namespace, &gateway.folder) {
        Found::One(at) => at,
        Found::None => {
            let reason = match &estate.incomplete {
                Some(doubt) => format!("no Service {name} is here, and {}", doubt.reason),
                None if gateway.unplaced => format!("nothing called {name} is in the repository near the gateway"),
                None => format!("no Service {name} is in the repository where the gateway could reach it"),
            };
            let mut end = End::unknown(Doubt::at(reason, endpoint.span));
            if estate.incomplete.is_none() && !gateway.unplaced {
                end.unreachable = nearly::other_namespace(estate, names, gateway, name, namespace);
                if end.unreachable.is_none() {
                    end.nearly = nearly::service(estate, names, gateway, name, namespace);
                }
            }
            if host.contains('.') && !host.contains(".svc") {
                end.may_change = external_may_change(host, endpoint);
            }
            return vec![end];
        }
        Found::Several => {
            return vec![End::unknown(Doubt::at(
                format!("several Services are called {name}, equally near"),
                endpoint.span,
            ))];
        }
    };
    through_service(estate, names, gateway, endpoint, service)
}

fn through_service(estate: &Estate, names: &Names, gateway: &Gateway, endpoint: &Endpoint, at: usize) -> Vec<End> {
    let service = &estate.services[at];
    let direct = service.headless || gateway.to_endpoints;
    let port = service_port_of(service, endpoint);
    let base = End {
        service: Known::Is(at),
        service_port: port.clone(),
        container: Known::Absent,
        socket: Known::Absent,
        direct: Known::Is(direct),
        loopback: false,
        shared_network: Known::Is(false),
        may_change: Known::Is(service.headless || service.external.is_some()),
        elsewhere: None,
        unreachable: None,
        nearly: None,
        pod_port: Known::Absent,
        why: None,
    };
    let open = |doubt: Doubt| End {
        container: Known::Unknown(doubt.clone()),
        socket: Known::Unknown(doubt),
        ..base.clone()
    };
    if let Some(external) = &service.external {
        let doubt = Doubt::at(
            format!("Service {} leads to {external}, outside the cluster", service.name),
            endpoint.span,
        );
        return vec![End {
            service_port: Known::Unknown(doubt.clone()),
            ..open(doubt)
        }];
    }
    // A headless name leads to the pods, whatever ports the Service lists; a controller that goes to endpoints still
    // takes the pod's port from the Service.
    let target: Known<Arc<str>> = if service.headless && !gateway.to_endpoints {
        endpoint.port.clone().map(|port| Arc::from(port.to_string()))
    } else {
        port.then(|at| match &service.ports {
            Known::Is(ports) => ports[at].target.clone(),
            _ => Known::Absent,
        })
    };
    let target = match target {
        Known::Is(target) => target,
        Known::Unknown(doubt) => return vec![open(doubt)],
        Known::Absent => {
            let why = Some(Arc::from(format!("Service {} does not expose the port", service.name)));
            return vec![End { why, ..base }];
        }
    };
    match pods(estate, names, service) {
        Known::Is(pods) => pods
            .into_iter()
            .map(|pod| {
                let (container, socket) = in_pod(estate, &pod, &target);
                {
                    let why = (container == Known::Absent).then(|| {
                        Arc::from(format!(
                            "no container of the pod has the port {target} of Service {}",
                            service.name
                        ))
                    });
                    End {
                        container,
                        socket,
                        why,
                        pod_port: pod_port(estate, &pod, &target),
                        ..base.clone()
                    }
                }
            })
            .collect(),
        Known::Unknown(doubt) => vec![open(doubt)],
        Known::Absent => vec![open(Doubt::new("no pod"))],
    }
}

fn service_port_of(service: &Service, endpoint: &Endpoint) -> Known<usize> {
    let ports = match &service.ports {
        Known::Is(ports) => ports,
        Known::Absent => return Known::Absent,
        Known::Unknown(doubt) => return Known::Unknown(doubt.clone()),
    };
    if let Some(name) = &endpoint.port_name {
        return ports
            .iter()
            .position(|port| port.name.as_deref() == Some(&**name))
            .map_or(Known::Absent, Known::Is);
    }
    let wanted = match &endpoint.port {
        Known::Is(wanted) => *wanted,
        Known::Absent => return Known::Unknown(Doubt::at("the address has no port", endpoint.span)),
        Known::Unknown(doubt) => return Known::Unknown(doubt.clone()),
    };
    if let Some(at) = ports.iter().position(|port| port.port == Known::Is(wanted)) {
        return Known::Is(at);
    }
    let open = ports.iter().find_map(|port| match &port.port {
        Known::Unknown(doubt) => Some(doubt.clone()),
        _ => None,
    });
    open.map_or(Known::Absent, Known::Unknown)
}

/// The pods a Service selects, each as its containers.
pub(super) fn pods(estate: &Estate, names: &Names, service: &Service) -> Known<Vec<Vec<usize>>> {
    let labels = match &service.selector {
        Known::Is(labels) => labels,
        Known::Absent => return Known::Unknown(Doubt::new(format!("Service {} has no selector", service.name))),
        Known::Unknown(doubt) => return Known::Unknown(doubt.clone()),
    };
    let mut pods: Vec<Vec<usize>> = Vec::new();
    for at in names.selected(estate, labels, &service.namespace, &service.folder) {
        match pods
            .iter_mut()
            .find(|pod| estate.containers[pod[0]].pod == estate.containers[at].pod)
        {
            Some(pod) => pod.push(at),
            None => pods.push(vec![at]),
        }
    }
    if pods.is_empty() {
        return Known::Unknown(Doubt::new(format!(
            "no workload with the labels of Service {} is in the repository",
            service.name
        )));
    }
    Known::Is(pods)
}

/// The number of a target port.
fn pod_port(estate: &Estate, pod: &[usize], target: &str) -> Known<u16> {
    if let Ok(number) = target.parse() {
        return Known::Is(number);
    }
    let mut ports = pod.iter().flat_map(|at| &estate.containers[*at].ports);
    let named = ports.find(|port| port.name.as_deref() == Some(target));
    named.map_or(Known::Absent, |port| Known::Is(port.number))
}

/// The container of a pod that a target port leads to, and what listens there.
fn in_pod(estate: &Estate, pod: &[usize], target: &str) -> (Known<usize>, Known<EntityId>) {
    let containers = || pod.iter().map(|at| (*at, &estate.containers[*at]));
    let number = match target.parse::<u16>() {
        Ok(number) => number,
        Err(_) => {
            let named = containers().find_map(|(at, container)| {
                let port = container
                    .ports
                    .iter()
                    .find(|port| port.name.as_deref() == Some(target))?;
                Some((at, port.number))
            });
            let Some((at, number)) = named else {
                return (Known::Absent, Known::Absent);
            };
            return (Known::Is(at), on_port(&estate.containers[at], number));
        }
    };
    let listening = containers().find_map(|(at, container)| Some((at, on_port(container, number).is()?)));
    if let Some((at, socket)) = listening {
        return (Known::Is(at), Known::Is(socket));
    }
    let declaring = containers().find(|(_, container)| container.ports.iter().any(|port| port.number == number));
    if let Some((at, container)) = declaring {
        return (Known::Is(at), on_port(container, number));
    }
    match pod {
        [only] => (Known::Is(*only), on_port(&estate.containers[*only], number)),
        _ => {
            let doubt = Doubt::new(format!("several containers of the pod may listen on {number}"));
            (Known::Unknown(doubt.clone()), Known::Unknown(doubt))
        }
    }
}

/// The gateway's own loopback interface.
fn loopback(estate: &Estate, gateway: &Gateway, endpoint: &Endpoint) -> End {
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
        if let Some((at, socket)) = of_machine(estate, gateway, port) {
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
        let found = others.find_map(|(at, other)| Some((at, on_port(other, port).is()?)));
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
        match on_port(container, port) {
            Known::Is(socket) => {
                end.container = Known::Is(at);
                end.socket = Known::Is(socket);
                end.shared_network = Known::Is(true);
                return end;
            }
            Known::Unknown(_) if container.ports.iter().any(|declared| declared.number == port) => {
                end.container = Known::Is(at);
                end.socket = Known::Unknown(unknown_process(container));
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
    end.elsewhere = elsewhere(estate, pod, &gateway.folder, port);
    end
}

/// What listens on a port of the gateway's machine: the nearest process, unless several are equally near.
fn of_machine(estate: &Estate, gateway: &Gateway, port: u16) -> Option<(usize, EntityId)> {
    let machines = estate.containers.iter().enumerate().filter(|(_, other)| other.machine);
    let listening = machines.filter_map(|(at, other)| {
        let near = super::names::near(estate, &gateway.folder, &other.folder)?;
        Some((near, at, on_port(other, port).is()?))
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
fn unix(estate: &Estate, gateway: &Gateway, endpoint: &Endpoint, path: &str) -> End {
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
            let near = |at: &usize| super::names::near(estate, &gateway.folder, &estate.containers[*at].folder);
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
        .find_map(|(at, path)| Some((*at, at_path(&estate.containers[*at], path).is()?)));
    if let Some((at, socket)) = answering {
        end.container = Known::Is(at);
        end.socket = Known::Is(socket);
        return end;
    }
    // Only one that could be meant: then it is, and it listens elsewhere.
    let known: Vec<usize> = candidates
        .iter()
        .map(|(at, _)| *at)
        .filter(|at| matches!(&estate.containers[*at].sockets, Known::Is(sockets) if !sockets.is_empty()))
        .collect();
    if let ([only], true) = (known.as_slice(), known.len() == candidates.len()) {
        end.container = Known::Is(*only);
        end.socket = Known::Absent;
    }
    end
}

/// Whether the address behind a name outside the repository changes: surely for the names cloud load balancers get.
fn external_may_change(host: &str, endpoint: &Endpoint) -> Known<bool> {
    const MOVING: [&str; 5] = [
        ".elb.amazonaws.com",
        ".elb.amazonaws.com.cn",
        ".cloudfront.net",
        ".azurewebsites.net",
        ".trafficmanager.net",
    ];
    if MOVING.iter().any(|suffix| host.trim_end_matches('.').ends_with(suffix)) {
        return Known::Is(true);
    }
    Known::Unknown(Doubt::at(
        format!("whether the address of {host} changes is not known here"),
        endpoint.span,
    ))
}

/// Name and namespace, for a host that can be a Service's; `None` for a name of the outside world.
fn service_name(host: &str) -> Option<(&str, Option<&str>)> {
    let host = host.trim_end_matches('.');
    let mut parts = host.split('.');
    let name = parts.next().filter(|name| !name.is_empty())?;
    let rest: Vec<&str> = parts.collect();
    match rest.as_slice() {
        [] => Some((name, None)),
        [namespace] => Some((name, Some(namespace))),
        [namespace, "svc", ..] => Some((name, Some(namespace))),
        _ => None,
    }
}
