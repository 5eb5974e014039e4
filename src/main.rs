//! Parses arguments, runs, exits.

use std::process::ExitCode;

use clap::Parser;

/// Trees are many small pieces: this takes a fifth off the run.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ExitCode::from(gatelint::run::run(&gatelint::cli::Cli::parse()))
}
