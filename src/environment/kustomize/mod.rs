//! Kustomizations: what each includes, which of them are deployed, and the documents of those as deployed.

mod built;
mod deployer;
mod generate;
mod kustomization;
mod layer;
mod patch;
mod pattern;
mod replacement;
mod transform;

use super::deployed::{Environment, Platform};
use super::development::is_development;
use super::directory::Objects;
use super::repository::Repository;
use kustomization::Kustomizations;
use layer::Layers;
pub(super) use transform::overlong;

/// Environments of kustomizations and of the paths that deployers name. Files that any kustomization names are taken
/// out of `objects`' rest.
pub(super) fn environments(repository: &Repository, objects: &mut Objects) -> Vec<Environment> {
    let kustomizations = Kustomizations::new(repository);
    let deployed = deployer::paths(objects);
    let mut found = Vec::new();
    let mut layers = Layers::new(&kustomizations, objects);
    for root in kustomizations.roots(|folder| deployed.contains_key(folder)) {
        let own = &kustomizations.all[root];
        let mut built = layers.root(root);
        if let Some(by) = deployed.get(own.folder) {
            by.apply(repository, &mut built);
        }
        // The folder's name would be that of the directory environment.
        let name = if own.folder.is_empty() { own.path } else { own.folder };
        found.push(Environment {
            name: name.into(),
            platform: Platform::Kustomize,
            folder: own.folder.into(),
            documents: built.documents,
            loose: Vec::new(),
            files: built.files.into_iter().collect(),
            development: is_development(own.folder),
            incomplete: built.incomplete,
            inclusions: Vec::new(),
        });
    }
    for used in kustomizations.named_files() {
        objects.take(used);
    }
    found.extend(deployer::folders(repository, objects, &deployed, |path| {
        kustomizations.by_folder.contains_key(path)
    }));
    found
}
