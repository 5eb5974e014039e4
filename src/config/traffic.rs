//! `traffic`: which profile each target must serve. What the entries say is read here, and then the profiles they name;
//! a mistake points into the configuration, or at the line of the profile.

use std::sync::Arc;

use super::reader::{ConfigProblem, Reader, Spanned, is_null, value_span};
use crate::assess::{Demand, Mistake};
use crate::capacity::floor::Need;
use crate::capacity::profile::{self, Columns, Source, Unit};
use crate::capacity::ratio::Ratio;
use crate::capacity::schedule::Given;
use crate::capacity::{Moment, Zone};
use crate::environment::join;
use crate::model::{self, Value};
use crate::repo::open::Unread;
use crate::repo::{Sources, Span};
use crate::syntax::At;

const KEYS: [&str; 11] = [
    "target",
    "profile",
    "columns",
    "rps_per_replica",
    "burst_headroom",
    "spare_replicas",
    "min_replicas",
    "zones",
    "startup",
    "timezone",
    "environments",
];

/// One entry as the configuration states it, its profile not yet read.
#[derive(Clone, Debug)]
pub struct Stated {
    /// `target`
    pub target: Spanned<String>,
    /// `profile`, relative to the configuration.
    pub profile: Spanned<String>,
    /// How to read the profile.
    pub source: Source,
    /// What one replica can do, and how much more must be there.
    pub need: Need,
    /// `timezone`
    pub zone: Option<Zone>,
    /// `environments`
    pub environments: Vec<Spanned<String>>,
}

pub(super) fn read(at: At<'_>, reader: &mut Reader) -> Vec<Stated> {
    let mut found: Vec<Stated> = Vec::new();
    for item in reader.list(at, "`traffic`") {
        if !item.is_map() {
            let help = Some("write `target`, `profile` and `rps_per_replica`".to_owned());
            reader.problem(value_span(item), "each item of `traffic` must be a map", help);
            continue;
        }
        let Some(stated) = entry(item, reader) else { continue };
        let again = found.iter().any(|other| {
            other.target.value == stated.target.value
                && environments(&other.environments) == environments(&stated.environments)
        });
        if again {
            let message = format!("`{}` has a profile already", stated.target.value);
            let help = Some("keep one entry for each target".to_owned());
            reader.problem(stated.target.span, message, help);
            continue;
        }
        found.push(stated);
    }
    found
}

fn environments(named: &[Spanned<String>]) -> Vec<&str> {
    named.iter().map(|name| name.value.as_str()).collect()
}

fn entry(item: At<'_>, reader: &mut Reader) -> Option<Stated> {
    let before = reader.problems.len();
    let entries = reader.keys(item, "an item of `traffic`", &KEYS);
    let of = |name: &str| {
        entries
            .iter()
            .copied()
            .find(|entry| entry.name() == name && !is_null(*entry))
    };
    let missing: Vec<String> = ["target", "profile", "rps_per_replica"]
        .into_iter()
        .filter(|name| of(name).is_none())
        .map(|name| format!("`{name}`"))
        .collect();
    if !missing.is_empty() {
        let message = format!("an item of `traffic` needs {}", missing.join(" and "));
        let measured = "rps_per_replica is what one replica serves within its objective, as measured".to_owned();
        let help = of("rps_per_replica").is_none().then_some(measured);
        reader.problem(item.head(), message, help);
    }
    let target = of("target").and_then(|at| reader.text(at, "`target`"));
    let profile = of("profile").and_then(|at| reader.text(at, "`profile`"));
    let each = of("rps_per_replica").and_then(|at| ratio(at, reader));
    let mut need = Need::per_replica(each.unwrap_or(Ratio::ONE));
    if each.is_some_and(Ratio::is_zero) {
        let at = of("rps_per_replica").map_or_else(|| item.head(), value_span);
        reader.problem(at, "a replica that serves nothing is never enough", None);
    }
    if let Some(headroom) = of("burst_headroom").and_then(|at| ratio(at, reader)) {
        need.burst_headroom = headroom;
    }
    let mut count = |name: &str, least: u32| of(name).and_then(|at| whole(at, least, reader));
    need.spare_replicas = count("spare_replicas", 0).unwrap_or(need.spare_replicas);
    need.min_replicas = count("min_replicas", 0).unwrap_or(need.min_replicas);
    need.zones = count("zones", 1).unwrap_or(need.zones);
    if let Some(startup) = of("startup").and_then(|at| seconds(at, reader)) {
        need.startup = startup;
    }
    let mut source = Source::default();
    if let Some(at) = of("columns") {
        columns(at, &mut source, reader);
    }
    let zone = of("timezone").and_then(|at| zone(at, "`timezone`", reader));
    let environments = of("environments").map(|at| reader.texts(at, "`environments`"));
    if reader.problems.len() > before {
        return None;
    }
    Some(Stated {
        target: target?,
        profile: profile?,
        source,
        need,
        zone,
        environments: environments.unwrap_or_default(),
    })
}

fn columns(at: At<'_>, source: &mut Source, reader: &mut Reader) {
    let mut columns = Columns::default();
    for entry in reader.keys(at, "`columns`", &["time", "value", "unit", "zone"]) {
        match entry.name() {
            "zone" => source.zone = zone(entry, "`zone`", reader),
            "unit" => {
                let Some(text) = reader.text(entry, "`unit`") else {
                    continue;
                };
                match text.value.as_str() {
                    "rps" => columns.unit = Unit::PerSecond,
                    "requests" => columns.unit = Unit::PerSample,
                    other => {
                        let help = "write rps (per second) or requests (per sample)".to_owned();
                        reader.problem(text.span, format!("`{other}` is not a unit of traffic"), Some(help));
                    }
                }
            }
            name => {
                let Some(text) = reader.text(entry, &format!("`{name}`")) else {
                    continue;
                };
                let column = if name == "time" {
                    &mut columns.time
                } else {
                    &mut columns.value
                };
                *column = text.value;
            }
        }
    }
    source.columns = columns;
}

fn ratio(at: At<'_>, reader: &mut Reader) -> Option<Ratio> {
    let text = reader.text(at, &format!("`{}`", at.name()))?;
    let found = Ratio::parse(&text.value);
    if found.is_none() {
        let help = "write a decimal number such as 40 or 0.2".to_owned();
        reader.problem(
            text.span,
            format!("`{}` is not a number from 0 on", text.value),
            Some(help),
        );
    }
    found
}

fn whole(at: At<'_>, least: u32, reader: &mut Reader) -> Option<u32> {
    let text = reader.text(at, &format!("`{}`", at.name()))?;
    // More is beyond what any cluster runs, and surely a slip.
    let found = text
        .value
        .parse()
        .ok()
        .filter(|count| (least..=1_000_000).contains(count));
    if found.is_none() {
        let message = format!("`{}` must be a whole number from {least} on", at.name());
        reader.problem(text.span, message, None);
    }
    found
}

fn seconds(at: At<'_>, reader: &mut Reader) -> Option<i64> {
    let text = reader.text(at, "`startup`")?;
    let length = match model::Unit::Time.value_of(&text.value) {
        Some(Value::Duration(length)) if text.value.ends_with(|c: char| c.is_ascii_alphabetic()) => Some(length),
        _ => None,
    };
    let found = length.map(|length| length.micros().div_ceil(1_000_000) as i64);
    let found = found.filter(|seconds| *seconds <= 86_400);
    if found.is_none() {
        let help = "write it like 300s or 5m, at most a day".to_owned();
        reader.problem(text.span, format!("`{}` is not a startup time", text.value), Some(help));
    }
    found
}

fn zone(at: At<'_>, what: &str, reader: &mut Reader) -> Option<Zone> {
    let text = reader.text(at, what)?;
    match Zone::named(&text.value) {
        Ok(zone) => Some(zone),
        Err(error) => {
            reader.problem(text.span, error.message, Some(error.help));
            None
        }
    }
}

/// Reads the profiles. `folder` is the configuration's, relative to the repository's root; `bytes` reads a file by its
/// path from there. No traffic can have been recorded after `now`.
pub fn load(
    stated: &[Stated],
    sources: &Sources,
    folder: &str,
    bytes: &dyn Fn(&str) -> Result<Vec<u8>, Unread>,
    now: Moment,
) -> (Vec<Arc<Demand>>, Vec<ConfigProblem>) {
    let mut demands = Vec::new();
    let mut problems = Vec::new();
    for one in stated {
        match demand(one, sources, folder, bytes, now) {
            Ok(demand) => demands.push(Arc::new(demand)),
            Err(found) => problems.extend(found),
        }
    }
    (demands, problems)
}

fn demand(
    stated: &Stated,
    sources: &Sources,
    folder: &str,
    bytes: &dyn Fn(&str) -> Result<Vec<u8>, Unread>,
    now: Moment,
) -> Result<Demand, Vec<ConfigProblem>> {
    let written = &stated.profile;
    let wrong = |message: String, help: &str| {
        vec![ConfigProblem {
            span: written.span,
            message,
            help: Some(help.to_owned()),
        }]
    };
    let inside = Some(written.value.as_str()).filter(|path| !path.starts_with('/'));
    let Some(path) = inside.and_then(|path| join(folder, path)) else {
        let message = format!("`{}` leads out of the repository", written.value);
        return Err(wrong(message, "keep profiles beside the configuration"));
    };
    let read = bytes(&path).map_err(|error| match error {
        Unread::Absent => wrong(
            format!("there is no file `{}`", written.value),
            "paths are relative to the configuration file; `gatelint traffic import` makes a profile",
        ),
        Unread::TooLarge(..) => wrong(format!("`{}` {error}", written.value), "keep one sample a minute"),
        error => wrong(
            format!("`{}` {error}", written.value),
            "keep profiles in the repository, as readable files",
        ),
    })?;
    let source = Source {
        now: Some(now),
        ..stated.source.clone()
    };
    let samples = profile::read_profile(&read, &source).map_err(|found| in_profile(sources, &path, &read, found))?;
    let given = |text: &Spanned<String>| Given::new(text.value.clone(), text.span);
    Ok(Demand::new(
        given(&stated.target),
        Given::new(path, written.span),
        samples,
        stated.need.clone(),
        stated.zone.clone(),
        stated.environments.iter().map(given).collect(),
    ))
}

/// Mistakes of a profile, each at its line. Of a compressed one the text is shown.
fn in_profile(sources: &Sources, path: &str, bytes: &[u8], found: Vec<profile::ProfileProblem>) -> Vec<ConfigProblem> {
    let text = profile::unpacked(bytes).unwrap_or_default();
    let source = sources.add_file(path, text);
    let problem = |problem: profile::ProfileProblem| {
        let mut start = 0;
        for _ in 1..problem.line {
            let rest = source.text.get(start..).unwrap_or_default();
            start += rest.find('\n').map_or(rest.len(), |end| end + 1);
        }
        let line = source.text.get(start..).unwrap_or_default();
        let end = start + line.find(['\r', '\n']).unwrap_or(line.len());
        ConfigProblem {
            span: Span::new(source.id, start as u32, end as u32),
            message: problem.message,
            help: Some(problem.help),
        }
    };
    found.into_iter().map(problem).collect()
}

impl From<Mistake> for ConfigProblem {
    fn from(mistake: Mistake) -> Self {
        ConfigProblem {
            span: mistake.span,
            message: mistake.message,
            help: Some(mistake.help),
        }
    }
}
