//! Finds the files a container sees: copied, mounted, made.

use super::built::as_built;
use super::cache::ExpandCache;
use super::envsubst::Templates;
use super::image::Built;
use super::seen::ContainerFiles;
use super::start;
use super::startup::Startup;
use crate::environment::Repository;
use crate::environment::container::{ContainerSpec, Mount, MountSource};
use crate::model::Doubt;
use crate::repo::Sources;

/// The files a container sees: what its Dockerfile copies into one of the folders, mounts over it, and what its start
/// makes from templates.
pub fn container_files(
    sources: &Sources,
    repository: &Repository,
    spec: &ContainerSpec,
    cache: &ExpandCache,
    folders: &[&str],
    startups: &[&'static Startup],
) -> ContainerFiles {
    let mut seen = ContainerFiles::default();
    let built = Built::new(sources, repository, spec, cache, folders);
    for folder in folders.iter().filter(|_| built.is_some()) {
        let of_image = built.as_ref().map(|built| built.files(folder)).unwrap_or_default();
        for file in of_image.files {
            seen.put(file.path, file.source);
        }
        seen.unknown.extend(of_image.unknown);
    }
    let mut mounts: Vec<&Mount> = spec.mounts.iter().collect();
    // As runtimes do it: outer folders first, so that inner mounts show.
    mounts.sort_by_key(|mount| mount.path.split('/').filter(|part| !part.is_empty()).count());
    for mount in mounts {
        add(&mut seen, sources, repository, cache, mount);
    }
    let filled = as_built(repository, spec);
    let templates = Templates::new(sources, cache, filled.as_ref().unwrap_or(spec), startups, folders);
    start::apply(&mut seen, &templates, built.as_ref(), startups);
    seen.files.sort_by(|a, b| a.path.cmp(&b.path));
    seen
}

fn add(seen: &mut ContainerFiles, sources: &Sources, repository: &Repository, cache: &ExpandCache, mount: &Mount) {
    seen.hide(&mount.path);
    let mut unknown = |reason: String| seen.unknown.push((mount.path.clone(), Doubt::at(reason, mount.span)));
    match &mount.source {
        MountSource::Inline(tree, node) => {
            let at = tree.at(*node);
            // A compose config's text is called `content`, which says nothing.
            let name = match at.name() {
                "" | "content" => mount.path.rsplit('/').next().unwrap_or_default(),
                name => name,
            };
            match cache.embedded(sources, at, name) {
                Some(source) => seen.put(mount.path.clone(), source),
                None => unknown(format!("the text mounted at {} could not be read", mount.path)),
            }
        }
        MountSource::Path(path) => {
            if let Some(file) = repository.get(path) {
                return seen.put(mount.path.clone(), file.source.clone());
            }
            let path = &repository.real(path);
            let files = repository.under(path);
            if files.is_empty() {
                return unknown(format!("{path} is not in the repository"));
            }
            for file in files {
                let rest = file.path.get(path.len()..).unwrap_or_default().trim_start_matches('/');
                let folder = mount.path.trim_end_matches('/');
                seen.put(format!("{folder}/{rest}"), file.source.clone());
            }
        }
        MountSource::Shared(volume) => seen.shared.push((mount.path.clone(), volume.clone())),
        MountSource::Unknown(reason) => unknown(reason.to_string()),
    }
}
