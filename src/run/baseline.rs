//! `gatelint baseline`: writing the list of what is put up with, showing and pruning it.

use std::collections::HashMap;
use std::io::{self, IsTerminal, Write as _};
use std::path::Path;

use jiff::civil::Date;

use super::asked::Asked;
use super::end::{CLEAN, Failure, print};
use super::lint::set_up;
use super::output::Output;
use super::scope::scope;
use super::setup::Setup;
use crate::analysis::analyse;
use crate::cli::baseline::{Baseline, Where, Write};
use crate::cli::{Cli, Lint};
use crate::config::baseline::{FILE, write};
use crate::finding::baseline::Entry;
use crate::finding::directive::date;
use crate::finding::{Finding, Telling};
use crate::report::progress::Progress;
use crate::rule::Severity;
use crate::terminal::{Look, escape};

pub(super) fn baseline(cli: &Cli, command: &Baseline) -> Result<u8, Failure> {
    match command {
        Baseline::Write(options) => write_all(cli, options),
        Baseline::Show(at) => show(cli, at),
        Baseline::Prune(at) => prune(cli, at),
    }
}

/// The list as it is, and every error and warning of the whole repository as an entry.
pub(super) struct Found {
    setup: Setup,
    listed: Vec<Entry>,
    pub(super) now: Vec<Entry>,
}

impl Found {
    pub(super) fn new(cli: &Cli, config: Option<&Path>) -> Result<Found, Failure> {
        let look = Look::stderr(cli.color);
        let mut options = Lint {
            paths: vec![".".into()],
            config: config.map(Path::to_path_buf),
            no_baseline: true,
            ..Lint::default()
        };
        let mut setup = set_up(cli, &options)?.with_baseline(look)?;
        let listed = setup.baseline.take().unwrap_or_default();
        options.paths = vec![setup.root.folder.clone()];
        let (scope, _) = scope(&setup.root, &options)?;
        let mut progress = Progress::start(io::stderr().is_terminal());
        let read = setup.repository(None, &progress);
        progress.step("linking", 0, 0);
        let ground = setup.ground();
        let (analysis, settled) = analyse(&ground, read.repository, &Telling::ALL);
        setup.check_traffic(&analysis, look)?;
        let asked = Asked {
            setup: &setup,
            scope: &scope,
            options: &options,
            before: None,
        };
        let settled = asked.settle(&analysis, settled);
        progress.finish();
        let counts = |finding: &&Finding| finding.severity >= Severity::Warning;
        let now = settled.findings.iter().filter(counts);
        let now = now.map(|finding| Entry {
            rule: finding.rule.to_string(),
            file: setup.sources.get(finding.at.source).path.to_string(),
            finding: finding.message.clone(),
            fingerprint: finding.fingerprint.clone(),
            reason: None,
            until: None,
            span: finding.at,
        });
        let now = now.collect();
        drop(analysis);
        drop(ground);
        Ok(Found { setup, listed, now })
    }

    /// The repository's root.
    pub(super) fn root(&self) -> &Path {
        &self.setup.root.folder
    }

    /// What is there of the list, by fingerprint.
    fn by_key(entries: &[Entry]) -> HashMap<&str, &Entry> {
        entries.iter().map(|entry| (&*entry.fingerprint, entry)).collect()
    }

    fn write(&self, entries: Vec<Entry>) -> Result<(), Failure> {
        Output::prepare(&self.root().join(FILE), true)?.write(write(entries).as_bytes())
    }
}

fn write_all(cli: &Cli, options: &Write) -> Result<u8, Failure> {
    let until = options.until.as_deref().map(date).transpose();
    let until = until.map_err(|mistake| Failure::new(format!("--until: {mistake}"), "It is the last day it holds."))?;
    let found = Found::new(cli, options.at.config.as_deref())?;
    let listed = Found::by_key(&found.listed);
    let mut new = 0;
    let entries = found.now.iter().map(|entry| match listed.get(&*entry.fingerprint) {
        Some(old) => Entry {
            reason: old.reason.clone(),
            until: old.until,
            ..entry.clone()
        },
        None => {
            new += 1;
            Entry {
                reason: options.reason.clone(),
                until,
                ..entry.clone()
            }
        }
    });
    let entries: Vec<Entry> = entries.collect();
    let (all, gone) = (entries.len(), found.listed.len() + new - entries.len());
    found.write(entries)?;
    say(&format!("wrote {FILE}: {}, {new} new, {gone} removed", counted(all)))
}

fn prune(cli: &Cli, at: &Where) -> Result<u8, Failure> {
    let found = Found::new(cli, at.config.as_deref())?;
    let now = Found::by_key(&found.now);
    let still = found
        .listed
        .iter()
        .filter(|entry| now.contains_key(&*entry.fingerprint));
    let left: Vec<Entry> = still.cloned().collect();
    let (all, gone) = (left.len(), found.listed.len() - left.len());
    if gone > 0 {
        found.write(left)?;
    }
    say(&format!("removed {gone} from {FILE}: {} left", counted(all)))
}

fn show(cli: &Cli, at: &Where) -> Result<u8, Failure> {
    let found = Found::new(cli, at.config.as_deref())?;
    if found.listed.is_empty() {
        let what = if found.root().join(FILE).is_file() {
            "lists nothing"
        } else {
            "is not there"
        };
        return say(&format!("{FILE} {what}; `gatelint baseline write` writes it"));
    }
    let today = jiff::Zoned::now().date();
    let now = Found::by_key(&found.now);
    let mut text = String::new();
    for entry in &found.listed {
        let is_there = now.contains_key(&*entry.fingerprint);
        text.push_str(&line(entry, is_there, today));
    }
    print(text.as_bytes())
}

fn line(entry: &Entry, is_there: bool, today: Date) -> String {
    let state = match is_there {
        false => "mended",
        true if entry.is_over(today) => "over",
        true => "known",
    };
    let until = entry.until.map_or_else(String::new, |day| format!(" until {day}"));
    let reason = entry
        .reason
        .as_deref()
        .map_or_else(String::new, |reason| format!(": {reason}"));
    let text = format!("{state:<6}  {}  {}{until}{reason}", entry.file, entry.rule);
    format!("{}\n        {}\n", escape(&text), escape(&entry.finding))
}

pub(super) fn counted(entries: usize) -> String {
    match entries {
        1 => "1 finding".to_owned(),
        _ => format!("{entries} findings"),
    }
}

fn say(text: &str) -> Result<u8, Failure> {
    writeln!(io::stderr(), "{text}")?;
    Ok(CLEAN)
}
