//! Annotations of Ingress objects beyond plain values: the protocol of the backend, and settings that have no effect
//! because of how they are written or whom they are written for.

use std::sync::Arc;

use crate::environment::Document;
use crate::kubernetes::foreign;
use crate::kubernetes::ingress::Ingress;
use crate::model::field::{route, setting};
use crate::model::{EntityId, Fact, Known, Model, Site, Stored, Unit, Value, scalar};
use crate::product::ingress_nginx::product::PRODUCT;
use crate::product::ingress_nginx::table::{NUMBERS, PREFIX, TABLE};
use crate::repo::Span;
use crate::syntax::{At, Style};

/// What `backend-protocol` means for a route: the protocol module and the scheme.
pub(super) fn protocol(model: &mut Model, id: EntityId, span: Span) {
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
    // Its ConfigMap can only let the controller expect the header.
    entity.set(route::SENDS_PROXY, false, span);
}

/// What the annotations for the TLS handshake come to: without `proxy-ssl-secret` the controller reads none of them
/// (internal/ingress/annotations/proxyssl/main.go, `Parse`), and a snippet may say the same.
pub(super) fn handshake(model: &mut Model, document: &Document, id: EntityId, span: Span) {
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

/// Adds the annotations that should be numbers and are none.
pub(super) fn units(model: &mut Model, ingress: &Ingress<'_>) {
    if ingress.document.doubt("metadata.annotations").is_some() {
        return;
    }
    for entry in ingress.annotations() {
        let Known::Is(value) = scalar(entry) else { continue };
        let is_number = |name: &str| NUMBERS.contains(&name);
        if entry.name().strip_prefix(PREFIX).is_some_and(is_number) && value.parse::<i64>().is_err() {
            unit(model, ingress, entry, &value);
        }
    }
}

/// A number with something behind it: read as nginx would have read it, it is what was meant.
fn unit(model: &mut Model, ingress: &Ingress<'_>, entry: At<'_>, value: &Arc<str>) {
    let span = entry.word_span_at(0);
    let mut entity = foreign::setting(ingress, entry, value, "unit");
    entity.set(setting::PRODUCT, Arc::from(PRODUCT.name), span);
    let number = match Unit::Time.value_of(value) {
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
    entity.set(setting::EFFECT, Arc::from(foreign::effect(entry.name())), span);
    let row = TABLE.named(entry.name()).find(|row| row.field == setting::VALUE.id());
    if let Some(row) = row {
        entity.table = Some(&TABLE);
        let site = Some(Site {
            row,
            node: Some((model.add_tree(&ingress.document.tree), entry.id())),
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
