//! Whether network policies let a gateway reach a pod: into the pod, and out of the gateway's own. Policies see the pod's
//! port, never a Service's.

use super::names::nearness;
use super::policy_rule::{Party, and, comes, in_namespace, or, reaches};
use crate::estate::{Container, Direction, Estate, Gateway, Peer, Policy, PolicyPort, PolicyRule};
use crate::model::product::Origin;
use crate::model::{Assumption, Doubt, EntityId, Held, Known, weigh};

/// What the policies of one direction say.
pub(super) struct Verdict {
    /// Whether they let a connection through; absent where none selects the pod.
    pub allows: Held<bool>,
    /// The first that selects the pod.
    pub policy: Option<EntityId>,
}

impl Verdict {
    const NONE: Verdict = Verdict {
        allows: Held::ABSENT,
        policy: None,
    };

    fn open(doubt: Doubt) -> Verdict {
        Verdict {
            allows: Known::Unknown(doubt).into(),
            policy: None,
        }
    }
}

/// Whether the policies let a gateway in at a port of a pod.
pub(super) fn lets_in(estate: &Estate, gateway: &Gateway, container: usize, port: &Known<u16>) -> Verdict {
    let pod = &estate.containers[container];
    if same_pod(estate, gateway, pod) {
        return Verdict::NONE;
    }
    let policies = match selecting(estate, Direction::In, pod) {
        Ok(policies) => policies,
        Err(doubt) => return Verdict::open(doubt),
    };
    let Some(first) = policies.first() else {
        return Verdict::NONE;
    };
    let from = origin(estate, gateway);
    let allows = weigh(|lens| {
        any(&policies, |policy, rule| {
            and(comes(lens, estate, policy, rule, &from, "the gateway"), || {
                reaches(estate, rule, Some(pod), port)
            })
        })
    });
    Verdict {
        allows,
        policy: Some(first.id),
    }
}

/// Whether the policies let a gateway out of its own pod, to a container of another or to a host.
pub(super) fn lets_out(
    estate: &Estate,
    gateway: &Gateway,
    container: Option<usize>,
    host: &str,
    port: &Known<u16>,
) -> Verdict {
    let target = container.map(|at| &estate.containers[at]);
    let Some(own) = own_pod(estate, gateway).filter(|own| target.is_none_or(|target| target.pod != own.pod)) else {
        return Verdict::NONE;
    };
    let policies = match selecting(estate, Direction::Out, own) {
        Ok(policies) => policies,
        Err(doubt) => return Verdict::open(doubt),
    };
    let Some(first) = policies.first() else {
        return Verdict::NONE;
    };
    let to = match (target, host.parse()) {
        (Some(target), _) if target.host_network => Party::Outside,
        (Some(target), _) => Party::Pods(&target.namespace, Some(&target.labels)),
        (None, Ok(address)) => Party::Address(address),
        (None, Err(_)) => Party::Unknown(Doubt::new(format!("what {host} leads to is not known"))),
    };
    let allows = weigh(|lens| {
        any(&policies, |policy, rule| {
            and(comes(lens, estate, policy, rule, &to, "the target"), || {
                reaches(estate, rule, target, port)
            })
        })
    });
    Verdict {
        allows,
        policy: Some(first.id),
    }
}

/// Whether the policies let a gateway out of its own pod to ask the cluster's name server.
pub(super) fn lets_ask(estate: &Estate, gateway: &Gateway) -> Held<bool> {
    let Some(own) = own_pod(estate, gateway) else {
        return Held::ABSENT;
    };
    let policies = match selecting(estate, Direction::Out, own) {
        Ok(policies) if policies.is_empty() => return Held::ABSENT,
        Ok(policies) => policies,
        Err(doubt) => return Known::Unknown(doubt).into(),
    };
    let is_dns = |port: &PolicyPort| match &port.port {
        Known::Is(text) if &*port.protocol == "UDP" => match (text.parse::<u16>(), port.end) {
            (Ok(first), last) => (first..=last.unwrap_or(first)).contains(&53),
            // What the pods of CoreDNS and kube-dns call it.
            (Err(_), _) => text.contains("dns"),
        },
        Known::Absent => &*port.protocol == "UDP",
        other => matches!(other, Known::Unknown(_)),
    };
    let system = |peer: &Peer| match peer {
        Peer::Block(_) => true,
        Peer::Pods { namespaces, .. } => match namespaces {
            Some(selector) => in_namespace(estate, selector, "kube-system") != Known::Is(false),
            None => &*own.namespace == "kube-system",
        },
    };
    let asks = any(&policies, |_, rule| {
        let open = rule.ports.is_empty() || rule.ports.iter().any(is_dns);
        Known::Is(open && (rule.peers.is_empty() || rule.peers.iter().any(system)))
    });
    match asks {
        Known::Is(false) => Known::Is(false).unless(Assumption::unless(
            "names are looked up on the node itself (NodeLocal DNSCache)",
        )),
        asks => asks.into(),
    }
}

/// The pod that a gateway runs in, where policies see it.
fn own_pod<'e>(estate: &'e Estate, gateway: &Gateway) -> Option<&'e Container> {
    let own = match gateway.container {
        Some(own) => Some(&estate.containers[own]),
        None => controllers(estate, gateway).next(),
    };
    own.filter(|own| !own.machine)
}

fn same_pod(estate: &Estate, gateway: &Gateway, pod: &Container) -> bool {
    let own = gateway.container.map(|own| estate.containers[own].pod);
    own == Some(pod.pod)
}

/// The policies of a direction that select a pod. Policies are not for pods on the node's network.
fn selecting<'e>(estate: &'e Estate, direction: Direction, pod: &Container) -> Result<Vec<&'e Policy>, Doubt> {
    let mut found = Vec::new();
    if pod.host_network {
        return Ok(found);
    }
    for policy in estate.policies.iter().filter(|policy| policy.direction == direction) {
        match selects(estate, policy, pod) {
            Known::Is(true) => found.push(policy),
            Known::Unknown(doubt) => return Err(doubt),
            _ => {}
        }
    }
    let near = |namespace: &str| namespace.is_empty() || pod.namespace.is_empty() || *namespace == *pod.namespace;
    let mut others = estate.other_policies.iter();
    match others
        .find(|other| near(&other.namespace))
        .filter(|_| !found.is_empty())
    {
        Some(other) => Err(Doubt::new(format!(
            "{} may let it through, and is not read",
            other.label
        ))),
        None => Ok(found),
    }
}

/// Whether any rule of any policy lets something through.
fn any(policies: &[&Policy], passes: impl Fn(&Policy, &PolicyRule) -> Known<bool>) -> Known<bool> {
    let mut open = None;
    for policy in policies {
        let rules = match &policy.rules {
            Known::Is(rules) => rules,
            Known::Unknown(doubt) => {
                open = Some(doubt.clone());
                continue;
            }
            Known::Absent => continue,
        };
        for rule in rules {
            match passes(policy, rule) {
                Known::Is(true) => return Known::Is(true),
                Known::Unknown(doubt) => open = Some(doubt),
                _ => {}
            }
        }
    }
    or(open)
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

fn origin<'e>(estate: &'e Estate, gateway: &'e Gateway) -> Party<'e> {
    let on_node = || Party::Unknown(Doubt::new("the gateway uses the node's network"));
    if let Some(own) = gateway.container {
        let own = &estate.containers[own];
        return match own.host_network {
            true => on_node(),
            false => Party::Pods(&own.namespace, Some(&own.labels)),
        };
    }
    match gateway.product.origin() {
        Some(Origin::Controller { .. }) => match &estate.controller_namespace {
            Some(namespace) => match controllers(estate, gateway).next() {
                Some(pod) if pod.host_network => on_node(),
                pod => Party::Pods(namespace, pod.map(|pod| pod.labels.as_slice())),
            },
            None => Party::Unknown(Doubt::new(
                "where the ingress controller runs is not in the repository: name its namespace in `facts.gateway_namespace`",
            )),
        },
        Some(Origin::Network) if gateway.to_endpoints => Party::Outside,
        _ => Party::Unknown(Doubt::new("whose address the pod sees is not known")),
    }
}

/// The pods of the controller that serves an Ingress.
fn controllers<'e>(estate: &'e Estate, gateway: &Gateway) -> impl Iterator<Item = &'e Container> {
    let label = match gateway.product.origin() {
        Some(Origin::Controller { label }) => Some(label),
        _ => None,
    };
    let own = estate.controller_namespace.as_ref().zip(label);
    let is = |pod: &Container, key: &str, value: &str| pod.labels.iter().any(|(k, v)| &**k == key && &**v == value);
    let mut pods = estate.containers.iter();
    std::iter::from_fn(move || {
        let (namespace, label) = own?;
        pods.find(|pod| pod.namespace == *namespace && is(pod, "app.kubernetes.io/name", label))
    })
}

/// Whether some policy of a pod may let a port in, whoever comes.
pub(super) fn port_allowed(estate: &Estate, pod: &Container, port: u16) -> bool {
    let mut rules = rules_of(estate, pod);
    rules.any(|rule| reaches(estate, rule, Some(pod), &Known::Is(port)) != Known::Is(false))
}

/// The pods that a policy is for.
pub(super) fn pods_of<'e>(estate: &'e Estate, policy: &Policy) -> Vec<&'e Container> {
    let pods = estate.containers.iter();
    pods.filter(|pod| selects(estate, policy, pod) == Known::Is(true))
        .collect()
}

fn rules_of<'e>(estate: &'e Estate, pod: &'e Container) -> impl Iterator<Item = &'e PolicyRule> {
    let policies = estate.policies.iter();
    let policies = policies
        .filter(move |policy| policy.direction == Direction::In && selects(estate, policy, pod) == Known::Is(true));
    policies.flat_map(|policy| match &policy.rules {
        Known::Is(rules) => rules.as_slice(),
        _ => &[],
    })
}
