//! NetworkPolicies, as far as they decide who reaches a pod.

use std::sync::{Arc, LazyLock};

use crate::environment::{Document, folder_of};
use crate::estate::{Labels, Peer, Policy, PolicyPort, PolicyRule, Requirement, Selector};
use crate::model::field::{policy, policy_port};
use crate::model::{Doubt, Entity, Fact, Kind, Known, Model, Row, Site, Stored, Unit, Value, scalar};
use crate::syntax::At;

static PORT: LazyLock<Row> = LazyLock::new(|| Row::new("port", policy_port::PORT, Unit::Number).bare());

/// Lowers a NetworkPolicy; `None` when it says nothing of what comes in.
pub fn lower(model: &mut Model, document: &Document) -> Option<Policy> {
    let at = document.at();
    let types = at.get("spec.policyTypes").filter(|types| types.is_list());
    // Every policy is for what comes in unless it says otherwise.
    if types.is_some_and(|types| !types.items().any(|item| item.text() == Some("Ingress"))) {
        return None;
    }
    let span = at
        .get("metadata.name")
        .map_or_else(|| at.head(), |name| name.word_span_at(0));
    let mut entity = Entity::new(Kind::Policy, format!("{} {}", document.namespace, document.name), span);
    entity.set(policy::NAME, document.name.clone(), span);
    if !document.namespace.is_empty() {
        entity.set(policy::NAMESPACE, document.namespace.clone(), span);
    }
    let id = model.add(entity);
    let rules = match (document.doubt("spec.ingress"), at.get("spec.ingress")) {
        (Some(doubt), _) => Known::Unknown(doubt.clone()),
        (None, None) => Known::Is(Vec::new()),
        (None, Some(list)) => Known::Is(list.items().map(|item| rule(model, document, item)).collect()),
    };
    let mut pods = at.get("spec.podSelector").map(selector).unwrap_or_default();
    pods.doubt = pods.doubt.or_else(|| document.doubt("spec.podSelector").cloned());
    Some(Policy {
        id,
        namespace: document.namespace.clone(),
        folder: Arc::from(folder_of(&document.path)),
        pods,
        rules,
    })
}

fn rule(model: &mut Model, document: &Document, item: At<'_>) -> PolicyRule {
    let peer = |peer: At<'_>| {
        if peer.child("ipBlock").is_some() {
            return Peer::Block;
        }
        Peer::Pods {
            namespaces: peer.child("namespaceSelector").map(selector),
            pods: peer.child("podSelector").map(selector),
        }
    };
    PolicyRule {
        peers: item.child("from").into_iter().flat_map(At::items).map(peer).collect(),
        ports: item
            .child("ports")
            .into_iter()
            .flat_map(At::items)
            .filter(|port| !matches!(port.scalar("protocol"), Some("UDP" | "SCTP")))
            .map(|item| port(model, document, item))
            .collect(),
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
