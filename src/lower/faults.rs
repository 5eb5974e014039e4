//! What is wrong with the files of an environment by themselves, as those see it who read them when it is deployed.

use std::sync::Arc;

use crate::environment::claim::Name;
use crate::environment::{File, Platform, Role};
use crate::estate::Builder;
use crate::model::field::fault;
use crate::model::{Entity, Kind};
use crate::syntax::{Problem, ProblemKind, Tree};

/// Whoever reads a file, and how much of it goes with a mistake.
enum Reader {
    /// The first mistake is the last thing that is read.
    Stops(&'static str),
    /// Several may, and each refuses the document around the mistake.
    Documents,
    /// It builds all its files into one.
    Builds,
    /// The one that is told by its own file what to build.
    Told,
    /// Compose files.
    Composes,
}

impl Builder<'_> {
    /// Notes what is wrong with the files that gateways load, and with those that are deployed.
    pub(super) fn faults(&mut self) {
        let (repository, environment) = (self.context.repository, self.environment);
        let mut found: Vec<Entity> = Vec::new();
        // What was loaded: the files of gateways, and texts that come of others.
        for tree in self
            .estate
            .model
            .trees()
            .iter()
            .filter(|tree| !tree.problems.is_empty())
        {
            let file = repository.of_source(tree.source());
            if file.is_some_and(|file| !matches!(file.role, Role::Product(_)) || is_pattern(file)) {
                continue;
            }
            let reader = match file {
                Some(file) => file.language.reader(),
                None => {
                    let languages = self.context.cache.languages(tree.source());
                    languages.into_iter().find_map(crate::syntax::Language::reader)
                }
            };
            let role = file.map(|file| file.role);
            let named = match role {
                Some(Role::Product(product)) => Some(product.name),
                _ => None,
            };
            if let Some(reader) = reader.or(named) {
                found.extend(entities(tree, &Reader::Stops(reader)));
            }
        }
        for file in environment.files.iter().map(|at| &repository.files()[*at]) {
            let Some(tree) = file.tree.as_ref().filter(|tree| !tree.problems.is_empty()) else {
                continue;
            };
            let reader = match (file.role, environment.platform) {
                _ if is_pattern(file) => continue,
                (Role::Kubernetes | Role::OtherYaml, Platform::Kustomize) => Reader::Builds,
                (Role::Kubernetes, _) => Reader::Documents,
                (Role::Kustomization, _) => Reader::Told,
                (Role::Compose, _) => Reader::Composes,
                (Role::Terraform, _) => Reader::Stops("Terraform"),
                _ => continue,
            };
            found.extend(entities(tree, &reader));
        }
        for entity in found {
            self.estate.model.add(entity);
        }
    }
}

/// Whether a file only becomes what is read: a template, or an example to copy.
fn is_pattern(file: &File) -> bool {
    Name::from_path(&file.path).is_wrapped()
}

fn entities(tree: &Tree, reader: &Reader) -> Vec<Entity> {
    let mut problems: Vec<&Problem> = tree
        .problems
        .iter()
        .filter(|problem| problem.kind != ProblemKind::Skipped)
        .collect();
    let stops = match reader {
        Reader::Stops(_) => true,
        Reader::Documents => false,
        Reader::Builds | Reader::Told | Reader::Composes => {
            problems.iter().any(|problem| problem.kind != ProblemKind::Twice)
        }
    };
    if stops {
        problems.retain(|problem| problem.kind != ProblemKind::Twice);
        problems.truncate(1);
    }
    problems.into_iter().map(|problem| entity(problem, reader)).collect()
}

fn entity(problem: &Problem, reader: &Reader) -> Entity {
    let twice = problem.kind == ProblemKind::Twice;
    let conflict = problem.kind == ProblemKind::Conflict;
    let (effect, refused) = match reader {
        Reader::Stops(name) => (format!("{name} refuses the file"), true),
        // `kubectl kustomize` 5.5.0: "mapping key … already defined"; `kubectl apply -f` 1.32 takes the last in silence.
        Reader::Builds if twice => (
            "kustomize refuses the file (mapping key already defined)".to_owned(),
            true,
        ),
        Reader::Documents if twice => (
            "of two equal keys kubectl takes the last, and this one is lost".to_owned(),
            false,
        ),
        Reader::Told if twice => (
            "of two equal keys kustomize takes the last, and this one is lost".to_owned(),
            false,
        ),
        // compose-go reads with yaml.v3 since then.
        Reader::Composes if twice => (
            "Docker Compose refuses two equal keys since 2.17, and took the last before".to_owned(),
            false,
        ),
        Reader::Documents => ("kubectl refuses this document".to_owned(), conflict),
        Reader::Builds | Reader::Told => ("kustomize refuses the file".to_owned(), true),
        Reader::Composes => ("Docker Compose refuses the file".to_owned(), true),
    };
    let mut entity = Entity::new(Kind::Fault, problem.message.clone(), problem.span);
    entity.set(fault::REASON, Arc::from(problem.message.as_str()), problem.span);
    entity.set(fault::EFFECT, Arc::from(effect), problem.span);
    if let Some(other) = problem.other {
        entity.set(fault::AGAIN, Arc::from("again"), other);
    }
    entity.set(fault::REFUSED, refused, problem.span);
    entity
}
