//! An old repository starts green: what is there is listed, what is new fails, what was mended is told.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::{Place, Said};

fn said(place: &Place, arguments: &[&str]) -> Said {
    common::said(&mut place.command(arguments))
}

fn server(port: u16) -> String {
    format!("server {{ listen 80; location / {{ proxy_pass http://api:{port}; }} }}\n")
}

fn place() -> Place {
    let compose = "services:
  edge:
    image: nginx:1.28
    volumes: [./edge/a.conf:/etc/nginx/conf.d/a.conf:ro, ./edge/b.conf:/etc/nginx/conf.d/b.conf:ro]
  api:
    image: python:3.13
    command: gunicorn --bind 0.0.0.0:8000 app:app
";
    Place::new(&[
        ("compose.yaml", compose),
        ("edge/a.conf", &server(9001)),
        ("edge/b.conf", &server(8000)),
    ])
}

#[test]
fn what_is_listed_passes_and_what_is_new_fails() {
    let place = place();
    let lint = || {
        said(
            &place,
            &[
                "lint",
                "--quiet",
                "--format",
                "concise",
                "--ignore",
                "name-resolved-once",
            ],
        )
    };
    assert_eq!(lint().code, Some(1));
    let written = said(
        &place,
        &[
            "baseline",
            "write",
            "--reason",
            "before: \"us\"",
            "--until",
            "2099-12-31",
        ],
    );
    assert_eq!(written.code, Some(0), "{}", written.err);
    let text = place.text(".gatelint-baseline.yaml");
    assert!(
        text.contains("reason: \"before: \\\"us\\\"\"\n    until: 2099-12-31\n"),
        "{text}"
    );
    let now = lint();
    assert_eq!((now.code, now.out.contains("error")), (Some(0), false), "{}", now.out);

    // Neither another line nor a second run changes what is known.
    place.write("edge/a.conf", format!("# moved\n\n{}", server(9001)));
    assert_eq!(lint().code, Some(0));
    said(&place, &["baseline", "write", "--reason", "another"]);
    assert_eq!(place.text(".gatelint-baseline.yaml"), text);

    // Nor does what is shown.
    let strict = ["lint", "--min-severity", "error", "--fail-on", "warning"];
    assert_eq!(said(&place, &strict).code, Some(0), "{}", said(&place, &strict).out);

    place.write("edge/b.conf", server(9002));
    let now = lint();
    assert_eq!(now.code, Some(1));
    assert!(
        now.out.contains("edge/b.conf") && !now.out.contains("edge/a.conf"),
        "{}",
        now.out
    );
}

#[test]
fn what_was_mended_is_told_and_pruned() {
    let place = place();
    said(&place, &["baseline", "write"]);
    place.write("edge/a.conf", server(8000));
    let now = said(&place, &["lint", "--quiet", "--format", "concise"]);
    assert!(now.out.contains("warning baseline-stale"), "{}", now.out);
    // A run over less cannot know.
    let part = said(&place, &["lint", "edge", "--quiet", "--format", "concise"]);
    assert!(!part.out.contains("baseline-stale"), "{}", part.out);
    let shown = said(&place, &["baseline", "show"]);
    assert!(shown.out.contains("mended  edge/a.conf"), "{}", shown.out);
    said(&place, &["baseline", "prune"]);
    let text = place.text(".gatelint-baseline.yaml");
    assert!(!text.contains("upstream-port-not-exposed"), "{text}");
    let now = said(&place, &["lint", "--quiet", "--format", "concise"]);
    assert!(!now.out.contains("baseline-stale"), "{}", now.out);
}

#[test]
fn a_day_that_has_passed_ends_it() {
    let place = place();
    said(&place, &["baseline", "write", "--until", "2020-01-01"]);
    let now = said(&place, &["lint"]);
    assert_eq!(now.code, Some(1), "{}", now.out);
    let all = said(&place, &["baseline", "show"]);
    assert!(all.out.contains("over    edge/a.conf"), "{}", all.out);
}

#[test]
fn a_broken_list_ends_the_run() {
    let place = place();
    for (text, message) in [
        ("findings: [{rule: x}]\n", "the entry has no `fingerprint`"),
        (
            "findings:\n- rule: x\n  fingerprint: a\n- rule: x\n  fingerprint: a\n",
            "this finding is listed twice",
        ),
        ("version: 2\n", "the baseline is of another version"),
        (
            "findings: [{rule: x, fingerprint: a, until: soon}]\n",
            "`soon` is not a date",
        ),
        ("findings: [\n", ".gatelint-baseline.yaml:"),
    ] {
        place.write(".gatelint-baseline.yaml", text);
        for command in [&["lint"][..], &["baseline", "write"], &["baseline", "prune"]] {
            let run = said(&place, command);
            assert_eq!(run.code, Some(2), "{text}");
            assert!(run.err.contains(message), "{}", run.err);
            assert_eq!(place.text(".gatelint-baseline.yaml"), text, "nothing is lost");
        }
        assert_ne!(said(&place, &["lint", "--no-baseline"]).code, Some(2));
    }
}

#[test]
fn init_writes_what_changes_nothing() {
    let place = place();
    let before = said(&place, &["lint", "--format", "concise"]).out;
    let begun = said(&place, &["init"]);
    assert_eq!(begun.code, Some(0), "{}", begun.err);
    for part in [
        "Wrote .gatelint.yaml",
        "gatelint baseline write",
        "- id: gatelint",
        "actions/checkout@",
    ] {
        assert!(begun.out.contains(part), "{part}: {}", begun.out);
    }
    assert_eq!(said(&place, &["lint", "--format", "concise"]).out, before);
    // What it offers in comments is a configuration.
    let text = place.text(".gatelint.yaml");
    let offered = text.lines().filter(|line| is_offer(line)).map(|line| &line[2..]);
    let offered: Vec<&str> = offered.filter(|line| !line.contains("gatelint: ignore")).collect();
    assert!(offered.len() > 15, "{offered:#?}");
    place.write(
        "traffic/checkout.csv",
        "timestamp,rps\n2026-06-01T00:00:00Z,1\n2026-06-01T00:05:00Z,1\n",
    );
    place.write(".gatelint.yaml", offered.join("\n"));
    let run = said(&place, &["lint"]);
    // All of it is understood: only its target is not here.
    assert!(
        run.err.contains("no workload or group is called `shop/checkout`"),
        "{}",
        run.err
    );
    assert_eq!(run.err.matches("error").count(), 1, "{}", run.err);
    place.write(".gatelint.yaml", "severity: {}\n");
    assert!(said(&place, &["init"]).out.contains("stays as it is"));
    assert_eq!(place.text(".gatelint.yaml"), "severity: {}\n");
}

/// A key of the configuration, or what stands below one.
fn is_offer(line: &str) -> bool {
    let key = line.strip_prefix("# ").and_then(|line| line.split_once(':'));
    let is_key = key.is_some_and(|(key, _)| key.bytes().all(|byte| byte.is_ascii_lowercase()));
    is_key || line.starts_with("#  ")
}

#[test]
fn less_than_was_asked_for_can_fail() {
    let place = Place::new(&[(
        "edge/nginx.conf",
        "http { server { location / { proxy_pass http://api; }\n",
    )]);
    assert_eq!(said(&place, &["lint", "--exit-zero", "--fail-on-unread"]).code, Some(0));
    assert_eq!(
        said(&place, &["lint", "--fail-on", "never", "--fail-on-unread"]).code,
        Some(1)
    );
    let place = Place::new(&[(
        "edge/nginx.conf",
        "events {}\nhttp { server { location / { proxy_pass http://api.example.com; } } }\n",
    )]);
    assert_eq!(
        said(&place, &["lint", "--fail-on", "never", "--fail-on-unread"]).code,
        Some(0)
    );
    assert_eq!(
        said(&place, &["lint", "--fail-on", "never", "--fail-if-nothing-linked"]).code,
        Some(1)
    );
}

#[test]
fn what_is_written_fits_its_schema() {
    let place = place();
    let schema = said(&place, &["schema", "baseline"]).json();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let arguments = ["baseline", "write", "--reason", "before", "--until", "2099-12-31"];
    assert_eq!(said(&place, &arguments).code, Some(0));
    let written: serde_json::Value = serde_yaml::from_str(&place.text(".gatelint-baseline.yaml")).unwrap();
    assert!(!written["findings"].as_array().unwrap().is_empty());
    let errors: Vec<String> = schema.iter_errors(&written).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
}
