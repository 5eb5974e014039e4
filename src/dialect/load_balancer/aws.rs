//! AWS: the Application Load Balancer that an Ingress makes, and the Classic Load Balancer that a Service makes.
//!
//! Both keep connections to targets open for their idle timeout, which also limits how long they wait for a response:
//! 60 s unless it is set, 1 to 4000 s.

use std::sync::{Arc, LazyLock};

use super::super::class::Class;
use super::super::join::{Endpoint, Gateway, Route};
use super::super::kubernetes::scalar;
use super::{Balancer, annotations, fact};
use crate::environment::{ByKind, Document, folder_of};
use crate::model::field::{endpoint, gateway, route, upstream};
use crate::model::{Doubt, Entity, Kind, Known, Model, NodePlace, Row, Scope, ScopeId, Site, Table, Unit};
use crate::repo::Span;
use crate::syntax::At;

pub(super) const PREFIX: &str = "alb.ingress.kubernetes.io/";
const SERVICE: &str = "service.beta.kubernetes.io/aws-load-balancer-";
const ATTRIBUTES: &str = "AWS, Application Load Balancers: idle_timeout.timeout_seconds";
const CLASSIC_IDLE: &str = "AWS, Classic Load Balancers: idle connection timeout";
const CONTROLLER: &str = "AWS Load Balancer Controller, Ingress annotations";

/// A row named like its attribute: attributes stand together in one annotation.
pub(super) static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let rows = vec![
        Row::new(
            "idle_timeout.timeout_seconds",
            upstream::KEEPALIVE_TIMEOUT,
            Unit::Seconds,
        )
        .inherits()
        .default("60", ATTRIBUTES),
        Row::new("idle_timeout.timeout_seconds", route::READ_TIMEOUT, Unit::Seconds)
            .inherits()
            .default("60", ATTRIBUTES),
        Row::new(format!("{PREFIX}target-type"), route::TARGET_TYPE, Unit::Text)
            .inherits()
            .default("instance", CONTROLLER),
        Row::new(
            format!("{PREFIX}healthcheck-path"),
            route::HEALTH_CHECK_PATH,
            Unit::Text,
        )
        .inherits()
        .default("/", CONTROLLER),
    ];
    Table::new("AWS ALB", rows)
});

pub(super) static CLASSIC: LazyLock<Table> = LazyLock::new(|| {
    let idle = || format!("{SERVICE}connection-idle-timeout");
    let rows = vec![
        Row::new(idle(), upstream::KEEPALIVE_TIMEOUT, Unit::Seconds).default("60", CLASSIC_IDLE),
        Row::new(idle(), route::READ_TIMEOUT, Unit::Seconds).default("60", CLASSIC_IDLE),
    ];
    Table::new("AWS CLB", rows)
});

/// The parameters that an IngressClass gives all its Ingresses; they win over annotations.
enum Parameters<'d> {
    None,
    Here(&'d Document),
    Elsewhere(Doubt),
}

fn parameters<'d>(class: &Class<'d>, documents: &ByKind<'d>) -> Parameters<'d> {
    let Some(reference) = class.object.and_then(|object| object.at().get("spec.parameters")) else {
        return Parameters::None;
    };
    let name = reference.scalar("name").unwrap_or_default();
    let mut all = documents.of("IngressClassParams").iter().copied();
    match all.find(|document| &*document.name == name) {
        Some(found) => Parameters::Here(found),
        None => Parameters::Elsewhere(Doubt::at(
            format!("the parameters {name} of the IngressClass are not in the repository"),
            reference.head(),
        )),
    }
}

/// Whether the load balancer sends to pods rather than to nodes.
pub(in crate::dialect) fn to_pods(document: &Document, class: &Class<'_>, documents: &ByKind<'_>) -> bool {
    if let Parameters::Here(parameters) = parameters(class, documents)
        && let Some(kind) = parameters.at().scalar("spec.targetType")
    {
        return kind == "ip";
    }
    let name = format!("{PREFIX}target-type");
    let mut written = annotations(document).into_iter().filter(|entry| entry.name() == name);
    written.next().and_then(At::text) == Some("ip")
}

/// What the annotations of an Ingress and the parameters of its class say of its load balancer.
pub(in crate::dialect) fn ingress(
    model: &mut Model,
    document: &Document,
    class: &Class<'_>,
    documents: &ByKind<'_>,
) -> ScopeId {
    let own = of_annotations(model, document);
    match parameters(class, documents) {
        Parameters::None => own,
        Parameters::Elsewhere(doubt) => model.add_scope(Scope {
            parent: Some(own),
            doubt: Some(doubt),
            ..Scope::default()
        }),
        Parameters::Here(parameters) => {
            let scope = of_parameters(model, parameters, own);
            model.add_scope(scope)
        }
    }
}

fn of_parameters(model: &mut Model, document: &Document, parent: ScopeId) -> Scope {
    let tree = model.add_tree(&document.tree);
    let mut scope = Scope {
        parent: Some(parent),
        doubt: document.doubt("spec").cloned(),
        ..Scope::default()
    };
    let listed = document.at().get("spec.loadBalancerAttributes");
    for item in listed.into_iter().flat_map(At::items) {
        let (Some(key), Some(value)) = (item.scalar("key"), item.child("value")) else {
            continue;
        };
        for row in TABLE.named(key) {
            let read = scalar(value);
            let place = Some((tree, value.id()));
            scope.facts.push(fact(
                row,
                read.as_ref().map(|text| &**text),
                value.word_span_at(0),
                place,
            ));
        }
    }
    if let Some(kind) = document.at().get("spec.targetType") {
        for row in TABLE.named(&format!("{PREFIX}target-type")) {
            let read = scalar(kind);
            let place = Some((tree, kind.id()));
            scope.facts.push(fact(
                row,
                read.as_ref().map(|text| &**text),
                kind.word_span_at(0),
                place,
            ));
        }
    }
    scope
}

fn of_annotations(model: &mut Model, document: &Document) -> ScopeId {
    let tree = model.add_tree(&document.tree);
    let mut scope = Scope {
        doubt: document.doubt("metadata.annotations").cloned(),
        ..Scope::default()
    };
    for entry in annotations(document) {
        let place = Some((tree, entry.id()));
        if entry.name() == format!("{PREFIX}load-balancer-attributes") {
            attributes(entry, place, &mut scope);
            continue;
        }
        for row in TABLE.named(entry.name()) {
            let value = scalar(entry);
            scope.facts.push(fact(
                row,
                value.as_ref().map(|text| &**text),
                entry.word_span_at(0),
                place,
            ));
        }
    }
    let at = document.at().get("metadata.annotations").filter(|at| at.is_map());
    scope.home = at.map(|at| (tree, at.id()));
    model.add_scope(scope)
}

/// `idle_timeout.timeout_seconds=600,routing.http2.enabled=true`
fn attributes(entry: At<'_>, place: Option<NodePlace>, scope: &mut Scope) {
    let word = entry.word_span_at(0);
    if let Some(hole) = entry.doubt_at(0) {
        scope.doubt = Some(Doubt::at("the load balancer's attributes are filled in later", hole));
        return;
    }
    let text = entry.text().unwrap_or_default();
    // Quotes stand around the text, or it is not there word for word.
    let start = match (word.len() as usize).checked_sub(text.len()) {
        Some(0) => Some(word.start),
        Some(2) => Some(word.start + 1),
        _ => None,
    };
    let mut at = 0;
    for part in text.split(',') {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let offset = (at + name.len() + 1) as u32;
        let lead = (value.len() - value.trim_start().len()) as u32;
        at += part.len() + 1;
        for row in TABLE.named(name.trim()) {
            let span = start.map(|start| {
                let from = start + offset + lead;
                Span::new(word.source, from, from + value.trim().len() as u32)
            });
            let mut found = fact(row, Known::Is(value.trim()), span.unwrap_or(word), place);
            if span.is_none() {
                // The scope holds only what has a site; one without a node is never written to.
                found.site = Some(Site { row, node: None });
            }
            scope.facts.push(found);
        }
    }
}

/// The Classic Load Balancer that a Service of type LoadBalancer makes, where its listeners speak HTTP: then requests
/// share connections. With TCP listeners, the default, every client's connection has its own.
pub(in crate::dialect) fn classic(model: &mut Model, document: &Document) -> Option<Gateway> {
    let at = document.at();
    let annotation = |name: &str| {
        let wanted = format!("{SERVICE}{name}");
        annotations(document).into_iter().find(|entry| entry.name() == wanted)
    };
    let protocol = annotation("backend-protocol").and_then(At::text)?;
    let is_http = matches!(protocol.to_ascii_lowercase().as_str(), "http" | "https");
    let is_classic = at.scalar("spec.type") == Some("LoadBalancer")
        && annotation("type").is_none()
        && at.get("spec.loadBalancerClass").is_none();
    if !is_http || !is_classic {
        return None;
    }
    let span = at
        .get("metadata.name")
        .map_or_else(|| at.head(), |name| name.word_span_at(0));
    let label: Arc<str> = format!("load balancer of Service {}", document.name).into();
    let mut entity = Entity::new(Kind::Gateway, label.clone(), span);
    entity.set(gateway::NAME, label, span);
    entity.set(gateway::PLATFORM, "kubernetes".into(), span);
    entity.set(gateway::PRODUCT, Balancer::AWS_CLB.product.into(), span);
    let id = model.add(entity);
    let settings = of_service(model, document);
    let ports = at.get("spec.ports").into_iter().flat_map(At::items);
    let routes = ports
        .filter_map(|port| port.child("port"))
        .map(|port| route(model, document, protocol, settings, port))
        .collect();
    Some(Gateway {
        id,
        product: Balancer::AWS_CLB.product,
        container: None,
        to_endpoints: false,
        unplaced: false,
        namespace: document.namespace.clone(),
        folder: Arc::from(folder_of(&document.path)),
        routes,
        listens: Vec::new(),
    })
}

fn of_service(model: &mut Model, document: &Document) -> ScopeId {
    let tree = model.add_tree(&document.tree);
    let mut scope = Scope {
        doubt: document.doubt("metadata.annotations").cloned(),
        ..Scope::default()
    };
    for entry in annotations(document) {
        for row in CLASSIC.named(entry.name()) {
            let value = scalar(entry);
            let place = Some((tree, entry.id()));
            scope.facts.push(fact(
                row,
                value.as_ref().map(|text| &**text),
                entry.word_span_at(0),
                place,
            ));
        }
    }
    let at = document.at().get("metadata.annotations").filter(|at| at.is_map());
    scope.home = at.map(|at| (tree, at.id()));
    model.add_scope(scope)
}

/// The way from one of its listeners to the Service's port of the same number.
fn route(model: &mut Model, document: &Document, protocol: &str, settings: ScopeId, port: At<'_>) -> Route {
    let span = port.word_span_at(0);
    let number = scalar(port).then(|text| text.parse::<u16>().map_or(Known::Absent, Known::Is));
    let name = format!("{}:{}", document.name, port.text().unwrap_or("?"));
    let mut made = Entity::new(Kind::Route, format!("{name} of the load balancer"), span);
    made.set(route::NAME, name.as_str().into(), span);
    made.set(route::PASS, "proxy".into(), span);
    made.set(route::SCHEME, protocol.to_ascii_lowercase().into(), span);
    made.table = Some(&CLASSIC);
    made.scope = Some(settings);
    let mut group = Entity::new(Kind::Upstream, format!("{name} of the load balancer"), span);
    group.set(upstream::NAMED, false, span);
    group.table = Some(&CLASSIC);
    group.scope = Some(settings);
    let mut end = Entity::new(Kind::Endpoint, name.clone(), span);
    end.set(endpoint::ADDRESS, name.into(), span);
    end.set(endpoint::HOST, document.name.clone(), span);
    end.set_known(endpoint::PORT, number.clone().map(i64::from), span);
    let end = Endpoint {
        id: model.add(end),
        host: Known::Is(document.name.clone()),
        port: number,
        port_name: None,
        socket: None,
        looked_up_again: Known::Is(true),
        span,
    };
    Route {
        id: model.add(made),
        upstream: Known::Is(model.add(group)),
        endpoints: vec![end],
        doubt: None,
        reuses_connections: Known::Is(true),
    }
}
