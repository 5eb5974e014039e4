//! Ingress objects as the API has them: each is a gateway with a route per path. What serves it, and what that makes of
//! annotations and other objects, is for products to say.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use rustc_hash::FxHashMap;

use crate::environment::{ByKind, Document, folder_of};
use crate::estate::{Endpoint, Gateway, Route, Takes, is_below, longer};
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

    /// Whether a path of type `ImplementationSpecific` is a prefix.
    fn takes_prefixes(&self) -> bool {
        false
    }

    /// Whether paths and hosts of requests are passed on as they are.
    fn passes_on(&self) -> bool {
        true
    }

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
        lowered.route("default backend".to_owned(), backend, Takes::default());
    }
    for rule in at.get("spec.rules").into_iter().flat_map(At::items) {
        let host = rule.scalar("host").unwrap_or("*");
        for path in rule.get("http.paths").into_iter().flat_map(At::items) {
            if let Some(backend) = path.child("backend") {
                let name = format!("{host}{}", path.scalar("path").unwrap_or("/"));
                let takes = lowered.takes(host, path);
                lowered.route(name, backend, takes);
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

/// Takes from each route of Ingresses the paths that longer ones of the same host take: the longest wins, in whichever
/// Ingress of a class it stands.
pub fn longest_wins<'g>(gateways: impl Iterator<Item = (&'g str, &'g mut Gateway)>) {
    let mut by_host: FxHashMap<(String, Vec<Arc<str>>), Vec<&mut Takes>> = FxHashMap::default();
    for (class, gateway) in gateways {
        for route in &mut gateway.routes {
            let key = (class.to_owned(), route.takes.hosts.clone());
            by_host.entry(key).or_default().push(&mut route.takes);
        }
    }
    for routes in by_host.into_values() {
        let known = routes.iter().filter(|takes| !takes.exact);
        let prefixes: BTreeSet<Arc<str>> = known.filter_map(|takes| takes.prefix.clone()).collect();
        for takes in routes {
            let Some(own) = takes.prefix.clone().filter(|_| !takes.exact) else {
                continue;
            };
            let longer = longer(&prefixes, &own).filter(|other| is_below(other, &own));
            takes.except = longer.collect();
        }
    }
}

const NOT_KNOWN: &str = "which controller serves the Ingress is not known";

struct Lower<'m, 'd> {
    model: &'m mut Model,
    document: &'d Document,
    serving: Option<&'m mut (dyn Serving<'d> + 'm)>,
    routes: Vec<Route>,
}

/// How paths end that take, as regular expressions or with a wildcard, whatever begins with what is before it.
const OPEN: [&str; 6] = ["(/|$)(.*)", "/?(.*)", "/(.*)", "(/.*)?", "/.*", "/*"];

impl<'d> Lower<'_, 'd> {
    /// What a path of a rule takes.
    fn takes(&self, host: &str, path: At<'_>) -> Takes {
        let written = path.scalar("path").unwrap_or("/");
        let open = OPEN.iter().find_map(|end| written.strip_suffix(end));
        let own = match open {
            Some("") => "/",
            Some(own) => own,
            None => written,
        };
        let is_plain = !own.contains(['*', '(', '[', '$', '^', '|', '\\', '?', '{']);
        let kind = path.scalar("pathType").unwrap_or("ImplementationSpecific");
        let by_default = || self.serving.as_ref().is_some_and(|serving| serving.takes_prefixes());
        let is_known = kind != "ImplementationSpecific" || own == "/" || open.is_some() || by_default();
        Takes {
            hosts: (!host.contains('*')).then(|| Arc::from(host)).into_iter().collect(),
            prefix: (is_plain && is_known).then(|| Arc::from(own)),
            exact: kind == "Exact",
            ..Takes::default()
        }
    }

    fn route(&mut self, name: String, backend: At<'d>, takes: Takes) {
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
        let passes_on = self.serving.as_ref().is_some_and(|serving| serving.passes_on());
        if let Some(prefix) = takes.prefix.clone().filter(|_| passes_on) {
            entity.set(route::PATH, prefix, span);
        }
        let takes = Takes {
            passes_host: passes_on,
            ..takes
        };
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
            takes,
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
