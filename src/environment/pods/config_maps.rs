//! The ConfigMaps of an environment, and which of them a reference means.

use std::collections::HashMap;

use crate::environment::deployed::Environment;
use crate::environment::document::Document;

/// The ConfigMaps of an environment by namespace and name.
pub(super) struct ConfigMaps<'e>(HashMap<(&'e str, &'e str), Vec<&'e Document>>);

impl<'e> ConfigMaps<'e> {
    pub fn new(environment: &'e Environment) -> Self {
        let mut maps: HashMap<_, Vec<&Document>> = HashMap::new();
        for document in &environment.documents {
            if &*document.kind == "ConfigMap" {
                let key = (&*document.namespace, &*document.name);
                maps.entry(key).or_default().push(document);
            }
        }
        Self(maps)
    }

    /// The ConfigMap that `from` means by a name: of several, which only a folder of manifests has, the nearest.
    /// `None` also when several are equally near.
    pub fn referenced(&self, from: &Document, name: &str) -> Option<&'e Document> {
        let reference = from.reference(name);
        let own = self.0.get(&(&*from.namespace, reference.as_str()));
        let all = own.or_else(|| self.0.get(&(&*from.namespace, name)))?;
        let nearness = |document: &Document| {
            let parts = from.path.split('/').zip(document.path.split('/'));
            (
                from.path == document.path,
                parts.take_while(|(own, other)| own == other).count(),
            )
        };
        let best = all.iter().map(|document| nearness(document)).max();
        let mut nearest = all.iter().filter(|document| Some(nearness(document)) == best);
        match (nearest.next(), nearest.next()) {
            (found, None) => found.copied(),
            _ => None,
        }
    }
}
