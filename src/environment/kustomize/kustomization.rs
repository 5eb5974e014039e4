//! The kustomizations of a repository: what each includes, and which of them are deployed.

use std::collections::{BTreeSet, HashMap};

use crate::environment::development::is_development;
use crate::environment::repository::{Repository, Role, folder_of, join};
use crate::model::Doubt;
use crate::repo::Span;
use crate::syntax::At;

/// One kustomization file.
pub(super) struct Kustomization<'r> {
    pub file: usize,
    pub path: &'r str,
    pub folder: &'r str,
    pub at: At<'r>,
    pub is_component: bool,
}

/// What an entry of `resources` and the like names.
pub(super) enum Named {
    Kustomization(usize),
    File(usize),
    /// Nothing that can be read here, and why.
    Unread(Doubt),
}

/// All kustomizations of the repository.
pub(super) struct Kustomizations<'r> {
    pub repository: &'r Repository,
    pub all: Vec<Kustomization<'r>>,
    pub by_folder: HashMap<&'r str, usize>,
}

impl<'r> Kustomizations<'r> {
    pub fn new(repository: &'r Repository) -> Self {
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

    pub fn resolve(&self, from: &Kustomization<'_>, entry: At<'_>) -> Named {
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
    pub fn included(&self, from: &Kustomization<'r>) -> impl Iterator<Item = usize> {
        listed(from.at, &["resources", "bases", "components"]).filter_map(|entry| match self.resolve(from, entry) {
            Named::Kustomization(at) => Some(at),
            _ => None,
        })
    }

    /// Those that are deployed, in order of path.
    pub fn roots(&self, is_deployed: impl Fn(&str) -> bool) -> Vec<usize> {
        let mut for_production = vec![false; self.all.len()];
        for from in self.all.iter().filter(|from| !is_development(from.folder)) {
            for at in self.included(from) {
                for_production[at] = true;
            }
        }
        let mut roots = BTreeSet::new();
        let mut reached = vec![false; self.all.len()];
        for (at, own) in self.all.iter().enumerate() {
            let is_root = !for_production[at] || is_deployed(own.folder);
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

    pub fn reach(&self, from: usize, reached: &mut [bool]) {
        let mut next = vec![from];
        while let Some(at) = next.pop() {
            if !std::mem::replace(&mut reached[at], true) {
                next.extend(self.included(&self.all[at]));
            }
        }
    }

    /// Files that any kustomization names, deployed or not: they are not objects of the repository's own.
    pub fn named_files(&self) -> BTreeSet<usize> {
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
pub(super) fn listed<'t>(at: At<'t>, lists: &'t [&'t str]) -> impl Iterator<Item = At<'t>> {
    lists.iter().filter_map(move |list| at.child(list)).flat_map(At::items)
}

/// A doubt whose reason ends in the file it comes from.
pub(super) fn doubt_in(what: &str, own: &Kustomization<'_>, span: Span) -> Doubt {
    Doubt::at(format!("{what} in {} changes it", own.path), span)
}
