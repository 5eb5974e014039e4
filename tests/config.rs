//! The configuration: what it says, and that every mistake points into it.

use std::fmt::Write as _;
use std::path::Path;

use gatelint::config::{Config, ConfigProblem, KnownRule, read};
use gatelint::model::{Duration, Type, Value};
use gatelint::product::versioned;
use gatelint::repo::Sources;
use gatelint::rule::Severity;
use gatelint::syntax::yaml;

const GOOD: &str = r#"
select: [timeouts, socket-mismatch]
ignore: [read-timeout-below-app]
severity: { socket-mismatch: error, app-closes-idle-first: off }
options:
  read-timeout-below-app: { margin: 5s }
exclude: ["vendor/**", legacy]
ignores:
  - rule: socket-mismatch
    file: apps/*/deploy.json
    reason: generated elsewhere
    until: 2027-01-31
  - { rule: socket-mismatch, object: Deployment/web, reason: "known" }
rules: [src]
versions: { nginx: "1.30", gunicorn: 23 }
facts:
  gateway_namespace: ingress-nginx
  load_balancers:
    - { name: edge, product: aws-alb, idle_timeout: 4m, target_type: ip, in_front_of: [shop/web, "api:8080"] }
  cdn:
    - { name: Cloudflare, read_timeout: 100s, in_front_of: ["*.example.com"] }
traffic:
  - target: shop/web
    profile: traffic/web.csv
    columns: { time: when, value: hits, unit: requests, zone: Europe/Prague }
    rps_per_replica: 40
    burst_headroom: 0.5
    startup: 2m
    timezone: America/New_York
    environments: [prod]
"#;

const BAD: &str = r#"
selct: [timeouts]
select: [read-timeout-bellow-app]
ignore: socket-mismatch
severity:
  socket-mismatch: fatal
  nonsense: warning
options:
  read-timeout-below-app: { margin: soon, magrin: 5s }
  socket-mismatch: { margin: 1s }
exclude: ["a{b"]
ignores:
  - { rule: socket-mismatch, file: "x/*", reason: r, until: 2027-02-30 }
  - { rule: socket-mismatch, reason: r }
  - { rule: socket-mismatch, file: a, object: b, reason: r }
  - { file: a, reason: r }
  - { rule: socket-mismatch, file: a }
  - [x]
rules: [no/such/folder, ..]
versions: { nginx: latest, ngnix: "1.30", ingress-nginx: "1.11" }
facts: [a]
traffic:
  - a
  - { target: shop/web, profil: x.csv, rps_per_replica: many }
  - { target: web, profile: x.csv, rps_per_replica: 0 }
  - { target: web, profile: x.csv, rps_per_replica: 40, startup: soon, zones: 0, timezone: Europe/Pragu, columns: { unit: hits } }
  - { target: api, profile: x.csv, rps_per_replica: 40, burst_headroom: -1, spare_replicas: 1.5 }
  - { target: job, profile: x.csv, rps_per_replica: 40 }
  - { target: job, profile: y.csv, rps_per_replica: 50 }
"#;

fn rules() -> Vec<KnownRule<'static>> {
    let rule = |id, category, options| KnownRule { id, category, options };
    vec![
        rule("read-timeout-below-app", "timeouts", vec![("margin", Type::Duration)]),
        rule("app-closes-idle-first", "keepalive", vec![]),
        rule("socket-mismatch", "targets", vec![]),
    ]
}

fn checked(text: &str) -> (Config, Vec<ConfigProblem>, Sources) {
    let sources = Sources::default();
    let source = sources.add_file(".gatelint.yaml", text.as_bytes().to_vec());
    let (config, mut problems) = read(&yaml::parse(&source), Path::new(env!("CARGO_MANIFEST_DIR")));
    problems.extend(config.check_rules(&rules()));
    problems.sort_by_key(|problem| problem.span);
    (config, problems, sources)
}

fn listed(text: &str) -> String {
    let (_, problems, sources) = checked(text);
    let mut out = String::new();
    for problem in problems {
        let source = sources.get(problem.span.source);
        let at = source.lines().position(&source.text, problem.span.start);
        let help = problem.help.map_or(String::new(), |help| format!(" | {help}"));
        let text = sources.text(problem.span);
        let _ = writeln!(out, "{}:{} `{text}` {}{help}", at.line, at.column, problem.message);
    }
    out
}

#[test]
fn a_good_configuration_says_what_it_says() {
    let (config, problems, _) = checked(GOOD);
    assert_eq!(problems, []);
    assert!(config.runs("socket-mismatch", "targets"));
    assert!(!config.runs("read-timeout-below-app", "timeouts"), "ignored");
    assert!(
        !config.runs("app-closes-idle-first", "keepalive"),
        "not selected, and off"
    );
    assert_eq!(config.severity_of("socket-mismatch"), Some(Severity::Error));
    let margin = ("margin", Value::Duration(Duration::from_secs(5)));
    assert_eq!(config.options_of(&rules()[0]), [margin]);
    assert!(config.exclude.is_match("legacy/a.conf") && config.exclude.is_match("vendor/x/y"));
    assert!(!config.exclude.is_match("apps/legacy.conf"));
    assert_eq!(config.ignores.len(), 2);
    assert_eq!(config.rules.len(), 1);
    assert_eq!(config.versions["nginx"].to_string(), "1.30");
    let [traffic] = config.traffic.as_slice() else {
        panic!("one entry of traffic")
    };
    assert_eq!(traffic.target.value, "shop/web");
    assert_eq!(traffic.need.rps_per_replica.to_string(), "40");
    assert_eq!(traffic.need.burst_headroom.to_string(), "0.5");
    assert_eq!((traffic.need.startup, traffic.need.zones), (120, 1));
    assert_eq!(traffic.source.columns.value, "hits");
    assert_eq!(
        traffic.zone.as_ref().map(gatelint::capacity::Zone::name),
        Some("America/New_York")
    );
    assert_eq!(traffic.environments.len(), 1);
}

#[test]
fn every_mistake_points_into_the_file() {
    insta::assert_snapshot!(listed(BAD));
}

#[test]
fn what_is_not_a_configuration_is_said() {
    insta::assert_snapshot!(
        [
            listed("- a\n- b\n"),
            listed("select: [a\n"),
            listed("facts: {}\n---\nfacts: {}\n")
        ]
        .join("\n")
    );
    assert_eq!(listed(""), "");
    assert_eq!(listed("# nothing yet\n"), "");
    assert_eq!(listed("select:\nignores:\nfacts:\n"), "");
}

/// The schema serves editors, the reader serves us: they agree on what is a good shape.
#[test]
fn the_schema_agrees() -> Result<(), Box<dyn std::error::Error>> {
    let schema: serde_json::Value = serde_json::from_str(include_str!("../schemas/config.json"))?;
    let versions = &schema["properties"]["versions"]["propertyNames"]["enum"];
    assert_eq!(
        versions,
        &serde_json::json!(versioned()),
        "schemas/config.json: `versions`"
    );
    let schema = jsonschema::validator_for(&schema)?;
    let ok = |text: &str| serde_yaml::from_str(text).is_ok_and(|value: serde_json::Value| schema.is_valid(&value));
    assert!(ok(GOOD));
    assert!(ok("# nothing yet\n"));
    for line in [
        "selct: [a]",
        "ignore: a",
        "severity: { a: fatal }",
        "ignores: [{ rule: a, reason: b }]",
        "versions: { ngnix: \"1.30\" }",
        "facts: [a]",
        "facts: { load_balancer: [] }",
        "facts: { load_balancers: [{ name: a, product: elb, in_front_of: [a] }] }",
        "facts: { cdn: [{ name: a, in_front_of: [a] }] }",
    ] {
        assert!(!ok(line), "{line}");
        assert_ne!(listed(line), "", "{line}");
    }
    Ok(())
}
