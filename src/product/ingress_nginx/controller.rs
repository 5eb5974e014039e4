//! ingress-nginx as what serves Ingresses.

use std::sync::Arc;

use crate::environment::Document;
use crate::estate::Builder;
use crate::kubernetes::foreign::Reader;
use crate::kubernetes::ingress::{Backend, Ingress, Serving};
use crate::model::field::upstream;
use crate::model::{EntityId, Known, Model, ScopeId, Table};
use crate::product::controller::Controller;
use crate::product::ingress_nginx::product::LABEL;
use crate::product::ingress_nginx::table::{PREFIX, TABLE};
use crate::product::ingress_nginx::{annotations, chart, settings};
use crate::repo::Span;

/// How it serves Ingresses.
pub(super) static CONTROLLER: Controller = Controller {
    shared: |builder| Some(settings::shared(builder)),
    namespace,
    is_settings: settings::holds,
    notes: annotations::units,
    ..Controller::of(serves, serve)
};

/// Which annotations it reads.
pub(super) static READER: Reader = Reader {
    name: "ingress-nginx",
    prefixes: &[PREFIX],
    controllers: &["k8s.io/ingress-nginx"],
    classes: &["nginx"],
    groups: &[],
};

/// Annotations of F5's controller, which has the same class name by default, and defaults of its own.
const OF_F5: [&str; 2] = ["nginx.org/", "nginx.com/"];

/// Whether it serves an Ingress, as far as class and annotations tell.
fn serves(ingress: &Ingress<'_>) -> bool {
    if let Some(controller) = ingress.class.controller.as_deref() {
        // `--controller-class` gives a second controller a name of its own, such as k8s.io/internal-ingress-nginx.
        return controller.starts_with("k8s.io/") && controller.ends_with("ingress-nginx");
    }
    let is_spoken_to = ingress.speaks(PREFIX);
    if !is_spoken_to && OF_F5.iter().any(|prefix| ingress.speaks(prefix)) {
        return false;
    }
    match ingress.class.known() {
        Some("nginx") => true,
        None => is_spoken_to,
        Some(class) => is_spoken_to && class.contains("nginx"),
    }
}

/// Where the controller runs: where its pods, its ConfigMap or its chart are.
fn namespace(builder: &Builder<'_>) -> Option<Arc<str>> {
    let is_own = |(key, value): &(Arc<str>, Arc<str>)| &**key == "app.kubernetes.io/name" && &**value == LABEL;
    let pods = builder.estate.containers.iter();
    let pods = pods
        .filter(|pod| pod.labels.iter().any(is_own))
        .map(|pod| &pod.namespace);
    let maps = builder.environment.documents.iter();
    let maps = maps
        .filter(|document| settings::is_map(document))
        .map(|map| &map.namespace);
    let released = || chart::namespace(builder.environment);
    let mut here = pods.chain(maps);
    here.find(|namespace| !namespace.is_empty()).cloned().or_else(released)
}

fn serve<'d>(model: &mut Model, ingress: &Ingress<'d>, shared: Option<ScopeId>) -> Box<dyn Serving<'d> + 'd> {
    let document: &Document = ingress.document;
    let mut own = settings::scope(
        model,
        document.doubt("metadata.annotations"),
        &document.tree,
        &ingress.annotations(),
        "annotations",
    );
    own.parent = shared;
    let annotations = document.at().get("metadata.annotations").filter(|at| at.is_map());
    own.home = annotations.map(|at| (model.add_tree(&document.tree), at.id()));
    Box::new(Annotated {
        document: ingress.document,
        own: model.add_scope(own),
    })
}

/// An Ingress by its annotations.
struct Annotated<'d> {
    document: &'d Document,
    own: ScopeId,
}

impl<'d> Serving<'d> for Annotated<'d> {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn settings(&mut self, _: &mut Model, _: Backend<'d>) -> ScopeId {
        self.own
    }

    fn complete(&self, model: &mut Model, route: EntityId, span: Span) {
        annotations::protocol(model, route, span);
        annotations::handshake(model, self.document, route, span);
    }

    fn takes_prefixes(&self) -> bool {
        true
    }

    fn passes_on(&self) -> bool {
        const CHANGES: [&str; 5] = [
            "rewrite-target",
            "use-regex",
            "upstream-vhost",
            "configuration-snippet",
            "server-snippet",
        ];
        let annotations = self.document.at().get("metadata.annotations");
        let has = |name: &&str| annotations.is_some_and(|at| at.child(&format!("{PREFIX}{name}")).is_some());
        self.document.doubt("metadata.annotations").is_none() && !CHANGES.iter().any(has)
    }

    fn reuses_connections(&self, model: &Model, group: EntityId) -> Known<bool> {
        model.get(group, upstream::KEEPALIVE).map(|count| count > 0)
    }

    fn to_pods(&self) -> bool {
        true
    }
}
