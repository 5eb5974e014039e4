//! `gatelint traffic`: from logs or a Prometheus to a profile, and what a profile says.

mod ask;
mod gathered;
mod logs;
mod refusal;
mod show;

use std::io::{self, IsTerminal, Write};

use super::end::{CLEAN, Failure, print};
use super::output::Output;
use crate::capacity::import::query;
use crate::capacity::profile::{self, Profile, Source};
use crate::cli::Cli;
use crate::cli::traffic::{Import, Language, Traffic};
use crate::report::describe;
use crate::report::progress::Progress;
use crate::terminal;
use gathered::{ASKED_STEP, Gathered};
use refusal::whole_minutes;

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

/// What is written must be a profile, or the next command would refuse it.
fn check(csv: &str) -> Result<Profile, Failure> {
    profile::read_profile(csv.as_bytes(), &Source::default()).map_err(|problems| {
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
