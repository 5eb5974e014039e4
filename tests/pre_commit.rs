//! The hooks under the real pre-commit: what is staged is judged, and nothing else.
#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::Place;

fn program() -> Option<PathBuf> {
    let own = std::env::var_os("GATELINT_PRE_COMMIT").map(PathBuf::from);
    let path = own.unwrap_or_else(|| "pre-commit".into());
    let version = with_packages(Command::new(&path).arg("--version"), &path).output();
    let found = version.is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("SKIPPED: no pre-commit here; `pip install pre-commit`, or set GATELINT_PRE_COMMIT");
    }
    found.then_some(path)
}

/// A program that pip put into a folder of its own finds its packages there.
fn with_packages<'c>(command: &'c mut Command, program: &Path) -> &'c mut Command {
    match program.parent().and_then(Path::parent) {
        Some(folder) if folder.is_absolute() => command.env("PYTHONPATH", folder),
        _ => command,
    }
}

fn run(folder: &Path, program: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(program);
    let own = Path::new(env!("CARGO_BIN_EXE_gatelint")).parent().unwrap();
    let paths = std::env::var_os("PATH").unwrap();
    let paths = std::iter::once(own.to_path_buf()).chain(std::env::split_paths(&paths));
    command
        .current_dir(folder)
        .args(arguments)
        .env("PATH", std::env::join_paths(paths).unwrap())
        .env("PRE_COMMIT_HOME", folder.join(".git/pre-commit"))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_AUTHOR_NAME", "a")
        .env("GIT_AUTHOR_EMAIL", "a@example.com")
        .env("GIT_COMMITTER_NAME", "a")
        .env("GIT_COMMITTER_EMAIL", "a@example.com");
    with_packages(&mut command, program).output().unwrap()
}

fn git(folder: &Path, arguments: &[&str]) -> Output {
    run(folder, Path::new("git"), arguments)
}

const INGRESS: &str = "apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop, namespace: shop }
spec:
  ingressClassName: nginx
  rules:
    - http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: orders, port: { number: 80 } } } }] }
";

fn orders(name: &str) -> String {
    format!(
        "apiVersion: v1
kind: Service
metadata: {{ name: {name}, namespace: shop }}
spec: {{ selector: {{ app: orders }}, ports: [{{ port: 80, targetPort: 8000 }}] }}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{ name: web, namespace: shop }}
spec:
  replicas: 2
  selector: {{ matchLabels: {{ app: orders }} }}
  template:
    metadata: {{ labels: {{ app: orders }} }}
    spec: {{ containers: [{{ name: app, image: acme/orders:1, ports: [{{ containerPort: 8000 }}] }}] }}
"
    )
}

#[test]
fn a_commit_that_breaks_the_other_end_is_refused() {
    let Some(program) = program() else { return };
    // What pre-commit clones: the hooks as they are published.
    let hooks = tempfile::tempdir().unwrap();
    fs::copy(
        concat!(env!("CARGO_MANIFEST_DIR"), "/.pre-commit-hooks.yaml"),
        hooks.path().join(".pre-commit-hooks.yaml"),
    )
    .unwrap();
    git(hooks.path(), &["init", "-q"]);
    git(hooks.path(), &["add", "."]);
    git(hooks.path(), &["commit", "-qm", "hooks"]);
    let revision = String::from_utf8(git(hooks.path(), &["rev-parse", "HEAD"]).stdout).unwrap();

    let config = format!(
        "repos:\n- repo: {}\n  rev: {}\n  hooks: [{{id: gatelint-system}}]\n",
        hooks.path().display(),
        revision.trim()
    );
    let place = Place::without_git(&[
        ("ingress.yaml", INGRESS),
        ("orders.yaml", &orders("orders")),
        (".pre-commit-config.yaml", &config),
    ]);
    let folder = place.path("");
    git(&folder, &["init", "-q", "-b", "main"]);
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "-qm", "begin"]);
    let installed = run(&folder, &program, &["install"]);
    assert!(
        installed.status.success(),
        "{}",
        String::from_utf8_lossy(&installed.stderr)
    );

    let commit = || {
        let output = git(&folder, &["commit", "-qm", "change"]);
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&text).into_owned())
    };
    place.write("orders.yaml", orders("order-api"));
    git(&folder, &["add", "."]);
    let (passed, text) = commit();
    assert!(
        !passed && text.contains("link-lost") && text.contains("ingress.yaml"),
        "{text}"
    );

    // Mended in the work tree alone: it is not what would be committed, and stays as it is.
    let mended = INGRESS.replace("name: orders,", "name: order-api,");
    place.write("ingress.yaml", &mended);
    let (passed, text) = commit();
    assert!(!passed, "{text}");
    assert_eq!(place.text("ingress.yaml"), mended);

    git(&folder, &["add", "."]);
    let (passed, text) = commit();
    assert!(passed, "{text}");

    let all = run(&folder, &program, &["run", "--all-files"]);
    assert!(all.status.success(), "{}", String::from_utf8_lossy(&all.stdout));
    // The same between two revisions, as on a server.
    place.write("orders.yaml", orders("another"));
    git(&folder, &["commit", "-qam", "broken", "--no-verify"]);
    let between = run(&folder, &program, &["run", "--from-ref", "HEAD~1", "--to-ref", "HEAD"]);
    assert!(
        !between.status.success(),
        "{}",
        String::from_utf8_lossy(&between.stdout)
    );
}
