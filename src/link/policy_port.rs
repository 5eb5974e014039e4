//! Ports that a policy lets in: whether one is a Service's rather than the pods'.

use super::hops::Hop;
use super::names::Names;
use super::policy;
use crate::estate::{Container, Direction, Estate, Policy, Service};
use crate::model::field::{hop, policy_port};
use crate::model::{EntityId, Known, Lens};

/// For every port that a policy lets in: whether it is a Service's rather than the pods'.
pub(super) fn settle(estate: &mut Estate, names: &Names, hops: &[Hop]) {
    let mut found = Vec::new();
    let mut blocked: Vec<EntityId> = Vec::new();
    for policy in estate
        .policies
        .iter()
        .filter(|policy| policy.direction == Direction::In)
    {
        let Known::Is(rules) = &policy.rules else { continue };
        let pods = policy::pods_of(estate, policy);
        if pods.is_empty() {
            continue;
        }
        for port in rules.iter().flat_map(|rule| &rule.ports) {
            let number = port.port.as_ref().is().and_then(|text| text.parse::<u16>().ok());
            let Some(number) = number.filter(|_| port.end.is_none()) else {
                continue;
            };
            if pods.iter().any(|pod| may_listen(pod, number)) {
                continue;
            }
            if let Some((service, at, leads)) = translated(estate, names, policy, &pods, number) {
                let allowed = pods.iter().any(|pod| policy::port_allowed(estate, pod, leads));
                if !allowed {
                    blocked.extend(pods.iter().map(|pod| pod.id));
                }
                found.push((port.id, estate.services[service].name.clone(), at, leads, allowed));
            }
        }
    }
    // One mistake, one finding: the wrong port is said of the policy, not once more of every route.
    for hop in hops {
        let behind = hop.container.parts().0.is().map(|at| estate.containers[*at].id);
        if behind.is_some_and(|container| blocked.contains(&container)) {
            let facts = &mut estate.model.entity_mut(hop.id).facts;
            facts.retain(|fact| fact.field != hop::POLICY_ALLOWS.id());
        }
    }
    for (id, service, service_port, leads, allowed) in found {
        let span = estate.model.entity(id).span;
        let entity = estate.model.entity_mut(id);
        entity.set(policy_port::SERVICE, service, span);
        entity.set(policy_port::POD_PORT, i64::from(leads), span);
        entity.set(policy_port::POD_PORT_ALLOWED, allowed, span);
        entity.link(policy_port::SERVICE_PORT, Known::Is(service_port));
    }
}

/// Whether a container declares the port, or is known or likely to listen on it.
fn may_listen(pod: &Container, number: u16) -> bool {
    let listening = || super::socket::on_port(&Lens::trusting(), pod, number);
    pod.ports.iter().any(|port| port.number == number) || matches!(listening(), Known::Is(_))
}

/// The Service of these pods that exposes the number and leads to another port: its index, the port's entity, the port
/// it leads to. None where another of its ports, or another Service, leads to the number itself.
fn translated(
    estate: &Estate,
    names: &Names,
    policy: &Policy,
    pods: &[&Container],
    number: u16,
) -> Option<(usize, EntityId, u16)> {
    let mut found = None;
    for (at, service) in estate.services.iter().enumerate() {
        let Some(pod) = selected(estate, names, policy, service, pods) else {
            continue;
        };
        let Known::Is(ports) = &service.ports else { continue };
        for port in ports {
            let leads = match port.target.as_ref().is()?.parse::<u16>() {
                Ok(target) => target,
                Err(_) => match named(estate, pod, port.target.as_ref().is()?) {
                    Some(target) => target,
                    None => continue,
                },
            };
            if leads == number {
                return None;
            }
            if port.port == Known::Is(number) {
                found = found.or(Some((at, port.id, leads)));
            }
        }
    }
    found
}

fn selected<'e>(
    estate: &'e Estate,
    names: &Names,
    policy: &Policy,
    service: &Service,
    pods: &[&Container],
) -> Option<&'e Container> {
    let Known::Is(labels) = &service.selector else {
        return None;
    };
    if service.namespace != policy.namespace {
        return None;
    }
    let all = names.selected(estate, labels, &service.namespace, &service.folder);
    let mut own = all.into_iter().map(|at| &estate.containers[at]);
    own.find(|own| pods.iter().any(|pod| pod.id == own.id))
}

fn named(estate: &Estate, pod: &Container, name: &str) -> Option<u16> {
    let own = estate.containers.iter().filter(|other| other.pod == pod.pod);
    let mut ports = own.flat_map(|own| &own.ports);
    ports
        .find(|port| port.name.as_deref() == Some(name))
        .map(|port| port.number)
}
