//! The environments of a repository: who takes which documents first.

use crate::model::Doubt;

use super::deployed::Environment;
use super::repository::{Repository, Role};
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
    environments.push(directory::environment(repository, objects));
    directory::scatter_loose(repository, &mut environments);
    let is_broken = |at: &usize| repository.files()[*at].broken().is_some();
    environments.retain(|environment| {
        let is_empty = environment.documents.is_empty() && environment.loose.is_empty();
        !is_empty || environment.files.iter().any(is_broken)
    });
    for environment in &mut environments {
        incomplete(repository, environment);
    }
    ignored::mark(&mut environments);
    environments
}

/// Of a file that cannot be read no one knows what it would have added.
fn incomplete(repository: &Repository, environment: &mut Environment) {
    let files = environment.files.iter().map(|at| &repository.files()[*at]);
    let deploys = |role: Role| matches!(role, Role::Kubernetes | Role::Compose | Role::Kustomization);
    let broken = files.filter(|file| deploys(file.role)).find_map(|file| {
        let problem = file.broken()?;
        Some(Doubt::at(format!("{} cannot be read whole", file.path), problem.span))
    });
    environment.incomplete = environment.incomplete.take().or(broken);
}
