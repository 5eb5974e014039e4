//! Commands: each reads, walks the line (`analysis::analyse`), and shows what it is for.

mod asked;
mod baseline;
mod capacity;
mod end;
pub mod examples;
mod files;
mod fixing;
mod init;
mod keys;
mod lint;
mod lost;
mod man;
mod output;
mod review;
mod scope;
mod setup;
mod since;
mod traffic;

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use clap::CommandFactory;

use crate::analysis::analyse;
use crate::cli::{self, Cli, Command, Listing, Page};
use crate::finding::{BUILT_IN, Telling};
use crate::product::unread::unread;
use crate::report;
use crate::report::progress::Progress;
use crate::rule::{RuleSet, explain, schema};
use crate::terminal::Look;
use end::{FAILED, Failure, print};
use lint::lint;
use setup::Setup;

/// Runs a command line and gives the exit code.
pub fn run(cli: &Cli) -> u8 {
    let done = match &cli.command {
        Command::Lint(options) => lint(cli, options),
        Command::Fix(options) => lint(cli, &options.lint()),
        Command::Hook(options) => since::hook(options).and_then(|options| lint(cli, &options)),
        Command::Hops(options) => hops(options),
        Command::Rules(options) => rules(cli, options),
        Command::Init => init::init(cli),
        Command::Baseline(command) => baseline::baseline(cli, command),
        Command::Explain(options) => explain_rule(cli, options),
        Command::Capacity(options) => capacity::capacity(cli, options),
        Command::Traffic(command) => traffic::traffic(cli, command),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "gatelint", &mut text);
            print(&text)
        }
        Command::Man(options) => man::man(options),
        Command::Schema { of } => print(schema_of(*of).as_bytes()),
    };
    done.unwrap_or_else(|failure| {
        let _ = io::stderr().write_all(failure.0.as_bytes());
        FAILED
    })
}

fn schema_of(of: cli::Schema) -> String {
    match of {
        cli::Schema::Rule => include_str!("../schemas/rule.json").to_owned(),
        cli::Schema::Config => include_str!("../schemas/config.json").to_owned(),
        cli::Schema::Report => include_str!("../schemas/report.json").to_owned(),
        cli::Schema::Baseline => include_str!("../schemas/baseline.json").to_owned(),
        cli::Schema::Model => schema::model_schema(),
    }
}

fn hops(options: &cli::Hops) -> Result<u8, Failure> {
    let setup = Setup::new(Path::new("."), None, false, Look::PLAIN)?.without_rules();
    let mut progress = Progress::start(io::stderr().is_terminal());
    let read = setup.repository(None, &progress);
    let unread = unread(&read.repository, &|_| options.name.is_none());
    let ground = setup.ground();
    let (analysis, _) = analyse(&ground, read.repository, &Telling::ALL);
    progress.finish();
    let lines: Vec<_> = analysis
        .environments
        .iter()
        .zip(&analysis.judged)
        .flat_map(|(environment, judged)| {
            report::hops::lines(
                &setup.sources,
                &environment.name,
                &judged.estate,
                &judged.hops,
                options.name.as_deref(),
            )
        })
        .collect();
    let text = match options.format {
        Listing::Table => report::hops::table(&lines, &unread),
        Listing::Json => report::hops::json(&lines, &unread),
    };
    print(text.as_bytes())
}

/// The rules to look one up in: where the configuration is wrong, that is said and the embedded ones serve.
fn known_rules(cli: &Cli) -> Result<RuleSet, Failure> {
    let look = Look::stderr(cli.color);
    match Setup::new(Path::new("."), None, false, look) {
        Ok(setup) => Ok(setup.rules),
        Err(failure) => {
            let _ = io::stderr().write_all(failure.0.as_bytes());
            Setup::new(Path::new("."), None, true, look).map(|setup| setup.rules)
        }
    }
}

fn rules(cli: &Cli, options: &cli::Rules) -> Result<u8, Failure> {
    if let Some(folder) = &options.test {
        return examples::test(cli, folder.as_deref());
    }
    let rules = Setup::new(Path::new("."), None, false, Look::stderr(cli.color))?.rules;
    let look = Look::stdout(cli.color);
    let text = match options.format {
        Listing::Table => explain::table(&rules, look.terminal.then_some(look.width)),
        Listing::Json => explain::json(&rules),
    };
    print(text.as_bytes())
}

fn explain_rule(cli: &Cli, options: &cli::Explain) -> Result<u8, Failure> {
    let rules = known_rules(cli)?;
    let look = Look::stdout(cli.color);
    let built_in = BUILT_IN.iter().find(|(id, _)| *id == options.rule);
    if let Some((id, title)) = built_in {
        return print(explain::built_in(id, title, look.color, look.width).as_bytes());
    }
    let Some(rule) = rules.named(&options.rule) else {
        let near = rules
            .nearest(&options.rule)
            .map_or(String::new(), |near| format!(" Did you mean {near}?"));
        return Err(Failure::new(
            format!("there is no rule {}", options.rule),
            &format!("`gatelint rules` lists them.{near}"),
        ));
    };
    let text = match options.format {
        Page::Terminal => explain::terminal(rule, look.color, look.width),
        Page::Markdown => explain::markdown(rule),
    };
    print(text.as_bytes())
}
