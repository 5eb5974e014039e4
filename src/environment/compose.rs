//! Compose projects: a base file with its override, other files of the folder over the base, includes and extends.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;

use crate::model::Doubt;
use crate::speed;
use crate::syntax::{At, NodeId, Tree};

use super::container::MountSource;
use super::deployed::{Environment, Inclusion, Platform};
use super::development::is_development;
use super::document::Document;
use super::merge::merged_document;
use super::overlay::{compose, extend, with_services};
use super::pods::containers;
use super::repository::{Repository, Role, folder_of, join};

/// How deep includes and extends are followed.
const DEEPEST: usize = 16;
/// How many files one project may be made of, counted each time.
const MOST_LOADED: usize = 2_000;

/// One environment for each compose project.
pub(super) fn environments(repository: &Repository) -> Vec<Environment> {
    let mut folders: Vec<(&str, Vec<usize>)> = Vec::new();
    for (at, file) in repository.files().iter().enumerate() {
        if file.role != Role::Compose || file.tree.is_none() {
            continue;
        }
        let folder = folder_of(&file.path);
        match folders.last_mut().filter(|(last, _)| *last == folder) {
            Some((_, files)) => files.push(at),
            None => folders.push((folder, vec![at])),
        }
    }
    // Files of a folder are not neighbours where a subfolder sorts between them.
    folders.sort_by_key(|(folder, _)| *folder);
    folders.dedup_by(|next, first| {
        let is_same = next.0 == first.0;
        if is_same {
            first.1.append(&mut next.1);
        }
        is_same
    });
    let parts = parts_of_others(repository);
    let projects = folders
        .par_iter()
        .with_min_len(speed::TEXTS)
        .flat_map_iter(|(_, files)| {
            let mut projects = folder_environments(repository, files, &parts);
            projects.iter_mut().for_each(|project| add_files(repository, project));
            projects
        });
    projects.collect()
}

/// Adds the files that services mount or take their variables from.
fn add_files(repository: &Repository, environment: &mut Environment) {
    let mut files: BTreeSet<usize> = environment.files.iter().copied().collect();
    files.extend(join(&environment.folder, ".env").and_then(|path| repository.index(&path)));
    let mut mounted = BTreeSet::new();
    for placed in containers(environment, repository) {
        let values = placed.spec.environment.iter();
        files.extend(values.filter_map(|(_, value)| repository.index_of(value.span.source)));
        mounted.extend(placed.spec.mounts.into_iter().filter_map(|mount| match mount.source {
            MountSource::Path(path) => Some(path),
            _ => None,
        }));
    }
    for path in mounted {
        let inside = repository.under(&path).iter().filter(|file| file.role.is_loose());
        files.extend(inside.filter_map(|file| repository.index(&file.path)));
        files.extend(repository.index(&path));
    }
    environment.files = files.into_iter().collect();
}

/// The name of a compose file inside its folder.
fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn stem(name: &str) -> &str {
    name.strip_suffix(".yaml")
        .or_else(|| name.strip_suffix(".yml"))
        .unwrap_or(name)
}

/// The order in which `docker compose` looks for a file when none is named.
fn precedence(name: &str) -> Option<usize> {
    [
        "compose.yaml",
        "compose.yml",
        "docker-compose.yml",
        "docker-compose.yaml",
    ]
    .iter()
    .position(|own| *own == name)
}

/// Files that are included or extended by others and are not projects themselves.
fn parts_of_others(repository: &Repository) -> HashSet<usize> {
    let mut parts = HashSet::new();
    for (own, file) in repository.files().iter().enumerate() {
        let Some(root) = file
            .tree
            .as_deref()
            .filter(|_| file.role == Role::Compose)
            .and_then(root)
        else {
            continue;
        };
        let folder = folder_of(&file.path);
        let services = root.child("services").into_iter().flat_map(At::children);
        let extended = services.filter_map(|service| service.get("extends.file"));
        let extended = extended.filter(|at| at.text().is_some_and(|path| precedence(base_name(path)).is_none()));
        for path in extended
            .chain(included(root).map(|(_, path)| path))
            .filter_map(At::text)
        {
            let file = join(folder, path).and_then(|path| repository.index(&path));
            parts.extend(file.filter(|file| *file != own));
        }
    }
    parts
}

/// The paths under `include`, each behind the entry it stands in.
fn included(root: At<'_>) -> impl Iterator<Item = (At<'_>, At<'_>)> {
    let entries = root.child("include").into_iter().flat_map(At::items);
    entries.flat_map(|entry| {
        let paths = match entry.child("path") {
            Some(path) if path.is_list() => path.items().collect::<Vec<_>>(),
            Some(path) => vec![path],
            None => vec![entry],
        };
        paths.into_iter().map(move |path| (entry, path))
    })
}

fn root(tree: &Tree) -> Option<At<'_>> {
    tree.root().items().find(|document| document.is_map())
}

fn folder_environments(repository: &Repository, files: &[usize], parts: &HashSet<usize>) -> Vec<Environment> {
    let name = |at: usize| base_name(&repository.files()[at].path);
    let base = files
        .iter()
        .copied()
        .filter_map(|at| Some((precedence(name(at))?, at)))
        .min()
        .map(|(_, at)| at);
    // `docker compose` takes one of them along, whatever the base is called.
    let is_override = |at: usize| matches!(stem(name(at)), "compose.override" | "docker-compose.override");
    let overlay: Vec<usize> = files.iter().copied().filter(|at| is_override(*at)).take(1).collect();
    let mut found = Vec::new();
    for &at in files {
        if parts.contains(&at) {
            continue;
        }
        match base {
            Some(base) if at == base => found.push(environment(repository, at, base, &overlay)),
            Some(_) if is_override(at) => {}
            Some(base) if is_variant(name(at)) && !stands_alone(repository, at) => {
                found.push(environment(repository, at, base, &[at]));
            }
            _ => found.push(environment(repository, at, at, &[])),
        }
    }
    found
}

/// Whether a name is that of a variant of the base, such as `docker-compose.prod.yml`.
fn is_variant(name: &str) -> bool {
    name.starts_with("docker-compose") || name.starts_with("compose")
}

/// Whether every service says what it runs, so that the file needs no other below it.
fn stands_alone(repository: &Repository, at: usize) -> bool {
    let tree = repository.files()[at].tree.as_deref();
    let services = tree.and_then(root).and_then(|root| root.child("services"));
    let services = services.map(At::entries).unwrap_or_default();
    let says = |service: &At<'_>| {
        ["image", "build", "extends"]
            .iter()
            .any(|key| service.child(key).is_some())
    };
    !services.is_empty() && services.iter().all(says)
}

fn environment(repository: &Repository, own: usize, base: usize, overlays: &[usize]) -> Environment {
    let mut project = Project {
        repository,
        files: BTreeSet::new(),
        doubts: Vec::new(),
        incomplete: None,
        inclusions: Vec::new(),
        left: MOST_LOADED,
    };
    let mut loaded = project.load(base, &mut Vec::new());
    for overlay in overlays {
        let over = project.load(*overlay, &mut Vec::new());
        loaded = match (loaded, over) {
            (Some(below), Some(over)) => Some(project.lay_over(base, below, &over)),
            (below, over) => below.or(over),
        };
    }
    let path = &repository.files()[own].path;
    let folder = folder_of(path);
    let document = loaded.map(|(tree, node)| Document {
        tree,
        node,
        kind: "compose".into(),
        name: path.clone(),
        namespace: "".into(),
        path: repository.files()[base].path.clone(),
        affixes: ("".into(), "".into()),
        doubts: project.doubts,
        ignored: Vec::new(),
        deployer: None,
        generated: Vec::new(),
    });
    Environment {
        name: path.clone(),
        platform: Platform::Compose,
        folder: folder.into(),
        documents: document.into_iter().collect(),
        loose: Vec::new(),
        files: project.files.into_iter().collect(),
        development: is_development(path),
        incomplete: project.incomplete,
        inclusions: project.inclusions,
    }
}

type Loaded = (Arc<Tree>, NodeId);

struct Project<'r> {
    repository: &'r Repository,
    files: BTreeSet<usize>,
    doubts: Vec<(String, Doubt)>,
    incomplete: Option<Doubt>,
    inclusions: Vec<Inclusion>,
    left: usize,
}

impl Project<'_> {
    /// A compose file with its includes and extends.
    fn load(&mut self, file: usize, open: &mut Vec<usize>) -> Option<Loaded> {
        let read = self.repository.files().get(file)?;
        let tree = read.tree.clone()?;
        let node = root(&tree)?.id();
        if open.contains(&file) || open.len() >= DEEPEST || self.left == 0 {
            self.incomplete
                .get_or_insert_with(|| Doubt::new(format!("{} includes itself", read.path)));
            return None;
        }
        self.left -= 1;
        self.files.insert(file);
        open.push(file);
        let own = self.extended(file, (tree.clone(), node));
        let mut below: Option<Loaded> = None;
        for (whole, entry) in included(tree.at(node)) {
            let span = entry.word_span_at(0);
            let path = entry.text().and_then(|path| join(folder_of(&read.path), path));
            let Some(other) = path.and_then(|path| self.repository.index(&path)) else {
                let reason = "it includes a compose file that is not in the repository";
                self.incomplete.get_or_insert_with(|| Doubt::at(reason, span));
                continue;
            };
            self.include(folder_of(&read.path), whole, other);
            if let Some(other) = self.load(other, open) {
                below = Some(match below {
                    Some(below) => self.lay_over(file, below, &other),
                    None => other,
                });
            }
        }
        open.pop();
        Some(match below {
            Some(below) => self.lay_over(file, below, &own),
            None => own,
        })
    }

    /// Notes how a file is included: for which folder, and filled from what.
    fn include(&mut self, around: &str, entry: At<'_>, file: usize) {
        let path = self.repository.files()[file].path.clone();
        let written = entry.scalar("project_directory");
        let folder = written.map_or_else(|| Some(folder_of(&path).to_owned()), |folder| join(around, folder));
        let Some(folder) = folder else { return };
        let own = entry.child("env_file");
        let own = own.map(|at| if at.is_list() { at.items().collect() } else { vec![at] });
        let variables = match own {
            Some(own) => own.iter().filter_map(|at| join(around, at.text()?)).collect(),
            None => join(&folder, ".env").into_iter().collect(),
        };
        self.inclusions.push(Inclusion {
            path,
            folder,
            variables,
        });
    }

    fn lay_over(&mut self, first: usize, below: Loaded, over: &Loaded) -> Loaded {
        let source = &self.repository.files()[first].source;
        match compose(source, below.0.at(below.1), over.0.at(over.1)) {
            Some(tree) => whole(tree),
            None => {
                let doubt = Doubt::at(
                    "the files of the project are too large together",
                    over.0.at(over.1).head(),
                );
                self.doubts.push((String::new(), doubt));
                below
            }
        }
    }

    /// The file's own services on top of those they extend.
    fn extended(&mut self, file: usize, own: Loaded) -> Loaded {
        let at = own.0.at(own.1);
        let Some(services) = at.child("services") else {
            return own;
        };
        let mut changed: HashMap<&str, Loaded> = HashMap::new();
        for service in services.entries() {
            if service.child("extends").is_some() {
                match self.extend(file, service, &mut Vec::new()) {
                    Ok(Some(extended)) => {
                        changed.insert(service.name(), extended);
                    }
                    Ok(None) => {}
                    Err(doubt) => self.doubts.push((format!("services.{}", service.name()), doubt)),
                }
            }
        }
        if changed.is_empty() {
            return own.clone();
        }
        let source = &self.repository.files()[file].source;
        let services = changed
            .iter()
            .map(|(name, (tree, node))| (*name, tree.at(*node)))
            .collect();
        match with_services(source, at, &services) {
            Some(tree) => whole(tree),
            None => own.clone(),
        }
    }

    /// A service on top of what it extends; nothing where it extends nothing.
    fn extend(
        &mut self,
        file: usize,
        service: At<'_>,
        open: &mut Vec<(usize, String)>,
    ) -> Result<Option<Loaded>, Doubt> {
        let Some(extends) = service.child("extends") else {
            return Ok(None);
        };
        let doubt = |what: &str| Doubt::at(what, extends.head());
        let name = if extends.is_map() {
            extends.scalar("service")
        } else {
            extends.text()
        };
        let name = name.ok_or_else(|| doubt("it extends a service that is not named"))?;
        let other = match extends.scalar("file") {
            None => Some(file),
            Some(path) => {
                let path = join(folder_of(&self.repository.files()[file].path), path);
                path.and_then(|path| self.repository.index(&path))
            }
        };
        let missing = || doubt("it extends a service that is not in the repository");
        let other = other.ok_or_else(missing)?;
        let key = (other, name.to_owned());
        if open.contains(&key) || open.len() >= DEEPEST || self.left == 0 {
            return Err(doubt("it extends itself"));
        }
        self.left -= 1;
        let tree = self.repository.files()[other].tree.clone().ok_or_else(missing)?;
        let base = root(&tree)
            .and_then(|root| root.child("services")?.child(name))
            .ok_or_else(missing)?;
        self.files.insert(other);
        open.push(key);
        let below = self.extend(other, base, open)?;
        open.pop();
        let source = &self.repository.files()[file].source;
        let base = below.as_ref().map_or(base, |(tree, node)| tree.at(*node));
        extend(source, base, service)
            .map(|tree| Some(whole(tree)))
            .ok_or_else(|| doubt("it extends too much"))
    }
}

fn whole(tree: Tree) -> Loaded {
    let node = merged_document(&tree);
    (Arc::new(tree), node)
}
