//! Where Envoys are: which containers run one, and the files their commands and bootstraps name.

use std::sync::Arc;

use crate::environment::{ContainerSpec, Repository, Role, folder_of, join};
use crate::expand::{ContainerFiles, SeenFile};
use crate::model::Version;
use crate::product::envoy::claim::is_envoy;
use crate::product::envoy::product::PRODUCT;
use crate::product::envoy::resources::is_whole;
use crate::repo::Source;
use crate::syntax::Tree;

/// What a container runs when nothing else is said (the image's own command).
const DEFAULT_PATH: &str = "/etc/envoy/envoy.yaml";

/// The bootstrap a container starts with: the file its command names, else the only whole one it sees.
pub fn bootstrap_of(
    spec: &ContainerSpec,
    files: &ContainerFiles,
    tree: &dyn Fn(&Arc<Source>) -> Arc<Tree>,
) -> Option<Arc<Tree>> {
    let own_files = files.files.iter().filter(|file| is_envoy(&file.source.text));
    let mut candidates = own_files.filter(|file| is_whole(&tree(&file.source)));
    let mounted = candidates.next().filter(|_| candidates.next().is_none());
    let named = option(&words(spec));
    let path = named.as_deref().unwrap_or(DEFAULT_PATH);
    let file = files.get(path).or(mounted.filter(|_| files.doubt(path).is_none()))?;
    let bootstrap = is_envoy(&file.source.text).then(|| tree(&file.source))?;
    bootstrap.problems.is_empty().then_some(bootstrap)
}

/// The version a container runs: what this run's configuration states, else its image's tag.
pub fn version(spec: &ContainerSpec, stated: Option<&Version>) -> Option<Version> {
    let own = || Version::of_image(&spec.image.as_ref().filter(|_| is_image(spec))?.text);
    stated.cloned().or_else(own)
}

/// Whether a container runs the official image.
pub fn is_image(spec: &ContainerSpec) -> bool {
    spec.built.is_none() && matches!(spec.image_name(), Some("envoy" | "envoy-alpine" | "envoy-distroless"))
}

/// Whether a container runs Envoy: by its image, a name that says so, or its command.
pub fn runs(spec: &ContainerSpec) -> bool {
    let named = |name: Option<&str>| name.is_some_and(|name| name.contains("envoy"));
    let is_program = |word: &String| word.rsplit('/').next() == Some("envoy");
    named(spec.image_name()) || (spec.image.is_none() && named(Some(&*spec.name))) || words(spec).iter().any(is_program)
}

/// Whether an image built from the repository has the bootstrap where Envoy looks for it.
pub fn is_built_with(spec: &ContainerSpec, files: &ContainerFiles) -> bool {
    spec.built.is_some() && files.get(DEFAULT_PATH).is_some()
}

/// Whether a file is Envoy's, but the container that sees it runs something else.
pub fn is_anothers(spec: &ContainerSpec, seen: &SeenFile) -> bool {
    let name = seen.path.trim_end_matches(".tmpl");
    [".yaml", ".yml", ".json"].iter().any(|ending| name.ends_with(ending))
        && !runs(spec)
        && !(spec.built.is_some() && seen.path == DEFAULT_PATH)
        && is_envoy(&seen.source.text)
}

/// The words of a container's command.
fn words(spec: &ContainerSpec) -> Vec<String> {
    let texts = spec.entrypoint.iter().chain(&spec.arguments).flatten();
    texts
        .flat_map(|text| text.text.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

/// The file `-c` or `--config-path` names; `sh -c` has the same letter.
fn option(words: &[String]) -> Option<String> {
    let mut before = "";
    for (at, word) in words.iter().enumerate() {
        if let Some(path) = word.strip_prefix("--config-path=") {
            return Some(path.to_owned());
        }
        let shell = before.ends_with("sh");
        if (word == "-c" && !shell) || word == "--config-path" {
            return words.get(at + 1).cloned();
        }
        before = word;
    }
    None
}

/// A file as a bootstrap of the repository names it: under its folder or one around it, by as much of the path as fits;
/// else the only file of that name below.
pub fn nearby(repository: &Repository, folder: &str, path: &str) -> Option<Arc<Tree>> {
    let relative = path.trim_start_matches('/');
    let cuts = std::iter::once(0).chain(relative.match_indices('/').map(|(at, _)| at + 1));
    let tails: Vec<&str> = cuts.map(|cut| &relative[cut..]).collect();
    let mut around = folder;
    for _ in 0..3 {
        for tail in &tails {
            let file = join(around, tail).and_then(|path| repository.get(&path));
            if let Some(file) = file.filter(|file| file.role == Role::Product(PRODUCT.id())) {
                return file.tree.clone();
            }
        }
        if around.is_empty() {
            break;
        }
        around = folder_of(around);
    }
    let name = tails.last()?;
    let below = repository.under(folder).iter();
    let mut below =
        below.filter(|file| file.role == Role::Product(PRODUCT.id()) && file.path.rsplit('/').next() == Some(name));
    let found = below.next()?;
    below.next().is_none().then(|| found.tree.clone())?
}
