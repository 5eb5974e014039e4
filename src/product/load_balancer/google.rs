//! Google Cloud: the Application Load Balancer that an Ingress of class gce makes, and the BackendConfig of a Service
//! behind it. Connections to backends are kept 600 s, which cannot be changed; a backend service waits 30 s for a
//! response unless `timeoutSec` says otherwise.

use std::sync::LazyLock;

use crate::environment::{ByKind, Document};
use crate::kubernetes::ingress::{Backend, Ingress, Serving, annotations};
use crate::model::field::{route, upstream};
use crate::model::{Doubt, EntityId, Known, Model, Row, Scope, ScopeId, Table, Unit, scalar};
use crate::product::controller::Controller;
use crate::product::load_balancer::table::fact;
use crate::syntax::At;

const TIMEOUTS: &str = "Google Cloud, external Application Load Balancer: timeouts";
const ANNOTATIONS: [&str; 2] = [
    "cloud.google.com/backend-config",
    "beta.cloud.google.com/backend-config",
];

pub(super) static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let rows = vec![
        Row::new("keepalive", upstream::KEEPALIVE_TIMEOUT, Unit::Seconds).default("600", TIMEOUTS),
        Row::new("timeoutSec", route::READ_TIMEOUT, Unit::Seconds)
            .bare()
            .default("30", TIMEOUTS),
        Row::new("requestPath", route::HEALTH_CHECK_PATH, Unit::Text).bare(),
        Row::new("port", route::HEALTH_CHECK_PORT, Unit::Text).bare(),
        Row::new("drainingTimeoutSec", route::DRAIN_TIMEOUT, Unit::Seconds).bare(),
    ];
    Table::new("Google Cloud load balancer", rows)
});

/// How Ingresses make one.
pub(super) static CONTROLLER: Controller = Controller::of(serves, serve);

/// Whether an Ingress makes one, by its class.
fn serves(ingress: &Ingress<'_>) -> bool {
    ingress.class.controller.is_none() && matches!(ingress.class.known(), Some("gce" | "gce-internal"))
}

fn serve<'d>(model: &mut Model, ingress: &Ingress<'d>, _: Option<ScopeId>) -> Box<dyn Serving<'d> + 'd> {
    Box::new(Balanced {
        ingress: ingress.clone(),
        own: model.add_scope(Scope::default()),
    })
}

/// The load balancer of an Ingress.
struct Balanced<'d> {
    ingress: Ingress<'d>,
    /// The settings of a route whose Service has none.
    own: ScopeId,
}

impl<'d> Serving<'d> for Balanced<'d> {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn settings(&mut self, model: &mut Model, to: Backend<'d>) -> ScopeId {
        let Ingress {
            document, documents, ..
        } = &self.ingress;
        let name = document.reference(to.service.text().unwrap_or_default());
        let port = to.port.and_then(At::text).unwrap_or_default();
        backend(model, documents, &document.namespace, &name, port).unwrap_or(self.own)
    }

    fn reuses_connections(&self, _: &Model, _: EntityId) -> Known<bool> {
        Known::Is(true)
    }

    fn to_pods(&self) -> bool {
        false
    }
}

/// What the BackendConfig of a Service says of the route to one of its ports; `None` where it has none.
fn backend(model: &mut Model, documents: &ByKind<'_>, namespace: &str, service: &str, port: &str) -> Option<ScopeId> {
    let here = |kind: &str, name: &str| {
        let all = documents.of_kind(kind).iter();
        all.copied()
            .find(|document| *document.name == *name && *document.namespace == *namespace)
    };
    let service = here("Service", service)?;
    let entry = annotations(service)
        .into_iter()
        .find(|entry| ANNOTATIONS.contains(&entry.name()))?;
    let named = scalar(entry).then(|text| match named(&text, &names_of(service, port)) {
        Ok(Some(name)) => Known::Is(name),
        Ok(None) => Known::Absent,
        Err(()) => Known::Unknown(Doubt::at(
            "the annotation is not the JSON it should be",
            entry.word_span_at(0),
        )),
    });
    let name = match named {
        Known::Is(name) => name,
        Known::Absent => return None,
        Known::Unknown(doubt) => return Some(doubtful(model, doubt)),
    };
    let Some(config) = here("BackendConfig", &name) else {
        let reason = format!("the BackendConfig {name} is not in the repository");
        return Some(doubtful(model, Doubt::at(reason, entry.word_span_at(0))));
    };
    let tree = model.add_tree(&config.tree);
    let mut scope = Scope {
        doubt: config.doubt("spec").cloned(),
        home: config
            .at()
            .child("spec")
            .filter(|at| at.is_map())
            .map(|at| (tree, at.id())),
        ..Scope::default()
    };
    const PATHS: [&str; 4] = [
        "spec.timeoutSec",
        "spec.healthCheck.requestPath",
        "spec.healthCheck.port",
        "spec.connectionDraining.drainingTimeoutSec",
    ];
    for path in PATHS {
        let Some(at) = config.at().get(path) else { continue };
        for row in TABLE.named(at.name()) {
            let value = scalar(at);
            let place = Some((tree, at.id()));
            scope
                .facts
                .push(fact(row, value.as_ref().map(|text| &**text), at.word_span_at(0), place));
        }
    }
    Some(model.add_scope(scope))
}

fn doubtful(model: &mut Model, doubt: Doubt) -> ScopeId {
    model.add_scope(Scope {
        doubt: Some(doubt),
        ..Scope::default()
    })
}

/// The number and the name of a port, by either.
fn names_of(service: &Document, port: &str) -> Vec<String> {
    let mut names = vec![port.to_owned()];
    for item in service.at().get("spec.ports").into_iter().flat_map(At::items) {
        let own: Vec<&str> = ["port", "name"].iter().filter_map(|key| item.scalar(key)).collect();
        if own.contains(&port) {
            names.extend(own.iter().map(|name| (*name).to_owned()));
        }
    }
    names
}

/// `{"ports": {"http": "slow"}, "default": "usual"}`: the name for a port.
fn named(text: &str, ports: &[String]) -> Result<Option<String>, ()> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(|_| ())?;
    let own = |key: &String| value["ports"][key].as_str();
    let found = ports.iter().find_map(own).or_else(|| value["default"].as_str());
    Ok(found.map(str::to_owned))
}
