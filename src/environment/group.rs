//! The environments of a repository: who takes which documents first.

use super::deployed::Environment;
use super::repository::Repository;
use super::{cloudformation, compose, directory, ignored, kustomize, terraform};

/// Which documents are deployed together: kustomizations, paths of deployers, compose projects, and at last everything
/// that belongs to none of them. In the same order for the same repository.
pub fn group(repository: &Repository) -> Vec<Environment> {
    let (mut objects, compose) = rayon::join(
        || directory::Objects::new(repository),
        || compose::environments(repository),
    );
    let mut environments = kustomize::environments(repository, &mut objects);
    environments.extend(compose);
    environments.extend(terraform::environments(repository));
    environments.extend(cloudformation::environments(repository));
    environments.push(directory::environment(objects));
    directory::scatter_loose(repository, &mut environments);
    environments.retain(|environment| !(environment.documents.is_empty() && environment.loose.is_empty()));
    ignored::mark(&mut environments);
    environments
}
