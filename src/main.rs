//! Parses arguments, runs, exits.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    ExitCode::from(gatelint::run::run(&gatelint::cli::Cli::parse()))
}
