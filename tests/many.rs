//! A large repository is lowered in parts, by several threads; a small one is not. Many copies of the same files, in
//! folders that have nothing to do with each other, must each give what one copy gives, fixes included.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::fs;
use std::path::Path;

use common::Place;
use serde_json::Value;

/// Estates whose files need no kustomization: gateways in containers, Ingresses, autoscalers, sockets on volumes.
const ESTATES: [&str; 6] = [
    "container-port-renamed",
    "envoy-to-services",
    "haproxy-nginx-gunicorn",
    "port-across-configmap",
    "replicas-against-autoscaler",
    "socket-across-configmap",
];

/// As many as bring several hundred documents.
const COPIES: usize = 40;

#[test]
fn many_copies_give_what_one_gives_each() {
    let mut one = findings(1);
    assert!(one.len() > 10, "the estates give something to compare: {one:#?}");
    one.sort();
    let many = findings(COPIES);
    for team in 0..COPIES {
        let name = team_name(team);
        let own = many.iter().filter(|finding| finding.contains(&name));
        let mut own: Vec<String> = own.map(|finding| finding.replace(&name, &team_name(0))).collect();
        own.sort();
        assert_eq!(own, one, "{name}");
    }
    assert_eq!(many.len(), one.len() * COPIES);
}

/// Enough that fixes are proved together rather than one by one.
const PROVED_TOGETHER: usize = 12;

#[test]
fn fixes_proved_together_are_those_proved_one_by_one() {
    let mut one = fixes(1);
    one.sort();
    let offered = one.iter().filter(|fix| fix.contains("\"edits\"")).count();
    assert!(offered > 10, "fixes are offered: {one:#?}");
    // Nothing speaks against this one but a finding it would bring about elsewhere.
    let refused = one
        .iter()
        .filter(|fix| fix.contains("it would bring about another finding"));
    assert_eq!(refused.count(), 1, "a fix that does not hold is not: {one:#?}");
    let many = fixes(PROVED_TOGETHER);
    for team in 0..PROVED_TOGETHER {
        let name = team_name(team);
        let own = many.iter().filter(|fix| fix.contains(&name));
        let mut own: Vec<String> = own.map(|fix| fix.replace(&name, &team_name(0))).collect();
        own.sort();
        assert_eq!(own, one, "{name}");
    }
}

/// For each finding of so many copies its place, and its fix or why there is none.
fn fixes(copies: usize) -> Vec<String> {
    let place = copied(copies);
    let said = place.run(&["lint", "--format", "json"]);
    let report: Value = serde_json::from_str(&said.out).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| {
            let (file, line) = (&finding["file"], &finding["line"]);
            let (rule, fix, reason) = (&finding["rule"], &finding["fix"], &finding["no_fix_reason"]);
            format!("{file}:{line} {rule} {fix} {reason}")
        })
        .collect()
}

fn team_name(team: usize) -> String {
    format!("team-{team:03}")
}

/// The findings of so many copies, a line each.
fn findings(copies: usize) -> Vec<String> {
    let place = copied(copies);
    let said = place.run(&["lint", "--format", "concise", "--min-severity", "info"]);
    said.out.lines().map(str::to_owned).collect()
}

fn copied(copies: usize) -> Place {
    let place = Place::new(&[]);
    for team in 0..copies {
        for estate in ESTATES {
            let from = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("testdata/estates")
                .join(estate);
            copy(&place, &from, &format!("{}/{estate}", team_name(team)));
        }
    }
    place
}

/// The YAML of a folder, but for what says what is deployed together.
fn copy(place: &Place, from: &Path, to: &str) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = format!("{to}/{name}");
        if entry.path().is_dir() {
            if name != "argocd" {
                copy(place, &entry.path(), &path);
            }
        } else if name.ends_with(".yaml") && name != "kustomization.yaml" {
            place.write(&path, fs::read(entry.path()).unwrap());
        }
    }
}
