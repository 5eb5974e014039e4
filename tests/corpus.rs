//! Real configuration, where it lies beside the repository: the whole of it is linted without a panic, and template
//! text is nobody's mistake. `GATELINT_COMPARE=path/to/older/gatelint cargo test --test corpus compare -- --nocapture`
//! shows which findings of each folder a change adds and removes.
#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use common::{problems, said};
use serde_json::Value;

const BINARY: &str = env!("CARGO_BIN_EXE_gatelint");

/// The corpus, if it is there.
fn corpus() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if !folder.is_dir() {
        eprintln!("SKIPPED: no corpus at {}", folder.display());
        return None;
    }
    Some(folder)
}

fn lint(binary: &str, folder: &Path) -> Command {
    let mut command = Command::new(binary);
    command.args([
        "lint",
        "--no-config",
        "--include-examples",
        "--min-severity",
        "info",
        "--format",
        "json",
    ]);
    command.arg(folder).current_dir(folder);
    command
}

/// The repositories of the corpus: `nginx/h5bp`, `compose/rinha-2023-q3`, …
fn repositories(corpus: &Path) -> Vec<PathBuf> {
    let folders = |folder: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
    };
    let mut found: Vec<PathBuf> = folders(corpus).iter().flat_map(|group| folders(group)).collect();
    found.sort();
    found
}

#[test]
fn everything_is_linted() {
    let Some(corpus) = corpus() else { return };
    let said = said(&mut lint(BINARY, &corpus));
    assert!(matches!(said.code, Some(0 | 1)), "{:?} {}", said.code, said.err);
    // A hang, whatever else the machine does meanwhile; speed is held by the benchmarks.
    assert!(said.took < Duration::from_secs(300), "{:?}", said.took);
    let report = said.json();
    let mut told = 0;
    for problem in report["problems"].as_array().unwrap() {
        if problem["kind"] == "skipped" {
            continue;
        }
        told += 1;
        let path = corpus.join(problem["file"].as_str().unwrap());
        let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
        let line = text
            .lines()
            .nth(problem["line"].as_u64().unwrap() as usize - 1)
            .unwrap_or_default();
        let is_template = ["{{", "{%", "<%", "${"].iter().any(|mark| line.contains(mark));
        assert!(!is_template && problem["kind"] != "unreadable", "{problem}: {line}");
    }
    let summary = &report["summary"];
    eprintln!("{summary}, {told} problems in {:?}", said.took);
    // A corpus that links nothing would test nothing.
    assert!(summary["linked"].as_u64().unwrap() > 200, "{summary}");
    assert!(!problems(&report).iter().any(|problem| problem.contains("HHHH")));
}

/// The folder of a repository in which a project of its own stands: the corpus has collections of them.
fn project(repository: &Path, file: &str) -> PathBuf {
    repository.join(file.split('/').take(2).collect::<PathBuf>())
}

/// Most of these projects run somewhere: what a rule says of many of them must be worth it, and its page must say why.
#[test]
fn no_rule_speaks_up_often_without_saying_why() {
    const WHY: &str = "the rule speaks up in most of them";
    let Some(corpus) = corpus() else { return };
    let mut linked: BTreeSet<PathBuf> = BTreeSet::new();
    let mut found: BTreeMap<String, BTreeSet<PathBuf>> = BTreeMap::new();
    for repository in repositories(&corpus) {
        let mut hops = Command::new(BINARY);
        hops.args(["hops", "--format", "json"]).current_dir(&repository);
        let hops = said(&mut hops).json();
        let is_linked = |hop: &&Value| hop["not_linked"].is_null();
        let files = hops["hops"]
            .as_array()
            .unwrap()
            .iter()
            .filter(is_linked)
            .filter_map(|hop| hop["file"].as_str());
        linked.extend(files.map(|file| project(&repository, file)));
        let report = said(&mut lint(BINARY, &repository)).json();
        for finding in report["findings"].as_array().unwrap() {
            if let (Some(rule), Some(file)) = (finding["rule"].as_str(), finding["file"].as_str())
                && finding["severity"] != "info"
            {
                let projects = found.entry(rule.to_owned()).or_default();
                projects.insert(project(&repository, file));
            }
        }
    }
    for (rule, projects) in found {
        let share = projects.intersection(&linked).count();
        eprintln!("{rule}: {share} of {} projects", linked.len());
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/rules/{rule}.md"));
        let says_why = || std::fs::read_to_string(page).unwrap().contains(WHY);
        assert!(
            share * 10 <= linked.len() || says_why(),
            "{rule} speaks up in {share} of {} projects, and its page does not say why that is worth it",
            linked.len()
        );
    }
}

/// `rule file:line` of every finding, and a line of numbers.
fn findings(binary: &str, folder: &Path) -> (BTreeMap<String, BTreeSet<String>>, String) {
    let report: Value = said(&mut lint(binary, folder)).json();
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for finding in report["findings"].as_array().unwrap() {
        let text = |key: &str| finding[key].as_str().unwrap_or_default();
        let line = format!(
            "{}:{} {}: {}",
            text("file"),
            finding["line"],
            text("severity"),
            text("message")
        );
        found.entry(text("rule").to_owned()).or_default().insert(line);
    }
    let summary = &report["summary"];
    (
        found,
        format!("{} of {} hops linked", summary["linked"], summary["hops"]),
    )
}

#[test]
fn compare() {
    let Ok(older) = std::env::var("GATELINT_COMPARE") else {
        return eprintln!("SKIPPED: GATELINT_COMPARE names no older gatelint");
    };
    let Some(corpus) = corpus() else { return };
    let none = BTreeSet::new();
    for folder in repositories(&corpus) {
        let ((before, old), (after, new)) = (findings(&older, &folder), findings(BINARY, &folder));
        let name = folder.strip_prefix(&corpus).unwrap_or(&folder).display().to_string();
        if old != new {
            eprintln!("{name}: {old}, now {new}");
        }
        let rules: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for rule in rules {
            let (was, is) = (before.get(rule).unwrap_or(&none), after.get(rule).unwrap_or(&none));
            if was == is {
                continue;
            }
            eprintln!(
                "{name}: {rule}: {} added, {} removed",
                is.difference(was).count(),
                was.difference(is).count()
            );
            was.difference(is).for_each(|line| eprintln!("  - {line}"));
            is.difference(was).for_each(|line| eprintln!("  + {line}"));
        }
    }
}
