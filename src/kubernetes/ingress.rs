//! Ingress objects as the API has them: each is a gateway with a route per path. What serves it, and what that makes of
//! annotations and other objects, is for products to say.

use std::sync::{Arc, LazyLock};

use crate::environment::{ByKind, Document, folder_of};
use crate::estate::{Endpoint, Gateway, Route};
use crate::kubernetes::class::Class;
use crate::model::field::{endpoint, gateway, route, upstream};
use crate::model::product::{Passing, Product};
use crate::model::{
    Doubt, Entity, EntityId, Fact, Kind, Known, Model, ProductId, Row, ScopeId, Site, Stored, Table, Unit, Value,
    scalar,
};
use crate::repo::Span;
use crate::syntax::At;

/// An Ingress and what it is deployed with.
#[derive(Clone, Debug)]
pub struct Ingress<'d> {
    /// The object.
    pub document: &'d Document,
    /// What it is deployed with.
    pub documents: &'d ByKind<'d>,
    /// Its class.
    pub class: Class<'d>,
}

/// What a path sends to.
#[derive(Clone, Copy, Debug)]
pub struct Backend<'d> {
    /// The name of the Service.
    pub service: At<'d>,
    /// Its port, by number or name.
    pub port: Option<At<'d>>,
}

/// What a product makes of an Ingress that it serves.
pub trait Serving<'d> {
    /// Its settings and defaults.
    fn table(&self) -> &'static Table;

    /// The settings of the route to a backend.
    fn settings(&mut self, model: &mut Model, backend: Backend<'d>) -> ScopeId;

    /// Says of a route what is no setting.
    fn complete(&self, model: &mut Model, route: EntityId, span: Span) {
        let _ = (model, route, span);
    }

    /// Whether idle connections to the endpoints of a group are used again.
    fn reuses_connections(&self, model: &Model, group: EntityId) -> Known<bool>;

    /// Whether it sends to pods rather than to the Service. Asked when all routes are made.
    fn to_pods(&self) -> bool;
}

/// Whatever serves an Ingress of which that is not known.
static UNKNOWN: Product = Product {
    name: "an ingress controller",
    stated_as: None,
    passing: Some(Passing::UNKNOWN),
};

/// The port of a backend.
static PORT: LazyLock<Row> = LazyLock::new(|| Row::new("port", endpoint::PORT, Unit::Number));

impl<'d> Ingress<'d> {
    /// An Ingress among what it is deployed with.
    pub fn among(document: &'d Document, documents: &'d ByKind<'d>) -> Ingress<'d> {
        Ingress {
            document,
            documents,
            class: Class::of_ingress(document, documents),
        }
    }

    /// Its annotations.
    pub fn annotations(&self) -> Vec<At<'d>> {
        annotations(self.document)
    }

    /// Whether it has an annotation whose name begins so.
    pub fn speaks(&self, prefix: &str) -> bool {
        self.annotations().iter().any(|entry| entry.name().starts_with(prefix))
    }
}

/// The annotations of an object.
pub fn annotations(document: &Document) -> Vec<At<'_>> {
    let at = document.at().get("metadata.annotations");
    at.map(At::entries).unwrap_or_default()
}

/// Lowers an Ingress. `served` is who serves it, where that is known.
pub fn lower<'m, 'd>(
    model: &'m mut Model,
    ingress: &Ingress<'d>,
    served: Option<(ProductId, &'m mut (dyn Serving<'d> + 'm))>,
) -> Gateway {
    let document = ingress.document;
    let at = document.at();
    let span = at
        .get("metadata.name")
        .map_or_else(|| at.head(), |name| name.word_span_at(0));
    let label: Arc<str> = Arc::from(format!("Ingress {}", document.name));
    let mut entity = Entity::new(Kind::Gateway, label.clone(), span);
    entity.set(gateway::NAME, label, span);
    entity.set(gateway::PLATFORM, Arc::from("kubernetes"), span);
    let (product, serving) = match served {
        Some((product, serving)) => {
            entity.set(gateway::PRODUCT, Arc::from(product.name), span);
            (product, Some(serving))
        }
        None => {
            let doubt = Doubt::at(NOT_KNOWN, span);
            entity.set_known(gateway::PRODUCT, Known::Unknown(doubt), span);
            (UNKNOWN.id(), None)
        }
    };
    let id = model.add(entity);
    let mut lowered = Lower {
        model,
        document,
        serving,
        routes: Vec::new(),
    };
    if let Some(backend) = at.get("spec.defaultBackend") {
        lowered.route("default backend".to_owned(), backend);
    }
    for rule in at.get("spec.rules").into_iter().flat_map(At::items) {
        let host = rule.scalar("host").unwrap_or("*");
        for path in rule.get("http.paths").into_iter().flat_map(At::items) {
            if let Some(backend) = path.child("backend") {
                lowered.route(format!("{host}{}", path.scalar("path").unwrap_or("/")), backend);
            }
        }
    }
    Gateway {
        id,
        product,
        container: None,
        to_endpoints: lowered.serving.is_none_or(|serving| serving.to_pods()),
        unplaced: false,
        unloaded: None,
        namespace: document.namespace.clone(),
        folder: Arc::from(folder_of(&document.path)),
        routes: lowered.routes,
        listens: Vec::new(),
    }
}

const NOT_KNOWN: &str = "which controller serves the Ingress is not known";

struct Lower<'m, 'd> {
    model: &'m mut Model,
    document: &'d Document,
    serving: Option<&'m mut (dyn Serving<'d> + 'm)>,
    routes: Vec<Route>,
}

impl<'d> Lower<'_, 'd> {
    fn route(&mut self, name: String, backend: At<'d>) {
        // networking.k8s.io/v1, and the form before it.
        let (service, port) = match backend.child("service") {
            Some(service) => (
                service.child("name"),
                service.get("port.number").or_else(|| service.get("port.name")),
            ),
            None => (backend.child("serviceName"), backend.child("servicePort")),
        };
        let Some(service) = service else { return };
        let span = service.word_span_at(0);
        let mut entity = Entity::new(Kind::Route, format!("{} {name}", self.document.name), span);
        entity.set(route::NAME, Arc::from(name.clone()), span);
        entity.set(route::PASS, Arc::from("proxy"), span);
        let mut group = Entity::new(Kind::Upstream, format!("{} {name}", self.document.name), span);
        group.set(upstream::NAMED, false, span);
        if let Some(serving) = &mut self.serving {
            let settings = serving.settings(self.model, Backend { service, port });
            for entity in [&mut entity, &mut group] {
                entity.table = Some(serving.table());
                entity.scope = Some(settings);
            }
        }
        let id = self.model.add(entity);
        if let Some(serving) = &self.serving {
            serving.complete(self.model, id, span);
        }
        let group = self.model.add(group);
        let reuses_connections = match &self.serving {
            Some(serving) => serving.reuses_connections(self.model, group),
            None => Known::Unknown(Doubt::new(NOT_KNOWN)),
        };
        let host = match self.document.doubt("spec.rules") {
            Some(doubt) => Known::Unknown(doubt.clone()),
            None => scalar(service).map(|name| Arc::from(self.document.reference(&name))),
        };
        let endpoint = self.endpoint(&name, host, port, span);
        self.routes.push(Route {
            id,
            upstream: Known::Is(group),
            endpoints: vec![endpoint],
            doubt: None,
            reuses_connections,
        });
    }

    fn endpoint(&mut self, name: &str, host: Known<Arc<str>>, port: Option<At<'_>>, span: Span) -> Endpoint {
        let mut entity = Entity::new(Kind::Endpoint, format!("{} {name}", self.document.name), span);
        let written = port.map_or(Known::Absent, scalar);
        let address = match (&host, &written) {
            (Known::Is(host), Known::Is(port)) => format!("{host}:{port}"),
            (Known::Is(host), _) => host.to_string(),
            _ => "?".to_owned(),
        };
        entity.set(endpoint::ADDRESS, Arc::from(address), span);
        entity.set_known(endpoint::HOST, host.clone(), span);
        let port_span = port.map_or(span, |at| at.word_span_at(0));
        let number = written
            .clone()
            .then(|text| text.parse::<u16>().map_or(Known::Absent, Known::Is));
        let mut port_name = None;
        match (&number, port) {
            (Known::Is(number), Some(at)) => {
                let site = Some(Site {
                    row: &PORT,
                    node: Some((self.model.add_tree(&self.document.tree), at.id())),
                });
                let value = Stored::Is(Value::Number(i64::from(*number)));
                entity.facts.push(Fact {
                    field: endpoint::PORT.id(),
                    value,
                    span: port_span,
                    site,
                });
            }
            (Known::Unknown(_), _) => entity.set_known(endpoint::PORT, number.clone().map(i64::from), port_span),
            _ => port_name = written.is(),
        }
        let id = self.model.add(entity);
        Endpoint {
            id,
            host,
            port: number,
            port_name,
            socket: None,
            looked_up_again: Known::Is(true),
            span,
        }
    }
}
