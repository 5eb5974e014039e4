//! Every mistake of `traffic`, in the configuration and in its profiles, is a diagnostic that points at the place; and the
//! same files give the same answer on every day.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::Place;

const WINDOW: &str = "\
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: { name: web, namespace: shop }
spec:
  scaleTargetRef: { name: web }
  minReplicaCount: 2
  triggers:
    - type: cron
      metadata: { timezone: Europe/Prague, start: 0 6 * * *, end: 0 22 * * *, desiredReplicas: \"5\" }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: \"ghcr.io/acme/web:1\" }] }
";
const SOUND: &str = "timestamp,rps\n2026-06-01T00:00:00+02:00,20\n2026-06-01T12:00:00+02:00,20\n";

fn config(profile: &str, more: &str) -> String {
    format!("traffic:\n  - target: shop/web\n    profile: {profile}\n    rps_per_replica: 40\n{more}")
}

fn said(config: &str, csv: &str) -> String {
    let files = [
        (".gatelint.yaml", config),
        ("k8s/web.yaml", WINDOW),
        ("traffic/web.csv", csv),
    ];
    let said = Place::new(&files).run(&["lint", "--as-of", "2026-06-08", "--color", "never"]);
    assert_eq!(said.code, Some(2), "{}{}", said.out, said.err);
    assert_eq!(said.out, "");
    said.err
}

#[test]
fn mistakes_of_the_configuration_point_into_it() {
    let cases = [
        config("traffic/wbe.csv", ""),
        config("../web.csv", ""),
        config("/etc/passwd", ""),
        config("traffic", ""),
        config("traffic/web.csv", "").replace("shop/web", "shop/wbe"),
        config("traffic/web.csv", "    environments: [prdo]\n"),
        config("traffic/web.csv", "    columns: { value: hits }\n"),
    ];
    let all: Vec<String> = cases.iter().map(|config| said(config, SOUND)).collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn mistakes_of_a_profile_point_at_its_line() {
    let row = |row: &str| format!("timestamp,rps\n2026-06-01T00:00:00Z,20\n{row}\n");
    let cases = [
        String::new(),
        "timestamp,rps\n".to_owned(),
        row("2026-06-01T12:00:00Z,NaN"),
        row("2026-06-01T12:00:00Z,-1"),
        row("2026-06-01T12:00:00Z,many"),
        row("2026-06-01T12:00:00,20"),
        row("yesterday,20"),
        row("2026-06-01T00:00:00Z,20"),
        row("2026-05-01T00:00:00Z,20"),
        row("2999-01-01T00:00:00Z,20"),
    ];
    let all: Vec<String> = cases
        .iter()
        .map(|csv| said(&config("traffic/web.csv", ""), csv))
        // The present is no part of the promise.
        .map(|text| text.split(": it is ").next().unwrap().to_owned())
        .collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn a_week_whose_zone_no_one_names_is_a_mistake() {
    let constant = WINDOW.split_once("---\n").unwrap().1;
    let config = config("traffic/web.csv", "");
    let files = [
        (".gatelint.yaml", config.as_str()),
        ("k8s/web.yaml", constant),
        ("traffic/web.csv", SOUND),
    ];
    let said = Place::new(&files).run(&["lint", "--color", "never"]);
    assert_eq!(said.code, Some(2));
    insta::assert_snapshot!(said.err);
}

#[test]
fn a_link_out_of_the_repository_is_not_followed() {
    let place = Place::new(&[
        (".gatelint.yaml", &config("traffic/web.csv", "")),
        ("k8s/web.yaml", WINDOW),
    ]);
    let outside = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(outside.path(), SOUND).unwrap();
    std::fs::create_dir(place.path("traffic")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(outside.path(), place.path("traffic/web.csv")).unwrap();
    let said = place.run(&["lint"]);
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("leaves the repository"), "{}", said.err);
}

#[test]
fn the_weeks_begin_where_the_report_says() {
    let config = config("traffic/web.csv", "");
    let busy = SOUND.replace(",20", ",190");
    let files = [
        (".gatelint.yaml", config.as_str()),
        ("k8s/web.yaml", WINDOW),
        ("traffic/web.csv", &busy),
    ];
    let asked = Place::new(&files).run(&["lint", "--as-of", "2027-02-01", "--color", "never"]);
    assert_eq!(asked.code, Some(1), "{}", asked.out);
    assert!(
        asked.out.contains("53 weeks from 2027-02-01, as asked"),
        "{}",
        asked.out
    );
    assert!(asked.out.contains("first Mon 2027-02-01"), "{}", asked.out);
    let alone = Place::without_git(&files).run(&["lint", "--color", "never"]);
    assert!(
        alone
            .out
            .contains("53 weeks from 2026-06-01, the end of the newest profile"),
        "{}",
        alone.out
    );
    let wrong = Place::new(&files).run(&["lint", "--as-of", "tomorrow"]);
    assert_eq!(wrong.code, Some(2));
}
