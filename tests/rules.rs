//! Every example of every rule, one named test each: a bad one gives exactly its findings at its marked lines, a good
//! one none, and the fix turns bad into fixed and nothing else.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use gatelint::analysis::{Analysis, Ground};
use gatelint::assess::Traffic;
use gatelint::capacity::Moment;
use gatelint::config::{self, Config};
use gatelint::environment::{Repository, read};
use gatelint::expand::ExpandCache;
use gatelint::finding::{Finding, RuleInfo, settle::settle};
use gatelint::fix::prove::apart;
use gatelint::repo::{Edit, Sources, edit::splice};
use gatelint::rule::{Example, RuleSet};
use gatelint::syntax::yaml;
use libtest_mimic::{Arguments, Failed, Trial};

fn main() {
    let rules = RuleSet::embedded().unwrap();
    let mut trials = Vec::new();
    for rule in rules.rules() {
        assert!(
            rule.examples().iter().any(|example| example.bad),
            "{} has no bad example",
            rule.id
        );
        assert!(
            rule.examples().iter().any(|example| !example.bad),
            "{} has no good example",
            rule.id
        );
        for (at, example) in rule.examples().into_iter().enumerate() {
            let kind = if example.bad { "bad" } else { "good" };
            let name = example.name.clone().unwrap_or_default().replace(' ', "-");
            let id = rule.id.to_string();
            trials.push(Trial::test(format!("{id}::{}-{kind}-{name}", at + 1), move || {
                check(&id, &example)
            }));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// The findings of one rule in a small repository, with their fixes.
fn lint(rules: &RuleSet, id: &str, files: &BTreeMap<String, String>, prove: bool) -> (Sources, Vec<Finding>) {
    let sources = Sources::default();
    let texts = files
        .iter()
        .map(|(path, text)| (path.clone(), text.clone().into_bytes()));
    let read = read::in_memory(&sources, texts);
    assert!(
        read.problems.is_empty(),
        "the example cannot be read: {:?}",
        read.problems
    );
    // An example may say in a configuration what lives elsewhere, and how much traffic there is.
    let config = configured(&sources, &read.repository, files);
    let ground = Ground {
        traffic: traffic(&config, &sources, files),
        facts: config.facts,
        sources: &sources,
        rules,
        versions: HashMap::new(),
        cache: ExpandCache::default(),
    };
    let analysis = Analysis::new(&ground, read.repository);
    let mistakes = analysis.traffic_mistakes();
    assert!(mistakes.is_empty(), "{mistakes:?}");
    let infos: Vec<RuleInfo> = rules
        .rules()
        .iter()
        .map(|rule| RuleInfo {
            id: rule.id.clone(),
            category: rule.category.clone(),
            precision: rule.precision,
        })
        .collect();
    let mut findings = settle(&sources, &infos, &analysis.hits()).findings;
    findings.retain(|finding| &*finding.rule == id);
    if prove {
        analysis.prove(&mut findings, &|_| true);
    }
    drop(analysis);
    drop(ground);
    (sources, findings)
}

/// Profiles are files of the example. Schedules are walked from the first of June 2026.
fn traffic(config: &Config, sources: &Sources, files: &BTreeMap<String, String>) -> Traffic {
    let as_of = Moment::from_unix(1_780_272_000);
    let bytes = |path: &str| {
        let text = files.get(path).ok_or(std::io::ErrorKind::NotFound)?;
        Ok(text.clone().into_bytes())
    };
    let now = as_of.plus(365 * 86_400);
    let (demands, problems) = config::traffic::load(&config.traffic, sources, "", &bytes, now);
    assert!(problems.is_empty(), "{problems:?}");
    Traffic { demands, as_of }
}

fn configured(sources: &Sources, repository: &Repository, files: &BTreeMap<String, String>) -> Config {
    let Some(text) = files.get(config::FILE) else {
        return Config::default();
    };
    let known = repository.get(config::FILE).map(|file| file.source.clone());
    let source = known.unwrap_or_else(|| sources.add_file(config::FILE, text.clone().into_bytes()));
    let (config, problems) = config::read(&yaml::parse(&source), Path::new("."));
    assert!(problems.is_empty(), "{problems:?}");
    config
}

/// The rules with the options that an example's configuration gives.
fn rules_for(files: &BTreeMap<String, String>) -> RuleSet {
    let rules = RuleSet::embedded().unwrap();
    let Some(text) = files.get(config::FILE) else {
        return rules;
    };
    let source = Sources::default().add_file(config::FILE, text.clone().into_bytes());
    let (config, _) = config::read(&yaml::parse(&source), Path::new("."));
    let options = config.options.iter().flat_map(|(rule, options)| {
        let given = options.iter();
        given.map(|option| {
            (
                rule.value.as_str(),
                option.name.value.as_str(),
                option.text.value.as_str(),
            )
        })
    });
    rules.with_options(options).expect("the options are those of the rule")
}

fn check(id: &str, example: &Example) -> Result<(), Failed> {
    let rules = rules_for(&example.files);
    let (sources, findings) = lint(&rules, id, &example.files, example.bad);
    let mut places: Vec<(String, usize)> = findings
        .iter()
        .map(|finding| {
            let source = sources.get(finding.at.source);
            (source.path.to_string(), source.lines().line(finding.at.start) + 1)
        })
        .collect();
    places.sort();
    let expected = if example.bad { example.marks() } else { Vec::new() };
    if places != expected {
        let messages: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
        return Err(format!("findings at {places:?}, expected {expected:?}: {messages:#?}").into());
    }
    for finding in &findings {
        if finding.message.contains("unknown") || finding.message.contains("none") || finding.message.contains("{") {
            return Err(format!("the message has a gap: {}", finding.message).into());
        }
    }
    let fixes: Vec<&Finding> = findings.iter().filter(|finding| finding.fix.is_some()).collect();
    if !example.fixed.is_empty() && fixes.is_empty() {
        let reasons: Vec<_> = findings.iter().map(|finding| &finding.no_fix_reason).collect();
        return Err(format!("no fix is offered: {reasons:?}").into());
    }
    if fixes.is_empty() {
        return Ok(());
    }
    let fixed = fixed(&sources, &example.files, &findings);
    if !example.fixed.is_empty() {
        for (path, text) in &fixed {
            let expected = example.fixed.get(path).or_else(|| example.files.get(path)).unwrap();
            if text != expected {
                return Err(format!("{path} after the fix:\n{text}\nexpected:\n{expected}").into());
            }
        }
    }
    let (_, again) = lint(&rules, id, &fixed, true);
    if again.iter().any(|finding| finding.fix.is_some()) {
        return Err(format!("a second run would change more: {:?}", again[0].fix).into());
    }
    if again.len() + fixes.len() > findings.len() {
        return Err(format!("still found after the fix: {}", again[0].message).into());
    }
    Ok(())
}

fn fixed(sources: &Sources, files: &BTreeMap<String, String>, findings: &[Finding]) -> BTreeMap<String, String> {
    let fixes = apart(findings.iter().filter_map(|finding| finding.fix.as_ref()));
    let mut edits: BTreeMap<String, Vec<Edit>> = BTreeMap::new();
    for edit in fixes.iter().flat_map(|fix| &fix.edits) {
        let path = sources.get(edit.span.source).path.to_string();
        let of_file = edits.entry(path).or_default();
        if !of_file.contains(edit) {
            of_file.push(edit.clone());
        }
    }
    files
        .iter()
        .map(|(path, text)| {
            let edits = edits.get(path).map_or(&[][..], Vec::as_slice);
            (path.clone(), splice(text, edits).unwrap())
        })
        .collect()
}
