//! What `--fix` makes of a few files, for the judges: the real products.

#![allow(clippy::print_stderr)]

use std::collections::BTreeMap;
use std::sync::Mutex;

use gatelint::rule::RuleSet;
use rayon::prelude::*;

use super::Place;

pub type Files = BTreeMap<String, String>;

/// A place in which a setting is awkward to write: its name, and a text as it would be there, where it can be.
pub type Awkward = (&'static str, fn(&str) -> Option<String>);

/// The files after `lint --fix --unsafe-fixes`, and the rules whose findings were mended.
pub fn mended(files: &Files) -> (Files, Vec<String>) {
    let texts: Vec<(&str, &str)> = files.iter().map(|(path, text)| (&**path, &**text)).collect();
    let place = Place::new(&texts);
    let said = place.run(&["lint", "--fix", "--unsafe-fixes", "--format", "concise", "--exit-zero"]);
    assert!(!said.err.contains("panicked"), "{}", said.err);
    let lines = said.err.lines().filter_map(|line| line.strip_prefix("  "));
    let rules = lines.filter_map(|line| line.rsplit(' ').next());
    let rules = rules.map(str::to_owned).collect();
    let after = files.keys().map(|path| (path.clone(), place.text(path)));
    (after.collect(), rules)
}

/// Whether the product loads what is its own among some files; `None` where that cannot be tried.
pub type Loads<'l> = &'l (dyn Fn(&Files) -> Option<Result<(), String>> + Sync);

/// How many fixes were judged, by rule.
#[derive(Default)]
pub struct Judged {
    counts: Mutex<BTreeMap<String, usize>>,
    wrong: Mutex<Vec<String>>,
}

impl Judged {
    /// Judges every bad example of every rule, with its own files written in each awkward way.
    pub fn judge_examples(&self, awkward: &[Awkward], is_own: fn(&str) -> bool, loads: Loads<'_>) {
        let rules = RuleSet::embedded().unwrap();
        let examples = rules.rules().iter().flat_map(|rule| {
            let bad = rule.examples().into_iter().filter(|example| example.bad);
            bad.map(move |example| (&rule.id, example))
        });
        let examples: Vec<_> = examples
            .filter(|(_, example)| example.files.keys().any(|path| is_own(path)))
            .collect();
        examples.par_iter().for_each(|(rule, example)| {
            for (place, change) in awkward {
                let write = |(path, text): (&String, &String)| {
                    let text = unmarked(text);
                    let text = if is_own(path) { change(&text)? } else { text };
                    Some((path.clone(), text))
                };
                let files: Option<Files> = example.files.iter().map(write).collect();
                if let Some(files) = files {
                    self.judge(&format!("{rule} {:?}, {place}", example.name), &files, loads);
                }
            }
        });
    }

    /// Mends files and asks the product: what loaded must load.
    pub fn judge(&self, name: &str, files: &Files, loads: Loads<'_>) {
        if loads(files).is_none_or(|before| before.is_err()) {
            return;
        }
        let (after, rules) = mended(files);
        if rules.is_empty() {
            return;
        }
        match loads(&after) {
            Some(Ok(())) => {
                let mut counts = self.counts.lock().unwrap();
                for rule in rules {
                    *counts.entry(rule).or_default() += 1;
                }
            }
            None => {}
            Some(Err(said)) => {
                let changed = after.iter().filter(|(path, text)| files.get(*path) != Some(text));
                let changed: String = changed.map(|(path, text)| format!("--- {path}\n{text}")).collect();
                let rules = rules.join(", ");
                self.wrong
                    .lock()
                    .unwrap()
                    .push(format!("{name}: {rules}: {said}\n{changed}"));
            }
        }
    }

    /// Says what was judged, and fails where a fix broke a file.
    pub fn end(self, product: &str, least: usize) {
        let wrong = self.wrong.into_inner().unwrap();
        assert!(
            wrong.is_empty(),
            "{} broken by fixes\n{}",
            wrong.len(),
            wrong.join("\n")
        );
        let counts = self.counts.into_inner().unwrap();
        let all: usize = counts.values().sum();
        eprintln!("{product} loads what {all} fixes made: {counts:?}");
        assert!(all >= least, "only {all} fixes were judged");
    }
}

/// An example without the marks of where its findings stand.
pub fn unmarked(text: &str) -> String {
    text.lines()
        .map(|line| line.split(" # <--").next().unwrap_or(line).to_owned() + "\n")
        .collect()
}

/// With the line ends of Windows.
pub fn crlf(text: &str) -> Option<String> {
    (!text.contains('\r')).then(|| text.replace('\n', "\r\n"))
}
