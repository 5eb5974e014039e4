//! Where Caddy's files lie: in a container, or in the repository.

use std::sync::Arc;

use globset::{GlobBuilder, GlobMatcher};

use crate::environment::{ContainerSpec, Repository, folder_of, join};
use crate::expand::ContainerFiles;
use crate::product::caddy::process::SERVER;
use crate::product::caddy::words::{Around, Variable};
use crate::repo::Source;
use crate::syntax::Tree;

/// Where the official image keeps it.
pub const USUAL: &str = "/etc/caddy/Caddyfile";
/// Where the official image starts.
const WORKING_DIRECTORY: &str = "/srv";

/// Gives the tree of a file.
pub type Trees<'a> = &'a dyn Fn(&Source) -> Arc<Tree>;

/// A container that runs Caddy.
pub struct InContainer<'a> {
    /// The container as written.
    pub spec: &'a ContainerSpec,
    /// The files it sees.
    pub files: &'a ContainerFiles,
    /// Whether names are those of a compose project: there no Service sets variables.
    pub compose: bool,
    /// The trees of files.
    pub trees: Trees<'a>,
}

impl InContainer<'_> {
    /// The path of the Caddyfile that it starts with: what the command names, or the usual one.
    pub fn main(&self) -> String {
        let texts = self.spec.entrypoint.iter().chain(&self.spec.arguments).flatten();
        let words: Vec<&str> = texts
            .flat_map(|text| match self.spec.shell || text.text.contains("caddy ") {
                true => text.text.split_whitespace().collect(),
                false => vec![&*text.text],
            })
            .collect();
        let folder = self.spec.working_dir.as_deref().unwrap_or(WORKING_DIRECTORY);
        let mut named = None;
        for (at, word) in words.iter().enumerate() {
            named = match word.split_once('=') {
                Some(("--config", path)) => Some(path),
                _ if matches!(*word, "--config" | "-config") => words.get(at + 1).copied(),
                // `sh -c` has the same letter.
                _ if *word == "-c" && at > 0 && !words[at - 1].ends_with("sh") => words.get(at + 1).copied(),
                _ => named,
            };
        }
        match named {
            Some(path) if path.starts_with('/') => path.to_owned(),
            Some(path) => format!("{folder}/{}", path.trim_start_matches("./")),
            None if words.contains(&"run") => format!("{folder}/Caddyfile"),
            None => USUAL.to_owned(),
        }
    }

    /// Whether nothing but what is written sets variables: the image's own start, no shell in between.
    fn environment_is_known(&self) -> bool {
        let plain = |texts: &Option<Vec<crate::environment::container::Text>>| {
            texts.iter().flatten().all(|text| {
                !text.unknown
                    && !matches!(
                        text.text.rsplit('/').next(),
                        Some("sh" | "bash" | "ash" | "-c" | "env" | "--envfile")
                    )
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
        // What Docker and the image define.
        const GIVEN: [&str; 6] = ["PATH", "HOSTNAME", "HOME", "PWD", "TERM", "USER"];
        match self.spec.variable(name) {
            Some(value) if !value.unknown => return Variable::Value(value.text.clone()),
            Some(_) => return Variable::Unknown,
            None => {}
        }
        let of_service = !self.compose && (name.contains("_SERVICE_") || name.contains("_PORT"));
        let is_given = GIVEN.contains(&name) || name.starts_with("CADDY_") || name.starts_with("XDG_");
        if self.environment_is_known() && !of_service && !is_given {
            Variable::Unset
        } else {
            Variable::Unknown
        }
    }

    fn imported(&self, from: &Tree, pattern: &str) -> Result<Vec<Arc<Tree>>, String> {
        let missing = || format!("{pattern} is not in the repository");
        let own = self.files.files.iter().find(|file| file.source.id == from.source());
        let folder = own.map_or("/etc/caddy", |file| folder_of(&file.path));
        let path = match pattern.strip_prefix('/') {
            Some(_) => pattern.to_owned(),
            None => format!(
                "/{}",
                join(folder.trim_start_matches('/'), pattern).ok_or_else(missing)?
            ),
        };
        let glob = glob(&path).ok_or_else(missing)?;
        let files = self.files.files.iter().filter(|file| glob.is_match(&file.path));
        let found: Vec<Arc<Tree>> = files.map(|file| (self.trees)(&file.source)).collect();
        let is_glob = pattern.contains(['*', '?', '[']);
        let doubt = self.files.doubt(&path).or_else(|| self.files.doubt(folder_of(&path)));
        match doubt {
            Some(doubt) if found.is_empty() => Err(format!("{pattern} cannot be read: {}", doubt.reason)),
            _ if found.is_empty() && !is_glob => Err(missing()),
            _ => Ok(found),
        }
    }
}

/// A file of the repository that no container mounts.
pub struct InRepository<'a> {
    /// All files.
    pub repository: &'a Repository,
    /// The trees of files.
    pub trees: Trees<'a>,
}

impl InRepository<'_> {
    /// The files that a pattern in a file means, as indexes: beside it, or, for a path of the machine, below its folder.
    fn meant(&self, from: &Tree, pattern: &str) -> Vec<usize> {
        let own = self.repository.of_source(from.source());
        let folder = own.map_or("", |file| folder_of(&file.path));
        let below = pattern
            .strip_prefix('/')
            .map(|path| path.strip_prefix("etc/caddy/").unwrap_or(path));
        let path = join(folder, below.unwrap_or(pattern));
        let Some(glob) = path.as_deref().and_then(glob) else {
            return Vec::new();
        };
        let files = self.repository.files().iter().enumerate();
        files
            .filter(|(_, file)| glob.is_match(&*file.path))
            .map(|(at, _)| at)
            .collect()
    }
}

impl Around for InRepository<'_> {
    fn variable(&self, _: &str) -> Variable {
        Variable::Unknown
    }

    fn imported(&self, from: &Tree, pattern: &str) -> Result<Vec<Arc<Tree>>, String> {
        let found = self.meant(from, pattern);
        if found.is_empty() {
            return Err(format!("{pattern} is not in the repository"));
        }
        let files = found.into_iter().map(|at| &self.repository.files()[at]);
        Ok(files.map(|file| (self.trees)(&file.source)).collect())
    }
}

/// The configurations among loose files: those that no other imports.
pub fn mains(around: &InRepository<'_>, files: &[usize]) -> Vec<usize> {
    let all = around.repository.files();
    let mut imported = Vec::new();
    for at in files {
        let Some(tree) = &all[*at].tree else { continue };
        let imports = tree.all().filter(|line| line.is_named("import"));
        for pattern in imports.filter_map(|line| line.text()) {
            imported.extend(around.meant(tree, pattern).into_iter().filter(|other| other != at));
        }
    }
    files.iter().copied().filter(|at| !imported.contains(at)).collect()
}

fn glob(pattern: &str) -> Option<GlobMatcher> {
    let glob = GlobBuilder::new(pattern).literal_separator(true).build().ok()?;
    Some(glob.compile_matcher())
}
