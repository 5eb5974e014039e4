//! Configuration that an image built from the repository has from its Dockerfile.

use globset::GlobBuilder;

use super::seen::ContainerFiles;
use crate::environment::{ContainerSpec, Repository, folder_of, join};
use crate::model::Doubt;
use crate::syntax::dockerfile::{joined, last_stage};

/// Adds what `COPY` and `ADD` of the Dockerfile put into one of the folders.
pub(super) fn add(seen: &mut ContainerFiles, repository: &Repository, spec: &ContainerSpec, folders: &[&str]) {
    let file = spec.dockerfile.as_ref().and_then(|path| repository.get(path));
    let (Some(file), Some(context)) = (file, &spec.built) else {
        return;
    };
    let Some(stage) = last_stage(&joined(&file.source.text)) else {
        return;
    };
    for words in &stage.copies {
        let Some((to, sources)) = words.split_last() else {
            continue;
        };
        for from in sources {
            copy(seen, repository, context, from, to, folders);
        }
    }
}

fn copy(seen: &mut ContainerFiles, repository: &Repository, context: &str, from: &str, to: &str, folders: &[&str]) {
    let is_wanted = |path: &str| folders.iter().any(|folder| path.starts_with(folder));
    let Some(path) = join(context, from.trim_start_matches('/')) else {
        return;
    };
    if path.contains(['*', '?', '[']) {
        let Ok(glob) = GlobBuilder::new(&path).literal_separator(true).build() else {
            return;
        };
        let base = path.split(['*', '?', '[']).next().map_or("", folder_of);
        for file in repository.matching(base, &glob.compile_matcher()) {
            let name = file.path.rsplit('/').next().unwrap_or_default();
            let to = format!("{}/{name}", to.trim_end_matches('/'));
            if is_wanted(&to) {
                seen.put(to, file.source.clone());
            }
        }
        return;
    }
    if let Some(file) = repository.get(&path) {
        let name = path.rsplit('/').next().unwrap_or_default();
        let to = if to.ends_with('/') {
            format!("{to}{name}")
        } else {
            to.to_owned()
        };
        if is_wanted(&to) {
            seen.put(to, file.source.clone());
        }
        return;
    }
    let folder = to.trim_end_matches('/');
    let inside = repository.under(&path);
    if inside.is_empty() && is_wanted(&format!("{folder}/")) {
        let doubt = Doubt::new(format!("{path} is not in the repository"));
        return seen.unknown.push((folder.to_owned(), doubt));
    }
    for file in inside {
        let rest = file.path.get(path.len()..).unwrap_or_default().trim_start_matches('/');
        let to = format!("{folder}/{rest}");
        if is_wanted(&to) {
            seen.put(to, file.source.clone());
        }
    }
}
