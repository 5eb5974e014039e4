//! `gatelint traffic`: from logs or a Prometheus to a profile, and what a profile says.

mod ask;
mod logs;
mod show;

use std::io::{self, IsTerminal, Write};

use super::end::{CLEAN, Failure, print};
use super::output::Output;
use crate::capacity::import::{query, table};
use crate::capacity::profile::{self, Profile, ProfileProblem, Source};
use crate::capacity::{Moment, Zone};
use crate::cli::Cli;
use crate::cli::traffic::{Import, Language, Traffic};
use crate::report::describe;
use crate::report::progress::Progress;
use crate::terminal;

/// Seconds between the samples asked of a Prometheus. Not more than the time in which replicas usually start.
const ASKED_STEP: i64 = 300;

pub(super) fn traffic(cli: &Cli, command: &Traffic) -> Result<u8, Failure> {
    match command {
        Traffic::Import(options) => import(options),
        Traffic::Show(options) => show::show(cli, options),
    }
}

fn import(options: &Import) -> Result<u8, Failure> {
    if let Some(language) = options.print_query {
        return print_query(options, language);
    }
    let output = options.output.as_deref();
    let output = output.map(|path| Output::prepare(path, options.force)).transpose()?;
    let mut progress = Progress::start(io::stderr().is_terminal());
    let gathered = match &options.prometheus {
        Some(url) => ask::gather(url, options, &progress),
        None if options.files.is_empty() => Err(Failure::new(
            "there is nothing to import",
            "Name log files, or `-` for standard input, or a Prometheus with --prometheus URL.",
        )),
        None => logs::gather(options, &progress),
    };
    progress.finish();
    let Gathered { csv, notes } = gathered?;
    let profile = check(&csv)?;
    write(&csv, output.as_ref())?;
    let mut said = describe::imported(&profile);
    for note in notes {
        said.push_str(&format!("note: {}\n", terminal::escape(&note)));
    }
    if let Some(output) = &output {
        let path = output.path().display().to_string();
        said.push_str(&format!("wrote {}\n", terminal::escape(&path)));
    }
    let _ = io::stderr().write_all(said.as_bytes());
    Ok(CLEAN)
}

/// What was imported.
struct Gathered {
    /// The profile.
    csv: String,
    /// What a person should know of it.
    notes: Vec<String>,
}

/// What is written must be a profile, or the next command would refuse it.
fn check(csv: &str) -> Result<Profile, Failure> {
    profile::read(csv.as_bytes(), &Source::default()).map_err(|problems| {
        let first = problems.first();
        Failure::new(
            format!(
                "this makes no profile: {}",
                first.map_or("nothing was read", |problem| &problem.message)
            ),
            "A profile needs at least two samples: import more, or choose a smaller --step.",
        )
    })
}

fn write(csv: &str, output: Option<&Output>) -> Result<(), Failure> {
    let Some(output) = output else {
        return print(csv.as_bytes()).map(|_| ());
    };
    if output.path().extension().is_none_or(|extension| extension != "gz") {
        return output.write(csv.as_bytes());
    }
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(csv.as_bytes())?;
    output.write(&packed.finish()?)
}

fn print_query(options: &Import, language: Language) -> Result<u8, Failure> {
    let step = options.step.unwrap_or(ASKED_STEP);
    let text = match language {
        Language::Promql => {
            let metric = options.metric.as_deref().unwrap_or("http_requests_total");
            query::promql(metric, step) + "\n"
        }
        Language::Clickhouse => query::clickhouse(whole_minutes(step)?, options.weeks),
    };
    print(text.as_bytes())
}

fn whole_minutes(step: i64) -> Result<i64, Failure> {
    if step % 60 != 0 {
        return Err(Failure::new(
            format!("requests are counted by the minute, and {step} s are no whole minutes"),
            "Give --step 1m or a multiple of it.",
        ));
    }
    Ok(step / 60)
}

/// The zone of that name.
fn zone(name: &str) -> Result<Zone, Failure> {
    Zone::named(name).map_err(|error| Failure::new(error.message, &sentence(&error.help)))
}

/// What is wrong with a file's lines, each with what to do.
fn refused(file: &str, problems: &[ProfileProblem]) -> Failure {
    let shown = problems.iter().map(|problem| {
        let message = format!("{file}:{}: {}", problem.line, problem.message);
        Failure::new(message, &sentence(&problem.help)).0
    });
    Failure(shown.collect())
}

/// A clause as a sentence.
fn sentence(clause: &str) -> String {
    let mut characters = clause.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string());
    let end = if clause.ends_with(['?', '.', '`']) { "" } else { "." };
    format!("{}{}{end}", first.unwrap_or_default(), characters.as_str())
}

/// Samples as a profile.
fn profile_of(mut samples: Vec<(Moment, u64)>) -> String {
    samples.sort_unstable();
    samples.dedup_by_key(|(at, _)| *at);
    table(&samples)
}
