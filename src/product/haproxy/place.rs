//! Where HAProxy's files lie: in a container, or in the repository.

use std::sync::Arc;

use crate::environment::{ContainerSpec, Repository, folder_of, join};
use crate::expand::ContainerFiles;
use crate::model::Doubt;
use crate::product::haproxy::process::SERVER;
use crate::product::haproxy::words::{Around, Variable};
use crate::repo::Source;

/// Where the official images keep it.
pub const USUAL: [&str; 2] = ["/usr/local/etc/haproxy/haproxy.cfg", "/etc/haproxy/haproxy.cfg"];

/// A container that runs HAProxy.
pub struct InContainer<'a> {
    /// The container as written.
    pub spec: &'a ContainerSpec,
    /// The files it sees.
    pub files: &'a ContainerFiles,
    /// Whether names are those of a compose project: there no Service sets variables.
    pub compose: bool,
}

impl InContainer<'_> {
    /// The files HAProxy reads, in order, and why there may be more.
    pub fn entries(&self) -> (Vec<Arc<Source>>, Option<Doubt>) {
        let named = self.named();
        let mut found = Vec::new();
        let mut open = None;
        let wanted: Vec<String> = if named.is_empty() {
            let usual = USUAL.iter().find(|path| self.files.get(path).is_some());
            usual.into_iter().map(|path| (*path).to_owned()).collect()
        } else {
            named
        };
        for path in wanted {
            if let Some(file) = self.files.get(&path) {
                found.push(file.source.clone());
                continue;
            }
            let folder = path.trim_end_matches('/');
            let before = found.len();
            // A folder gives its files that end in .cfg, in order of name.
            let inside = self
                .files
                .under(folder)
                .filter(|file| file.path.ends_with(".cfg") && folder_of(&file.path) == folder);
            found.extend(inside.map(|file| file.source.clone()));
            if found.len() == before || self.files.doubt(folder).is_some() {
                open.get_or_insert_with(|| Doubt::at(format!("{path} is not in the repository"), self.spec.span));
            }
        }
        (found, open)
    }

    /// What `-f` and `--` name on the command line.
    fn named(&self) -> Vec<String> {
        let texts = self.spec.entrypoint.iter().chain(&self.spec.arguments).flatten();
        let words: Vec<&str> = texts
            .flat_map(|text| {
                let whole = self.spec.shell || text.text.contains("haproxy -");
                if whole {
                    text.text.split_whitespace().collect()
                } else {
                    vec![&*text.text]
                }
            })
            .collect();
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(word) = words.get(at) {
            match *word {
                "-f" => {
                    found.extend(
                        words
                            .get(at + 1)
                            .filter(|path| path.starts_with('/'))
                            .map(|path| (*path).to_owned()),
                    );
                    at += 1;
                }
                word if word.len() > 2 && word.starts_with("-f/") => found.push(word[2..].to_owned()),
                _ => {}
            }
            at += 1;
        }
        found
    }

    /// Whether nothing but what is written sets variables: the image's own start, no shell in between.
    fn environment_is_known(&self) -> bool {
        let plain = |texts: &Option<Vec<crate::environment::container::Text>>| {
            texts.iter().flatten().all(|text| {
                !text.unknown && !matches!(text.text.rsplit('/').next(), Some("sh" | "bash" | "ash" | "-c" | "env"))
            })
        };
        !self.spec.more_environment
            && SERVER.has_own_image(self.spec)
            && self.spec.entrypoint.is_none()
            && plain(&self.spec.arguments)
    }
}

impl Around for InContainer<'_> {
    fn variable(&self, name: &str) -> Variable {
        // What Docker, the image and HAProxy itself define.
        const GIVEN: [&str; 6] = ["PATH", "HOSTNAME", "HOME", "PWD", "TERM", "USER"];
        match self.spec.variable(name) {
            Some(value) if !value.unknown => return Variable::Value(value.text.clone()),
            Some(_) => return Variable::Unknown,
            None => {}
        }
        let of_service = !self.compose && (name.contains("_SERVICE_") || name.contains("_PORT"));
        let known = self.environment_is_known();
        if known && !of_service && !GIVEN.contains(&name) && !name.starts_with("HAPROXY_") {
            Variable::Unset
        } else {
            Variable::Unknown
        }
    }

    fn file(&self, path: &str) -> Option<Arc<Source>> {
        self.files.get(path).map(|file| file.source.clone())
    }
}

/// A file of the repository that no container mounts.
pub struct InRepository<'a> {
    /// All files.
    pub repository: &'a Repository,
    /// The folder of the configuration.
    pub folder: &'a str,
}

impl Around for InRepository<'_> {
    fn variable(&self, _: &str) -> Variable {
        Variable::Unknown
    }

    /// A file by its name on the machine: the longest end of the path that lies in the folder, or one around it.
    fn file(&self, path: &str) -> Option<Arc<Source>> {
        let relative = path.trim_start_matches('/');
        let mut folder = self.folder;
        for _ in 0..3 {
            let cuts = std::iter::once(0).chain(relative.match_indices('/').map(|(at, _)| at + 1));
            for cut in cuts {
                let found = join(folder, &relative[cut..]).and_then(|path| self.repository.get(&path));
                if let Some(file) = found {
                    return Some(file.source.clone());
                }
            }
            if folder.is_empty() {
                break;
            }
            folder = folder_of(folder);
        }
        None
    }
}

/// A configuration of the repository: its files (indexes into the repository's), the first of which names it.
pub struct Loose {
    /// The files, in order.
    pub files: Vec<usize>,
    /// Why there may be more.
    pub open: Option<Doubt>,
}

/// The configurations among loose files. A file with `global` or `defaults` begins one; the others of its folder and of
/// folders in it belong to it, if it is the only one they can belong to.
pub fn loose(repository: &Repository, files: &[usize]) -> Vec<Loose> {
    let is_main = |at: usize| {
        let tree = repository.files()[at].tree.as_ref();
        tree.is_some_and(|tree| {
            tree.root()
                .children()
                .any(|section| matches!(section.name(), "global" | "defaults"))
        })
    };
    let folder = |at: usize| folder_of(&repository.files()[at].path);
    let (mains, parts): (Vec<usize>, Vec<usize>) = files.iter().copied().partition(|at| is_main(*at));
    let mut found: Vec<Loose> = mains
        .iter()
        .map(|main| Loose {
            files: vec![*main],
            open: None,
        })
        .collect();
    let mut alone: Vec<(&str, Vec<usize>)> = Vec::new();
    for part in parts {
        let around: Vec<usize> = (0..mains.len())
            .filter(|at| {
                let main = folder(mains[*at]);
                folder(part) == main || folder_of(folder(part)) == main
            })
            .collect();
        match around.as_slice() {
            [one] => found[*one].files.push(part),
            [] => match alone.iter_mut().find(|(known, _)| *known == folder(part)) {
                Some((_, files)) => files.push(part),
                None => alone.push((folder(part), vec![part])),
            },
            several => {
                for at in several {
                    let path = &repository.files()[part].path;
                    let doubt = Doubt::new(format!("{path} may be a part of it"));
                    found[*at].open.get_or_insert(doubt);
                }
            }
        }
    }
    found.extend(alone.into_iter().map(|(_, files)| {
        let path = &repository.files()[files[0]].path;
        Loose {
            open: Some(Doubt::new(format!(
                "the rest of the configuration that {path} belongs to is not here"
            ))),
            files,
        }
    }));
    found
}
