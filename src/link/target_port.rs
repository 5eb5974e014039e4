//! Whether the target ports of Services exist in the pods they select.

use std::sync::Arc;

use rayon::prelude::*;

use super::address::pods;
use super::names::Names;
use super::socket::on_port;
use crate::estate::{Container, Estate, Service};
use crate::model::field::{process, service_port};
use crate::model::{EntityId, Held, Known, Lens, weigh};
use crate::repo::Span;
use crate::speed;

/// For every port of every Service: whether its target exists in the pods it selects.
pub(super) fn settle(estate: &mut Estate, names: &Names) {
    let services = estate.services.par_iter().with_min_len(speed::OBJECTS);
    let found: Vec<_> = services
        .flat_map_iter(|service| of_service(estate, names, service))
        .collect();
    for (id, span, target, first) in found {
        if let Some(container) = first.map(|at| &estate.containers[at]) {
            let (workload, listening) = (container.workload, listening(estate, container));
            let entity = estate.model.entity_mut(id);
            entity.link(service_port::WORKLOAD, Known::Is(workload));
            let (known, unless) = target.parts();
            if let Some(listening) = listening.filter(|_| known == Known::Is(&false)) {
                let listening = Known::Is(listening).on(unless);
                entity.set_known(service_port::LISTENING, listening, span);
            }
        }
        estate
            .model
            .entity_mut(id)
            .set_known(service_port::TARGET_FOUND, target, span);
    }
}

/// Each port with where it stands, whether its target exists, and the first container that is selected.
type Port = (EntityId, Span, Held<bool>, Option<usize>);

fn of_service(estate: &Estate, names: &Names, service: &Service) -> Vec<Port> {
    let (Known::Is(ports), None) = (&service.ports, &service.external) else {
        return Vec::new();
    };
    let pods = pods(estate, names, service);
    let first = pods.as_ref().is().and_then(|pods| pods.first()?.first().copied());
    let ports = ports.iter().map(|port| {
        let known = match (&pods, &port.target) {
            (Known::Is(pods), Known::Is(target)) => weigh(|lens| target_found(lens, estate, pods, target)),
            (Known::Unknown(doubt), _) | (_, Known::Unknown(doubt)) => Known::Unknown(doubt.clone()).into(),
            _ => Held::ABSENT,
        };
        (port.id, port.span, known, first)
    });
    ports.collect()
}

fn listening(estate: &Estate, container: &Container) -> Option<Arc<str>> {
    let process = container.process.as_ref().is().copied()?;
    let name = estate.model.held(process, process::NAME).likely()?;
    let sockets = estate.model.held(process, process::SOCKETS).likely()?;
    Some(Arc::from(format!("{name} in {} listens on {sockets}", container.name)))
}

fn target_found(lens: &Lens, estate: &Estate, pods: &[Vec<usize>], target: &str) -> Known<bool> {
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
                    match on_port(lens, container, number) {
                        Known::Is(_) => return Known::Is(true),
                        Known::Unknown(doubt) => open = Some(doubt),
                        // Who listens on a unix socket only is told of where that socket is missed.
                        Known::Absent if !listens_tcp(lens, container) => return Known::Absent,
                        Known::Absent => {}
                    }
                }
            }
        }
    }
    open.map_or(Known::Is(false), Known::Unknown)
}

fn listens_tcp(lens: &Lens, container: &Container) -> bool {
    matches!(lens.see(&container.sockets), Known::Is(sockets) if sockets.iter().any(|socket| socket.path.is_none()))
}
