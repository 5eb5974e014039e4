//! The examples of rules, run as tests: a bad one gives exactly its findings at its marked lines, a good one none, and
//! the fix turns bad into fixed and nothing else. The project's own tests run through here, and `gatelint rules --test`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use super::end::{CLEAN, FOUND, Failure, print};
use super::setup::{Setup, rule_mistakes};
use crate::analysis::{Ground, analyse};
use crate::assess::Traffic;
use crate::cli::Cli;
use crate::config::{self, Config, ConfigProblem};
use crate::environment::{Repository, read};
use crate::finding::refused::UNREADABLE;
use crate::finding::{Finding, Telling};
use crate::fix::prove::apart;
use crate::product;
use crate::repo::open::Unread;
use crate::repo::root::Root;
use crate::repo::{Edit, Sources, Span, edit::splice};
use crate::report;
use crate::rule::{Example, Rule, RuleSet};
use crate::syntax::yaml;
use crate::terminal::Look;

type Files = BTreeMap<String, String>;

/// `gatelint rules --test`: the examples of the user's own rules.
pub(super) fn test(cli: &Cli, folder: Option<&Path>) -> Result<u8, Failure> {
    let look = Look::stdout(cli.color);
    let setup = Setup::new(Path::new("."), None, folder.is_some(), Look::stderr(cli.color))?;
    let folders = match folder {
        Some(folder) if folder.is_dir() => vec![folder.to_path_buf()],
        Some(folder) => {
            let next = "Give a folder of rule files, or nothing for those that `rules` of the configuration names.";
            return Err(Failure::new(format!("{} is not a folder", folder.display()), next));
        }
        None => setup.rule_folders(),
    };
    let load = || RuleSet::load(&folders);
    let rules = load().map_err(|errors| rule_mistakes(&setup.root, &setup.sources, &errors, look))?;
    let own: Vec<&Rule> = rules.rules().iter().filter(|rule| !rule.embedded()).collect();
    if own.is_empty() {
        let next = "Name the folder of your rules under `rules` in .gatelint.yaml, or behind --test.";
        return Err(Failure::new("there are no rules of your own", next));
    }
    let mut out = Vec::new();
    let (mut run, mut failed) = (0, 0);
    for rule in &own {
        for (at, example) in rule.examples().iter().enumerate() {
            run += 1;
            if let Err(why) = check(&load, &rule.id, example) {
                failed += 1;
                out.extend(shown(&setup.root, rule, at, example, &why, look).into_bytes());
                out.push(b'\n');
            }
        }
    }
    let counted = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    writeln!(
        out,
        "{} of {} run, {failed} failed",
        counted(run, "example"),
        counted(own.len(), "rule")
    )?;
    print(&out)?;
    Ok(if failed == 0 { CLEAN } else { FOUND })
}

/// A failed example, with its place in the rule's file.
fn shown(root: &Root, rule: &Rule, at: usize, example: &Example, why: &str, look: Look) -> String {
    let sources = Sources::default();
    let path = Path::new(rule.path()).strip_prefix(&root.folder);
    let path = path.map_or(rule.path().to_owned(), |path| path.display().to_string());
    let source = sources.add_file(&path, rule.text().as_bytes().to_vec());
    let tree = yaml::parse(&source);
    let item = || tree.root().children().next()?.child("examples")?.items().nth(at);
    let span = item().map_or(Span::new(source.id, 0, 0), |item| item.head());
    let kind = if example.bad { "bad" } else { "good" };
    let name = example.name.as_ref().map_or(String::new(), |name| format!(" ({name})"));
    let message = format!("{}: {kind} example {}{name}: {why}", rule.id, at + 1);
    report::mistake(&sources, span, &message, None, look)
}

/// Runs one example of a rule among the rules that `load` gives, and returns the messages of its findings; or says what
/// is not as the example claims.
pub fn check<E>(load: &dyn Fn() -> Result<RuleSet, E>, id: &str, example: &Example) -> Result<Vec<String>, String> {
    let rules = rules_for(load, &example.files)?;
    let Linted {
        sources,
        findings,
        undecided,
    } = lint(&rules, id, &example.files, example.bad)?;
    let mut places: Vec<(String, usize)> = findings
        .iter()
        .map(|finding| {
            let source = sources.get(finding.at.source);
            (source.path.to_string(), source.lines().line(finding.at.start) + 1)
        })
        .collect();
    places.sort();
    let messages: Vec<String> = findings.iter().map(|finding| finding.message.clone()).collect();
    let expected = if example.bad { example.marks() } else { Vec::new() };
    if places != expected {
        let said = messages.iter().map(|message| format!("; it says: {message}"));
        let undecided = undecided
            .iter()
            .map(|reason| format!("; it could not be decided: {reason}"));
        let expected = listed(&expected, "nothing");
        return Err(format!(
            "found is {}, expected {expected}{}",
            listed(&places, "nothing"),
            said.chain(undecided).collect::<String>()
        ));
    }
    let offered = findings.iter().filter(|finding| finding.fix().is_some()).count();
    if offered == 0 {
        if example.fixed.is_empty() {
            return Ok(messages);
        }
        let reasons: Vec<&str> = findings.iter().filter_map(|one| one.no_fix_reason()).collect();
        return Err(format!("no fix is offered: {}", reasons.join("; ")));
    }
    let fixed = fixed(&sources, &example.files, &findings)?;
    for (path, text) in fixed.iter().filter(|_| !example.fixed.is_empty()) {
        let expected = example.fixed.get(path).or_else(|| example.files.get(path));
        if expected != Some(text) {
            let expected = expected.map_or("", String::as_str);
            return Err(format!("{path} after the fix:\n{text}\nexpected:\n{expected}"));
        }
    }
    let again = lint(&rules, id, &fixed, true)?.findings;
    if let Some(fix) = again.iter().find_map(|finding| finding.fix()) {
        return Err(format!("a second run would change more: {}", fix.title));
    }
    if again.len() + offered > findings.len() {
        return Err(format!("still found after the fix: {}", again[0].message));
    }
    Ok(messages)
}

fn listed(places: &[(String, usize)], none: &str) -> String {
    let places: Vec<String> = places.iter().map(|(path, line)| format!("{path}:{line}")).collect();
    if places.is_empty() {
        return none.to_owned();
    }
    places.join(", ")
}

/// What one rule says of a small repository.
struct Linted {
    sources: Sources,
    /// Its findings, with their fixes.
    findings: Vec<Finding>,
    /// Why it could not be decided, where it could not.
    undecided: Vec<String>,
}

fn lint(rules: &RuleSet, id: &str, files: &Files, prove: bool) -> Result<Linted, String> {
    let sources = Sources::default();
    let texts = files
        .iter()
        .map(|(path, text)| (path.clone(), text.clone().into_bytes()));
    let read = read::in_memory(&sources, product::claimants(), texts);
    // Only the examples of this rule cannot be read on purpose.
    if let Some(problem) = read.problems.first().filter(|_| id != UNREADABLE) {
        return Err(format!("the example cannot be read: {problem:?}"));
    }
    // An example may say in a configuration what lives elsewhere, and how much traffic there is.
    let config = configured(&sources, &read.repository, files)?;
    let ground = Ground {
        traffic: traffic(&config, &sources, files)?,
        versions: config.versions.into_iter().collect(),
        facts: config.facts,
        ..Ground::new(&sources, rules)
    };
    let (analysis, settled) = analyse(&ground, read.repository, &Telling::ALL);
    let mistakes = analysis.traffic_mistakes().into_iter().map(ConfigProblem::from);
    refused(&mistakes.collect::<Vec<_>>())?;
    let open = settled.unevaluated.iter().filter(|open| &*open.rule == id);
    let undecided = open.map(|open| open.reason.to_string()).collect();
    let mut findings = settled.findings;
    findings.retain(|finding| &*finding.rule == id);
    if prove {
        analysis.make_room(&findings).prove(&mut findings);
    }
    drop(ground);
    Ok(Linted {
        sources,
        findings,
        undecided,
    })
}

fn refused(problems: &[ConfigProblem]) -> Result<(), String> {
    match problems.first() {
        Some(problem) => Err(format!("the example's {}: {}", config::FILE, problem.message)),
        None => Ok(()),
    }
}

/// Profiles are files of the example.
fn traffic(config: &Config, sources: &Sources, files: &Files) -> Result<Traffic, String> {
    let bytes = |path: &str| {
        let text = files.get(path).ok_or(Unread::Absent)?;
        Ok(text.clone().into_bytes())
    };
    let now = Ground::AS_OF.plus(365 * 86_400);
    let (demands, problems) = config::traffic::load(&config.traffic, sources, "", &bytes, now);
    refused(&problems)?;
    Ok(Traffic {
        demands,
        as_of: Ground::AS_OF,
    })
}

fn configured(sources: &Sources, repository: &Repository, files: &Files) -> Result<Config, String> {
    let Some(text) = files.get(config::FILE) else {
        return Ok(Config::default());
    };
    let known = repository.get(config::FILE).map(|file| file.source.clone());
    let source = known.unwrap_or_else(|| sources.add_file(config::FILE, text.clone().into_bytes()));
    let (config, problems) = config::read(&yaml::parse(&source), Path::new("."));
    refused(&problems)?;
    Ok(config)
}

/// The rules with the options that an example's configuration gives.
fn rules_for<E>(load: &dyn Fn() -> Result<RuleSet, E>, files: &Files) -> Result<RuleSet, String> {
    let rules = load().map_err(|_| "the rules cannot be read".to_owned())?;
    let Some(text) = files.get(config::FILE) else {
        return Ok(rules);
    };
    let source = Sources::default().add_file(config::FILE, text.clone().into_bytes());
    let (config, _) = config::read(&yaml::parse(&source), Path::new("."));
    super::setup::configured(rules, &config).map_err(|failure| failure.0)
}

fn fixed(sources: &Sources, files: &Files, findings: &[Finding]) -> Result<Files, String> {
    let fixes = apart(findings.iter().filter_map(|finding| finding.fix()));
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
            let text = splice(text, edits).ok_or_else(|| format!("{path}: the edits of the fix overlap"))?;
            Ok((path.clone(), text))
        })
        .collect()
}
