//! `gatelint capacity`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `gatelint capacity`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gatelint capacity                                 every target that has traffic, and why others have no week
  gatelint capacity checkout-api                    one, with or without traffic
  gatelint capacity checkout-api --format svg > week.svg
  gatelint capacity --week 2026-11-01               the week of a clock change

The traffic and what one replica serves are named in .gatelint.yaml, under `traffic`.")]
pub struct Capacity {
    /// Only what is called this: `namespace/name`, a name, or an address of Terraform
    pub target: Option<String>,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    pub format: Drawing,
    /// The day from which the year is walked [default: that of the last commit]
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<String>,
    /// Draw the week of this day [default: that of the first shortfall]
    #[arg(long, value_name = "DATE")]
    pub week: Option<String>,
    /// Draw with ASCII alone
    #[arg(long)]
    pub ascii: bool,
    /// The configuration to use instead of .gatelint.yaml at the repository's root
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// How a week is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Drawing {
    /// A chart for people.
    #[default]
    Text,
    /// For programs.
    Json,
    /// One row for each change.
    Csv,
    /// A picture of one target.
    Svg,
    /// For a pull request.
    Markdown,
}
