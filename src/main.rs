//! Parses arguments, runs, exits.

use std::process::ExitCode;

use clap::Parser;

/// Trees are many small pieces: this takes a fifth off the run.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = gatelint::cli::Cli::parse();
    // This thread takes part in the work: to wait for others and wake them at every step takes longer, and they may wake
    // on one processor. Elsewhere its stack is smaller than theirs.
    if cfg!(unix) {
        // Where this is refused, threads of their own do the work.
        let _ = rayon::ThreadPoolBuilder::new().use_current_thread().build_global();
    }
    ExitCode::from(gatelint::run::run(&cli))
}
