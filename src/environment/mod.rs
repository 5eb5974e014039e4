//! Which documents are deployed together, with patches and overrides merged into their trees.

pub mod claim;
pub mod cloudformation;
pub mod container;
pub mod merge;
pub mod overlay;
pub mod pods;
pub mod read;
pub mod terraform;

mod compose;
mod directory;
mod kustomize;
mod repository;
mod written;

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::model::Doubt;
use crate::syntax::{At, NodeId, Tree};

pub use container::{ContainerSpec, DeclaredPort, Mount, MountSource};
pub use directory::objects_of as objects;
pub use merge::strategic;
pub use pods::{Placed, containers};
pub use repository::{File, Repository, Role, folder_of, join};

/// Which documents are deployed together: kustomizations, paths of deployers, compose projects, and at last everything
/// that belongs to none of them. In the same order for the same repository.
pub fn group(repository: &Repository) -> Vec<Environment> {
    let (mut objects, compose) = rayon::join(
        || directory::Objects::new(repository),
        || compose::environments(repository),
    );
    let mut environments = kustomize::environments(repository, &mut objects);
    environments.extend(compose);
    environments.extend(terraform::environments(repository));
    environments.extend(cloudformation::environments(repository));
    environments.push(directory::environment(objects));
    directory::scatter_loose(repository, &mut environments);
    environments.retain(|environment| !(environment.documents.is_empty() && environment.loose.is_empty()));
    environments
}

/// Whether a path is plainly for development: one of its folders, or a part of its file name, says so.
pub(crate) fn is_development(path: &str) -> bool {
    let says_so = |part: &str| {
        matches!(
            part,
            "dev"
                | "devel"
                | "development"
                | "local"
                | "localhost"
                | "minikube"
                | "kind"
                | "test"
                | "tests"
                | "testing"
                | "ci"
                | "e2e"
                | "sandbox"
                | "playground"
        )
    };
    let (folders, file) = match path.rsplit_once('/') {
        Some((folders, file)) if file.contains('.') => (folders, file),
        None if path.contains('.') => ("", path),
        _ => (path, ""),
    };
    folders.split('/').any(says_so) || file.split(['.', '-', '_']).any(says_so)
}

/// Whether a field path is `outer` or leads further into it.
fn is_inside(path: &str, outer: &str) -> bool {
    outer.is_empty()
        || path
            .strip_prefix(outer)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// What deploys an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Platform {
    /// A compose project: names resolve on shared networks, through Docker's name server.
    Compose,
    /// A kustomization.
    Kustomize,
    /// A module of Terraform that is applied, with one set of values.
    Terraform,
    /// A CloudFormation template with the defaults of its parameters.
    CloudFormation,
    /// Whatever lies in the repository and belongs to no other environment: Kubernetes objects as they are, nginx
    /// files of a machine.
    Directory,
}

/// A set of documents deployed together.
#[derive(Clone, Debug)]
pub struct Environment {
    /// What a person calls it: the folder of the kustomization, the compose file, or `.`.
    pub name: Arc<str>,
    /// What deploys it.
    pub platform: Platform,
    /// The folder it belongs to.
    pub folder: Arc<str>,
    /// Its documents.
    pub documents: Vec<Document>,
    /// Files outside any document that may belong to it: nginx, php-fpm, gunicorn, JavaScript (indexes into
    /// `Repository::files`).
    pub loose: Vec<usize>,
    /// Every file that has a part in it (indexes into `Repository::files`), documents, patches and mounted files.
    pub files: Vec<usize>,
    /// Whether it is plainly for development.
    pub development: bool,
    /// Why it may hold more than its documents: what is not found in it is then unknown rather than absent.
    pub incomplete: Option<Doubt>,
}

impl Environment {
    /// How many documents and files outside documents it has: what reading it costs.
    pub fn size(&self) -> usize {
        self.documents.len() + self.loose.len()
    }

    /// Whether it is worth cutting in parts. A smaller one is read before a second thread has woken up, or before it is
    /// found out which of its files matter.
    pub fn is_large(&self) -> bool {
        const LARGE: usize = 500;
        self.size() >= LARGE
    }
}

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
    pub fn of(&self, kind: &str) -> &[&'e Document] {
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
    /// For a generated ConfigMap: keys whose content is a file of the repository, with its path.
    pub generated: Vec<(String, String)>,
}

impl Document {
    /// The cursor at the document.
    pub fn at(&self) -> At<'_> {
        self.tree.at(self.node)
    }

    /// Why the field at a path (or something inside or around it) is unknown.
    pub fn doubt(&self, path: &str) -> Option<&Doubt> {
        self.doubts
            .iter()
            .find(|(changed, _)| is_inside(path, changed) || is_inside(changed, path))
            .map(|(_, doubt)| doubt)
    }

    /// The name another object of the set has as deployed, as kustomize changes references.
    pub fn reference(&self, name: &str) -> String {
        format!("{}{}{}", self.affixes.0, name, self.affixes.1)
    }
}
