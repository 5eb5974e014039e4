//! Where the settings of the ingress-nginx controller are values of its Helm chart: in a HelmRelease, an Argo CD
//! Application, a HelmChart of k3s, or a values file. The chart itself is not rendered.

use std::sync::Arc;

use crate::environment::{Document, Environment, Role};
use crate::estate::Context;
use crate::syntax::{At, Language, Tree};

const CHART: &str = "ingress-nginx";

/// What an object that installs the chart says of its values.
pub(super) enum Values<'d> {
    /// They are here, as a map or as text that is YAML.
    Here(At<'d>),
    /// There are none.
    None,
    /// They are elsewhere.
    Elsewhere,
}

/// The values of an object that installs the chart.
pub(super) fn values(document: &Document) -> Option<Values<'_>> {
    let at = document.at();
    let is = |path: &str| at.scalar(path) == Some(CHART);
    let (here, elsewhere) = match &*document.kind {
        "HelmRelease" if is("spec.chart.spec.chart") || is("spec.chart.name") || is("spec.chartRef.name") => {
            (at.get("spec.values"), at.get("spec.valuesFrom"))
        }
        "Application" => {
            let source = source(document)?;
            let here = source.get("helm.valuesObject").or_else(|| source.get("helm.values"));
            let elsewhere = source.get("helm.valueFiles").or_else(|| source.get("helm.parameters"));
            (here, elsewhere)
        }
        "HelmChart" if at.scalar("spec.chart").is_some_and(|chart| chart.ends_with(CHART)) => {
            (at.get("spec.valuesContent"), None)
        }
        "HelmChartConfig" if document.name.ends_with(CHART) => (at.get("spec.valuesContent"), None),
        _ => return None,
    };
    Some(match (here, elsewhere) {
        (Some(here), _) if config(here).is_some() || here.text().is_some() => Values::Here(here),
        (_, Some(_)) => Values::Elsewhere,
        (Some(here), None) => Values::Here(here),
        (None, None) => Values::None,
    })
}

/// The source of an Application that is the chart.
fn source(document: &Document) -> Option<At<'_>> {
    let at = document.at();
    let more = at.get("spec.sources").into_iter().flat_map(At::items);
    let mut all = at.get("spec.source").into_iter().chain(more);
    all.find(|source| source.scalar("chart") == Some(CHART))
}

/// The controller's settings among values: those of the chart, or of one that it is a part of.
pub(super) fn config(values: At<'_>) -> Option<At<'_>> {
    let own = values.get("controller.config");
    let part = || values.child(CHART)?.get("controller.config");
    own.or_else(part).filter(|at| at.is_map())
}

/// The trees of the values files that hold settings of the controller.
pub(super) fn files(context: Context<'_>) -> impl Iterator<Item = Arc<Tree>> {
    let files = context.repository.files().iter();
    files.filter(|file| file.role == Role::Helm).filter_map(move |file| {
        let text = &file.source.text;
        let is_chart = file.path.contains(CHART) || file.path.contains("nginx-ingress") || text.contains(CHART);
        if !is_chart || !text.contains("config:") {
            return None;
        }
        let tree = context.tree(&file.source, Language::Yaml);
        let holds = tree.root().items().next().and_then(config).is_some();
        holds.then_some(tree)
    })
}

/// The namespace that a release of the chart is installed into.
pub(super) fn namespace(environment: &Environment) -> Option<Arc<str>> {
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
