//! Formats for programs, each held against what its readers want.
#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs)]

mod common;

use std::path::PathBuf;
use std::process::Command;

use common::Place;
use serde_json::{Value, json};

/// A path that URIs, properties of annotations and Markdown must escape; a name that none of them may believe.
const GATEWAY: &str = "ed ge,1/naïve [x](1).conf";
const CONF: &str = "\
# ü
upstream api { server api:8000; }
server {
    listen 80;
    location / {
        proxy_pass http://api; proxy_set_header X '𐐀'; proxy_read_timeout 60s;
    }
}
";
const COMPOSE: &str = "\
services:
  nginx:
    image: nginx:1.28
    volumes: ['./ed ge,1/naïve [x](1).conf:/etc/nginx/conf.d/default.conf:ro']
  api:
    image: python:3.13
    command: gunicorn --bind 0.0.0.0:9000 --timeout 120 app:app
";

fn broken() -> Place {
    Place::new(&[(GATEWAY, CONF), ("compose.yaml", COMPOSE)])
}

fn clean() -> Place {
    Place::new(&[("README.md", "nothing")])
}

fn written(place: &Place, format: &str) -> String {
    let said = place.run(&["lint", "--format", format]);
    assert!(!said.err.contains("panicked"), "{}", said.err);
    said.out
}

/// A tool of CI by its file in the cache, if it is there.
fn cached(path: &str) -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))?;
    let file = cache.join("gatelint-ci").join(path);
    file.is_file().then_some(file)
}

const MULTITOOL: &str = "sarif-multitool/node_modules/@microsoft/sarif-multitool-linux";

#[test]
fn sarif_passes_its_schema_and_the_rules_of_code_scanning() {
    let (Some(schema), Some(tool)) = (
        cached(&format!("{MULTITOOL}/sarif-2.1.0.json")),
        cached(&format!("{MULTITOOL}/Sarif.Multitool")),
    ) else {
        eprintln!("SKIPPED: SARIF is not validated; install npm's @microsoft/sarif-multitool-linux as .ci/run does");
        return;
    };
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for place in [broken(), clean()] {
        let sarif = written(&place, "sarif");
        let errors: Vec<String> = schema
            .iter_errors(&serde_json::from_str(&sarif).unwrap())
            .map(|error| format!("{} {error}", error.instance_path()))
            .collect();
        assert_eq!(errors, Vec::<String>::new());
        place.write("x.sarif", &sarif);
        let mut command = Command::new(&tool);
        command.args(["validate", "--rule-kind", "Sarif;Ghas", "--log", "ForceOverwrite"]);
        command.arg("--output").arg(place.path("judged.sarif"));
        command.arg(place.path("x.sarif"));
        // Without the libraries for languages it must be told that it needs none.
        command.env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1");
        let said = common::said(&mut command);
        let judged: Value = serde_json::from_str(place.text("judged.sarif").trim_start_matches('\u{feff}')).unwrap();
        let complaints = judged["runs"][0]["results"].as_array().unwrap();
        assert_eq!(complaints, &Vec::<Value>::new(), "{}{}", said.out, said.err);
    }
}

#[test]
fn sarif_says_where_in_code_points_and_as_uris() {
    let place = broken();
    let sarif: Value = serde_json::from_str(&written(&place, "sarif")).unwrap();
    let run = &sarif["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert_eq!(results[0]["level"], "error");
    let timeout = results
        .iter()
        .find(|result| result["ruleId"] == "read-timeout-below-app");
    let timeout = timeout.unwrap();
    let rule = timeout["ruleIndex"].as_u64().unwrap() as usize;
    assert_eq!(run["tool"]["driver"]["rules"][rule]["id"], "read-timeout-below-app");
    let at = &timeout["locations"][0]["physicalLocation"];
    assert_eq!(
        at["artifactLocation"]["uri"],
        "ed%20ge%2C1/na%C3%AFve%20%5Bx%5D%281%29.conf"
    );
    let line = CONF.lines().position(|line| line.contains("60s")).unwrap() + 1;
    let text = CONF.lines().nth(line - 1).unwrap();
    let column = text.split("proxy_read").next().unwrap().chars().count() + 1;
    assert_eq!(at["region"]["startLine"], line);
    let start = at["region"]["startColumn"].as_u64().unwrap() as usize;
    assert!((column..=column + 19).contains(&start), "{at}");
    assert!(
        timeout["message"]["text"]
            .as_str()
            .unwrap()
            .contains("[compose.yaml:7](1): ")
    );
    assert_eq!(timeout["relatedLocations"][0]["id"], 1);
    let replaced = &timeout["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(replaced["insertedContent"]["text"].as_str().unwrap().trim(), "125s");
    let clean: Value = serde_json::from_str(&written(&clean(), "sarif")).unwrap();
    assert_eq!(clean["runs"][0]["results"], json!([]));
}

#[test]
fn annotations_are_the_worst_ten_of_a_level() {
    let place = broken();
    let lines = written(&place, "github");
    assert!(
        lines.starts_with("::error file=ed ge%2C1/naïve [x](1).conf,line=2,endLine=2,col="),
        "{lines}"
    );
    let timeout = lines
        .lines()
        .find(|line| line.contains("title=gatelint read-timeout-below-app::"));
    assert!(timeout.unwrap().contains("%0Acompose.yaml:7 "), "{lines}");
    assert!(timeout.unwrap().starts_with("::warning "), "{lines}");

    let servers: String = (0..15)
        .map(|n| format!("upstream u{n} {{ server api:80{n:02}; }}\n"))
        .collect();
    let routes: String = (0..15)
        .map(|n| format!("  location /{n} {{ proxy_pass http://u{n}; }}\n"))
        .collect();
    place.write(GATEWAY, format!("{servers}server {{\n  listen 80;\n{routes}}}\n"));
    let lines = written(&place, "github");
    let of = |level: &str| lines.lines().filter(|line| line.starts_with(level)).count();
    assert_eq!(of("::error"), 10, "{lines}");
    assert!(lines.contains("::notice title=gatelint::5 errors"), "{lines}");
    assert_eq!(written(&clean(), "github"), "");
}

#[test]
fn markdown_links_both_ends_and_folds_the_patch() {
    insta::assert_snapshot!(written(&broken(), "markdown"));
}

#[test]
fn every_output_is_written_whole_beside_the_one_that_is_shown() {
    let place = broken();
    let all = [
        "lint",
        "--format",
        "concise",
        "--output",
        "sarif=x.sarif",
        "--output",
        "json=x.json",
        "--output",
        "github=x.txt",
    ];
    let said = place.run(&all);
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert_eq!(said.out, written(&place, "concise"));
    for (file, format) in [("x.sarif", "sarif"), ("x.json", "json"), ("x.txt", "github")] {
        assert_eq!(place.text(file), written(&place, format), "{format}");
    }
    // Again, over those that are there.
    assert_eq!(place.run(&all).code, Some(1));
}

#[test]
fn an_output_that_cannot_be_written_is_named_first() {
    let place = broken();
    let fails = |arguments: &[&str], message: &str| {
        let all: Vec<&str> = ["lint"].iter().chain(arguments).copied().collect();
        let said = place.run(&all);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(said.err.contains(message), "{arguments:?}: {}", said.err);
    };
    fails(&["--output", "sarif=none/x.sarif"], "there is no folder none");
    fails(&["--output", "sarif=ed ge,1"], "ed ge,1 is a folder");
    fails(&["--output", "sarif=/dev/null"], "/dev/null is not a file");
    fails(&["--output", "sarif=x", "--output", "json=./x"], "two outputs");
    fails(&["--output", "json=x", "--patch-file", "x"], "two outputs");
    fails(&["--output", "sarif"], "a format and a file");
    fails(&["--output", "serif=x"], "there is no format serif; there are human");
    fails(&["--output", "json=x", "--diff"], "cannot be used with");
    assert!(!place.path("x").exists());
}

#[test]
fn gitlab_gets_the_fields_that_its_documentation_lists() {
    // https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
    let schema = jsonschema::validator_for(&json!({ "type": "array", "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "additionalProperties": false,
        "properties": {
            "description": { "type": "string", "minLength": 1 },
            "check_name": { "type": "string", "minLength": 1 },
            "fingerprint": { "type": "string", "minLength": 1 },
            "severity": { "enum": ["info", "minor", "major", "critical", "blocker"] },
            "location": { "type": "object", "required": ["path", "lines"], "properties": {
                "path": { "type": "string", "not": { "pattern": "^(\\./|/)" } },
                "lines": { "type": "object", "required": ["begin"], "properties": { "begin": { "type": "integer", "minimum": 1 } } },
            } },
        },
    } }))
    .unwrap();
    let report: Value = serde_json::from_str(&written(&broken(), "gitlab")).unwrap();
    assert!(schema.is_valid(&report), "{report:#}");
    let all = report.as_array().unwrap();
    let prints: std::collections::BTreeSet<&str> = all.iter().filter_map(|one| one["fingerprint"].as_str()).collect();
    assert_eq!(prints.len(), all.len());
    let error = all
        .iter()
        .find(|one| one["check_name"] == "upstream-port-not-exposed")
        .unwrap();
    assert_eq!(
        (&error["severity"], &error["location"]["path"]),
        (&json!("critical"), &json!(GATEWAY))
    );
    assert_eq!(
        serde_json::from_str::<Value>(&written(&clean(), "gitlab")).unwrap(),
        json!([])
    );
}

/// The XSD that Jenkins' xUnit plugin publishes, as pytest's source carries it.
const JUNIT: &str = "junit-10.xsd";

#[test]
fn junit_passes_the_schema_of_jenkins() {
    for place in [broken(), clean()] {
        let xml = written(&place, "junit");
        let document = roxmltree::Document::parse(&xml).unwrap();
        let failures = document
            .descendants()
            .filter(|node| node.has_tag_name("failure"))
            .count();
        let suite = document.root_element().attribute("failures").unwrap();
        assert_eq!(failures.to_string(), suite);
        let Some(schema) = cached(JUNIT) else {
            eprintln!("SKIPPED: JUnit is not validated; {JUNIT} is put into the cache by .ci/run");
            continue;
        };
        place.write("x.xml", &xml);
        let mut command = Command::new("xmllint");
        command
            .arg("--noout")
            .arg("--schema")
            .arg(schema)
            .arg(place.path("x.xml"));
        if Command::new("xmllint").arg("--version").output().is_err() {
            eprintln!("SKIPPED: JUnit is not validated; xmllint is not installed");
            continue;
        }
        let said = common::said(&mut command);
        assert_eq!(said.code, Some(0), "{}{xml}", said.err);
    }
}

#[test]
fn rdjson_is_what_reviewdog_reads() {
    // Messages of reviewdog's proto/rdf/jsonschema/DiagnosticResult.json, of which nothing else is written.
    let position = json!({ "type": "object", "required": ["line", "column"], "additionalProperties": false,
        "properties": { "line": { "type": "integer", "minimum": 1 }, "column": { "type": "integer", "minimum": 1 } } });
    let range = json!({ "type": "object", "required": ["start", "end"], "additionalProperties": false,
        "properties": { "start": position, "end": position } });
    let text = json!({ "type": "string" });
    let schema = jsonschema::validator_for(&json!({ "type": "object", "additionalProperties": false,
        "required": ["source", "diagnostics"], "properties": {
            "source": { "type": "object", "additionalProperties": false, "properties": { "name": text, "url": text } },
            "diagnostics": { "type": "array", "items": { "type": "object", "additionalProperties": false,
                "required": ["message", "location", "severity", "code"], "properties": {
                    "message": text,
                    "location": { "type": "object", "additionalProperties": false, "required": ["path", "range"],
                        "properties": { "path": text, "range": range } },
                    "severity": { "enum": ["ERROR", "WARNING", "INFO"] },
                    "code": { "type": "object", "additionalProperties": false, "properties": { "value": text, "url": text } },
                    "suggestions": { "type": "array", "items": { "type": "object", "additionalProperties": false,
                        "required": ["range", "text"], "properties": { "range": range, "text": text } } },
                } } },
        } }))
    .unwrap();
    let report: Value = serde_json::from_str(&written(&broken(), "rdjson")).unwrap();
    assert!(schema.is_valid(&report), "{report:#}");
    let all = report["diagnostics"].as_array().unwrap();
    let timeout = all
        .iter()
        .find(|one| one["code"]["value"] == "read-timeout-below-app")
        .unwrap();
    let range = &timeout["suggestions"][0]["range"];
    let line = CONF.lines().nth(5).unwrap();
    // Bytes, not code points.
    let column = |key: &str| range[key]["column"].as_u64().unwrap() as usize - 1;
    assert_eq!(line[column("start")..column("end")].trim(), "60s");
    // Several edits of one file are one suggestion.
    let resolved = all
        .iter()
        .find(|one| one["code"]["value"] == "name-resolved-once")
        .unwrap();
    assert_eq!(resolved["suggestions"].as_array().unwrap().len(), 1);
    assert_eq!(
        serde_json::from_str::<Value>(&written(&clean(), "rdjson")).unwrap()["diagnostics"],
        json!([])
    );
}

#[test]
fn every_schema_has_its_own_id() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    let mut ids = std::collections::BTreeSet::new();
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let schema: Value = serde_json::from_str(&text).unwrap();
        count += 1;
        ids.insert(schema["$id"].as_str().unwrap().to_owned());
    }
    assert_eq!(ids.len(), count);
}

#[test]
fn markdown_draws_the_week_that_is_short() {
    let estate = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/estates/cloudformation-night-too-low");
    let files: Vec<(String, String)> = walkdir::WalkDir::new(&estate)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let path = entry.path().strip_prefix(&estate).unwrap().to_str().unwrap().to_owned();
            (path, std::fs::read_to_string(entry.path()).unwrap())
        })
        .collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let place = Place::new(&files);
    let markdown = place
        .run(&["lint", "--as-of", "2026-11-20", "--format", "markdown"])
        .out;
    assert!(markdown.contains("```text\n"), "{markdown}");
    let title = markdown.lines().rfind(|line| line.starts_with("### ")).unwrap();
    assert!(!title.contains('`'), "a target, after the rules: {markdown}");
}

#[test]
fn what_is_not_read_is_named() {
    let place = clean();
    place.write(
        "route.yaml",
        "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: { name: a }\nspec: { hosts: [a] }\n",
    );
    assert!(written(&place, "github").starts_with("::notice title=gatelint::not read"));
    assert!(written(&place, "markdown").contains("Not read, so nothing is said of them: 1 VirtualService"));
    assert!(written(&place, "sarif").contains("Not read: 1 VirtualService"));
}
