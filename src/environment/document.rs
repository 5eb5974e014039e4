//! A document as deployed, and documents by kind.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::ignored::{Deployer, Ignored};
use super::merge::merged_document;
use crate::model::Doubt;
use crate::syntax::{At, NodeId, Tree};

/// Documents by their kind: what one object looks up among the others must not cost the size of the environment.
#[derive(Debug)]
pub struct ByKind<'e>(FxHashMap<&'e str, Vec<&'e Document>>);

impl<'e> ByKind<'e> {
    /// Sorts documents by kind; within one their order stays.
    pub fn new(documents: &'e [Document]) -> Self {
        let mut found: FxHashMap<&str, Vec<&Document>> = FxHashMap::default();
        for document in documents {
            found.entry(&document.kind).or_default().push(document);
        }
        Self(found)
    }

    /// The documents of a kind.
    pub fn of_kind(&self, kind: &str) -> &[&'e Document] {
        self.0.get(kind).map_or(&[], Vec::as_slice)
    }
}

/// One document as deployed: patches, overrides, namespaces and names applied.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its tree, merged where something was merged.
    pub tree: Arc<Tree>,
    /// Its root.
    pub node: NodeId,
    /// The kind (`Deployment`), or `compose`.
    pub kind: Arc<str>,
    /// Its name as deployed.
    pub name: Arc<str>,
    /// Its namespace as deployed; empty where none is written.
    pub namespace: Arc<str>,
    /// The file it starts from.
    pub path: Arc<str>,
    /// What was put before and after names, for references to other objects of the same set.
    pub affixes: (Arc<str>, Arc<str>),
    /// Fields that a patch may change which cannot be applied here: a path prefix (`spec.ports`, empty for the whole
    /// document) and why.
    pub doubts: Vec<(String, Doubt)>,
    /// Fields that what deploys it leaves to somebody else.
    pub ignored: Vec<Ignored>,
    /// What deploys it, where that is told here.
    pub deployer: Option<Deployer>,
    /// For a generated ConfigMap: keys whose content is a file of the repository, with its path.
    pub generated: Vec<(String, String)>,
}

impl Document {
    /// The cursor at the document.
    pub fn at(&self) -> At<'_> {
        self.tree.at(self.node)
    }

    /// Puts a changed tree in place of its own.
    pub(super) fn change_to(&mut self, tree: Tree) {
        self.node = merged_document(&tree);
        self.tree = Arc::new(tree);
    }

    /// Why the field at a path (or something inside or around it) is unknown.
    pub fn doubt(&self, path: &str) -> Option<&Doubt> {
        self.doubts
            .iter()
            .find(|(changed, _)| is_inside(path, changed) || is_inside(changed, path))
            .map(|(_, doubt)| doubt)
    }

    /// Whether what deploys it leaves a field alone, and how; `None` where it writes it always.
    pub fn ignored(&self, field: &str) -> Option<&Ignored> {
        self.ignored.iter().find(|ignored| &*ignored.field == field)
    }

    /// What writes a field again, and whether it does so as soon as the field differs: `None` where the field is left alone
    /// or nothing is known to deploy it.
    pub fn kept_by(&self, field: &str) -> Option<Deployer> {
        let deployer = self.deployer?;
        match self.ignored(field) {
            None => Some(deployer),
            Some(ignored) if ignored.on_sync => Some(Deployer {
                heals: false,
                ..deployer
            }),
            Some(_) => None,
        }
    }

    /// The name another object of the set has as deployed, as kustomize changes references.
    pub fn reference(&self, name: &str) -> String {
        format!("{}{}{}", self.affixes.0, name, self.affixes.1)
    }
}

/// Whether a field path is `outer` or leads further into it.
fn is_inside(path: &str, outer: &str) -> bool {
    outer.is_empty()
        || path
            .strip_prefix(outer)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
