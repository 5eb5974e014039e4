//! Against a revision: what the change brings about is reported, wherever it shows, and nothing else.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::path::Path;
use std::process::Command;

use common::{Place, Said};

fn said(place: &Place, arguments: &[&str]) -> Said {
    common::said(&mut place.command(arguments))
}

fn git(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command
        .current_dir(folder)
        .args(["-c", "user.name=a", "-c", "user.email=a@example.com"]);
    let done = command
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}

fn server(port: u16) -> String {
    format!("server {{\n    listen 80;\n    location / {{\n        proxy_pass http://api:{port};\n    }}\n}}\n")
}

fn compose(port: u16) -> String {
    format!(
        "services:
  edge:
    image: nginx:1.28
    volumes: [./edge/a.conf:/etc/nginx/conf.d/a.conf:ro, ./edge/b.conf:/etc/nginx/conf.d/b.conf:ro]
  api:
    image: python:3.13
    command: gunicorn --bind 0.0.0.0:{port} app:app
"
    )
}

/// One of two servers asks for a port that nobody listens on; a branch begins here.
fn place() -> Place {
    let place = Place::without_git(&[
        ("compose.yaml", &compose(8000)),
        ("edge/a.conf", &server(9001)),
        ("edge/b.conf", &server(8000)),
    ]);
    git(&place.path(""), &["init", "-q", "-b", "main"]);
    git(&place.path(""), &["add", "."]);
    git(&place.path(""), &["commit", "-qm", "begin"]);
    git(&place.path(""), &["checkout", "-qb", "work"]);
    place
}

const LINT: [&str; 5] = ["lint", "--format", "concise", "--min-severity", "error"];

fn since(place: &Place) -> Said {
    said(place, &[&LINT[..], &["--since", "main"]].concat())
}

fn staged(place: &Place) -> Said {
    said(place, &[&LINT[..], &["--staged"]].concat())
}

#[test]
fn the_other_end_is_what_changed() {
    let place = place();
    assert_eq!(since(&place).code, Some(0), "{}", since(&place).out);
    // The port moves: what pointed there breaks, in a file that nobody touched; what was broken stays as it was.
    place.write("compose.yaml", compose(8001));
    let run = since(&place);
    assert_eq!(run.code, Some(1));
    assert!(run.out.starts_with("edge/b.conf:4:"), "{}", run.out);
    git(&place.path(""), &["commit", "-qam", "move"]);
    assert_eq!(since(&place).out, run.out, "committed or not");
}

/// Both are alike but for their files.
#[test]
fn of_two_alike_the_new_one_is_reported() {
    let place = place();
    place.write("edge/a.conf", server(8000));
    place.write("edge/b.conf", server(9001));
    git(&place.path(""), &["commit", "-qam", "the other"]);
    git(&place.path(""), &["branch", "-qf", "main"]);
    place.write("edge/a.conf", server(9001));
    let run = since(&place);
    assert!(run.out.starts_with("edge/a.conf:4:"), "{}", run.out);
    assert_eq!(run.out.lines().count(), 1, "{}", run.out);
    // A file that is moved takes its findings along.
    place.write("edge/a.conf", server(8000));
    place.write("edge/c.conf", server(9001));
    place.write("compose.yaml", compose(8000).replace("b.conf", "c.conf"));
    git(&place.path(""), &["rm", "-qf", "edge/b.conf"]);
    git(&place.path(""), &["add", "."]);
    assert_eq!(since(&place).out, "");
}

#[test]
fn what_moved_is_not_repeated_and_what_is_mended_is_counted() {
    let place = place();
    place.write("edge/a.conf", format!("# a comment\n\n{}", server(9001)));
    assert_eq!(since(&place).code, Some(0), "{}", since(&place).out);
    place.write("edge/a.conf", server(8000));
    let run = said(&place, &["lint", "--since", "main", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert!(report["summary"]["mended"].as_u64() >= Some(1), "{}", report["summary"]);
    assert_eq!(report["summary"]["errors"], 0);
}

#[test]
fn another_value_is_told_with_what_it_was() {
    let place = place();
    let waits = |seconds: u16| server(8000).replace("}\n}", &format!("    proxy_read_timeout {seconds}s;\n    }}\n}}"));
    let patient = compose(8000).replace("app:app", "--timeout 120 app:app");
    place.write("compose.yaml", &patient);
    place.write("edge/b.conf", waits(60));
    git(&place.path(""), &["commit", "-qam", "wait"]);
    git(&place.path(""), &["branch", "-qf", "main"]);
    place.write("edge/b.conf", waits(45));
    let run = said(&place, &["lint", "--since", "main", "--format", "concise"]);
    assert!(
        run.out.contains("read-timeout-below-app") && run.out.contains("(was 60s)"),
        "{}",
        run.out
    );
    assert_eq!(run.out.lines().count(), 1, "{}", run.out);
}

#[test]
fn what_is_staged_is_judged_as_it_is_staged() {
    let place = place();
    place.write("edge/b.conf", server(9009));
    assert_eq!(staged(&place).code, Some(0), "nothing is staged");
    git(&place.path(""), &["add", "."]);
    place.write("edge/b.conf", server(8000));
    let run = staged(&place);
    assert_eq!(run.code, Some(1), "mended in the work tree alone: {}", run.out);
    assert!(run.out.contains("9009"), "{}", run.out);
    assert_eq!(place.text("edge/b.conf"), server(8000));
    git(&place.path(""), &["add", "."]);
    assert_eq!(staged(&place).code, Some(0));
    // A file that is deleted in the index is gone.
    git(&place.path(""), &["rm", "-q", "--cached", "edge/b.conf"]);
    let run = said(&place, &["lint", "--staged", "--format", "json"]);
    assert!(run.out.contains("\"files\":2"), "{}", run.out);
}

#[test]
fn untracked_files_take_no_part() {
    let place = place();
    let broken = "http { server { location / { proxy_pass http://x:1; } }";
    place.write("edge/new.conf", broken);
    assert_eq!(since(&place).code, Some(0), "{}", since(&place).out);
    git(&place.path(""), &["add", "."]);
    assert_eq!(since(&place).code, Some(1));
}

#[test]
fn fixes_are_those_of_what_is_reported() {
    let place = place();
    place.write("compose.yaml", compose(8001));
    let run = said(&place, &["lint", "--since", "main", "--fix", "--min-severity", "error"]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    assert_eq!(place.text("edge/b.conf"), server(8001));
    assert_eq!(place.text("edge/a.conf"), server(9001), "it was broken before");
}

#[test]
fn worktrees_and_symbolic_links_are_read() {
    let place = place();
    std::os::unix::fs::symlink("edge", place.path("gateway")).unwrap();
    git(&place.path(""), &["add", "."]);
    git(&place.path(""), &["commit", "-qm", "link"]);
    let other = tempfile::tempdir().unwrap();
    let path = other.path().join("tree");
    git(
        &place.path(""),
        &["worktree", "add", "-q", "-b", "other", path.to_str().unwrap()],
    );
    std::fs::write(path.join("compose.yaml"), compose(8001)).unwrap();
    let mut command = place.command(&LINT);
    let run = common::said(command.args(["--since", "main"]).current_dir(&path));
    assert_eq!(run.code, Some(1), "{}{}", run.out, run.err);
    assert!(run.out.starts_with("edge/b.conf:4:"), "{}", run.out);
}

#[test]
fn what_cannot_be_compared_says_what_to_do() {
    let place = place();
    let refuses = |arguments: &[&str], words: &[&str]| {
        let run = said(&place, arguments);
        assert_eq!(run.code, Some(2), "{}", run.err);
        words
            .iter()
            .for_each(|word| assert!(run.err.contains(word), "{word}: {}", run.err));
    };
    refuses(
        &["lint", "--since", "nowhere"],
        &["no revision nowhere", "git branch --all"],
    );
    refuses(&["lint", "--since", "main", "-"], &["no revision"]);
    refuses(&["lint", "--staged", "--fix"], &["cannot be used with"]);
    git(&place.path(""), &["checkout", "-q", "--orphan", "apart"]);
    git(&place.path(""), &["commit", "-qm", "apart"]);
    refuses(&["lint", "--since", "main"], &["no commit in common"]);
    git(&place.path(""), &["checkout", "-q", "work"]);

    // A merge that is not finished.
    place.write("edge/b.conf", server(1));
    git(&place.path(""), &["commit", "-qam", "one"]);
    git(&place.path(""), &["checkout", "-qb", "two", "main"]);
    place.write("edge/b.conf", server(2));
    git(&place.path(""), &["commit", "-qam", "two"]);
    let merge = Command::new("git")
        .current_dir(place.path(""))
        .args(["merge", "-q", "work"])
        .output();
    assert!(!merge.unwrap().status.success());
    refuses(&["lint", "--staged"], &["conflict in edge/b.conf", "git add"]);

    // What was never fetched.
    let other = tempfile::tempdir().unwrap();
    let from = format!("file://{}", place.path("").display());
    git(
        other.path(),
        &["clone", "-q", "--depth=1", "--branch", "two", &from, "shallow"],
    );
    let run = common::said(
        place
            .command(&["lint", "--since", "origin/main"])
            .current_dir(other.path().join("shallow")),
    );
    assert_eq!(run.code, Some(2));
    assert!(
        run.err.contains("shallow") && run.err.contains("git fetch"),
        "{}",
        run.err
    );

    let outside = Place::without_git(&[("a.conf", "")]);
    let run = said(&outside, &["lint", "--since", "main"]);
    assert_eq!(run.code, Some(2));
    assert!(run.err.contains("no work tree of git"), "{}", run.err);
}

/// Schedules are compared from today on: what is staged has no commit yet.
#[test]
fn what_is_staged_is_judged_from_today_on() {
    let place = place();
    let scaled = "apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: acme/web:1 }] }
";
    place.write("web.yaml", scaled);
    place.write(
        "web.csv",
        "timestamp,rps\n2026-06-01T00:00:00Z,1\n2026-06-01T01:00:00Z,1\n",
    );
    let traffic = "traffic: [{ target: shop/web, profile: web.csv, rps_per_replica: 40, timezone: UTC }]\n";
    place.write(".gatelint.yaml", traffic);
    git(&place.path(""), &["add", "."]);
    let run = said(&place, &["lint", "--staged"]);
    assert!(
        run.out.contains("today, because what is staged has no commit yet"),
        "{}{}",
        run.out,
        run.err
    );
    assert!(said(&place, &["lint"]).out.contains("the day of the newest commit"));
}

#[test]
fn before_the_first_commit_everything_staged_is_new() {
    let place = place();
    let fresh = Place::without_git(&[("compose.yaml", &compose(8000)), ("edge/a.conf", &server(9001))]);
    git(&fresh.path(""), &["init", "-q"]);
    git(&fresh.path(""), &["add", "."]);
    assert_eq!(staged(&fresh).code, Some(1), "{}", staged(&fresh).out);
    assert_eq!(staged(&place).code, Some(0));
}

/// A Service, its workload, and a route to it in another file.
fn cluster(service: &str, port: u16) -> String {
    format!(
        "apiVersion: v1
kind: Service
metadata: {{ name: {service}, namespace: shop }}
spec: {{ selector: {{ app: orders }}, ports: [{{ port: {port}, targetPort: 8000 }}] }}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{ name: orders, namespace: shop }}
spec:
  replicas: 2
  selector: {{ matchLabels: {{ app: orders }} }}
  template:
    metadata: {{ labels: {{ app: orders }} }}
    spec: {{ containers: [{{ name: orders, image: acme/orders:1, ports: [{{ containerPort: 8000 }}] }}] }}
"
    )
}

const INGRESS: &str = "apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop, namespace: shop }
spec:
  ingressClassName: nginx
  rules:
    - http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: orders, port: { number: 80 } } } }] }
";

fn shop() -> Place {
    let place = Place::without_git(&[
        ("k8s/orders.yaml", &cluster("orders", 80)),
        ("k8s/ingress.yaml", INGRESS),
    ]);
    git(&place.path(""), &["init", "-q", "-b", "main"]);
    git(&place.path(""), &["add", "."]);
    git(&place.path(""), &["commit", "-qm", "begin"]);
    git(&place.path(""), &["checkout", "-qb", "work"]);
    assert_eq!(said(&place, &LINT).out, "");
    place
}

#[test]
fn a_link_that_is_lost_is_a_finding() {
    let place = shop();
    place.write("k8s/orders.yaml", cluster("order", 80));
    let run = since(&place);
    assert_eq!(run.code, Some(1), "{}{}", run.out, run.err);
    assert!(
        run.out.starts_with("k8s/ingress.yaml:7:") && run.out.contains("link-lost"),
        "{}",
        run.out
    );
    assert!(
        run.out.contains("Service orders (k8s/orders.yaml:3 there)"),
        "{}",
        run.out
    );
    assert_eq!(run.out.lines().count(), 1, "{}", run.out);
    assert!(
        said(&place, &["lint", "--since", "main", "--format", "json"])
            .out
            .contains("Did you mean `order`?")
    );
    // Without its route nothing is lost, and an ignore silences it like any other.
    let ignored = INGRESS.replace(
        "    - http",
        "    # gatelint: ignore[link-lost] moves next week\n    - http",
    );
    place.write("k8s/ingress.yaml", ignored);
    assert_eq!(since(&place).out, "");
    git(&place.path(""), &["rm", "-qf", "k8s/ingress.yaml"]);
    assert_eq!(since(&place).out, "");
}

#[test]
fn a_lost_link_that_a_rule_explains_is_said_once() {
    let cluster_of = shop();
    cluster_of.write("k8s/orders.yaml", cluster("orders", 81));
    let run = since(&cluster_of);
    assert_eq!((run.code, run.out.lines().count()), (Some(1), 1), "{}", run.out);
    let place = place();
    place.write("compose.yaml", compose(8000).replace("\n  api:", "\n  backend:"));
    let run = since(&place);
    assert!(
        run.out.contains("backend-missing") && !run.out.contains("link-lost"),
        "{}",
        run.out
    );
}

/// The files that made the environment are gone, and with them its name.
#[test]
fn a_link_is_lost_with_its_compose_file() {
    let place = place();
    git(&place.path(""), &["rm", "-q", "compose.yaml"]);
    let run = since(&place);
    assert_eq!(run.code, Some(1), "{}{}", run.out, run.err);
    let cluster_of = shop();
    git(&cluster_of.path(""), &["rm", "-q", "k8s/orders.yaml"]);
    let run = since(&cluster_of);
    assert!(run.out.contains("error link-lost"), "{}", run.out);
}

/// It still fails, for less.
#[test]
fn what_the_other_end_makes_better_is_not_new() {
    let place = place();
    let slow = |seconds: u16| compose(8000).replace("app:app", &format!("--timeout {seconds} app:app"));
    place.write("compose.yaml", slow(120));
    git(&place.path(""), &["commit", "-qam", "slow"]);
    git(&place.path(""), &["branch", "-qf", "main"]);
    place.write("compose.yaml", slow(90));
    let run = said(&place, &["lint", "--since", "main", "--format", "concise"]);
    assert_eq!(run.out, "");
}

#[test]
fn what_only_moved_leads_on_or_warns() {
    let place = shop();
    git(&place.path(""), &["mv", "k8s/orders.yaml", "k8s/shop.yaml"]);
    assert_eq!(since(&place).out, "", "the same Service in another file");
    place.write(
        "k8s/shop.yaml",
        cluster("orders", 80).replace("namespace: shop", "namespace: other"),
    );
    let run = said(&place, &["lint", "--since", "main", "--format", "concise"]);
    assert!(
        !run.out.contains("error link-lost"),
        "it may be meant to be there: {}",
        run.out
    );
}
