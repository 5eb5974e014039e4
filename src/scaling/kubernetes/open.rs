//! Services through which the world outside the cluster reaches workloads without a gateway.

use rustc_hash::FxHashMap;

use crate::environment::{ByKind, Document};
use crate::estate::scaled::target::Routed;
use crate::syntax::At;

/// Those of an environment by namespace, in order. There are few, and every workload asks for its own.
pub(super) struct OpenServices<'e>(FxHashMap<&'e str, Vec<Open<'e>>>);

struct Open<'e> {
    service: &'e Document,
    /// What it selects pods by; never nothing.
    wanted: Vec<At<'e>>,
}

impl<'e> OpenServices<'e> {
    pub fn new(documents: &ByKind<'e>) -> Self {
        let mut found: FxHashMap<&str, Vec<Open<'_>>> = FxHashMap::default();
        for service in documents.of_kind("Service").iter().copied() {
            if let Some(open) = Open::new(service) {
                found.entry(&service.namespace).or_default().push(open);
            }
        }
        Self(found)
    }

    /// The first that leads to a workload.
    pub fn to(&self, workload: &Document) -> Option<Routed> {
        let own = self.0.get(&*workload.namespace)?;
        let labels = workload.at().get("spec.template.metadata.labels")?;
        let open = own.iter().find(|open| open.selects(labels))?;
        Some(Routed {
            by: format!("Service {}", open.service.name).into(),
            span: open.service.at().head(),
        })
    }
}

impl<'e> Open<'e> {
    fn new(service: &'e Document) -> Option<Self> {
        let spec = service.at().child("spec")?;
        let is_open = matches!(spec.scalar("type"), Some("LoadBalancer" | "NodePort"));
        let selector = spec.child("selector").filter(|_| is_open)?;
        let wanted: Vec<At<'_>> = selector.children().collect();
        (!wanted.is_empty()).then_some(Self { service, wanted })
    }

    fn selects(&self, labels: At<'_>) -> bool {
        let has =
            |label: &At<'_>| label.text().is_some() && labels.child(label.name()).and_then(At::text) == label.text();
        self.wanted.iter().all(has)
    }
}
