//! Settings of the ingress-nginx controller where they are values of its Helm chart: in a HelmRelease, an Argo CD
//! Application, or a values file. The chart itself is not rendered.

use std::sync::Arc;

use crate::environment::{Document, Environment, Repository, Role};
use crate::model::{Doubt, Model, Scope, ScopeId};
use crate::product::ingress_nginx::settings;
use crate::syntax::{At, yaml};

const CHART: &str = "ingress-nginx";
const CONFIG: &str = "controller.config";

/// Where an object that installs the chart holds its values.
fn values(document: &Document) -> Option<&'static str> {
    let at = document.at();
    let is = |path: &str| at.scalar(path) == Some(CHART);
    match &*document.kind {
        "HelmRelease" if is("spec.chart.spec.chart") || is("spec.chart.name") => Some("spec.values"),
        "Application" if is("spec.source.chart") => Some("spec.source.helm.valuesObject"),
        _ => None,
    }
}

/// The settings, where they are written as values.
pub fn controller(model: &mut Model, environment: &Environment, repository: &Repository) -> Option<ScopeId> {
    let mut releases = environment
        .documents
        .iter()
        .filter_map(|document| Some((document, values(document)?)));
    if let Some((document, path)) = releases.next() {
        if let Some(scope) = settings::chart_controller(model, document, &format!("{path}.{CONFIG}")) {
            return Some(scope);
        }
        let more = ["spec.valuesFrom", "spec.source.helm.valueFiles"];
        if more.iter().any(|path| document.at().get(path).is_some()) {
            return Some(doubtful(model, "the controller's values come from elsewhere"));
        }
    }
    let mut found = repository.files().iter().filter_map(|file| {
        let is_chart = file.path.contains(CHART) || file.path.contains("nginx-ingress");
        if file.role != Role::Helm || !is_chart || !file.source.text.contains("config:") {
            return None;
        }
        let tree = Arc::new(yaml::parse(&file.source));
        let root = tree.root().items().next()?;
        root.get(CONFIG).filter(|at: &At<'_>| at.is_map())?;
        Some(Document {
            node: root.id(),
            tree: tree.clone(),
            kind: "values".into(),
            name: CHART.into(),
            namespace: "".into(),
            path: file.path.clone(),
            affixes: ("".into(), "".into()),
            doubts: Vec::new(),
            ignored: Vec::new(),
            deployer: None,
            generated: Vec::new(),
        })
    });
    let first = found.next()?;
    // One file for each environment: which of them is deployed here is not known.
    if found.next().is_some() {
        return Some(doubtful(model, "several values files may be the controller's"));
    }
    settings::chart_controller(model, &first, CONFIG)
}

fn doubtful(model: &mut Model, reason: &str) -> ScopeId {
    model.add_scope(Scope {
        doubt: Some(Doubt::new(reason)),
        ..Scope::default()
    })
}

/// The namespace that a release of the chart is installed into.
pub fn namespace(environment: &Environment) -> Option<Arc<str>> {
    let mut releases = environment
        .documents
        .iter()
        .filter(|document| values(document).is_some());
    let document = releases.next()?;
    let at = document.at();
    let stated = ["spec.targetNamespace", "spec.destination.namespace"]
        .iter()
        .find_map(|path| at.scalar(path));
    let own = (&*document.kind == "HelmRelease" && !document.namespace.is_empty()).then(|| document.namespace.clone());
    stated.map(Arc::from).or(own)
}
