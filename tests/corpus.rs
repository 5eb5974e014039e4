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
