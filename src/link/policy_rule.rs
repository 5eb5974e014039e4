//! Whether a rule of a network policy is for a party and a port.

use std::net::IpAddr;
use std::sync::Arc;

use crate::estate::{Block, Container, Estate, Peer, Policy, PolicyPort, PolicyRule, Requirement, Selector};
use crate::model::{Assumption, Doubt, Known, Lens};

/// The label that Kubernetes gives every namespace.
const NAME: &str = "kubernetes.io/metadata.name";

/// Labels as written.
type Labels = [(Arc<str>, Arc<str>)];

/// What is at the other end of a connection, seen from the pod that a policy selects.
pub(super) enum Party<'e> {
    /// Pods of this namespace; their labels where known.
    Pods(&'e str, Option<&'e Labels>),
    /// An address.
    Address(IpAddr),
    /// No pod at all, but addresses of the cluster's network.
    Outside,
    /// That is not known.
    Unknown(Doubt),
}

pub(super) fn and(a: Known<bool>, b: impl FnOnce() -> Known<bool>) -> Known<bool> {
    match a {
        Known::Is(true) => b(),
        Known::Is(false) | Known::Absent => Known::Is(false),
        Known::Unknown(doubt) => match b() {
            Known::Is(false) => Known::Is(false),
            _ => Known::Unknown(doubt),
        },
    }
}

pub(super) fn or(open: Option<Doubt>) -> Known<bool> {
    open.map_or(Known::Is(false), Known::Unknown)
}

/// Whether the peers of a rule include a party; `who` that is in words.
pub(super) fn comes(
    lens: &Lens,
    estate: &Estate,
    policy: &Policy,
    rule: &PolicyRule,
    party: &Party<'_>,
    who: &str,
) -> Known<bool> {
    if rule.peers.is_empty() {
        return Known::Is(true);
    }
    let mut open = None;
    for peer in &rule.peers {
        let found = match (peer, party) {
            (Peer::Block(block), Party::Address(address)) => match block.has(*address) {
                Some(has) => Known::Is(has),
                None => Known::Unknown(Doubt::new(format!("the addresses {} cannot be read", block.text))),
            },
            (Peer::Block(block), Party::Pods(..)) => pods_in(lens, block, who),
            (Peer::Block(_), _) => Known::Unknown(Doubt::new(format!("the addresses of {who} are not known"))),
            // Everyone in every namespace.
            (
                Peer::Pods {
                    namespaces: Some(namespaces),
                    pods: None,
                },
                Party::Pods(..),
            ) if namespaces.requirements.is_empty() && namespaces.doubt.is_none() => Known::Is(true),
            (Peer::Pods { .. }, Party::Outside) => Known::Is(false),
            (Peer::Pods { .. }, Party::Address(address)) => {
                Known::Unknown(Doubt::new(format!("whose address {address} is is not known")))
            }
            (Peer::Pods { .. }, Party::Unknown(doubt)) => Known::Unknown(doubt.clone()),
            (Peer::Pods { namespaces, pods }, Party::Pods(namespace, labels)) => {
                let there = match namespaces {
                    None => Known::Is(**namespace == *policy.namespace),
                    Some(selector) => in_namespace(estate, selector, namespace),
                };
                and(there, || match (pods, labels) {
                    (None, _) => Known::Is(true),
                    (Some(pods), _) if pods.requirements.is_empty() => Known::Is(true),
                    (Some(pods), Some(labels)) => pods.fits(labels),
                    (Some(_), None) => Known::Unknown(Doubt::new(format!("the labels of {who} are not known"))),
                })
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

/// Whether pods have their addresses in a block.
fn pods_in(lens: &Lens, block: &Block, who: &str) -> Known<bool> {
    if !block.has_no_pods() {
        return Known::Unknown(Doubt::new(format!(
            "the addresses {} may be those of {who}",
            block.text
        )));
    }
    let assumption = Assumption::unless(format!("{who} has an address in {}", block.text));
    match lens.allows(&assumption) {
        Ok(()) => Known::Is(false),
        Err(doubt) => Known::Unknown(doubt),
    }
}

/// Whether a selector fits a namespace. One that is not written in the repository may have labels of which nothing is
/// known, beside the one that Kubernetes gives each with its name; that it lacks one of those is not sure.
pub(super) fn in_namespace(estate: &Estate, selector: &Selector, namespace: &str) -> Known<bool> {
    let written = estate.namespaces.iter().any(|(own, _)| **own == *namespace);
    let fits = selector.fits(&labels_of(estate, namespace));
    let own_name = |(key, requirement): &(Arc<str>, Requirement)| &**key == NAME && !requirement.holds(Some(namespace));
    let is_other = selector.requirements.iter().any(own_name);
    match fits {
        Known::Is(false) if !written && !is_other => Known::Unknown(Doubt::new(format!(
            "the labels of namespace {namespace} are not in the repository"
        ))),
        fits => fits,
    }
}

fn labels_of(estate: &Estate, namespace: &str) -> Vec<(Arc<str>, Arc<str>)> {
    let written = estate.namespaces.iter().find(|(own, _)| **own == *namespace);
    match written {
        Some((_, labels)) => labels.clone(),
        None => vec![(NAME.into(), namespace.into())],
    }
}

/// Whether a rule is for a port of a pod; without the pod nothing is known of ports that are named.
pub(super) fn reaches(estate: &Estate, rule: &PolicyRule, pod: Option<&Container>, port: &Known<u16>) -> Known<bool> {
    if rule.ports.is_empty() {
        return Known::Is(true);
    }
    let tcp = || rule.ports.iter().filter(|port| &*port.protocol == "TCP");
    if tcp().next().is_none() {
        return Known::Is(false);
    }
    let port = match port {
        Known::Is(port) => *port,
        Known::Unknown(doubt) => return Known::Unknown(doubt.clone()),
        Known::Absent => return Known::Unknown(Doubt::new("the pod's port is not known")),
    };
    let mut open = None;
    for allowed in tcp() {
        match lets(estate, allowed, pod, port) {
            Known::Is(true) => return Known::Is(true),
            Known::Unknown(doubt) => open = Some(doubt),
            _ => {}
        }
    }
    or(open)
}

fn lets(estate: &Estate, allowed: &PolicyPort, pod: Option<&Container>, port: u16) -> Known<bool> {
    let text = match &allowed.port {
        Known::Is(text) => text,
        Known::Absent => return Known::Is(true),
        Known::Unknown(doubt) => return Known::Unknown(doubt.clone()),
    };
    match (text.parse::<u16>(), allowed.end, pod) {
        (Ok(first), Some(last), _) => Known::Is((first..=last).contains(&port)),
        (Ok(number), None, _) => Known::Is(number == port),
        (Err(_), _, Some(pod)) => {
            let mut own = estate.containers.iter().filter(|other| other.pod == pod.pod);
            Known::Is(own.any(|other| {
                let mut ports = other.ports.iter();
                ports.any(|declared| declared.name.as_deref() == Some(&**text) && declared.number == port)
            }))
        }
        (Err(_), _, None) => Known::Unknown(Doubt::new(format!("which port {text} is is not known"))),
    }
}
