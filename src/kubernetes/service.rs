//! Kubernetes Services, as far as addresses need them.

use std::sync::{Arc, LazyLock};

use crate::environment::{Document, folder_of};
use crate::estate::{Service, ServicePort};
use crate::model::field::{service, service_port};
use crate::model::{Doubt, Entity, Fact, Kind, Known, Model, Row, Site, Stored, Unit, Value, scalar};
use crate::syntax::At;

static TARGET_PORT: LazyLock<Row> =
    LazyLock::new(|| Row::new("targetPort", service_port::TARGET_PORT, Unit::Text).bare());

/// Lowers a Service.
pub fn service(model: &mut Model, document: &Document) -> Service {
    let at = document.at();
    let span = at
        .get("metadata.name")
        .map_or_else(|| at.head(), |name| name.word_span_at(0));
    let kind = text(document, "spec.type")
        .is()
        .unwrap_or_else(|| Arc::from("ClusterIP"));
    let headless = at.scalar("spec.clusterIP") == Some("None");
    let external = at
        .scalar("spec.externalName")
        .map(Arc::<str>::from)
        .filter(|_| &*kind == "ExternalName");
    let ports = ports(model, document);
    let external_at = at.get("spec.externalName").map_or(span, |at| at.word_span_at(0));
    let mut entity = Entity::new(Kind::Service, document.name.clone(), span);
    entity.set(service::NAME, document.name.clone(), span);
    if !document.namespace.is_empty() {
        entity.set(service::NAMESPACE, document.namespace.clone(), span);
    }
    entity.set(
        service::TYPE,
        kind,
        at.get("spec.type").map_or(span, |at| at.word_span_at(0)),
    );
    if let Some(external) = &external {
        entity.set(service::EXTERNAL_NAME, Arc::clone(external), external_at);
    }
    entity.set(
        service::HEADLESS,
        headless,
        at.get("spec.clusterIP").map_or(span, |at| at.word_span_at(0)),
    );
    if let Known::Is(ports) = &ports {
        let span = at.get("spec.ports").map_or(span, At::head);
        let words: Vec<String> = ports.iter().map(in_words).collect();
        let words = if words.is_empty() {
            "no port".to_owned()
        } else {
            words.join(", ")
        };
        entity.set(service::PORTS, Arc::from(words), span);
        if let [
            ServicePort {
                port: Known::Is(port), ..
            },
        ] = ports.as_slice()
        {
            entity.set(service::ONLY_PORT, i64::from(*port), span);
        }
    }
    let selector = selector(document);
    if let (Known::Is(labels), Some(at)) = (&selector, at.get("spec.selector")) {
        let words: Vec<String> = labels.iter().map(|(key, value)| format!("{key}: {value}")).collect();
        entity.set(service::SELECTOR, Arc::from(words.join(", ")), at.head());
    }
    let id = model.add(entity);
    Service {
        id,
        name: document.name.clone(),
        namespace: document.namespace.clone(),
        folder: Arc::from(folder_of(&document.path)),
        selector,
        ports,
        headless,
        external,
    }
}

fn in_words(port: &ServicePort) -> String {
    let number = port.port.as_ref().is().map_or_else(|| "?".to_owned(), u16::to_string);
    match &port.name {
        Some(name) => format!("{number} ({name})"),
        None => number,
    }
}

/// A scalar of a document: unknown where a patch that is not applied, or a hole, stands in the way.
pub fn text(document: &Document, path: &str) -> Known<Arc<str>> {
    if let Some(doubt) = document.doubt(path) {
        return Known::Unknown(doubt.clone());
    }
    match document.at().get(path) {
        None => Known::Absent,
        Some(at) => scalar(at),
    }
}

fn selector(document: &Document) -> Known<Vec<(Arc<str>, Arc<str>)>> {
    if let Some(doubt) = document.doubt("spec.selector") {
        return Known::Unknown(doubt.clone());
    }
    let Some(at) = document.at().get("spec.selector") else {
        return Known::Absent;
    };
    if let Some(hole) = at.doubt() {
        return Known::Unknown(Doubt::at("the selector is filled in later", hole));
    }
    let labels: Vec<_> = at
        .entries()
        .into_iter()
        .filter_map(|entry| Some((Arc::from(entry.name()), Arc::from(entry.text()?))))
        .collect();
    if labels.is_empty() {
        Known::Absent
    } else {
        Known::Is(labels)
    }
}

fn ports(model: &mut Model, document: &Document) -> Known<Vec<ServicePort>> {
    if let Some(doubt) = document.doubt("spec.ports") {
        return Known::Unknown(doubt.clone());
    }
    let Some(list) = document.at().get("spec.ports") else {
        return Known::Is(Vec::new());
    };
    // Template text between the ports may add more.
    if let Some(hole) = list
        .doubt()
        .filter(|hole| !list.items().any(|item| item.span().overlaps(*hole)))
    {
        return Known::Unknown(Doubt::at("template text stands between the ports", hole));
    }
    Known::Is(list.items().map(|item| port(model, document, item)).collect())
}

fn port(model: &mut Model, document: &Document, item: At<'_>) -> ServicePort {
    let name: Option<Arc<str>> = item.scalar("name").map(Arc::from);
    let number = |at: At<'_>| {
        scalar(at).then(|text| match text.parse::<u16>() {
            Ok(port) => Known::Is(port),
            Err(_) => Known::Unknown(Doubt::at("the port is not a number", at.word_span_at(0))),
        })
    };
    let port = item.child("port").map_or(Known::Absent, number);
    let written = item.child("targetPort");
    let target = written.map_or_else(|| port.clone().map(|port| Arc::from(port.to_string())), scalar);
    let port_span = item.child("port").map_or_else(|| item.head(), |at| at.word_span_at(0));
    let span = written.map_or(port_span, |at| at.word_span_at(0));
    let label = name
        .clone()
        .or_else(|| port.as_ref().is().map(|port| Arc::from(port.to_string())));
    let label = label.unwrap_or_else(|| Arc::from("?"));
    let mut entity = Entity::new(Kind::ServicePort, format!("{}/{label}", document.name), span);
    entity.set(service_port::NAME, label, span);
    entity.set(service_port::SERVICE, document.name.clone(), span);
    entity.set_known(service_port::PORT, port.clone().map(i64::from), port_span);
    match (&target, written) {
        (Known::Is(text), Some(at)) => entity.facts.push(Fact {
            field: service_port::TARGET_PORT.id(),
            value: Stored::Is(Value::Text(text.clone())),
            span,
            site: Some(Site {
                row: &TARGET_PORT,
                node: Some((model.add_tree(&document.tree), at.id())),
            }),
        }),
        _ => entity.set_known(service_port::TARGET_PORT, target.clone(), span),
    }
    spoken(&mut entity, item);
    ServicePort {
        id: model.add(entity),
        name,
        port,
        target,
        span,
    }
}

/// What a port says is spoken there: `appProtocol`, else the first word of its name, as Istio and others read it.
fn spoken(entity: &mut Entity, item: At<'_>) {
    let read = |key: &str| item.child(key).map(|at| (scalar(at), at.word_span_at(0)));
    let of = |word: &str| match word {
        "https" | "kubernetes.io/wss" => Some("https"),
        "http" | "kubernetes.io/ws" => Some("http"),
        "grpc" | "h2c" | "http2" | "kubernetes.io/h2c" => Some("grpc"),
        "grpcs" => Some("grpcs"),
        _ => None,
    };
    let (speaks, because, span) = match (read("appProtocol"), read("name")) {
        (Some((Known::Is(text), span)), _) => (of(&text.to_ascii_lowercase()), format!("appProtocol is {text}"), span),
        (Some((Known::Unknown(doubt), span)), _) => {
            return entity.set_known(service_port::SPEAKS, Known::Unknown(doubt), span);
        }
        (_, Some((Known::Is(name), span))) => {
            let word = name.split('-').next().unwrap_or_default();
            (of(word), format!("the port is called {name}"), span)
        }
        _ => return,
    };
    if let Some(speaks) = speaks {
        entity.set(service_port::SPEAKS, Arc::from(speaks), span);
        entity.set(service_port::SPEAKS_BECAUSE, Arc::from(because), span);
    }
}
