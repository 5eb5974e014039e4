//! Whether the target ports of Services exist in the pods they select.

use std::sync::Arc;

use super::address::pods;
use super::names::Names;
use super::socket::on_port;
use crate::dialect::join::{Container, Estate};
use crate::model::Known;
use crate::model::field::{process, service_port};

/// For every port of every Service: whether its target exists in the pods it selects.
pub(super) fn settle(estate: &mut Estate, names: &Names) {
    let mut found = Vec::new();
    for service in &estate.services {
        let (Known::Is(ports), None) = (&service.ports, &service.external) else {
            continue;
        };
        let pods = pods(estate, names, service);
        for port in ports {
            let known = match (&pods, &port.target) {
                (Known::Is(pods), Known::Is(target)) => target_found(estate, pods, target),
                (Known::Unknown(doubt), _) | (_, Known::Unknown(doubt)) => Known::Unknown(doubt.clone()),
                _ => Known::Absent,
            };
            let first = pods.as_ref().is().and_then(|pods| pods.first()?.first().copied());
            found.push((port.id, port.span, known, first));
        }
    }
    for (id, span, known, first) in found {
        if let Some(container) = first.map(|at| &estate.containers[at]) {
            let (workload, listening) = (container.workload, listening(estate, container));
            let entity = estate.model.entity_mut(id);
            entity.link("workload", Known::Is(workload));
            if let Some(listening) = listening.filter(|_| known == Known::Is(false)) {
                entity.set(service_port::LISTENING, listening, span);
            }
        }
        estate
            .model
            .entity_mut(id)
            .set_known(service_port::TARGET_FOUND, known, span);
    }
}

fn listening(estate: &Estate, container: &Container) -> Option<Arc<str>> {
    let process = container.process.as_ref().is().copied()?;
    let name = estate.model.get(process, process::NAME).is()?;
    let sockets = estate.model.get(process, process::SOCKETS).is()?;
    Some(Arc::from(format!("{name} in {} listens on {sockets}", container.name)))
}

fn target_found(estate: &Estate, pods: &[Vec<usize>], target: &str) -> Known<bool> {
    let mut open = None;
    for pod in pods {
        let containers = || pod.iter().map(|at| &estate.containers[*at]);
        match target.parse::<u16>() {
            Err(_) => {
                if containers().any(|container| container.ports.iter().any(|port| port.name.as_deref() == Some(target)))
                {
                    return Known::Is(true);
                }
            }
            Ok(number) => {
                for container in containers() {
                    match on_port(container, number) {
                        Known::Is(_) => return Known::Is(true),
                        Known::Unknown(doubt) => open = Some(doubt),
                        // Who listens on a unix socket only is told of where that socket is missed.
                        Known::Absent if !listens_tcp(container) => return Known::Absent,
                        Known::Absent => {}
                    }
                }
            }
        }
    }
    open.map_or(Known::Is(false), Known::Unknown)
}

fn listens_tcp(container: &Container) -> bool {
    matches!(&container.sockets, Known::Is(sockets) if sockets.iter().any(|socket| socket.path.is_none()))
}
