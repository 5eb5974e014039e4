//! The objects of each file, and the environment of everything that no other environment has.

use std::borrow::Cow;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::speed;
use crate::syntax::{At, Tree, yaml};

use super::deployed::{Environment, Platform};
use super::document::Document;
use super::repository::{File, Repository, Role, folder_of};

/// The tree of a file that another names, whatever it was claimed as (JSON is YAML).
pub(super) fn tree_of(repository: &Repository, file: usize) -> Option<Arc<Tree>> {
    let file = repository.files().get(file)?;
    file.tree.clone().or_else(|| Some(Arc::new(yaml::parse(&file.source))))
}

/// The Kubernetes objects of each file, and which files are still nobody's.
pub(super) struct Objects {
    by_file: Vec<Vec<Document>>,
    taken: Vec<bool>,
}

impl Objects {
    pub fn new(repository: &Repository) -> Self {
        let files = repository.files().par_iter().with_min_len(speed::DOCUMENTS);
        Self {
            by_file: files.map(objects_of).collect(),
            taken: vec![false; repository.files().len()],
        }
    }

    /// The objects of all files that were claimed as Kubernetes.
    pub fn all(&self) -> impl Iterator<Item = &Document> {
        self.by_file.iter().flatten()
    }

    /// The objects of a file that a kustomization names, whatever the file was claimed as.
    pub fn in_file(&self, repository: &Repository, file: usize) -> Cow<'_, [Document]> {
        let own = &self.by_file[file];
        let read = &repository.files()[file];
        if !own.is_empty() || read.role == Role::Kubernetes {
            return Cow::Borrowed(own);
        }
        tree_of(repository, file).map_or(Cow::Borrowed(&[]), |tree| Cow::Owned(objects(&read.path, &tree)))
    }

    /// The objects of a file that nobody has taken.
    pub fn rest(&self, file: usize) -> &[Document] {
        if self.taken[file] { &[] } else { &self.by_file[file] }
    }

    /// The objects of a file that nobody has taken, in a folder that something deploys: also one of a chart around it.
    pub fn deployed(&self, repository: &Repository, file: usize) -> Cow<'_, [Document]> {
        match repository.files()[file].role {
            Role::Helm if !self.taken[file] => self.in_file(repository, file),
            _ => Cow::Borrowed(self.rest(file)),
        }
    }

    pub fn take(&mut self, file: usize) {
        self.taken[file] = true;
    }
}

/// The objects of a file that was claimed as Kubernetes.
pub fn objects_of(file: &File) -> Vec<Document> {
    match (file.role, &file.tree) {
        (Role::Kubernetes, Some(tree)) => objects(&file.path, tree),
        _ => Vec::new(),
    }
}

/// The objects of a file, lists of objects taken apart.
fn objects(path: &Arc<str>, tree: &Arc<Tree>) -> Vec<Document> {
    let mut found = Vec::new();
    for document in tree.root().items() {
        add(path, tree, document, 4, &mut found);
    }
    found
}

fn add(path: &Arc<str>, tree: &Arc<Tree>, at: At<'_>, depth: usize, found: &mut Vec<Document>) {
    let (Some(kind), Some(_)) = (at.scalar("kind"), at.scalar("apiVersion")) else {
        return;
    };
    if kind.ends_with("List")
        && depth > 0
        && let Some(items) = at.child("items").filter(|items| items.is_list())
    {
        for item in items.items() {
            add(path, tree, item, depth - 1, found);
        }
        return;
    }
    let none: Arc<str> = "".into();
    found.push(Document {
        tree: tree.clone(),
        node: at.id(),
        kind: kind.into(),
        name: at.scalar("metadata.name").unwrap_or_default().into(),
        namespace: at.scalar("metadata.namespace").unwrap_or_default().into(),
        path: path.clone(),
        affixes: (none.clone(), none),
        doubts: Vec::new(),
        ignored: Vec::new(),
        deployer: None,
        generated: Vec::new(),
    });
}

/// The environment of all objects that are nobody's.
pub(super) fn environment(repository: &Repository, objects: Objects) -> Environment {
    let mut documents = Vec::with_capacity(objects.by_file.iter().map(Vec::len).sum());
    let mut files = Vec::new();
    let all = objects.by_file.into_iter().zip(objects.taken).enumerate();
    let is_broken = |file: usize| {
        let file = &repository.files()[file];
        file.role == Role::Kubernetes && file.broken().is_some()
    };
    for (file, (mut own, _)) in all.filter(|(at, (own, taken))| !taken && (!own.is_empty() || is_broken(*at))) {
        files.push(file);
        documents.append(&mut own);
    }
    Environment {
        name: ".".into(),
        platform: Platform::Directory,
        folder: "".into(),
        documents,
        loose: Vec::new(),
        files,
        development: false,
        incomplete: None,
        inclusions: Vec::new(),
    }
}

/// Gives each file outside documents to the compose projects of the nearest folder around it, else to the directory
/// environment, which is the last.
pub(super) fn scatter_loose(repository: &Repository, environments: &mut [Environment]) {
    let mut by_folder: FxHashMap<Arc<str>, Vec<usize>> = FxHashMap::default();
    for (at, environment) in environments.iter().enumerate() {
        if environment.platform == Platform::Compose {
            by_folder.entry(environment.folder.clone()).or_default().push(at);
        }
    }
    let Some(last) = environments.len().checked_sub(1) else {
        return;
    };
    let rest = [last];
    for (index, file) in repository.files().iter().enumerate() {
        if !file.role.is_loose() {
            continue;
        }
        let mut folder = folder_of(&file.path);
        let owners = loop {
            match by_folder.get(folder) {
                Some(owners) => break owners.as_slice(),
                None if folder.is_empty() => break rest.as_slice(),
                None => folder = folder_of(folder),
            }
        };
        for owner in owners {
            environments[*owner].loose.push(index);
            environments[*owner].files.push(index);
        }
    }
    for environment in environments {
        environment.files.sort_unstable();
        environment.files.dedup();
    }
}
