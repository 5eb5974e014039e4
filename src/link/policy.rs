//! Whether network policies let a gateway reach a pod. Policies see the pod's port, never a Service's.

use std::sync::Arc;

use super::hops::Hop;
use super::names::{Names, nearness};
use crate::estate::{Container, Estate, Gateway, Peer, Policy, PolicyPort, PolicyRule, Service};
use crate::model::field::{hop, policy_port};
use crate::model::{Doubt, EntityId, Known, Lens};

/// Labels as written.
type Labels = [(Arc<str>, Arc<str>)];

/// Where a gateway's requests come from.
enum From<'e> {
    /// Pods of this namespace; their labels where known.
    Pods(&'e str, Option<&'e Labels>),
    /// No pod at all, but addresses of the cluster's network.
    Outside,
    /// That is not known.
    Unknown(Doubt),
}

/// Whether the policies let a gateway in at a port of a pod, and the first that selects the pod; absent where none does.
pub(super) fn allows(
    estate: &Estate,
    gateway: &Gateway,
    container: usize,
    port: &Known<u16>,
) -> (Known<bool>, Option<EntityId>) {
    let pod = &estate.containers[container];
    let mut policies = Vec::new();
    for policy in &estate.policies {
        match selects(estate, policy, pod) {
            Known::Is(true) => policies.push(policy),
            Known::Unknown(doubt) => return (Known::Unknown(doubt), None),
            _ => {}
        }
    }
    // Policies are not for pods on the node's network, nor between containers of one pod.
    let same_pod = gateway
        .container
        .is_some_and(|own| estate.containers[own].pod == pod.pod);
    let Some(first) = policies.first().filter(|_| !pod.host_network && !same_pod) else {
        return (Known::Absent, None);
    };
    let from = origin(estate, gateway);
    let mut open = None;
    for policy in &policies {
        let rules = match &policy.rules {
            Known::Is(rules) => rules,
            Known::Unknown(doubt) => {
                open = Some(doubt.clone());
                continue;
            }
            Known::Absent => continue,
        };
        for rule in rules {
            let lets_in = and(comes(estate, policy, rule, &from), || reaches(estate, rule, pod, port));
            match lets_in {
                Known::Is(true) => return (Known::Is(true), Some(policy.id)),
                Known::Unknown(doubt) => open = Some(doubt),
                _ => {}
            }
        }
    }
    (open.map_or(Known::Is(false), Known::Unknown), Some(first.id))
}

fn and(a: Known<bool>, b: impl FnOnce() -> Known<bool>) -> Known<bool> {
    match a {
        Known::Is(true) => b(),
        Known::Is(false) | Known::Absent => Known::Is(false),
        Known::Unknown(doubt) => match b() {
            Known::Is(false) => Known::Is(false),
            _ => Known::Unknown(doubt),
        },
    }
}

fn or(open: Option<Doubt>) -> Known<bool> {
    open.map_or(Known::Is(false), Known::Unknown)
}

/// Whether a policy is for a pod.
fn selects(estate: &Estate, policy: &Policy, pod: &Container) -> Known<bool> {
    if pod.machine || nearness(&policy.folder, &pod.folder).is_none() {
        return Known::Is(false);
    }
    // Without a namespace folders are all that keeps deployments apart: siblings may be alternatives.
    let inside =
        |outer: &str, inner: &str| outer.is_empty() || inner == outer || inner.starts_with(&format!("{outer}/"));
    let near = inside(&policy.folder, &pod.folder) || inside(&pod.folder, &policy.folder);
    if policy.namespace.is_empty() && !estate.kustomized && !near {
        return Known::Is(false);
    }
    match (policy.namespace.is_empty(), pod.namespace.is_empty()) {
        _ if policy.namespace == pod.namespace => policy.pods.fits(&pod.labels),
        (false, false) => Known::Is(false),
        // One of the two may be deployed into any namespace.
        _ => match policy.pods.fits(&pod.labels) {
            Known::Is(true) if !policy.pods.requirements.is_empty() => {
                Known::Unknown(Doubt::new("policy and pod may be deployed into different namespaces"))
            }
            _ => Known::Is(false),
        },
    }
}

fn origin<'e>(estate: &'e Estate, gateway: &'e Gateway) -> From<'e> {
    if let Some(own) = gateway.container {
        let own = &estate.containers[own];
        return match own.host_network {
            true => From::Unknown(Doubt::new("the gateway uses the node's network")),
            false => From::Pods(&own.namespace, Some(&own.labels)),
        };
    }
    match gateway.product.name {
        "ingress-nginx" => match &estate.controller_namespace {
            Some(namespace) => {
                let mut pods = estate.containers.iter().filter(|pod| {
                    let is = |key: &str, value: &str| pod.labels.iter().any(|(k, v)| &**k == key && &**v == value);
                    pod.namespace == *namespace && is("app.kubernetes.io/name", "ingress-nginx")
                });
                From::Pods(namespace, pods.next().map(|pod| pod.labels.as_slice()))
            }
            None => From::Unknown(Doubt::new(
                "where the ingress controller runs is not in the repository: name its namespace in `facts.gateway_namespace`",
            )),
        },
        "AWS ALB" if gateway.to_endpoints => From::Outside,
        _ => From::Unknown(Doubt::new("whose address the pod sees is not known")),
    }
}

/// Whether the peers of a rule include the gateway.
fn comes(estate: &Estate, policy: &Policy, rule: &PolicyRule, from: &From<'_>) -> Known<bool> {
    if rule.peers.is_empty() {
        return Known::Is(true);
    }
    let mut open = None;
    for peer in &rule.peers {
        let found = match (peer, from) {
            (Peer::Block, From::Pods(..)) => {
                Known::Unknown(Doubt::new("a policy lets addresses in, which may be the gateway's"))
            }
            (Peer::Block, _) => Known::Unknown(Doubt::new("the gateway's addresses are not known")),
            // Everyone in every namespace.
            (
                Peer::Pods {
                    namespaces: Some(namespaces),
                    pods: None,
                },
                From::Pods(..),
            ) if namespaces.requirements.is_empty() && namespaces.doubt.is_none() => Known::Is(true),
            (Peer::Pods { .. }, From::Outside) => Known::Is(false),
            (Peer::Pods { .. }, From::Unknown(doubt)) => Known::Unknown(doubt.clone()),
            (Peer::Pods { namespaces, pods }, From::Pods(namespace, labels)) => {
                let in_namespace = match namespaces {
                    None => Known::Is(**namespace == *policy.namespace),
                    Some(selector) => selector.fits(&labels_of(estate, namespace)),
                };
                and(
                    unsure(estate, namespaces.is_some(), namespace, in_namespace),
                    || match (pods, labels) {
                        (None, _) => Known::Is(true),
                        (Some(pods), _) if pods.requirements.is_empty() => Known::Is(true),
                        (Some(pods), Some(labels)) => pods.fits(labels),
                        (Some(_), None) => Known::Unknown(Doubt::new("the gateway's labels are not known")),
                    },
                )
            }
        };
        match found {
            Known::Is(true) => return found,
            Known::Unknown(doubt) => open = Some(doubt),
            _ => {}
        }
    }
    or(open)
}

/// A namespace that is not written in the repository may have labels of which nothing is known; that it lacks one is
/// then not sure.
fn unsure(estate: &Estate, by_label: bool, namespace: &str, fits: Known<bool>) -> Known<bool> {
    let written = estate.namespaces.iter().any(|(own, _)| **own == *namespace);
    match fits {
        Known::Is(false) if by_label && !written => Known::Unknown(Doubt::new(format!(
            "the labels of namespace {namespace} are not in the repository"
        ))),
        fits => fits,
    }
}

fn labels_of(estate: &Estate, namespace: &str) -> Vec<(Arc<str>, Arc<str>)> {
    let written = estate.namespaces.iter().find(|(own, _)| **own == *namespace);
    match written {
        Some((_, labels)) => labels.clone(),
        None => vec![("kubernetes.io/metadata.name".into(), namespace.into())],
    }
}

/// Whether a rule is for a port of a pod.
fn reaches(estate: &Estate, rule: &PolicyRule, pod: &Container, port: &Known<u16>) -> Known<bool> {
    if rule.ports.is_empty() {
        return Known::Is(true);
    }
    let port = match port {
        Known::Is(port) => *port,
        Known::Unknown(doubt) => return Known::Unknown(doubt.clone()),
        Known::Absent => return Known::Unknown(Doubt::new("the pod's port is not known")),
    };
    let mut open = None;
    for allowed in &rule.ports {
        match lets(estate, allowed, pod, port) {
            Known::Is(true) => return Known::Is(true),
            Known::Unknown(doubt) => open = Some(doubt),
            _ => {}
        }
    }
    or(open)
}

fn lets(estate: &Estate, allowed: &PolicyPort, pod: &Container, port: u16) -> Known<bool> {
    let text = match &allowed.port {
        Known::Is(text) => text,
        Known::Absent => return Known::Is(true),
        Known::Unknown(doubt) => return Known::Unknown(doubt.clone()),
    };
    match (text.parse::<u16>(), allowed.end) {
        (Ok(first), Some(last)) => Known::Is((first..=last).contains(&port)),
        (Ok(number), None) => Known::Is(number == port),
        (Err(_), _) => {
            let mut own = estate.containers.iter().filter(|other| other.pod == pod.pod);
            Known::Is(own.any(|other| {
                let mut ports = other.ports.iter();
                ports.any(|declared| declared.name.as_deref() == Some(&**text) && declared.number == port)
            }))
        }
    }
}

/// For every port that a policy lets in: whether it is a Service's rather than the pods'.
pub(super) fn settle_ports(estate: &mut Estate, names: &Names, hops: &[Hop]) {
    let mut found = Vec::new();
    let mut blocked: Vec<EntityId> = Vec::new();
    for policy in &estate.policies {
        let Known::Is(rules) = &policy.rules else { continue };
        let pods: Vec<&Container> = estate
            .containers
            .iter()
            .filter(|pod| selects(estate, policy, pod) == Known::Is(true))
            .collect();
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
                let allowed = pods.iter().any(|pod| port_allowed(estate, pod, leads));
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

fn port_allowed(estate: &Estate, pod: &Container, port: u16) -> bool {
    let policies = estate
        .policies
        .iter()
        .filter(|policy| selects(estate, policy, pod) == Known::Is(true));
    let mut rules = policies.flat_map(|policy| match &policy.rules {
        Known::Is(rules) => rules.as_slice(),
        _ => &[],
    });
    rules.any(|rule| reaches(estate, rule, pod, &Known::Is(port)) != Known::Is(false))
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
