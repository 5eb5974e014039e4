//! Whole small repositories and what gatelint says of them. Each folder of `testdata/estates` has a test of its name;
//! its results are kept in `tests/snapshots`. After a wanted change: `INSTA_UPDATE=always cargo test --test estates`.
#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// One test for each estate, with the exit code it must give, and one that no estate is forgotten.
macro_rules! estates {
    ($($name:ident => $exit:literal,)*) => {
        $(#[test]
        fn $name() {
            check(&stringify!($name).replace('_', "-"), $exit);
        })*

        #[test]
        fn every_estate_has_a_test() {
            let mut named = vec![$(stringify!($name).replace('_', "-")),*];
            named.sort();
            let mut folders: Vec<String> = fs::read_dir(manifest("testdata/estates"))
                .expect("testdata/estates is a folder")
                .map(|entry| entry.expect("a folder can be read").file_name().into_string().expect("names are UTF-8"))
                .collect();
            folders.sort();
            assert_eq!(named, folders);
        }
    };
}

estates! {
    clean => 0,
    compose_name_resolved_again => 0,
    compose_name_resolved_once => 0,
    login_header_buffer => 0,
    login_header_buffer_raised => 0,
    envoy_and_nginx_retries => 0,
    evening_cut_without_traffic => 0,
    envoy_and_nginx_retries_once => 0,
    envoy_to_services => 1,
    envoy_to_services_sound => 0,
    haproxy_beside_compose => 1,
    haproxy_beside_compose_sound => 0,
    haproxy_nginx_gunicorn => 1,
    haproxy_nginx_gunicorn_sound => 0,
    loopback_across_containers => 1,
    one_overlay_broken => 1,
    php_fpm_beside_nginx => 1,
    port_across_configmap => 1,
    socket_across_configmap => 1,
    templates => 0,
    timeouts_and_keepalive => 1,
    timeouts_in_order => 0,
    timeouts_inverted => 0,
    upstream_with_sni => 0,
    upstream_without_sni => 0,
    caddy_sites => 1,
    cdn_to_gunicorn => 0,
    cdn_to_gunicorn_in_order => 0,
    load_balancer_before_node => 0,
    drain_behind_load_balancer => 0,
    container_port_renamed => 1,
    default_deny_without_gateway => 1,
    pool_beyond_memory => 0,
    window_closes_before_the_evening => 1,
    night_job_before_the_evening => 1,
    window_just_suffices => 0,
    schedule_in_the_wrong_zone => 1,
    schedule_no_one_can_resolve => 0,
    replicas_against_autoscaler => 0,
    terraform_night_too_low => 1,
    terraform_night_sufficient => 0,
    terraform_schedule_in_utc => 1,
    cloudformation_night_too_low => 1,
    cloudformation_night_sufficient => 0,
    network_load_balancer_to_nginx => 1,
    network_load_balancer_to_nginx_sound => 0,
    rails_in_development => 1,
    rails_in_production => 0,
}

/// Runs gatelint on a copy of an estate, which thereby is a repository of its own.
fn check(name: &str, exit: i32) {
    let copy = copy_of(name);
    let human = gatelint(copy.path(), &["lint", "--format", "human"]);
    let json = gatelint(copy.path(), &["lint", "--format", "json"]);
    let hops = gatelint(copy.path(), &["hops"]);
    let diff = gatelint(copy.path(), &["lint", "--diff", "--unsafe-fixes"]);

    let report: Value = serde_json::from_slice(&json.stdout).expect("the report is JSON");
    assert_fits_schema(&report);
    snapshot(name, "human", &text(&human));
    snapshot(name, "json", &format!("{report:#}"));
    snapshot(name, "hops", &text(&hops));
    snapshot(name, "diff", &text(&diff));

    assert_eq!(human.status.code(), Some(exit), "exit code of --format human");
    assert_eq!(json.status.code(), Some(exit), "exit code of --format json");
    assert_eq!(hops.status.code(), Some(0), "exit code of hops");
    assert_eq!(
        gatelint(copy.path(), &["lint", "--format", "json"]).stdout,
        json.stdout,
        "a second run says the same"
    );
    the_patch_is_what_fix_writes(name, &copy, &diff.stdout);
}

/// What `--diff` shows is what `--fix` writes, by git's own hand, and there is nothing left to be mended then.
fn the_patch_is_what_fix_writes(name: &str, copy: &tempfile::TempDir, patch: &[u8]) {
    if patch.is_empty() {
        return;
    }
    let fixed = copy_of(name);
    gatelint(fixed.path(), &["lint", "--fix", "--unsafe-fixes"]);
    fs::write(copy.path().join(".patch"), patch).expect("the copy can be written");
    let git = Command::new("git")
        .arg("apply")
        .arg(".patch")
        .current_dir(copy.path())
        .status();
    assert!(git.expect("git runs").success(), "git applies what --diff shows");
    fs::remove_file(copy.path().join(".patch")).expect("the copy can be written");
    let texts = texts_under(fixed.path());
    assert_eq!(
        texts_under(copy.path()),
        texts,
        "what --diff shows is what --fix writes"
    );
    gatelint(fixed.path(), &["lint", "--fix", "--unsafe-fixes"]);
    assert_eq!(texts_under(fixed.path()), texts, "a second --fix changes nothing");
}

#[test]
fn the_clean_estate_is_linked_to_its_last_hop() {
    let report = report_of("clean");
    assert_eq!(report["findings"], Value::Array(Vec::new()));
    assert_eq!(report["problems"], Value::Array(Vec::new()));
    let summary = &report["summary"];
    assert!(summary["hops"].as_u64() > Some(6), "{summary}");
    assert_eq!(summary["hops"], summary["linked"]);
}

#[test]
fn the_sound_twins_of_haproxy_are_silent() {
    for name in ["haproxy-beside-compose-sound", "haproxy-nginx-gunicorn-sound"] {
        let report = report_of(name);
        assert_eq!(report["findings"], Value::Array(Vec::new()), "{name}");
        assert_eq!(report["problems"], Value::Array(Vec::new()), "{name}");
    }
}

#[test]
fn template_text_is_never_a_finding_or_a_problem() {
    let report = report_of("templates");
    assert_eq!(report["findings"], Value::Array(Vec::new()));
    // A chart that is not rendered is counted, never called broken.
    let problems = report["problems"].as_array().unwrap();
    assert!(
        problems.iter().all(|problem| problem["kind"] == "skipped"),
        "{problems:#?}"
    );
}

#[test]
fn fixes_take_every_finding_away_and_a_second_run_changes_nothing() {
    for name in [
        "port-across-configmap",
        "compose-name-resolved-once",
        "timeouts-and-keepalive",
    ] {
        let copy = copy_of(name);
        gatelint(copy.path(), &["lint", "--fix", "--unsafe-fixes"]);
        let left = gatelint(copy.path(), &["lint", "--quiet", "--no-ignores"]);
        assert_eq!(text(&left), "", "{name}: this is left after --fix");

        let texts = texts_under(copy.path());
        gatelint(copy.path(), &["lint", "--fix", "--unsafe-fixes"]);
        assert_eq!(
            texts_under(copy.path()),
            texts,
            "{name}: a second --fix changes nothing"
        );
    }
}

#[test]
fn a_name_that_is_looked_up_again_has_all_that_nginx_demands_for_it() {
    let copy = copy_of("compose-name-resolved-once");
    gatelint(copy.path(), &["lint", "--fix", "--unsafe-fixes"]);
    let fixed = fs::read_to_string(copy.path().join("nginx/templates/default.conf.template")).expect("it is text");
    for part in [
        "server api:8000 resolve;",
        "zone api 64k;",
        "resolver 127.0.0.11 valid=10s;",
    ] {
        assert!(fixed.contains(part), "{part} is missing in\n{fixed}");
    }
}

#[test]
fn the_readme_shows_what_gatelint_prints() {
    let root = manifest("");
    if !root.join(".git").exists() {
        return; // Paths in the output are relative to the repository's root.
    }
    let output = gatelint(&root, &["lint", "testdata/estates/port-across-configmap"]);
    let readme = fs::read_to_string(manifest("README.md")).expect("there is a README");
    let printed = String::from_utf8_lossy(&output.stdout);
    // The summary that follows counts the whole repository.
    let (shown, _) = printed.split_once("\n\n").expect("a finding, then the summary");
    assert!(readme.contains(shown), "README.md does not contain this:\n{shown}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn the_configuration_in_the_readme_is_one() {
    let readme = fs::read_to_string(manifest("README.md")).expect("there is a README");
    let (_, rest) = readme.split_once("```yaml\n# .gatelint.yaml\n").expect("an example");
    let (example, _) = rest.split_once("```").expect("its end");

    let schema = serde_json::from_str(&fs::read_to_string(manifest("schemas/config.json")).expect("a schema"));
    let schema = jsonschema::validator_for(&schema.expect("JSON")).expect("a valid schema");
    let value: Value = serde_yaml::from_str(example).expect("YAML");
    let mistakes: Vec<String> = schema.iter_errors(&value).map(|mistake| mistake.to_string()).collect();
    assert!(mistakes.is_empty(), "{mistakes:?}");

    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join(".gatelint.yaml"), example).expect("it can be written");
    fs::create_dir_all(folder.path().join("policies/gatelint")).expect("it can be written");
    let output = gatelint(folder.path(), &["lint"]);
    assert_ne!(output.status.code(), Some(2), "{}", text(&output));
}

fn report_of(name: &str) -> Value {
    let copy = copy_of(name);
    let output = gatelint(copy.path(), &["lint", "--format", "json"]);
    serde_json::from_slice(&output.stdout).expect("the report is JSON")
}

fn assert_fits_schema(report: &Value) {
    let schema = fs::read_to_string(manifest("schemas/report.json")).expect("there is a schema");
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).expect("JSON")).expect("a valid schema");
    let mistakes: Vec<String> = schema
        .iter_errors(report)
        .map(|mistake| format!("{}: {mistake}", mistake.instance_path()))
        .collect();
    assert!(mistakes.is_empty(), "{mistakes:#?}");
}

fn gatelint(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gatelint"))
        .args(arguments)
        .args(["--color", "never"])
        .current_dir(folder)
        .env_remove("CLICOLOR_FORCE")
        .env_remove("FORCE_COLOR")
        .output()
        .expect("gatelint runs")
}

/// What was printed, and what was noted beside it.
fn text(output: &Output) -> String {
    let (out, notes) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    if notes.is_empty() {
        out.into_owned()
    } else {
        format!("{out}--- stderr\n{notes}")
    }
}

fn snapshot(name: &str, kind: &str, value: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.add_filter(r#""tool_version": "[^"]+""#, r#""tool_version": "[version]""#);
    settings.bind(|| insta::assert_snapshot!(format!("{name}.{kind}"), value));
}

fn copy_of(name: &str) -> tempfile::TempDir {
    let copy = tempfile::tempdir().expect("a temporary folder");
    let estate = manifest("testdata/estates").join(name);
    for path in files_under(&estate) {
        let to = copy.path().join(path.strip_prefix(&estate).expect("it is inside"));
        fs::create_dir_all(to.parent().expect("a file is in a folder")).expect("it can be made");
        fs::copy(&path, to).expect("it can be copied");
    }
    copy
}

fn files_under(folder: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter();
    let entries = entries.map(|entry| entry.expect("it can be read"));
    entries
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect()
}

fn texts_under(folder: &Path) -> Vec<(PathBuf, String)> {
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("it is text");
        (path.strip_prefix(folder).expect("it is inside").to_path_buf(), text)
    };
    files_under(folder).into_iter().map(read).collect()
}

fn manifest(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
