//! Annotations of Ingress objects beyond plain values: the protocol of the backend, and settings that have no effect
//! because of how they are written or whom they are written for.

use std::sync::Arc;

use crate::environment::{ByKind, Document};
use crate::kubernetes::class::Class;
use crate::model::field::{route, setting};
use crate::model::{Entity, EntityId, Fact, Kind, Known, Model, Row, Site, Stored, Unit, Value, scalar};
use crate::product::ingress_nginx::descriptor::DESCRIPTOR;
use crate::product::ingress_nginx::{PREFIX, TABLE, product};
use crate::repo::Span;
use crate::syntax::{At, Style};

/// Rows of ingress-nginx that only an annotation, or only the controller's ConfigMap, can set.
pub(crate) fn rows(prefix: &str) -> Vec<Row> {
    let source = "ingress-nginx annotations documentation";
    let annotation = |row: Row| row.within(&["annotations"]).inherits();
    let named = |name: &str| format!("{prefix}{name}");
    let mut rows = vec![
        annotation(Row::new(named("backend-protocol"), route::BACKEND_PROTOCOL, Unit::Text).default("HTTP", source)),
        annotation(Row::new(named("auth-url"), route::AUTH, Unit::Text)),
        annotation(Row::new(
            named("auth-response-headers"),
            route::AUTH_HEADERS,
            Unit::Text,
        )),
        annotation(
            Row::new(named("proxy-ssl-server-name"), route::SSL_SERVER_NAME, Unit::OnOff).default("off", source),
        ),
        annotation(Row::new(named("proxy-ssl-name"), route::SSL_NAME, Unit::Text)),
        annotation(Row::new(named("proxy-ssl-verify"), route::SSL_VERIFY, Unit::OnOff).default("off", source)),
        Row::new("retry-non-idempotent", route::RETRY_NON_IDEMPOTENT, Unit::OnOff)
            .within(&["controller"])
            .inherits()
            .default("false", source),
    ];
    // The same annotations as text, for those that cannot be read as what they should be.
    rows.extend(
        NUMBERS
            .iter()
            .map(|name| Row::new(named(name), setting::VALUE, Unit::Text)),
    );
    rows
}

/// Annotations that take a bare number; `true` where it counts seconds.
const NUMBERS: [&str; 6] = [
    "proxy-connect-timeout",
    "proxy-read-timeout",
    "proxy-send-timeout",
    "proxy-next-upstream-timeout",
    "proxy-next-upstream-tries",
    "proxy-buffers-number",
];

/// What `backend-protocol` means for a route: the protocol module and the scheme.
pub(crate) fn protocol(model: &mut Model, id: EntityId, span: Span) {
    let view = model.fact(id, route::BACKEND_PROTOCOL.id());
    let (pass, scheme) = match view.clone().map(|view| view.value.to_string().to_ascii_uppercase()) {
        Known::Is(name) => match name.as_str() {
            "HTTPS" => (Known::Is("proxy"), Known::Is("https")),
            "GRPC" => (Known::Is("grpc"), Known::Is("grpc")),
            "GRPCS" => (Known::Is("grpc"), Known::Is("grpcs")),
            "FCGI" => (Known::Is("fastcgi"), Known::Absent),
            // Anything else is taken as HTTP.
            _ => (Known::Is("proxy"), Known::Is("http")),
        },
        Known::Absent => (Known::Is("proxy"), Known::Is("http")),
        Known::Unknown(doubt) => (Known::Unknown(doubt.clone()), Known::Unknown(doubt)),
    };
    let at = view.is().map_or(span, |view| view.span);
    let entity = model.entity_mut(id);
    entity.set_known(route::PASS, pass.map(Arc::from), at);
    entity.set_known(route::SCHEME, scheme.map(Arc::from), at);
}

/// What the annotations for the TLS handshake come to: without `proxy-ssl-secret` the controller reads none of them
/// (internal/ingress/annotations/proxyssl/main.go, `Parse`), and a snippet may say the same.
pub(crate) fn handshake(model: &mut Model, document: &Document, id: EntityId, span: Span) {
    let annotations = document.at().get("metadata.annotations");
    if document.doubt("metadata.annotations").is_some() {
        return;
    }
    let annotation = |name: &str| annotations.and_then(|at| at.child(&format!("{PREFIX}{name}")));
    let snippets = ["configuration-snippet", "server-snippet"]
        .into_iter()
        .filter_map(annotation);
    let snippets: Vec<&str> = snippets.filter_map(At::text).collect();
    let said = |directive: &str| snippets.iter().any(|snippet| snippet.contains(directive));
    if said("proxy_ssl_") {
        let entity = model.entity_mut(id);
        entity.set(route::SSL_SERVER_NAME, said("proxy_ssl_server_name"), span);
        if said("proxy_ssl_name") {
            entity.set(route::SSL_NAME, Arc::from("a name in a snippet"), span);
        }
        return;
    }
    if annotation("proxy-ssl-secret").is_none() {
        let at = annotation("proxy-ssl-server-name").map_or(span, |at| at.word_span_at(0));
        let entity = model.entity_mut(id);
        entity.set(route::SSL_SERVER_NAME, false, at);
        entity.set(route::SSL_VERIFY, false, span);
    }
}

/// The owners of annotations, by prefix.
const OWNERS: [(&str, &str); 9] = [
    (PREFIX, "ingress-nginx"),
    ("nginx.org/", "NGINX Ingress Controller"),
    ("nginx.com/", "NGINX Ingress Controller"),
    ("haproxy.org/", "HAProxy Kubernetes Ingress Controller"),
    ("haproxy-ingress.github.io/", "HAProxy Ingress"),
    ("alb.ingress.kubernetes.io/", "AWS Load Balancer Controller"),
    ("traefik.ingress.kubernetes.io/", "Traefik"),
    ("konghq.com/", "Kong"),
    ("appgw.ingress.kubernetes.io/", "Application Gateway Ingress Controller"),
];

/// Controllers by what an IngressClass names in `spec.controller`.
const CONTROLLERS: [(&str, &str); 8] = [
    ("k8s.io/ingress-nginx", "ingress-nginx"),
    ("nginx.org/ingress-controller", "NGINX Ingress Controller"),
    (
        "haproxy.org/ingress-controller",
        "HAProxy Kubernetes Ingress Controller",
    ),
    ("haproxy-ingress.github.io/controller", "HAProxy Ingress"),
    ("ingress.k8s.aws/alb", "AWS Load Balancer Controller"),
    ("eks.amazonaws.com/alb", "AWS Load Balancer Controller"),
    ("traefik.io/ingress-controller", "Traefik"),
    ("ingress-controllers.konghq.com/kong", "Kong"),
];

/// The controllers that may serve an Ingress; none where that is not known.
fn controllers(class: &Class<'_>) -> Vec<&'static str> {
    if let Some(controller) = &class.controller {
        let known = CONTROLLERS.iter().filter(|(name, _)| name == controller);
        return known.map(|(_, product)| *product).collect();
    }
    match class.known().unwrap_or_default() {
        // Both are called so by default.
        "nginx" => vec!["ingress-nginx", "NGINX Ingress Controller"],
        "alb" => vec!["AWS Load Balancer Controller"],
        "haproxy" => vec!["HAProxy Kubernetes Ingress Controller", "HAProxy Ingress"],
        "traefik" => vec!["Traefik"],
        "kong" => vec!["Kong"],
        "azure-application-gateway" | "azure/application-gateway" => vec!["Application Gateway Ingress Controller"],
        _ => Vec::new(),
    }
}

/// What an annotation governs, from its name after the prefix.
fn effect(name: &str) -> &'static str {
    const PARTS: [(&str, &str); 10] = [
        ("protocol", "protocol"),
        ("ssl-services", "protocol"),
        ("grpc-services", "protocol"),
        ("server-ssl", "protocol"),
        ("serversscheme", "protocol"),
        ("timeout", "timeout"),
        ("buffer", "buffer"),
        ("retries", "retries"),
        ("retry", "retries"),
        ("next-upstream", "retries"),
    ];
    let found = PARTS.iter().find(|(part, _)| name.contains(part));
    found.map_or("other", |(_, effect)| effect)
}

/// Adds the annotations of an Ingress that have no effect as they stand.
pub(crate) fn settings(model: &mut Model, document: &Document, documents: &ByKind<'_>) {
    if document.doubt("metadata.annotations").is_some() {
        return;
    }
    let holder: Arc<str> = Arc::from(format!("Ingress {}", document.name));
    let annotations = document
        .at()
        .get("metadata.annotations")
        .map(At::entries)
        .unwrap_or_default();
    let class = Class::of_ingress(document, documents);
    let serving = controllers(&class);
    let is_nginx = product(document, &class) == DESCRIPTOR.id();
    for entry in annotations {
        let Known::Is(value) = scalar(entry) else { continue };
        let Some((prefix, owner)) = OWNERS.iter().find(|(prefix, _)| entry.name().starts_with(prefix)) else {
            continue;
        };
        let name = &entry.name()[prefix.len()..];
        if !serving.is_empty() && !serving.contains(owner) {
            let mut entity = one(&holder, entry, &value, "foreign");
            let product = serving.join(" or ");
            entity.set(setting::PRODUCT, Arc::from(product), entry.name_span());
            entity.set(setting::OWNER, Arc::from(*owner), entry.name_span());
            entity.set(setting::EFFECT, Arc::from(effect(name)), entry.name_span());
            model.add(entity);
        } else if *prefix == PREFIX && is_nginx && NUMBERS.contains(&name) && value.parse::<i64>().is_err() {
            unit(model, document, &holder, entry, &value);
        }
    }
}

fn one(holder: &Arc<str>, entry: At<'_>, value: &Arc<str>, problem: &str) -> Entity {
    let mut entity = Entity::new(Kind::Setting, format!("{holder} {}", entry.name()), entry.head());
    entity.set(setting::NAME, Arc::from(entry.name()), entry.name_span());
    entity.set(setting::VALUE, value.clone(), entry.word_span_at(0));
    entity.set(setting::PROBLEM, Arc::from(problem), entry.word_span_at(0));
    entity.set(setting::HOLDER, holder.clone(), entry.head());
    entity
}

/// A number with something behind it: read as nginx would have read it, it is what was meant.
fn unit(model: &mut Model, document: &Document, holder: &Arc<str>, entry: At<'_>, value: &Arc<str>) {
    let span = entry.word_span_at(0);
    let mut entity = one(holder, entry, value, "unit");
    entity.set(setting::PRODUCT, Arc::from("ingress-nginx"), span);
    let number = match Unit::NginxTime.value_of(value) {
        Some(Value::Duration(time)) if entry.name().ends_with("timeout") => Some(time.micros() / 1_000_000),
        _ => None,
    };
    if let Some(number) = number.filter(|number| *number > 0) {
        // An annotation must be text: YAML would make a number of a bare one.
        let plain = entry.words().first().is_some_and(|word| word.style() == Style::Plain);
        let meant = if plain {
            format!("\"{number}\"")
        } else {
            number.to_string()
        };
        entity.set(setting::MEANT, Arc::from(meant), span);
    }
    entity.set(setting::EFFECT, Arc::from(effect(entry.name())), span);
    let row = TABLE.named(entry.name()).find(|row| row.field == setting::VALUE.id());
    if let Some(row) = row {
        entity.table = Some(&TABLE);
        let site = Some(Site {
            row,
            node: Some((model.add_tree(&document.tree), entry.id())),
        });
        entity.facts.retain(|fact| fact.field != row.field);
        entity.facts.push(Fact {
            field: row.field,
            value: Stored::Is(Value::Text(value.clone())),
            span,
            site,
        });
    }
    model.add(entity);
}
