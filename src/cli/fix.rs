//! `gatelint fix`

use std::path::PathBuf;

use clap::Args;

use super::Lint;
use crate::report::Format;

/// Shown under the help.
pub(super) const EXAMPLES: &str = "\
Examples:
  gatelint fix                                 the same as gatelint lint --fix
  gatelint fix --interactive                   ask about each fix
  gatelint fix --interactive --unsafe-fixes    also about those that change how the deployment behaves

Keys: y apply, n leave, a apply all that follow, d leave all of this rule, u undo, q end and write what was accepted,
? help. Ctrl-C ends and writes nothing.";

/// Options of `gatelint fix`.
#[derive(Debug, Args)]
pub struct Fix {
    /// Files and folders to mend. The whole repository is read in any case
    #[arg(default_value = ".", value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Show each fix and ask for it. Needs a terminal
    #[arg(long, short)]
    pub interactive: bool,
    /// Also fixes that change how the deployment behaves
    #[arg(long)]
    pub unsafe_fixes: bool,
    /// Only fix what these rules or categories find; several are separated by commas
    #[arg(long, value_delimiter = ',', value_name = "RULE")]
    pub select: Vec<String>,
    /// Leave what these rules or categories find; several are separated by commas
    #[arg(long, value_delimiter = ',', value_name = "RULE")]
    pub ignore: Vec<String>,
    /// The configuration to use instead of .gatelint.yaml at the repository's root
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

impl Fix {
    /// The same as a run of `gatelint lint`. What was looked at one by one is not told at length again.
    pub fn lint(&self) -> Lint {
        Lint {
            paths: self.paths.clone(),
            fix: true,
            interactive: self.interactive,
            unsafe_fixes: self.unsafe_fixes,
            select: self.select.clone(),
            ignore: self.ignore.clone(),
            config: self.config.clone(),
            format: if self.interactive {
                Format::Concise
            } else {
                Format::Human
            },
            ..Lint::default()
        }
    }
}
