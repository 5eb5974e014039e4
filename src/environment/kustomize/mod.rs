//! Kustomizations: what each includes, which of them are deployed, and the documents of those as deployed.

mod deployer;
mod generate;
mod layer;
mod patch;
mod pattern;
mod transform;

use std::collections::{BTreeSet, HashMap};

use crate::model::Doubt;
use crate::repo::Span;
use crate::syntax::At;

use super::directory::Objects;
use super::{Document, Environment, Platform, Repository, Role, folder_of, is_development, join};
use deployer::Deployed;
use layer::Layers;

/// Environments of kustomizations and of the paths that deployers name. Files that any kustomization names are taken
/// out of `objects`' rest.
pub(super) fn environments(repository: &Repository, objects: &mut Objects) -> Vec<Environment> {
    let kustomizations = Kustomizations::new(repository);
    let deployed = deployer::paths(objects);
    let mut found = Vec::new();
    let mut layers = Layers::new(&kustomizations, objects);
    for root in kustomizations.roots(&deployed) {
        let own = &kustomizations.all[root];
        let mut built = layers.root(root);
        if let Some(by) = deployed.get(own.folder) {
            by.apply(repository, &mut built);
        }
        // The folder's name would be that of the directory environment.
        let name = if own.folder.is_empty() { own.path } else { own.folder };
        found.push(Environment {
            name: name.into(),
            platform: Platform::Kustomize,
            folder: own.folder.into(),
            documents: built.documents,
            loose: Vec::new(),
            files: built.files.into_iter().collect(),
            development: is_development(own.folder),
            incomplete: built.incomplete,
        });
    }
    for used in kustomizations.named_files() {
        objects.take(used);
    }
    found.extend(deployer::folders(repository, objects, &deployed, |path| {
        kustomizations.by_folder.contains_key(path)
    }));
    found
}

/// One kustomization file.
struct Kustomization<'r> {
    file: usize,
    path: &'r str,
    folder: &'r str,
    at: At<'r>,
    is_component: bool,
}

/// What an entry of `resources` and the like names.
enum Named {
    Kustomization(usize),
    File(usize),
    /// Nothing that can be read here, and why.
    Unread(Doubt),
}

/// All kustomizations of the repository.
struct Kustomizations<'r> {
    repository: &'r Repository,
    all: Vec<Kustomization<'r>>,
    by_folder: HashMap<&'r str, usize>,
}

impl<'r> Kustomizations<'r> {
    fn new(repository: &'r Repository) -> Self {
        let mut all = Vec::new();
        let mut by_folder = HashMap::new();
        for (file, read) in repository.files().iter().enumerate() {
            let base = read.path.rsplit('/').next().unwrap_or_default();
            let is_named = matches!(base, "kustomization.yaml" | "kustomization.yml" | "Kustomization");
            let Some(tree) = read
                .tree
                .as_ref()
                .filter(|_| is_named && read.role == Role::Kustomization)
            else {
                continue;
            };
            let Some(at) = tree.root().items().find(|document| document.is_map()) else {
                continue;
            };
            let folder = folder_of(&read.path);
            // Two in one folder are an error for kustomize; the first is as good as any.
            by_folder.entry(folder).or_insert(all.len());
            let is_component = at.scalar("kind") == Some("Component");
            all.push(Kustomization {
                file,
                path: &read.path,
                folder,
                at,
                is_component,
            });
        }
        Self {
            repository,
            all,
            by_folder,
        }
    }

    fn resolve(&self, from: &Kustomization<'_>, entry: At<'_>) -> Named {
        let span = entry.word_span_at(0);
        let Some(text) = entry.text() else {
            return Named::Unread(Doubt::at("it includes something that has no path", span));
        };
        let path = if text.contains("://") {
            None
        } else {
            join(from.folder, text)
        };
        if let Some(path) = &path {
            if let Some(at) = self.by_folder.get(path.as_str()) {
                return Named::Kustomization(*at);
            }
            if let Some(file) = self.repository.index(path) {
                return Named::File(file);
            }
        }
        let is_remote = text.contains("://") || text.contains("?ref=") || text.contains("git@") || {
            text.split('/')
                .next()
                .is_some_and(|host| host.contains('.') && !matches!(host, "." | ".."))
                && text.contains('/')
        };
        Named::Unread(match (is_remote, path) {
            (true, _) => Doubt::at("it includes resources from another repository", span),
            (false, Some(path)) => Doubt::at(format!("it includes {path}, which is not in the repository"), span),
            (false, None) => Doubt::at("it includes resources from outside the repository", span),
        })
    }

    /// The kustomizations that one includes.
    fn included(&self, from: &Kustomization<'r>) -> impl Iterator<Item = usize> {
        listed(from.at, &["resources", "bases", "components"]).filter_map(|entry| match self.resolve(from, entry) {
            Named::Kustomization(at) => Some(at),
            _ => None,
        })
    }

    /// Those that are deployed, in order of path.
    fn roots(&self, deployed: &HashMap<String, Deployed>) -> Vec<usize> {
        let mut for_production = vec![false; self.all.len()];
        for from in self.all.iter().filter(|from| !is_development(from.folder)) {
            for at in self.included(from) {
                for_production[at] = true;
            }
        }
        let mut roots = BTreeSet::new();
        let mut reached = vec![false; self.all.len()];
        for (at, own) in self.all.iter().enumerate() {
            let is_root = !for_production[at] || deployed.contains_key(own.folder);
            if is_root && !own.is_component {
                roots.insert(at);
                self.reach(at, &mut reached);
            }
        }
        // What only includes itself in a circle is still there; kustomize would refuse it, we show what there is.
        for (at, own) in self.all.iter().enumerate() {
            if !reached[at] && !own.is_component {
                roots.insert(at);
                self.reach(at, &mut reached);
            }
        }
        roots.into_iter().collect()
    }

    fn reach(&self, from: usize, reached: &mut [bool]) {
        let mut next = vec![from];
        while let Some(at) = next.pop() {
            if !std::mem::replace(&mut reached[at], true) {
                next.extend(self.included(&self.all[at]));
            }
        }
    }

    /// Files that any kustomization names, deployed or not: they are not objects of the repository's own.
    fn named_files(&self) -> BTreeSet<usize> {
        let mut files = BTreeSet::new();
        for own in &self.all {
            files.insert(own.file);
            let lists = [
                "resources",
                "bases",
                "components",
                "patchesStrategicMerge",
                "configurations",
                "crds",
                "generators",
                "transformers",
                "validators",
            ];
            for entry in listed(own.at, &lists) {
                if let Named::File(file) = self.resolve(own, entry) {
                    files.insert(file);
                }
            }
            for entry in listed(own.at, &["patches", "patchesJson6902", "replacements"]) {
                let path = entry.scalar("path").and_then(|path| join(own.folder, path));
                files.extend(path.and_then(|path| self.repository.index(&path)));
            }
        }
        files
    }
}

/// The items of several lists of a map.
fn listed<'t>(at: At<'t>, lists: &'t [&'t str]) -> impl Iterator<Item = At<'t>> {
    lists.iter().filter_map(move |list| at.child(list)).flat_map(At::items)
}

/// What a kustomization builds.
#[derive(Clone, Debug, Default)]
struct Built {
    documents: Vec<Document>,
    files: BTreeSet<usize>,
    incomplete: Option<Doubt>,
}

impl Built {
    /// Notes why there may be more; the first reason is as good as any other.
    fn incomplete(&mut self, doubt: Doubt) {
        self.incomplete.get_or_insert(doubt);
    }

    /// Nothing that its objects say can be relied on.
    fn doubt_all(&mut self, doubt: &Doubt) {
        for document in &mut self.documents {
            document.doubts.push((String::new(), doubt.clone()));
        }
    }
}

/// A doubt whose reason ends in the file it comes from.
fn doubt_in(what: &str, own: &Kustomization<'_>, span: Span) -> Doubt {
    Doubt::at(format!("{what} in {} changes it", own.path), span)
}
