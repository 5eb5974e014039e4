//! Whether the target ports of Services exist in the pods they select.

use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::address::pods;
use super::names::Names;
use super::selects::same_selection;
use super::socket::on_port;
use crate::estate::{Container, Estate};
use crate::model::field::{process, service_port};
use crate::model::{EntityId, Held, Known, Lens, weigh};
use crate::repo::Span;
use crate::speed;

/// For every port of every Service: whether its target exists in the pods it selects.
pub(super) fn settle(estate: &mut Estate, names: &Names) {
    let alike = same_selection(&estate.services);
    let all = alike.par_iter().with_min_len(speed::OBJECTS);
    let found: Vec<_> = all
        .flat_map_iter(|services| of_services(estate, names, services))
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

fn of_services(estate: &Estate, names: &Names, services: &[usize]) -> Vec<Port> {
    let mut known: FxHashMap<&str, Held<bool>> = FxHashMap::default();
    let mut selected = None;
    let mut found = Vec::new();
    for service in services.iter().map(|at| &estate.services[*at]) {
        let (Known::Is(ports), None) = (&service.ports, &service.external) else {
            continue;
        };
        // Why nothing is selected names the Service.
        if !matches!(selected, Some(Known::Is(_))) {
            selected = Some(pods(estate, names, service));
        }
        let Some(pods) = &selected else { continue };
        let first = pods.as_ref().is().and_then(|pods| pods.first()?.first().copied());
        for port in ports {
            let is_found = match (pods, &port.target) {
                (Known::Is(pods), Known::Is(target)) => {
                    let target_found = || weigh(|lens| target_found(lens, estate, pods, target));
                    known.entry(target).or_insert_with(target_found).clone()
                }
                (Known::Unknown(doubt), _) | (_, Known::Unknown(doubt)) => Known::Unknown(doubt.clone()).into(),
                _ => Held::ABSENT,
            };
            found.push((port.id, port.span, is_found, first));
        }
    }
    found
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
