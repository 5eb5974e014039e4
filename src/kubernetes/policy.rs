//! NetworkPolicies: who reaches a pod, and whom a pod reaches.

use std::sync::{Arc, LazyLock};

use crate::environment::{Document, folder_of};
use crate::estate::{
    Block, Direction, Labels, OtherPolicy, Peer, Policy, PolicyPort, PolicyRule, Requirement, Selector,
};
use crate::model::field::{policy, policy_port};
use crate::model::{Doubt, Entity, Fact, Kind, Known, Model, Row, Site, Stored, Unit, Value, scalar};
use crate::syntax::At;

static PORT: LazyLock<Row> = LazyLock::new(|| Row::new("port", policy_port::PORT, Unit::Number).bare());

/// Policies of other sorts, which can let through what a NetworkPolicy does not.
const OTHERS: [&str; 5] = [
    "AdminNetworkPolicy",
    "BaselineAdminNetworkPolicy",
    "CiliumClusterwideNetworkPolicy",
    "CiliumNetworkPolicy",
    "GlobalNetworkPolicy",
];

/// Whether a document is a NetworkPolicy of Kubernetes; Calico has one of the same kind.
fn is_own(document: &Document) -> bool {
    let group = document.at().scalar("apiVersion").unwrap_or("networking.k8s.io");
    &*document.kind == "NetworkPolicy" && !group.contains("projectcalico.org")
}

/// A policy of another sort than Kubernetes' own.
pub fn other(document: &Document) -> Option<OtherPolicy> {
    let is_other = OTHERS.contains(&&*document.kind) || (&*document.kind == "NetworkPolicy" && !is_own(document));
    is_other.then(|| OtherPolicy {
        label: Arc::from(format!("{} {}", document.kind, document.name)),
        namespace: match &*document.kind {
            "CiliumNetworkPolicy" | "NetworkPolicy" => document.namespace.clone(),
            _ => Arc::from(""),
        },
    })
}

/// Lowers a NetworkPolicy: what it says of each direction that it is for.
pub fn lower(model: &mut Model, document: &Document) -> Vec<Policy> {
    let at = document.at();
    if !is_own(document) {
        return Vec::new();
    }
    let types = at.get("spec.policyTypes").filter(|types| types.is_list());
    // Every policy is for what comes in unless it says otherwise, and for what goes out where it names that.
    let is_for = |direction: Direction| match (types, direction) {
        (Some(types), Direction::In) => types.items().any(|item| item.text() == Some("Ingress")),
        (Some(types), Direction::Out) => types.items().any(|item| item.text() == Some("Egress")),
        (None, Direction::In) => true,
        (None, Direction::Out) => at.get("spec.egress").is_some(),
    };
    let span = at
        .get("metadata.name")
        .map_or_else(|| at.head(), |name| name.word_span_at(0));
    let mut entity = Entity::new(Kind::Policy, format!("{} {}", document.namespace, document.name), span);
    entity.set(policy::NAME, document.name.clone(), span);
    if !document.namespace.is_empty() {
        entity.set(policy::NAMESPACE, document.namespace.clone(), span);
    }
    let id = model.add(entity);
    let mut pods = at.get("spec.podSelector").map(selector).unwrap_or_default();
    pods.doubt = pods.doubt.or_else(|| document.doubt("spec.podSelector").cloned());
    let directions = [(Direction::In, "spec.ingress"), (Direction::Out, "spec.egress")];
    let directions = directions.into_iter().filter(|(direction, _)| is_for(*direction));
    let policy = |(direction, path)| Policy {
        id,
        direction,
        namespace: document.namespace.clone(),
        folder: Arc::from(folder_of(&document.path)),
        pods: pods.clone(),
        rules: match (document.doubt(path), at.get(path)) {
            (Some(doubt), _) => Known::Unknown(doubt.clone()),
            (None, None) => Known::Is(Vec::new()),
            (None, Some(list)) => Known::Is(
                list.items()
                    .map(|item| rule(model, document, item, direction))
                    .collect(),
            ),
        },
    };
    directions.map(policy).collect()
}

fn rule(model: &mut Model, document: &Document, item: At<'_>, direction: Direction) -> PolicyRule {
    let peer = |peer: At<'_>| {
        if let Some(block) = peer.child("ipBlock") {
            let except = block.child("except").into_iter().flat_map(At::items);
            return Peer::Block(Block::from_cidr(
                block.scalar("cidr").unwrap_or_default(),
                except.filter_map(At::text),
            ));
        }
        Peer::Pods {
            namespaces: peer.child("namespaceSelector").map(selector),
            pods: peer.child("podSelector").map(selector),
        }
    };
    let peers = match direction {
        Direction::In => "from",
        Direction::Out => "to",
    };
    let ports = item.child("ports").into_iter().flat_map(At::items);
    PolicyRule {
        peers: item.child(peers).into_iter().flat_map(At::items).map(peer).collect(),
        ports: ports.map(|item| port(model, document, item)).collect(),
    }
}

fn port(model: &mut Model, document: &Document, item: At<'_>) -> PolicyPort {
    let written = item.child("port");
    let span = written.map_or_else(|| item.head(), |at| at.word_span_at(0));
    let value = written.map_or(Known::Absent, scalar);
    let label = value.clone().is().unwrap_or_else(|| "all".into());
    let mut entity = Entity::new(
        Kind::PolicyPort,
        format!("{} {} {label}", document.namespace, document.name),
        span,
    );
    entity.set(policy_port::POLICY, document.name.clone(), span);
    let number = value.as_ref().is().and_then(|text| text.parse::<u16>().ok());
    if let (Some(number), Some(at)) = (number, written) {
        entity.facts.push(Fact {
            field: policy_port::PORT.id(),
            value: Stored::Is(Value::Number(i64::from(number))),
            span,
            site: Some(Site {
                row: &PORT,
                node: Some((model.add_tree(&document.tree), at.id())),
            }),
        });
    }
    PolicyPort {
        id: model.add(entity),
        port: value,
        end: item.scalar("endPort").and_then(|text| text.parse().ok()),
        protocol: Arc::from(item.scalar("protocol").unwrap_or("TCP")),
    }
}

/// `matchLabels` and `matchExpressions`; an empty one fits everything.
pub(crate) fn selector(at: At<'_>) -> Selector {
    let mut found = Selector {
        doubt: at
            .doubt()
            .map(|hole| Doubt::at("the selector is filled in later", hole)),
        ..Selector::default()
    };
    for label in at.child("matchLabels").map(At::entries).unwrap_or_default() {
        let value = label.text().unwrap_or_default();
        found
            .requirements
            .push((label.name().into(), Requirement::In(vec![value.into()])));
    }
    for expression in at.child("matchExpressions").into_iter().flat_map(At::items) {
        let key = expression.scalar("key").unwrap_or_default();
        let values = || {
            let values = expression.child("values").into_iter().flat_map(At::items);
            values.filter_map(At::text).map(Arc::from).collect()
        };
        let requirement = match expression.scalar("operator") {
            Some("In") => Requirement::In(values()),
            Some("NotIn") => Requirement::NotIn(values()),
            Some("Exists") => Requirement::Exists,
            Some("DoesNotExist") => Requirement::Missing,
            _ => {
                found.doubt = Some(Doubt::at("the operator is not known", expression.head()));
                continue;
            }
        };
        found.requirements.push((key.into(), requirement));
    }
    found
}

/// A namespace's labels, with the one that every namespace has.
pub fn namespace(document: &Document) -> (Arc<str>, Labels) {
    let labels = document
        .at()
        .get("metadata.labels")
        .map(At::entries)
        .unwrap_or_default();
    let labels = labels
        .into_iter()
        .filter_map(|entry| Some((Arc::from(entry.name()), Arc::from(entry.text()?))));
    let own = (Arc::from("kubernetes.io/metadata.name"), document.name.clone());
    (document.name.clone(), labels.chain([own]).collect())
}
