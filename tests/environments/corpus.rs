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

#[test]
fn a_thousand_apps_in_two_overlays() {
    let mut files = Vec::new();
    for at in 0..1_000 {
        let app = |file: &str| format!("apps/a{at}/{file}");
        files.push((app("base/kustomization.yaml"), "resources: [deploy.yaml, svc.yaml]\n"));
        files.push((app("base/deploy.yaml"), "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: x }\nspec: { template: { spec: { containers: [{ name: a, image: b }] } } }\n"));
        files.push((
            app("base/svc.yaml"),
            "apiVersion: v1\nkind: Service\nmetadata: { name: x }\nspec: { ports: [{ port: 80 }] }\n",
        ));
        for overlay in ["prod", "stage"] {
            files.push((app(&format!("{overlay}/kustomization.yaml")), "resources: [../base]\nnamespace: n\ncommonLabels: { a: b }\nimages: [{ name: b, newTag: '1' }]\npatches:\n  - patch: |\n      apiVersion: apps/v1\n      kind: Deployment\n      metadata: { name: x }\n      spec: { replicas: 2 }\n"));
        }
    }
    let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let repo = Repo::new(&files);
    let start = Instant::now();
    let environments = repo.group();
    eprintln!("5,000 files grouped in {:?}", start.elapsed());
    assert_eq!(environments.len(), 2_000);
    assert!(start.elapsed() < Duration::from_secs(10));
}

/// Damages small repositories in many ways: whatever is left must be grouped without panic.
#[test]
fn damaged_repositories_end() {
    let files = [
        (
            "kustomization.yaml",
            "resources: [base, d.yaml]\ncomponents: [base]\nnamePrefix: a-\ncommonLabels: { a: b }\nimages: [{ name: b, newTag: '1', digest: x }]\nreplicas: [{ name: x, count: 2 }]\nconfigMapGenerator:\n  - { name: c, behavior: merge, files: [k=n.conf, gone], literals: [a=b], envs: [e.env] }\npatches:\n  - target: { kind: Deployment, name: 'x.*' }\n    patch: |\n      spec: { replicas: 2, template: { spec: { containers: [{ name: a, $patch: delete }] } } }\n  - target: { kind: Service }\n    patch: '[{ op: add, path: /spec/ports/0/port }]'\nreplacements: [{ targets: [{ select: { kind: Service }, fieldPaths: [spec.x] }] }]\n",
        ),
        ("base/kustomization.yaml", "resources: [../d.yaml, ..]\n"),
        (
            "d.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: &m { name: x }\nspec: { template: { metadata: *m, spec: { volumes: [{ name: v, configMap: { name: c, items: [{ key: k, path: p }] } }], containers: [{ name: a, image: b, args: ['$(A)$$(B)$('], env: [{ name: A, value: '$(A' }], volumeMounts: [{ name: v, mountPath: /x/, subPath: p }] }] } } }\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: c }\ndata: { k: v }\n---\napiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: { source: { path: ., kustomize: { namePrefix: x } } }\n",
        ),
        (
            "compose.yaml",
            "include: [sub/compose.yaml]\nx: &x { image: 'n:${TAG:-${V}}' }\nservices:\n  a:\n    <<: *x\n    extends: b\n    ports: ['1:2/tcp', { target: 3 }]\n    volumes: ['./a:/b', '/c', { type: bind, source: ., target: /d }]\n    environment: [A, B=$C]\n  b: { extends: { file: sub/compose.yaml, service: c }, env_file: e.env, configs: [q], volumes_from: [a] }\nconfigs: { q: { content: x } }\n",
        ),
        (
            "compose.override.yaml",
            "services:\n  a: { environment: { A: 1 }, volumes: !override [], env_file: [a, b], networks: [n] }\n  b: !reset null\n",
        ),
        (
            "sub/compose.yaml",
            "include: [../compose.yaml]\nservices: { c: { build: { context: .. }, extends: c } }\n",
        ),
        ("e.env", "A='1\nexport B=2\n=\n"),
        ("n.conf", "x\n"),
    ];
    let mut seed = 7_u64;
    let mut random = |most: usize| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % most.max(1)
    };
    let pieces = [
        "",
        "*m",
        "&m ",
        "null",
        "[",
        "{}",
        "${",
        "}",
        "\n",
        ": ",
        "- ",
        "'",
        "..",
        "/",
        "é",
        "$patch: delete",
    ];
    let start = Instant::now();
    for _ in 0..1_500 {
        let mut damaged: Vec<(&str, String)> = files.iter().map(|(path, text)| (*path, (*text).to_owned())).collect();
        for _ in 0..=random(4) {
            let text = &mut damaged[random(files.len())].1;
            let mut from = random(text.len());
            let mut to = (from + random(12)).min(text.len());
            while !text.is_char_boundary(from) {
                from -= 1;
            }
            while !text.is_char_boundary(to) {
                to += 1;
            }
            text.replace_range(from..to, pieces[random(pieces.len())]);
        }
        let damaged: Vec<_> = damaged.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let repo = Repo::new(&damaged);
        for environment in repo.group() {
            // Also finds the line of every span, so that none lies outside its file.
            repo.containers(&environment);
            for document in &environment.documents {
                document
                    .tree
                    .all()
                    .for_each(|at| drop((repo.place(at.name_span()), repo.place(at.head()))));
            }
        }
    }
    assert!(start.elapsed() < Duration::from_secs(60));
}
