//! `gatelint baseline`: what is there today is listed, so that only what is new fails.

use std::path::PathBuf;

use clap::{Args, Subcommand};

const EXAMPLES: &str = "\
Examples:
  gatelint baseline write --reason 'before gatelint' --until 2027-03-31
  gatelint baseline show
  gatelint baseline prune

The list is .gatelint-baseline.yaml at the repository's root, and `gatelint lint` reads it. It holds errors and warnings,
known by what is wrong, and not by the line it stands on.";

/// The subcommands of `gatelint baseline`.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum Baseline {
    /// List every error and warning of the whole repository; reasons and days of those that are listed stay
    Write(Write),
    /// Show what is listed: what is still there, what was mended, and whose day has passed
    Show(Where),
    /// Remove what was mended
    Prune(Where),
}

/// `gatelint baseline write`.
#[derive(Debug, Args)]
pub struct Write {
    /// Why what is new in the list is not mended yet
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// The last day on which what is new in the list is put up with
    #[arg(long, value_name = "DATE")]
    pub until: Option<String>,
    /// Where
    #[command(flatten)]
    pub at: Where,
}

/// Of which repository.
#[derive(Debug, Args)]
pub struct Where {
    /// The configuration to use instead of .gatelint.yaml at the repository's root
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}
