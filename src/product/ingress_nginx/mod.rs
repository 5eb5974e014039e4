//! Ingress objects: each is a gateway with a route per path. What ingress-nginx takes from annotations and from its
//! controller's ConfigMap are rows.

pub(crate) mod annotations;
pub(crate) mod chart;
pub mod descriptor;
mod failure;

use std::sync::{Arc, LazyLock};

use crate::environment::{ByKind, Document, folder_of};
use crate::estate::{Endpoint, Gateway, Route};
use crate::kubernetes::class::Class;
use crate::model::field::{endpoint, gateway, route, upstream};
use crate::model::product::{Failures, Passing, Product, ProductId, Retries};
use crate::model::{
    Doubt, Entity, Fact, Kind, Known, Model, Row, Scope, ScopeId, Site, Stored, Table, Unit, Value, scalar,
};
use crate::product::Descriptor;
pub use crate::product::ingress_nginx::descriptor::DESCRIPTOR;
use crate::product::load_balancer::{self, AWS_ALB, GOOGLE};
use crate::repo::Span;
use crate::syntax::At;

/// ingress-nginx: annotations override the controller's ConfigMap.
pub(crate) static TABLE: LazyLock<Table> = LazyLock::new(|| Table::new("ingress-nginx", rows()));

pub(crate) const PREFIX: &str = "nginx.ingress.kubernetes.io/";

fn rows() -> Vec<Row> {
    let source = "ingress-nginx ConfigMap documentation";
    let mut rows = Vec::new();
    let mut both = |name: &str, row: fn(String) -> Row, default: Option<&'static str>| {
        // The annotation comes first: it is what a fix writes, and it has no default of its own.
        rows.push(row(format!("{PREFIX}{name}")).within(&["annotations"]).inherits());
        let inherited = row(name.to_owned()).within(&["controller"]).inherits();
        rows.push(match default {
            Some(default) => inherited.default(default, source),
            None => inherited,
        });
    };
    both(
        "proxy-connect-timeout",
        |name| Row::new(name, route::CONNECT_TIMEOUT, Unit::Seconds),
        Some("5"),
    );
    both(
        "proxy-read-timeout",
        |name| Row::new(name, route::READ_TIMEOUT, Unit::Seconds),
        Some("60"),
    );
    both(
        "proxy-send-timeout",
        |name| Row::new(name, route::SEND_TIMEOUT, Unit::Seconds),
        Some("60"),
    );
    both(
        "proxy-buffer-size",
        |name| Row::new(name, route::BUFFER_SIZE, Unit::NginxSize),
        Some("4k"),
    );
    both(
        "proxy-buffers-number",
        |name| Row::new(name, route::BUFFERS_NUMBER, Unit::Number),
        Some("4"),
    );
    both(
        "proxy-http-version",
        |name| Row::new(name, route::HTTP_VERSION, Unit::Text),
        Some("1.1"),
    );
    both(
        "proxy-next-upstream",
        |name| Row::new(name, route::RETRY_ON, Unit::Text),
        Some("error timeout"),
    );
    both(
        "proxy-next-upstream-tries",
        |name| Row::new(name, route::TRIES, Unit::Number),
        Some("3"),
    );
    both(
        "proxy-next-upstream-timeout",
        |name| Row::new(name, route::RETRY_TIMEOUT, Unit::Seconds).zero_is_unlimited(),
        Some("0"),
    );
    rows.extend(crate::product::ingress_nginx::annotations::rows(PREFIX));
    let controller = |row: Row| row.within(&["controller"]).inherits();
    rows.push(controller(
        Row::new("upstream-keepalive-connections", upstream::KEEPALIVE, Unit::Number).default("320", source),
    ));
    rows.push(controller(
        Row::new("upstream-keepalive-timeout", upstream::KEEPALIVE_TIMEOUT, Unit::Seconds).default("60", source),
    ));
    rows
}

/// Whether a ConfigMap is that of an ingress-nginx controller.
pub fn is_controller(document: &Document) -> bool {
    if &*document.kind != "ConfigMap" {
        return false;
    }
    let labels = document.at().get("metadata.labels");
    let label = |name: &str| labels.and_then(|labels| labels.child(name)).and_then(At::text);
    document.name.ends_with("ingress-nginx-controller")
        || &*document.name == "nginx-configuration"
        || (label("app.kubernetes.io/name") == Some("ingress-nginx")
            && label("app.kubernetes.io/component").is_none_or(|component| component == "controller")
            && !document.name.contains("services"))
}

/// The controller's settings as the outermost scope of every Ingress.
pub fn controller(model: &mut Model, document: &Document) -> ScopeId {
    let entries = document.at().child("data").map(At::entries).unwrap_or_default();
    let scope = scope(model, document, &entries, "controller", "data");
    model.add_scope(scope)
}

/// The same settings as values of the controller's Helm chart: a map at a path of a document.
pub fn chart_controller(model: &mut Model, document: &Document, path: &str) -> Option<ScopeId> {
    let config = document.at().get(path).filter(|at| at.is_map())?;
    let scope = scope(model, document, &config.entries(), "controller", path);
    Some(model.add_scope(scope))
}

fn scope(model: &mut Model, document: &Document, entries: &[At<'_>], within: &str, path: &str) -> Scope {
    let mut scope = Scope {
        doubt: document.doubt(path).cloned(),
        ..Scope::default()
    };
    for entry in entries {
        for row in TABLE.named(entry.name()).filter(|row| row.within.contains(&within)) {
            let span = entry.word_span_at(0);
            let value = match scalar(*entry) {
                // The controller ignores what is not a number, and what it inherits holds.
                Known::Is(text) if matches!(row.unit, Unit::Seconds | Unit::Number) && text.parse::<i64>().is_err() => {
                    continue;
                }
                Known::Is(text) => row.value_of(&text).map(Stored::Is).unwrap_or_else(|| {
                    Stored::Unknown(Doubt::at(format!("the value of {} cannot be read", row.name), span))
                }),
                Known::Unknown(doubt) => Stored::Unknown(doubt),
                Known::Absent => continue,
            };
            let site = Some(Site {
                row,
                node: Some((model.add_tree(&document.tree), entry.id())),
            });
            scope.facts.push(Fact {
                field: row.field,
                value,
                span,
                site,
            });
        }
    }
    scope
}

/// A controller that is not known.
static OTHER: Descriptor = Descriptor::of(Product {
    name: "an ingress controller",
    stated_as: None,
    passing: Some(Passing {
        failures: Failures::NONE,
        retries: Retries::NONE,
        named_in_paths: true,
    }),
});

/// The product that serves an Ingress, as far as class and annotations tell.
pub(crate) fn product(document: &Document, class: &Class<'_>) -> ProductId {
    let (own, other) = (DESCRIPTOR.id(), OTHER.id());
    if let Some(controller) = class.controller.as_deref() {
        // `--controller-class` gives a second controller a name of its own, such as k8s.io/internal-ingress-nginx.
        let is_nginx = controller.starts_with("k8s.io/") && controller.ends_with("ingress-nginx");
        return if is_nginx { own } else { other };
    }
    let at = document.at();
    let annotations = at.get("metadata.annotations").map(At::entries).unwrap_or_default();
    let speaks_nginx = annotations.iter().any(|entry| entry.name().starts_with(PREFIX));
    // F5's controller has the same class name by default, and annotations and defaults of its own.
    let speaks_f5 = annotations.iter().any(|entry| {
        ["nginx.org/", "nginx.com/"]
            .iter()
            .any(|own| entry.name().starts_with(own))
    });
    if speaks_f5 && !speaks_nginx {
        return other;
    }
    match class.known() {
        Some("nginx") => own,
        None if speaks_nginx => own,
        Some(class) if speaks_nginx && class.contains("nginx") => own,
        _ => other,
    }
}

/// Lowers an Ingress.
pub fn lower(model: &mut Model, document: &Document, documents: &ByKind<'_>, controller: Option<ScopeId>) -> Gateway {
    let at = document.at();
    let span = at
        .get("metadata.name")
        .map_or_else(|| at.head(), |name| name.word_span_at(0));
    let class = Class::of_ingress(document, documents);
    let product = product(document, &class);
    let is_nginx = product == DESCRIPTOR.id();
    let balancer = load_balancer::of_ingress(document, &class);
    let product = balancer.map_or(product, Descriptor::id);
    let label: Arc<str> = Arc::from(format!("Ingress {}", document.name));
    let mut entity = Entity::new(Kind::Gateway, label.clone(), span);
    entity.set(gateway::NAME, label, span);
    entity.set(gateway::PLATFORM, Arc::from("kubernetes"), span);
    if is_nginx || balancer.is_some() {
        entity.set(gateway::PRODUCT, Arc::from(product.name), span);
    } else {
        entity.set_known(
            gateway::PRODUCT,
            Known::Unknown(Doubt::at("which controller serves the Ingress is not known", span)),
            span,
        );
    }
    let id = model.add(entity);

    let annotations = at.get("metadata.annotations").map(At::entries).unwrap_or_default();
    let mut settings = scope(model, document, &annotations, "annotations", "metadata.annotations");
    settings.parent = controller;
    let annotations_at = at.get("metadata.annotations").filter(|at| at.is_map());
    settings.home = annotations_at.map(|at| (model.add_tree(&document.tree), at.id()));
    let (table, settings) = match balancer {
        Some(balancer) if balancer.id() == AWS_ALB.id() => (
            balancer.balancer.map(|balancer| &**balancer.table),
            load_balancer::aws_ingress(model, document, None, &class, documents),
        ),
        Some(balancer) => (
            balancer.balancer.map(|balancer| &**balancer.table),
            model.add_scope(Scope::default()),
        ),
        None => (is_nginx.then_some(&*TABLE), model.add_scope(settings)),
    };

    let mut lowered = Lower {
        model,
        document,
        documents,
        is_nginx,
        balancer,
        class: &class,
        table,
        settings,
        routes: Vec::new(),
        services: Vec::new(),
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
    let (routes, services) = (lowered.routes, lowered.services);
    Gateway {
        id,
        product,
        container: None,
        to_endpoints: balancer.is_none() || load_balancer::to_pods(document, &class, documents, &services),
        unplaced: false,
        namespace: document.namespace.clone(),
        folder: Arc::from(folder_of(&document.path)),
        routes,
        listens: Vec::new(),
    }
}

struct Lower<'m> {
    model: &'m mut Model,
    document: &'m Document,
    documents: &'m ByKind<'m>,
    is_nginx: bool,
    balancer: Option<&'static Descriptor>,
    class: &'m Class<'m>,
    table: Option<&'static Table>,
    settings: ScopeId,
    routes: Vec<Route>,
    /// Of an AWS load balancer: the Services it sends to.
    services: Vec<&'m Document>,
}

impl Lower<'_> {
    fn route(&mut self, name: String, backend: At<'_>) {
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
        let settings = self.settings(service, port);
        let mut entity = Entity::new(Kind::Route, format!("{} {name}", self.document.name), span);
        entity.set(route::NAME, Arc::from(name.clone()), span);
        entity.set(route::PASS, Arc::from("proxy"), span);
        if let Some(table) = self.table {
            entity.table = Some(table);
            entity.scope = Some(settings);
        }
        let id = self.model.add(entity);
        if self.is_nginx {
            crate::product::ingress_nginx::annotations::protocol(self.model, id, span);
            crate::product::ingress_nginx::annotations::handshake(self.model, self.document, id, span);
        }

        let mut group = Entity::new(Kind::Upstream, format!("{} {name}", self.document.name), span);
        group.set(upstream::NAMED, false, span);
        if let Some(table) = self.table {
            group.table = Some(table);
            group.scope = Some(settings);
        }
        let group = self.model.add(group);
        let keeps = self.model.get(group, upstream::KEEPALIVE).map(|count| count > 0);
        let reuses_connections = if self.is_nginx {
            keeps
        } else if self.table.is_some() {
            // Cloud load balancers always do.
            Known::Is(true)
        } else {
            Known::Unknown(Doubt::new("which controller serves the Ingress is not known"))
        };

        let host = match self.document.doubt("spec.rules") {
            Some(doubt) => Known::Unknown(doubt.clone()),
            None => scalar(service).map(|name| Arc::from(self.document.reference(&name))),
        };
        let endpoint = self.endpoint(&name, host, port, span);
        let doubt = None;
        self.routes.push(Route {
            id,
            upstream: Known::Is(group),
            endpoints: vec![endpoint],
            doubt,
            reuses_connections,
        });
    }

    /// The settings of the route to a Service: its own where Google's BackendConfig or AWS' annotations have some.
    fn settings(&mut self, service: At<'_>, port: Option<At<'_>>) -> ScopeId {
        let own = match self.balancer {
            Some(balancer) if balancer.id() == GOOGLE.id() => self.google_settings(service, port),
            Some(balancer) if balancer.id() == AWS_ALB.id() => self.aws_settings(service),
            _ => None,
        };
        own.unwrap_or(self.settings)
    }

    fn google_settings(&mut self, service: At<'_>, port: Option<At<'_>>) -> Option<ScopeId> {
        let name = self.document.reference(service.text().unwrap_or_default());
        let port = port.and_then(At::text).unwrap_or_default();
        load_balancer::google_backend(self.model, self.documents, &self.document.namespace, &name, port)
    }

    fn aws_settings(&mut self, service: At<'_>) -> Option<ScopeId> {
        let name = self.document.reference(service.text().unwrap_or_default());
        let mut services = self.documents.of_kind("Service").iter().copied();
        let is_it = |other: &&Document| *other.name == *name && other.namespace == self.document.namespace;
        let service = services.find(is_it)?;
        self.services.push(service);
        let has_own = load_balancer::has_alb_annotations(service);
        has_own
            .then(|| load_balancer::aws_ingress(self.model, self.document, Some(service), self.class, self.documents))
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
                    row: &crate::product::nginx::table::PORT,
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
