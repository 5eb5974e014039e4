//! Real repositories, where they are at hand: no panic, bounded time. And the cost of many files.

use std::path::Path;
use std::time::{Duration, Instant};

use super::support::{Repo, outline};

fn load(root: &Path) -> Repo {
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(root).sort_by_file_name().into_iter().flatten() {
        let path = entry.path().strip_prefix(root).unwrap().to_string_lossy().into_owned();
        if entry.file_type().is_file()
            && let Ok(text) = std::fs::read_to_string(entry.path())
        {
            files.push((path, text));
        }
    }
    let files: Vec<_> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    Repo::new(&files)
}

#[test]
fn real_repositories_end() {
    for corpus in ["/work/shared/corpus/kubernetes", "/work/shared/corpus/compose"] {
        let Ok(repositories) = std::fs::read_dir(corpus) else {
            eprintln!("skipped: {corpus} is not here");
            continue;
        };
        for root in repositories.flatten() {
            let repo = load(&root.path());
            let start = Instant::now();
            let environments = repo.group();
            let grouped = start.elapsed();
            let count: usize = environments
                .iter()
                .map(|own| repo.containers(own).matches("  image ").count())
                .sum();
            assert!(start.elapsed() < Duration::from_secs(10), "{}", root.path().display());
            eprintln!(
                "{}: {} files, {} environments, {count} containers, {grouped:?}",
                root.path().display(),
                repo.repository.files().len(),
                environments.len(),
            );
            if std::env::var_os("GATELINT_SHOW").is_some() {
                eprintln!("{}", outline(&environments));
                for environment in &environments {
                    eprintln!("== {}\n{}", environment.name, repo.containers(environment));
                }
            }
        }
    }
}

#[test]
fn ten_thousand_files_in_a_directory() {
    let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: x }\nspec: { template: { spec: { containers: [{ name: a, image: b }] } } }\n";
    let paths: Vec<String> = (0..10_000).map(|at| format!("apps/a{at}/deploy.yaml")).collect();
    let files: Vec<_> = paths.iter().map(|path| (path.as_str(), text)).collect();
    let repo = Repo::new(&files);
    let start = Instant::now();
    let environments = repo.group();
    let grouped = start.elapsed();
    let containers = gatelint::environment::containers(&environments[0], &repo.repository).len();
    eprintln!("grouped in {grouped:?}, containers in {:?}", start.elapsed() - grouped);
    assert_eq!((environments.len(), containers), (1, 10_000));
    // Unoptimised and on a shared machine; quadratic work would take far longer.
    assert!(start.elapsed() < Duration::from_secs(5));
}
