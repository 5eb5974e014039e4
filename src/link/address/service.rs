//! Through a Service: its port, the pods it selects, and what listens in them.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::estate::{Endpoint, Estate, Gateway, Service};
use crate::link::end::End;
use crate::link::names::Names;
use crate::link::socket::on_port;
use crate::model::{Doubt, EntityId, Known, Lens};

pub(super) fn through_service(
    lens: &Lens,
    estate: &Estate,
    names: &Names,
    gateway: &Gateway,
    endpoint: &Endpoint,
    at: usize,
) -> Vec<End> {
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
        missing: None,
        nobody: None,
        meant: None,
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
                let (container, socket) = in_pod(lens, estate, &pod, &target);
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
pub(in crate::link) fn pods(estate: &Estate, names: &Names, service: &Service) -> Known<Vec<Vec<usize>>> {
    let labels = match &service.selector {
        Known::Is(labels) => labels,
        Known::Absent => return Known::Unknown(Doubt::new(format!("Service {} has no selector", service.name))),
        Known::Unknown(doubt) => return Known::Unknown(doubt.clone()),
    };
    let mut pods: Vec<Vec<usize>> = Vec::new();
    let mut by_number: FxHashMap<usize, usize> = FxHashMap::default();
    for at in names.selected(estate, labels, &service.namespace, &service.folder) {
        let own = *by_number.entry(estate.containers[at].pod).or_insert(pods.len());
        match pods.get_mut(own) {
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
fn in_pod(lens: &Lens, estate: &Estate, pod: &[usize], target: &str) -> (Known<usize>, Known<EntityId>) {
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
            return (Known::Is(at), on_port(lens, &estate.containers[at], number));
        }
    };
    let listening = containers().find_map(|(at, container)| Some((at, on_port(lens, container, number).is()?)));
    if let Some((at, socket)) = listening {
        return (Known::Is(at), Known::Is(socket));
    }
    let declaring = containers().find(|(_, container)| container.ports.iter().any(|port| port.number == number));
    if let Some((at, container)) = declaring {
        return (Known::Is(at), on_port(lens, container, number));
    }
    match pod {
        [only] => (Known::Is(*only), on_port(lens, &estate.containers[*only], number)),
        _ => {
            let doubt = Doubt::new(format!("several containers of the pod may listen on {number}"));
            (Known::Unknown(doubt.clone()), Known::Unknown(doubt))
        }
    }
}
