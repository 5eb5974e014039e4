//! AWS' Application Load Balancer, which an Ingress makes. It keeps connections to targets open for its idle timeout,
//! which also limits how long it waits for a response: 60 s unless it is set, 1 to 4000 s.
//!
//! What the controller reads, nearest first: the parameters of the IngressClass, annotations of the Service, annotations of
//! the Ingress (AWS Load Balancer Controller, Ingress annotations: those of a Service have higher priority).

use std::sync::LazyLock;

use crate::environment::{ByKind, Document};
use crate::kubernetes::class::Class;
use crate::kubernetes::foreign::Reader;
use crate::kubernetes::ingress::{Backend, Ingress, Serving, annotations};
use crate::model::field::{route, upstream};
use crate::model::{Doubt, EntityId, Known, Model, NodePlace, Row, Scope, ScopeId, Table, Unit, scalar};
use crate::product::controller::Controller;
use crate::product::load_balancer::table::{attributes, fact, of_annotations};
use crate::syntax::At;

const PREFIX: &str = "alb.ingress.kubernetes.io/";
const ATTRIBUTES: &str = "AWS, Application Load Balancers: idle_timeout.timeout_seconds";
const TARGETS: &str = "AWS, target groups of Application Load Balancers: deregistration_delay.timeout_seconds";
const DOCUMENTATION: &str = "AWS Load Balancer Controller, Ingress annotations";

/// Annotations in which attributes stand together.
const TOGETHER: [&str; 2] = ["load-balancer-attributes", "target-group-attributes"];

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
        Row::new(
            "deregistration_delay.timeout_seconds",
            route::DRAIN_TIMEOUT,
            Unit::Seconds,
        )
        .inherits()
        .default("300", TARGETS),
        Row::new(
            format!("{PREFIX}healthcheck-port"),
            route::HEALTH_CHECK_PORT,
            Unit::Text,
        )
        .inherits()
        .default("traffic-port", DOCUMENTATION),
        Row::new(format!("{PREFIX}target-type"), route::TARGET_TYPE, Unit::Text)
            .inherits()
            .default("instance", DOCUMENTATION),
        Row::new(
            format!("{PREFIX}healthcheck-path"),
            route::HEALTH_CHECK_PATH,
            Unit::Text,
        )
        .inherits()
        .default("/", DOCUMENTATION),
    ];
    Table::new("AWS ALB", rows)
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
    let mut all = documents.of_kind("IngressClassParams").iter().copied();
    match all.find(|document| &*document.name == name) {
        Some(found) => Parameters::Here(found),
        None => Parameters::Elsewhere(Doubt::at(
            format!("the parameters {name} of the IngressClass are not in the repository"),
            reference.head(),
        )),
    }
}

/// How Ingresses make one.
pub(super) static CONTROLLER: Controller = Controller::of(serves, serve);

/// Which annotations are its own.
pub(super) static READER: Reader = Reader {
    name: "AWS Load Balancer Controller",
    prefixes: &[PREFIX],
    // EKS Auto Mode has a controller of its own with the same annotations.
    controllers: &["ingress.k8s.aws/alb", "eks.amazonaws.com/alb"],
    classes: &["alb"],
    groups: &["alb.ingress.kubernetes.io/group.name"],
};

/// Whether an Ingress makes one, as far as class and annotations tell.
fn serves(ingress: &Ingress<'_>) -> bool {
    if let Some(controller) = ingress.class.controller.as_deref() {
        return READER.controllers.contains(&controller);
    }
    match &ingress.class.name {
        Known::Is(name) => name == "alb",
        Known::Absent => ingress.speaks(PREFIX),
        Known::Unknown(_) => false,
    }
}

fn serve<'d>(model: &mut Model, ingress: &Ingress<'d>, _: Option<ScopeId>) -> Box<dyn Serving<'d> + 'd> {
    Box::new(Balanced {
        own: settings(model, ingress, None),
        ingress: ingress.clone(),
        services: Vec::new(),
    })
}

/// The load balancer of an Ingress.
struct Balanced<'d> {
    ingress: Ingress<'d>,
    /// What the Ingress and its class say.
    own: ScopeId,
    /// The Services it sends to.
    services: Vec<&'d Document>,
}

impl<'d> Serving<'d> for Balanced<'d> {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn settings(&mut self, model: &mut Model, backend: Backend<'d>) -> ScopeId {
        let document = self.ingress.document;
        let name = document.reference(backend.service.text().unwrap_or_default());
        let mut services = self.ingress.documents.of_kind("Service").iter().copied();
        let is_it = |other: &&Document| *other.name == *name && other.namespace == document.namespace;
        let Some(service) = services.find(is_it) else {
            return self.own;
        };
        self.services.push(service);
        let mut entries = annotations(service).into_iter();
        match entries.any(|entry| entry.name().starts_with(PREFIX)) {
            true => settings(model, &self.ingress, Some(service)),
            false => self.own,
        }
    }

    fn reuses_connections(&self, _: &Model, _: EntityId) -> Known<bool> {
        Known::Is(true)
    }

    /// Whether it does so with all Services it sends to.
    fn to_pods(&self) -> bool {
        let Ingress {
            document,
            class,
            documents,
        } = &self.ingress;
        if let Parameters::Here(parameters) = parameters(class, documents)
            && let Some(kind) = parameters.at().scalar("spec.targetType")
        {
            return kind == "ip";
        }
        let name = format!("{PREFIX}target-type");
        let written = |document: &Document| {
            let entries = annotations(document);
            let own = entries.iter().find(|entry| entry.name() == name);
            own.map(|entry| entry.text() == Some("ip"))
        };
        let own = written(document).unwrap_or(false);
        match self.services.as_slice() {
            [] => own,
            services => services.iter().all(|service| written(service).unwrap_or(own)),
        }
    }
}

/// What the annotations of an Ingress, those of the Service it sends to and the parameters of its class say of its load
/// balancer.
fn settings(model: &mut Model, ingress: &Ingress<'_>, service: Option<&Document>) -> ScopeId {
    let mut own = written(model, ingress.document, None);
    if let Some(service) = service {
        own = written(model, service, Some(own));
    }
    match parameters(&ingress.class, ingress.documents) {
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

fn written(model: &mut Model, document: &Document, parent: Option<ScopeId>) -> ScopeId {
    let together = |entry: At<'_>, place: Option<NodePlace>, scope: &mut Scope| {
        let name = entry.name().strip_prefix(PREFIX).unwrap_or_default();
        let is_one = TOGETHER.contains(&name);
        if is_one {
            attributes(entry, place, &TABLE, scope);
        }
        is_one
    };
    of_annotations(model, document, parent, &TABLE, together)
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
