//! Every file that was read, found by its path, its source, a glob or a symbolic link.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use globset::GlobMatcher;
use rustc_hash::FxHashMap;

use crate::environment::claim::claimed::Fragment;
use crate::model::ProductId;
use crate::repo::walk::Link;
use crate::repo::{Source, SourceId};
use crate::syntax::{Language, Problem, ProblemKind, Tree};

/// What a file is for in a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Kubernetes objects.
    Kubernetes,
    /// A compose file or an override of one.
    Compose,
    /// A kustomization or a component.
    Kustomization,
    /// YAML for none of these, which a kustomization may still name as a patch.
    OtherYaml,
    /// A Helm chart's description, its values or its templates, which are not rendered here.
    Helm,
    /// Terraform: a module's file, or values for its variables.
    Terraform,
    /// A CloudFormation template that scales something.
    CloudFormation,
    /// A systemd service, or a socket of one.
    Systemd,
    /// Variables: `.env`.
    Environment,
    /// Configuration of a gateway or a server, whole or a fragment.
    Product(ProductId),
    /// Read, but not understood yet.
    Other,
}

impl Role {
    /// Whether files of this role stand outside documents and may be part of an environment all the same.
    pub fn is_loose(self) -> bool {
        matches!(self, Role::Product(_) | Role::Systemd)
    }
}

/// One file, read and parsed.
#[derive(Clone, Debug)]
pub struct File {
    /// Path relative to the repository's root, with `/`.
    pub path: Arc<str>,
    /// Its text.
    pub source: Arc<Source>,
    /// How it is written.
    pub language: Language,
    /// What it is for.
    pub role: Role,
    /// Where in its product's configuration it belongs.
    pub fragment: Fragment,
    /// Its tree; files that are only kept for mounts have none.
    pub tree: Option<Arc<Tree>>,
}

impl File {
    /// The first place from which on it could not be read, nobody's template.
    pub fn broken(&self) -> Option<&Problem> {
        let problems = self.tree.as_deref()?.problems.iter();
        let mut broken = problems.filter(|problem| !matches!(problem.kind, ProblemKind::Skipped | ProblemKind::Twice));
        broken.next()
    }
}

/// Every file of the repository that was read, in order of path.
#[derive(Clone, Debug, Default)]
pub struct Repository {
    files: Vec<File>,
    /// For each source its place in `files`, and `NONE` where it is no file.
    by_source: Vec<u32>,
    by_path: Arc<FxHashMap<Arc<str>, usize>>,
    /// Symbolic links to files and folders of the repository, with what they lead to.
    links: Arc<BTreeMap<Arc<str>, Arc<str>>>,
    /// Paths of files that are there and were not read, in order.
    others: Arc<Vec<String>>,
}

const NONE: u32 = u32::MAX;

impl Repository {
    /// Sorts and indexes the files.
    pub fn new(mut files: Vec<File>) -> Self {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        // Includes and mounts ask for many paths.
        let by_path = files.iter().enumerate().map(|(at, file)| (file.path.clone(), at));
        let mut repository = Self {
            by_source: Vec::new(),
            by_path: Arc::new(by_path.collect()),
            files: Vec::new(),
            links: Arc::default(),
            others: Arc::default(),
        };
        for (at, file) in files.iter().enumerate() {
            repository.place(file.source.id, at as u32);
        }
        Self { files, ..repository }
    }

    fn place(&mut self, source: SourceId, at: u32) {
        let source = source.0 as usize;
        if self.by_source.len() <= source {
            self.by_source.resize(source + 1, NONE);
        }
        self.by_source[source] = at;
    }

    /// The same files, which also answer to the names of these symbolic links.
    pub fn linked(self, links: &[Link]) -> Self {
        let links = links.iter();
        let links = links.map(|link| (link.path.as_str().into(), link.target.as_str().into()));
        Self {
            links: Arc::new(links.collect()),
            ..self
        }
    }

    /// The paths of files that were not read: those that nothing named. In order of path.
    pub fn unread(&self) -> impl Iterator<Item = &str> {
        let others = self.others.iter().map(String::as_str);
        others.filter(|path| self.get(path).is_none())
    }

    /// The same files beside others that were not read, in order of path.
    pub fn beside(self, others: Vec<String>) -> Self {
        Self {
            others: Arc::new(others),
            ..self
        }
    }

    /// All files, in order of path.
    pub fn files(&self) -> &[File] {
        &self.files
    }

    /// The file at a path.
    pub fn get(&self, path: &str) -> Option<&File> {
        self.index(path).map(|at| &self.files[at])
    }

    /// The file that has this source.
    pub fn of_source(&self, source: SourceId) -> Option<&File> {
        self.index_of(source).map(|at| &self.files[at])
    }

    /// The place of the file that has this source in `files`.
    pub fn index_of(&self, source: SourceId) -> Option<usize> {
        let at = *self.by_source.get(source.0 as usize)?;
        (at != NONE).then_some(at as usize)
    }

    /// The place of a path in `files`.
    pub fn index(&self, path: &str) -> Option<usize> {
        let find = |path: &str| self.by_path.get(path).copied();
        find(path).or_else(|| match self.real(path) {
            Cow::Borrowed(_) => None,
            Cow::Owned(real) => find(&real),
        })
    }

    /// Whether a file or folder is there, read or not.
    pub fn exists(&self, path: &str) -> bool {
        let path = &*self.real(path);
        let prefix = format!("{path}/");
        let from = self.others.partition_point(|other| **other < *path);
        let is_other = |other: &String| other == path || other.starts_with(&prefix);
        let next = self.others.partition_point(|other| **other < *prefix);
        let others = [self.others.get(from), self.others.get(next)];
        path.is_empty()
            || self.index(path).is_some()
            || !self.under(path).is_empty()
            || others.into_iter().flatten().any(is_other)
    }

    /// The paths of all files, read or not.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        let read = self.files.iter().map(|file| &*file.path);
        read.chain(self.others.iter().map(String::as_str))
    }

    /// A path without symbolic links.
    pub fn real<'p>(&self, path: &'p str) -> Cow<'p, str> {
        let mut end = path.len();
        while !self.links.is_empty() && end > 0 {
            if let Some(target) = self.links.get(&path[..end]) {
                // What links lead to has none in it.
                return Cow::Owned(format!("{target}{}", &path[end..]).trim_start_matches('/').to_owned());
            }
            end = path[..end].rfind('/').unwrap_or(0);
        }
        Cow::Borrowed(path)
    }

    /// The files that a glob means, in order of the names by which it means them. `base` is the folder before its first
    /// wildcard.
    pub fn matching(&self, base: &str, glob: &GlobMatcher) -> Vec<&File> {
        let real = self.real(base);
        let own = self.under(&real).iter().map(|file| {
            let name = match &real {
                Cow::Borrowed(_) => Cow::Borrowed(&*file.path),
                Cow::Owned(real) => {
                    let rest = file.path[real.len()..].trim_start_matches('/');
                    Cow::Owned(format!("{base}/{rest}"))
                }
            };
            (name, file)
        });
        let links = self
            .links
            .iter()
            .filter(|(name, _)| real == base && is_under(name, base));
        let linked = links.filter_map(|(name, target)| Some((Cow::Borrowed(&**name), self.get(target)?)));
        let mut found: Vec<_> = own
            .chain(linked)
            .filter(|(name, _)| glob.is_match(Path::new(&**name)))
            .collect();
        found.sort_by(|a, b| a.0.cmp(&b.0));
        found.into_iter().map(|(_, file)| file).collect()
    }

    /// All files in a folder, subfolders included; `""` is the root.
    pub fn under<'r>(&'r self, folder: &str) -> &'r [File] {
        if folder.is_empty() {
            return &self.files;
        }
        let prefix = format!("{folder}/");
        let from = self.files.partition_point(|file| *file.path < *prefix);
        let len = self.files[from..].partition_point(|file| file.path.starts_with(&prefix));
        &self.files[from..from + len]
    }

    /// The same repository with some files replaced by others of the same paths, for proving fixes.
    pub fn with(&self, files: Vec<File>) -> Self {
        let mut copy = self.clone();
        for file in files {
            if let Some(at) = copy.index(&file.path) {
                copy.place(copy.files[at].source.id, NONE);
                copy.place(file.source.id, at as u32);
                copy.files[at] = file;
            }
        }
        copy
    }
}

fn is_under(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// The folder of a path; empty for the root.
pub fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Joins a relative path to a folder and resolves `.` and `..`; `None` when it leaves the repository.
pub fn join(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
