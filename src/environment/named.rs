//! Files that no one knows by their names, but that something names: a mount, a `COPY` of a Dockerfile, a generator of
//! a kustomization.

use std::collections::BTreeSet;

use super::claim::{Claimants, NameClaim};
use super::repository::{Role, folder_of, join};
use crate::repo::Source;
use crate::syntax::dockerfile::{Form, joined, stages};
use crate::syntax::{At, Tree};

/// Where images have their configuration. What is put elsewhere is the application.
const CONFIGURATION: [&str; 4] = ["/etc/", "/usr/local/", "/opt/", "/docker-entrypoint"];

/// A folder of more files than this is not one of configuration.
const MOST_IN_FOLDER: usize = 200;

/// What may tell that something makes a file which is not in the repository.
const TELLING: [&str; 9] = ["sh", "bash", "mk", "py", "md", "rst", "ps1", "bat", "rb"];

/// The same, by whole names.
const TELLING_NAMES: [&str; 6] = [
    ".gitignore",
    ".gitmodules",
    "Makefile",
    "makefile",
    "justfile",
    "README",
];

/// A repository of more files than this is not searched for them.
const MOST_TELLING: usize = 2_000;

/// What texts name.
pub(super) struct Others<'r> {
    /// Those of the other files, in order of path.
    pub named: Vec<&'r str>,
    /// Sources of mounts that are not among the files.
    pub missing: Vec<String>,
}

/// Which of the other files, in order of path, the texts that were read name, and what they name that is not there.
pub(super) fn others<'r>(
    claimants: &Claimants,
    texts: impl Iterator<Item = (&'r Source, Role, Option<&'r Tree>)> + Clone,
    others: &'r [String],
) -> Others<'r> {
    let mut named = Named {
        others,
        found: BTreeSet::new(),
        missing: Vec::new(),
    };
    for (source, role, tree) in texts.clone() {
        let folder = folder_of(&source.path);
        match (role, tree) {
            (Role::Compose, Some(tree)) => tree.root().items().for_each(|project| named.compose(folder, project)),
            (Role::Kustomization, Some(tree)) => {
                let generators = tree.root().items().filter_map(|at| at.child("configMapGenerator"));
                let files = generators.flat_map(At::items).filter_map(|at| at.child("files"));
                for file in files.flat_map(At::items).filter_map(At::text) {
                    named.add(folder, file.split_once('=').map_or(file, |(_, path)| path), false);
                }
            }
            (Role::Other, _) if claimants.by_name(&source.path) == Some(NameClaim::Dockerfile) => {
                named.dockerfile(folder, &source.text);
            }
            _ => {}
        }
    }
    let is_at = |path: &str, own: &str| {
        path.strip_prefix(own)
            .is_some_and(|rest| matches!(rest.as_bytes(), [] | [b'/', ..]))
    };
    let is_read = |path: &str| texts.clone().any(|(source, ..)| is_at(&source.path, path));
    let mut missing = named.missing;
    missing.retain(|path| !others.iter().any(|other| is_at(other, path)) && !is_read(path));
    if !missing.is_empty() && others.len() <= MOST_TELLING {
        let tells = |path: &&String| {
            let name = path.rsplit('/').next().unwrap_or_default();
            let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
            TELLING_NAMES.contains(&name) || TELLING.contains(&ending)
        };
        named.found.extend(others.iter().filter(tells).map(String::as_str));
    }
    Others {
        named: named.found.into_iter().collect(),
        missing,
    }
}

struct Named<'r> {
    others: &'r [String],
    found: BTreeSet<&'r str>,
    missing: Vec<String>,
}

impl Named<'_> {
    /// The file at a path, or the files of the folder that is there.
    fn add(&mut self, folder: &str, path: &str, with_folder: bool) -> bool {
        let Some(path) = join(folder, path).filter(|path| !path.is_empty()) else {
            return false;
        };
        let from = self.others.partition_point(|other| **other < *path);
        match self.others.get(from) {
            Some(other) if *other == path => self.found.insert(other),
            _ if with_folder => {
                let prefix = format!("{path}/");
                let from = self.others.partition_point(|other| **other < *prefix);
                let inside = self.others[from..]
                    .iter()
                    .take_while(|other| other.starts_with(&prefix));
                let inside: Vec<&String> = inside.take(MOST_IN_FOLDER + 1).collect();
                let is_some = !inside.is_empty();
                if inside.len() <= MOST_IN_FOLDER {
                    self.found.extend(inside.into_iter().map(String::as_str));
                }
                is_some
            }
            _ => false,
        }
    }

    fn compose(&mut self, folder: &str, project: At<'_>) {
        for service in project.child("services").map(At::entries).unwrap_or_default() {
            for volume in service.child("volumes").into_iter().flat_map(At::items) {
                let short = || volume.text().and_then(|text| text.split_once(':'));
                let long = || Some((volume.scalar("source")?, volume.scalar("target")?));
                let pair = if volume.is_map() { long() } else { short() };
                if let Some((source, target)) = pair.filter(|(source, _)| source.starts_with('.')) {
                    let is_own = is_configuration(target);
                    if !self.add(folder, source, is_own) && is_own {
                        self.missing.extend(join(folder, source));
                    }
                }
            }
            let files = service.child("env_file").into_iter();
            for file in files.flat_map(|at| if at.is_list() { at.items().collect() } else { vec![at] }) {
                if let Some(path) = file.text().or_else(|| file.scalar("path")) {
                    self.add(folder, path, false);
                }
            }
        }
        for config in project.child("configs").map(At::entries).unwrap_or_default() {
            if let Some(path) = config.scalar("file") {
                self.add(folder, path, false);
            }
        }
    }

    /// The folder of the build is that of the Dockerfile or one around it.
    fn dockerfile(&mut self, own: &str, text: &str) {
        let text = joined(text);
        for stage in stages(&text) {
            let mut wanted: Vec<(&str, bool)> = Vec::new();
            for (sources, to) in stage.copies() {
                if is_configuration(to) {
                    wanted.extend(sources.iter().map(|from| (from.as_str(), true)));
                } else if is_started(&text, stage.entrypoint.iter().chain(&stage.command), sources) {
                    wanted.extend(sources.iter().map(|from| (from.as_str(), false)));
                }
            }
            for (path, with_folder) in wanted {
                let path = path.split(['*', '?']).next().unwrap_or_default();
                let path = path.trim_start_matches('/');
                let mut folder = own;
                while !self.add(folder, path, with_folder) && !folder.is_empty() {
                    folder = folder_of(folder);
                }
            }
        }
    }
}

fn is_configuration(path: &str) -> bool {
    CONFIGURATION.iter().any(|folder| path.starts_with(folder))
}

/// Whether one of the files is what the image starts.
fn is_started<'f>(text: &str, forms: impl Iterator<Item = &'f Form>, files: &[String]) -> bool {
    let commands = forms.flat_map(|form| match form {
        Form::Words(words) => words.iter().map(|word| &text[word.clone()]).collect(),
        Form::Line(line) => vec![&text[line.clone()]],
    });
    let mut words = commands.flat_map(str::split_whitespace);
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    words.any(|word| files.iter().any(|file| !file.is_empty() && name(file) == name(word)))
}
