//! What the configuration's `facts` say, lowered like anything that is written here.

use std::collections::HashMap;
use std::sync::Arc;

use crate::environment::Document;
use crate::estate::facts::{Facts, LoadBalancer};
use crate::estate::{Endpoint, Estate, Gateway, Route, Takes};
use crate::model::field::{gateway, route, upstream, workload};
use crate::model::{Doubt, Duration, Entity, Kind, Known, ProductId};
use crate::product;
use crate::repo::Span;

/// `shop/web:80` as namespace, name and port.
fn target(text: &str) -> (&str, &str, Option<u16>) {
    let (namespace, rest) = text.split_once('/').unwrap_or(("", text));
    match rest.rsplit_once(':') {
        Some((name, port)) => (namespace, name, port.parse().ok()),
        None => (namespace, rest, None),
    }
}

/// Adds the load balancers in front of what this environment deploys.
pub fn load_balancers(estate: &mut Estate, facts: &Facts) {
    for balancer in &facts.load_balancers {
        let behind: Vec<_> = balancer
            .in_front_of
            .iter()
            .filter_map(|(text, span)| Some((text.clone(), *span, answering(estate, text)?)))
            .collect();
        if behind.is_empty() {
            continue;
        }
        let name: Arc<str> = format!("load balancer {}", balancer.name).into();
        let mut entity = Entity::new(Kind::Gateway, name.clone(), balancer.span);
        entity.set(gateway::NAME, name, balancer.span);
        entity.set(gateway::PRODUCT, balancer.product.name.into(), balancer.span);
        let id = estate.model.add(entity);
        estate.answered.extend(behind.iter().map(|(_, span, _)| *span));
        let namespace = target(&behind[0].0).0.into();
        let routes = behind
            .into_iter()
            .map(|(text, span, port)| route_to(estate, balancer, &text, span, port))
            .collect();
        estate.gateways.push(Gateway {
            id,
            product: balancer.product,
            container: None,
            to_endpoints: balancer.to_pods,
            unplaced: false,
            unloaded: None,
            namespace,
            folder: Arc::from(""),
            routes,
            listens: Vec::new(),
        });
    }
}

/// The port of what a name means here; `None` where nothing of that name is deployed.
fn answering(estate: &Estate, text: &str) -> Option<Known<u16>> {
    let (namespace, name, port) = target(text);
    let open = |what: &str| {
        Known::Unknown(Doubt::new(format!(
            "{what} has several ports: write {text}:PORT in `facts`"
        )))
    };
    if estate.compose {
        let mut own = estate
            .containers
            .iter()
            .filter(|container| container.names.iter().any(|own| **own == *name));
        let container = own.next()?;
        let declared = match container.ports.as_slice() {
            [only] => Known::Is(only.number),
            _ => open(name),
        };
        return Some(port.map_or(declared, Known::Is));
    }
    let mut own = estate.services.iter().filter(|service| {
        *service.name == *name
            && (namespace.is_empty() || service.namespace.is_empty() || *service.namespace == *namespace)
    });
    let service = own.next()?;
    let only = match &service.ports {
        Known::Is(ports) => match ports.as_slice() {
            [only] => only.port.clone(),
            ports => {
                let http = ports.iter().find(|port| port.name.as_deref() == Some("http"));
                http.map_or_else(|| open(name), |port| port.port.clone())
            }
        },
        _ => open(name),
    };
    Some(port.map_or(only, Known::Is))
}

fn route_to(estate: &mut Estate, balancer: &LoadBalancer, text: &Arc<str>, span: Span, port: Known<u16>) -> Route {
    let model = &mut estate.model;
    let (_, name, _) = target(text);
    let label = format!("{} {text}", balancer.name);
    let mut made = Entity::new(Kind::Route, label.clone(), span);
    made.set(route::NAME, text.clone(), span);
    made.set(route::PASS, "proxy".into(), span);
    let means = product::balancer(balancer.product);
    let table = means.map(|means| &**means.table);
    made.table = table;
    let mut group = Entity::new(Kind::Upstream, label.clone(), span);
    group.set(upstream::NAMED, false, span);
    group.table = table;
    if let Some((idle, at)) = balancer.idle_timeout {
        group.set(upstream::KEEPALIVE_TIMEOUT, idle, at);
        if means.is_some_and(|means| means.idle_limits_response) {
            made.set(route::READ_TIMEOUT, idle, at);
        }
    }
    // Nobody stated it, and the product's default is not what people leave.
    let doubt = Doubt::at("which path the load balancer checks is stated nowhere", span);
    made.set_known(route::HEALTH_CHECK_PATH, Known::Unknown(doubt), span);
    made.set(
        route::TARGET_TYPE,
        if balancer.to_pods { "ip" } else { "instance" }.into(),
        span,
    );
    let end = Endpoint::of_service(model, label, text.clone(), name, port, span);
    Route {
        id: model.add(made),
        upstream: Known::Is(model.add(group)),
        endpoints: vec![end],
        doubt: None,
        reuses_connections: Known::Is(true),
        takes: Takes::default(),
    }
}

/// Says of every route which CDN stands in front of it.
pub fn cdns(estate: &mut Estate, facts: &Facts, documents: &[Document]) {
    let mut found: Vec<(usize, usize, Arc<str>, Duration, Span)> = Vec::new();
    let proxied: HashMap<(String, &str), (ProductId, Duration, Span)> = documents
        .iter()
        .filter(|document| &*document.kind == "Ingress")
        .filter_map(|document| {
            let name = format!("Ingress {}", document.name);
            Some(((name, &*document.namespace), proxied(document)?))
        })
        .collect();
    if proxied.is_empty() && facts.cdns.is_empty() {
        return;
    }
    let mut answered: Vec<Span> = Vec::new();
    for (at, gateway) in estate.gateways.iter().enumerate() {
        let key = (estate.model.entity(gateway.id).name.to_string(), &*gateway.namespace);
        let by_annotation = proxied.get(&key).copied();
        for (place, made) in gateway.routes.iter().enumerate() {
            let stated = facts.cdns.iter().find_map(|cdn| {
                let mut names = cdn.in_front_of.iter();
                let named = names.find(|(behind, _)| stands_behind(estate, gateway, made, behind))?;
                Some((cdn, named.1))
            });
            if let Some((cdn, span)) = stated {
                answered.push(span);
                found.push((at, place, cdn.name.clone(), cdn.read_timeout.0, cdn.read_timeout.1));
            } else if let Some((product, limit, span)) = by_annotation {
                found.push((at, place, product.name.into(), limit, span));
            }
        }
    }
    estate.answered.extend(answered);
    for (gateway, place, name, limit, span) in found {
        let id = estate.gateways[gateway].routes[place].id;
        let entity = estate.model.entity_mut(id);
        entity.set(route::CDN, name, span);
        entity.set(route::CDN_LIMIT, limit, span);
    }
}

/// The CDN that an Ingress itself says it stands behind.
fn proxied(document: &Document) -> Option<(ProductId, Duration, Span)> {
    let mut cdns = product::all().filter_map(|product| Some((product.id(), product.cdn?)));
    cdns.find_map(|(product, cdn)| Some((product, cdn.limit, (cdn.in_front_of)(document)?)))
}

fn stands_behind(estate: &Estate, gateway: &Gateway, made: &Route, behind: &str) -> bool {
    let (namespace, name, _) = target(behind);
    let near = namespace.is_empty() || gateway.namespace.is_empty() || *gateway.namespace == *namespace;
    let own = estate.model.get(gateway.id, gateway::NAME).is().unwrap_or_default();
    let container = gateway.container.map(|at| &estate.containers[at]);
    let runs_in = container.and_then(|at| estate.model.get(at.workload, workload::NAME).is());
    if near && (*own == *name || *own == *format!("Ingress {name}") || runs_in.is_some_and(|own| *own == *name)) {
        return true;
    }
    let route = estate.model.get(made.id, route::NAME).is().unwrap_or_default();
    let host = route.split('/').next().unwrap_or_default();
    // Names without a dot are no hosts.
    behind.contains('.') && (host == behind || behind.strip_prefix('*').is_some_and(|domain| host.ends_with(domain)))
}
