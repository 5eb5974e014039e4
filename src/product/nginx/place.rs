//! Where nginx's files lie: in a container, in the repository, or in the output of `nginx -T`.

use std::sync::Arc;

use globset::{GlobBuilder, GlobMatcher};
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::environment::claim::{Charts, Claimants};
use crate::environment::{ContainerSpec, Repository, Role, folder_of, join};
use crate::expand::{ContainerFiles, stage_of};
use crate::model::Doubt;
use crate::product::nginx::claim::Outermost;
use crate::product::nginx::context::Context;
use crate::product::nginx::includes::{Included, Includes};
use crate::product::nginx::lower::Entry;
use crate::product::nginx::product::PRODUCT;
use crate::repo::{Source, SourceId};
use crate::server::image::Image;
use crate::speed;
use crate::syntax::dockerfile::joined;
use crate::syntax::{Tree, nginx};

/// Top-level files with the block they belong in, and why more may stand around them.
pub type Entries = Vec<Entry>;

/// Gives the nginx tree of a source, parsed once.
pub type Trees<'a> = &'a (dyn Fn(&Arc<Source>) -> Arc<Tree> + 'a);

/// Images whose own nginx.conf is known: it includes `conf.d/*.conf` in `http` and passes no request on.
const STOCK_IMAGES: [&str; 4] = [
    "nginx",
    "nginxinc/nginx-unprivileged",
    "openresty/openresty",
    "nginxinc/nginx",
];

/// A container's files.
pub struct ContainerIncludes<'a> {
    files: &'a ContainerFiles,
    trees: Trees<'a>,
    claimants: &'a Claimants,
    prefix: &'a str,
    /// Whether what is not mounted is the stock image's own.
    stock: bool,
}

impl<'a> ContainerIncludes<'a> {
    /// The includes of a container that runs nginx.
    pub fn new(
        spec: &ContainerSpec,
        keeps_stock: bool,
        files: &'a ContainerFiles,
        trees: Trees<'a>,
        claimants: &'a Claimants,
    ) -> Self {
        let stock = is_stock_image(spec) || keeps_stock && files.doubt("/etc/nginx/nginx.conf").is_none();
        let prefix = if spec.image_name() == Some("openresty") && files.get("/etc/nginx/nginx.conf").is_none() {
            "/usr/local/openresty/nginx/conf"
        } else {
            "/etc/nginx"
        };
        Self {
            files,
            trees,
            claimants,
            prefix,
            stock,
        }
    }

    /// The files nginx starts from: the main one if it is mounted, else what the image's own would include.
    pub fn entries(&self, config: Option<&str>, spec: &ContainerSpec) -> Entries {
        let main = config.map_or_else(|| format!("{}/nginx.conf", self.prefix), str::to_owned);
        if let Some(file) = self.files.get(&main) {
            return vec![((self.trees)(&file.source), Context::Main, None)];
        }
        let image = spec.image.as_ref().map_or("the image", |image| &image.text);
        let doubt = (!self.stock).then(|| Doubt::new(format!("the nginx.conf of {image} is not in the repository")));
        let mut entries = Entries::new();
        for file in &self.files.files {
            let in_conf_d = folder_of(&file.path).ends_with("/conf.d") && file.path.ends_with(".conf");
            if self.stock {
                if in_conf_d {
                    entries.push(((self.trees)(&file.source), Context::Http, None));
                }
            } else if let Some(context) = context_of(self.claimants, &file.source)
                && (in_conf_d || file.path.contains("nginx"))
            {
                entries.push(((self.trees)(&file.source), context, doubt.clone()));
            }
        }
        entries
    }
}

/// Whether the image's own nginx.conf is known.
pub fn is_stock_image(spec: &ContainerSpec) -> bool {
    spec.built.is_none() && STOCK_IMAGES.iter().any(|image| spec.is_official(image))
}

/// Whether an image that is built here keeps the stock image's own nginx.conf: its Dockerfile starts from one, and what
/// it and the scripts that start the container do is understood.
pub fn keeps_stock(repository: &Repository, spec: &ContainerSpec, files: &ContainerFiles) -> bool {
    let file = spec.dockerfile.as_ref().and_then(|path| repository.get(path));
    let Some(text) = file.map(|file| joined(&file.source.text)) else {
        return false;
    };
    let Some((stages, own)) = stage_of(&text, spec) else {
        return false;
    };
    let stage = &stages[own];
    let base = Image {
        text: stage.base.clone(),
        changed: true,
        other_command: false,
    };
    let is_stock = STOCK_IMAGES.iter().any(|image| base.is_official(image));
    let starts_as_it_is = stage.entrypoint.is_none() && spec.entrypoint.is_none();
    let mut others = stage.others(&text).into_iter();
    let mut at_start = files.start_others.iter();
    is_stock
        && (starts_as_it_is || files.start_is_read)
        && !others.any(may_configure)
        && !at_start.any(|command| may_configure(command))
}

/// Whether an instruction may change what is in /etc/nginx beside removing or making files that are none of nginx's.
fn may_configure(instruction: &str) -> bool {
    const HARMLESS: [&str; 8] = ["rm", "mkdir", "chown", "chmod", "ls", "cat", "touch", "nginx"];
    let commands = instruction.split("&&").flat_map(|text| text.split(';'));
    commands.map(str::trim).any(|command| {
        let configures = command.contains("/etc/nginx") || command.contains("nginx.conf");
        let program = command.split_whitespace().next().unwrap_or_default();
        let removes_main = program == "rm" && command.contains("nginx.conf");
        configures && (removes_main || !HARMLESS.contains(&program))
    })
}

impl Includes for ContainerIncludes<'_> {
    fn resolve(&self, _from: &Tree, pattern: &str) -> Included {
        let path = if pattern.starts_with('/') {
            pattern.to_owned()
        } else {
            format!("{}/{pattern}", self.prefix)
        };
        let Some(glob) = glob(&path) else {
            return Included::Unknown(format!("the include {pattern} cannot be read"));
        };
        let found: Vec<Arc<Tree>> = self
            .files
            .files
            .iter()
            .filter(|file| glob.is_match(&file.path))
            .map(|file| (self.trees)(&file.source))
            .collect();
        if !found.is_empty() {
            return Included::Files(found);
        }
        if let Some(doubt) = self.files.doubt(&path).or_else(|| self.files.doubt(folder_of(&path))) {
            return Included::Unknown(format!("the include {pattern} cannot be read: {}", doubt.reason));
        }
        let is_glob = path.contains(['*', '?', '[']);
        if self.stock && is_glob {
            Included::Files(Vec::new())
        } else {
            missing(pattern)
        }
    }
}

fn missing(pattern: &str) -> Included {
    Included::Unknown(format!("the include {pattern} is not in the repository"))
}

fn glob(pattern: &str) -> Option<GlobMatcher> {
    GlobBuilder::new(pattern)
        .literal_separator(true)
        .build()
        .ok()
        .map(|glob| glob.compile_matcher())
}

/// nginx files of the repository that no container mounts.
pub struct RepositoryIncludes<'a> {
    repository: &'a Repository,
    trees: Trees<'a>,
}

impl<'a> RepositoryIncludes<'a> {
    /// Includes among the files of a repository.
    pub fn new(repository: &'a Repository, trees: Trees<'a>) -> Self {
        Self { repository, trees }
    }

    /// The files a pattern means, seen from a file: relative to its folder or one around it, and `/etc/nginx/…` as if
    /// one of those were /etc/nginx.
    fn lookup(&self, from: &str, pattern: &str) -> Vec<Arc<Source>> {
        let relative = pattern.trim_start_matches('/');
        let tails: Vec<&str> = if pattern.starts_with('/') {
            // Longest first: /etc/nginx/conf.d/x.conf, nginx/conf.d/x.conf, conf.d/x.conf. A bare name would fit anything.
            let cuts = std::iter::once(0).chain(relative.match_indices('/').map(|(at, _)| at + 1));
            let tails: Vec<&str> = cuts.map(|cut| &relative[cut..]).collect();
            let known_root = relative.starts_with("etc/nginx/") || relative.starts_with("usr/local/nginx/conf/");
            tails
                .into_iter()
                .filter(|tail| known_root || tail.contains('/'))
                .collect()
        } else {
            vec![relative]
        };
        let mut folder = folder_of(from);
        for _ in 0..4 {
            for tail in &tails {
                let found = self.matching(folder, tail, from);
                if !found.is_empty() {
                    return found;
                }
            }
            if folder.is_empty() {
                break;
            }
            folder = folder_of(folder);
        }
        Vec::new()
    }

    fn matching(&self, folder: &str, tail: &str, from: &str) -> Vec<Arc<Source>> {
        let Some(path) = join(folder, tail) else {
            return Vec::new();
        };
        if !path.contains(['*', '?', '[']) {
            return self
                .repository
                .get(&path)
                .map(|file| file.source.clone())
                .into_iter()
                .collect();
        }
        let Some(glob) = glob(&path) else { return Vec::new() };
        let base = path.split(['*', '?', '[']).next().map_or("", folder_of);
        let files = self.repository.matching(base, &glob).into_iter();
        files
            .filter(|file| &*file.path != from)
            .map(|file| file.source.clone())
            .collect()
    }
}

impl Includes for RepositoryIncludes<'_> {
    fn resolve(&self, from: &Tree, pattern: &str) -> Included {
        let Some(file) = self.repository.of_source(from.source()) else {
            return missing(pattern);
        };
        let found = self.lookup(&file.path, pattern);
        if found.is_empty() {
            return missing(pattern);
        }
        Included::Files(found.iter().map(|source| (self.trees)(source)).collect())
    }
}

/// A configuration of the repository: the file a person would name it by, and where reading starts.
pub struct LooseConfig {
    /// Index into the repository's files.
    pub file: usize,
    /// Where reading starts.
    pub entries: Entries,
}

/// The configurations among loose nginx files: those that no other of them includes.
pub fn loose(repository: &Repository, files: &[usize], includes: &RepositoryIncludes<'_>) -> Vec<LooseConfig> {
    let mut included: FxHashSet<SourceId> = FxHashSet::default();
    for at in files {
        let file = &repository.files()[*at];
        let Some(tree) = &file.tree else { continue };
        for node in tree
            .all()
            .filter(|node| node.name() == "include" && node.doubt_at(0).is_none())
        {
            if let Some(pattern) = node.text() {
                included.extend(includes.lookup(&file.path, pattern).iter().map(|source| source.id));
            }
        }
    }
    let config = |at: &usize| {
        let file = &repository.files()[*at];
        if included.contains(&file.source.id) {
            return None;
        }
        let tree = file.tree.as_ref()?;
        let context = context_in(Outermost::of(file.fragment))?;
        let doubt = (context != Context::Main)
            .then(|| Doubt::new(format!("the file that includes {} is not in the repository", file.path)));
        Some(LooseConfig {
            file: *at,
            entries: vec![(tree.clone(), context, doubt)],
        })
    };
    files
        .par_iter()
        .with_min_len(speed::OBJECTS)
        .filter_map(config)
        .collect()
}

/// The block a file's directives belong in; `None` for a file that passes nothing on.
fn context_of(claimants: &Claimants, source: &Source) -> Option<Context> {
    let claim = claimants.by_content(&Charts::default(), &source.path, &source.text);
    let is_own = claim.role == Role::Product(PRODUCT.id());
    context_in(is_own.then(|| Outermost::of(claim.fragment))?)
}

fn context_in(outermost: Outermost) -> Option<Context> {
    match outermost {
        Outermost::Main => Some(Context::Main),
        Outermost::Http | Outermost::Unknown => Some(Context::Http),
        Outermost::Stream => Some(Context::Stream),
        Outermost::Server => Some(Context::Server),
        Outermost::Location => Some(Context::Location),
        Outermost::Upstream => None,
    }
}

/// The files of an `nginx -T` dump, which is a whole configuration.
pub struct DumpIncludes {
    files: Vec<(String, Arc<Tree>)>,
}

impl DumpIncludes {
    /// Takes a dump apart; `None` if the text is none.
    pub fn new(source: &Source) -> Option<(DumpIncludes, Entries)> {
        let parts = nginx::dump_parts(&source.text)?;
        let files: Vec<(String, Arc<Tree>)> = parts
            .into_iter()
            .map(|(path, range)| {
                let tree = nginx::parse_part(source.id, source.text.clone(), &source.text, Vec::new(), range);
                (path, Arc::new(tree))
            })
            .collect();
        let main = files.first()?.1.clone();
        Some((DumpIncludes { files }, vec![(main, Context::Main, None)]))
    }
}

impl Includes for DumpIncludes {
    fn resolve(&self, _from: &Tree, pattern: &str) -> Included {
        let main = self.files.first().map_or("", |(path, _)| folder_of(path));
        let path = if pattern.starts_with('/') {
            pattern.to_owned()
        } else {
            format!("{main}/{pattern}")
        };
        let Some(glob) = glob(&path) else {
            return missing(pattern);
        };
        let found: Vec<_> = self
            .files
            .iter()
            .filter(|(path, _)| glob.is_match(path))
            .map(|(_, tree)| tree.clone())
            .collect();
        Included::Files(found)
    }
}
