//! Which workload a reference means where several have the name: in a folder of manifests that nothing deploys as one, the
//! same name may stand for many things.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::environment::{Document, Environment, Platform};
use crate::scaling::kubernetes::found::SCALABLE;

/// Tells objects of the same name apart.
pub(super) struct Units<'e> {
    by_name: FxHashMap<&'e str, Vec<&'e Document>>,
    /// Whether everything in the environment is deployed as one, so that names are unique.
    together: bool,
}

impl<'e> Units<'e> {
    pub fn new(environment: &'e Environment) -> Self {
        Self {
            by_name: {
                let mut by_name: FxHashMap<&str, Vec<&Document>> = FxHashMap::default();
                let scalable = environment.documents.iter();
                for document in scalable.filter(|document| SCALABLE.contains(&&*document.kind)) {
                    by_name.entry(&document.name).or_default().push(document);
                }
                by_name
            },
            together: environment.platform != Platform::Directory || &*environment.name != ".",
        }
    }

    /// The unit of a workload: empty where its name says all.
    pub fn of_workload(&self, document: &Document) -> Arc<str> {
        if self.together {
            Arc::from("")
        } else {
            document.path.clone()
        }
    }

    /// The unit of the workload that an object means by its name: the nearest, or the object's own where several are
    /// equally near.
    pub fn meant(&self, from: &Document, namespace: &str, kind: &str, name: &str) -> Arc<str> {
        if self.together {
            return Arc::from("");
        }
        let same = |document: &&Document| *document.kind == *kind && *document.namespace == *namespace;
        let nearness = |document: &Document| {
            let parts = from.path.split('/').zip(document.path.split('/'));
            let common = parts.take_while(|(own, other)| own == other).count();
            (from.path == document.path, common)
        };
        // What is filled in later is the same only within one file.
        let filled_in = name.contains("{{") || name.contains("${");
        let all = self.by_name.get(name).into_iter().flatten().copied().filter(same);
        let mut all = all.filter(|document| !filled_in || document.path == from.path);
        let Some(first) = all.next() else {
            return from.path.clone();
        };
        let (mut best, mut shared) = (first, false);
        for other in all {
            match nearness(other).cmp(&nearness(best)) {
                std::cmp::Ordering::Greater => (best, shared) = (other, false),
                std::cmp::Ordering::Equal => shared = true,
                std::cmp::Ordering::Less => {}
            }
        }
        if shared { from.path.clone() } else { best.path.clone() }
    }
}
