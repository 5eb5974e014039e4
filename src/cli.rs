//! The command line: definitions only. Help, man page, completions and the reference page come from them.

pub mod baseline;
pub mod capacity;
pub mod fix;
pub mod traffic;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::report::Format;
use crate::rule::{Precision, Severity};
use crate::terminal::Color;

const EXIT_CODES: &str = "\
Exit codes:
  0  nothing at or above --fail-on was found
  1  something was
  2  gatelint could not do its work: a mistake on the command line or in the configuration";

const LINT_EXAMPLES: &str = "\
Examples:
  gatelint lint                        read the whole repository, report on the current folder
  gatelint lint apps/shop              report on apps/shop
  gatelint lint --since origin/main    report what this branch brings about
  gatelint lint --staged               report what the next commit brings about
  gatelint lint --format json > report.json
  gatelint lint --diff                 show what --fix would change
  gatelint lint --fix --unsafe-fixes   change it
  gatelint lint - --stdin-filename edge/nginx.conf < nginx.conf
  kustomize build overlays/prod | gatelint lint -

Exit codes:
  0  nothing at or above --fail-on was found
  1  something was
  2  gatelint could not do its work: a mistake on the command line or in the configuration

Silence a finding with a comment on its line, above it, or above a block for all of it:
  # gatelint: ignore[rule-id] reason until 2027-01-31";

/// Finds the 502 before it is merged.
///
/// Reads the gateways, Services and applications of a repository, links them across files, and reports where a request
/// would fail: a port no one listens on, a timeout that gives up too early, a name resolved once.
#[derive(Debug, Parser)]
#[command(name = "gatelint", version, after_help = EXIT_CODES, arg_required_else_help = true, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// When to use colour. NO_COLOR, CLICOLOR_FORCE and FORCE_COLOR are honoured
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub color: Color,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Report what would fail
    Lint(Box<Lint>),
    /// Apply fixes, all that are safe or each that you accept
    #[command(after_help = fix::EXAMPLES)]
    Fix(fix::Fix),
    /// Lint as a pre-commit hook: what is staged brings about; between two revisions where pre-commit names them; else all
    Hook(Box<Lint>),
    /// Show each hop from a route to what answers it, with both ends' values, and why a hop is not linked
    #[command(
        after_help = "Examples:\n  gatelint hops\n  gatelint hops shop        only those with shop in one of their names"
    )]
    Hops(Hops),
    /// List the rules, or test those of your own
    #[command(
        after_help = "Examples:\n  gatelint rules\n  gatelint rules --test                    run the examples of your own rules\n  gatelint rules --test policies/gatelint  those of one folder"
    )]
    Rules(Rules),
    /// Write a configuration to begin with, count what there is to mend, and print the hook and the workflow to paste
    Init,
    /// Put up with what is there today, and fail on what is new
    #[command(subcommand)]
    Baseline(baseline::Baseline),
    /// Explain one rule: what it finds, why it matters, what is wrong and what is right, by example
    #[command(after_help = "Example:\n  gatelint explain upstream-port-not-exposed")]
    Explain(Explain),
    /// Draw the week of what is scaled: replicas guaranteed against replicas needed
    Capacity(capacity::Capacity),
    /// Record traffic for the rules of capacity, and look at what was recorded
    #[command(subcommand)]
    Traffic(traffic::Traffic),
    /// Print completions for a shell
    #[command(
        after_help = "Example:\n  gatelint completions bash > ~/.local/share/bash-completion/completions/gatelint"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print a man page, or write all of them
    #[command(
        after_help = "Examples:\n  gatelint man | man -l -\n  gatelint man traffic import | man -l -\n  gatelint man --folder ~/.local/share/man/man1"
    )]
    Man(Man),
    /// Print a JSON Schema, for editors and other tools
    Schema {
        /// Of what
        #[arg(value_enum)]
        of: Schema,
    },
}

/// `gatelint lint`.
#[derive(Clone, Debug, Default, Args)]
#[command(after_help = LINT_EXAMPLES)]
pub struct Lint {
    /// Files and folders to report on, or `-` for standard input. The whole repository is read in any case, but for a text
    /// on standard input that has no name
    #[arg(default_value = ".", value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Where the text on standard input belongs, relative to the current folder. Without it the text is all that is read:
    /// what `kustomize build`, `helm template` or `nginx -T` writes
    #[arg(long, value_name = "FILE")]
    pub stdin_filename: Option<PathBuf>,
    /// How to write the results
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Also write the results into a file, such as `sarif=gatelint.sarif`; may be given several times
    #[arg(long, value_name = "FORMAT=FILE", value_parser = to_file, conflicts_with = "diff")]
    pub output: Vec<(Format, PathBuf)>,
    /// Only show findings, without a summary and without progress
    #[arg(long, short, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Also show advice, and everything that was not decided or not read
    #[arg(long, short)]
    pub verbose: bool,

    /// Report only what the change since this revision brings about: since the commit where the branch began. Also where
    /// the changed end is the other file. Untracked files take no part
    #[arg(long, value_name = "REVISION", help_heading = "What is reported")]
    pub since: Option<String>,
    /// Report only what is staged brings about: the index against HEAD
    #[arg(long, conflicts_with_all = ["since", "fix"], help_heading = "What is reported")]
    pub staged: bool,
    /// Only run these rules or categories; several are separated by commas
    #[arg(long, value_delimiter = ',', value_name = "RULE", help_heading = "What is reported")]
    pub select: Vec<String>,
    /// Do not run these rules or categories; several are separated by commas
    #[arg(long, value_delimiter = ',', value_name = "RULE", help_heading = "What is reported")]
    pub ignore: Vec<String>,
    /// Leave out findings milder than this. Without it human output hides info, and says how many
    #[arg(long, value_name = "SEVERITY", help_heading = "What is reported")]
    pub min_severity: Option<Severity>,
    /// Leave out findings less sure than this
    #[arg(
        long,
        value_name = "PRECISION",
        default_value = "low",
        help_heading = "What is reported"
    )]
    pub min_precision: Precision,
    /// Report what is silenced by comments and the configuration too
    #[arg(long, help_heading = "What is reported")]
    pub no_ignores: bool,
    /// Report on examples, fixtures, test data and vendored charts too; they are read in any case
    #[arg(long, help_heading = "What is reported")]
    pub include_examples: bool,

    /// Show what --fix would change, as a patch, and change nothing
    #[arg(long, group = "change", help_heading = "Fixes")]
    pub diff: bool,
    /// Write what --fix would change into a file that `git apply` takes, and change nothing else
    #[arg(long, value_name = "FILE", group = "change", help_heading = "Fixes")]
    pub patch_file: Option<PathBuf>,
    /// Apply fixes that change nothing a correct deployment relies on
    #[arg(long, group = "change", help_heading = "Fixes")]
    pub fix: bool,
    /// With --fix, --diff or --patch-file: also fixes that change how the deployment behaves
    #[arg(long, requires = "change", help_heading = "Fixes")]
    pub unsafe_fixes: bool,
    /// Ask about each fix: of `gatelint fix`.
    #[arg(skip)]
    pub interactive: bool,

    /// Which findings make the exit code 1
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "SEVERITY",
        help_heading = "Exit code"
    )]
    pub fail_on: FailOn,
    /// Exit with 1 where a file could not be read whole, or is of a kind that routes or deploys and is not read
    #[arg(long, help_heading = "Exit code")]
    pub fail_on_unread: bool,
    /// Exit with 1 where no route leads to anything that was read: what gatelint could judge is elsewhere
    #[arg(long, help_heading = "Exit code")]
    pub fail_if_nothing_linked: bool,
    /// Exit with 0 whatever is found
    #[arg(long, help_heading = "Exit code")]
    pub exit_zero: bool,

    /// The configuration to use instead of .gatelint.yaml at the repository's root
    #[arg(long, value_name = "FILE", help_heading = "Configuration")]
    pub config: Option<PathBuf>,
    /// The day from which schedules are compared with traffic, for 53 weeks. Without it that of the newest commit
    #[arg(long, value_name = "DATE", help_heading = "Configuration")]
    pub as_of: Option<String>,
    /// Use no configuration
    #[arg(long, conflicts_with = "config", help_heading = "Configuration")]
    pub no_config: bool,
    /// Report what .gatelint-baseline.yaml lists too
    #[arg(long, help_heading = "Configuration")]
    pub no_baseline: bool,
}

impl Lint {
    /// Whether a fix is one of those to be made.
    pub fn takes(&self, fix: &crate::finding::Fix) -> bool {
        fix.because.is_none() || self.unsafe_fixes
    }

    /// The formats of all that is written.
    pub fn formats(&self) -> impl Iterator<Item = Format> {
        let files = self.output.iter().map(|(format, _)| *format);
        std::iter::once(self.format).chain(files)
    }
}

/// `FORMAT=FILE`
fn to_file(text: &str) -> Result<(Format, PathBuf), String> {
    let names = || {
        let formats = Format::value_variants().iter().filter_map(Format::to_possible_value);
        let names: Vec<String> = formats.map(|format| format.get_name().to_owned()).collect();
        names.join(", ")
    };
    let (format, file) = text
        .split_once('=')
        .filter(|(_, file)| !file.is_empty())
        .ok_or("a format and a file belong here, such as sarif=gatelint.sarif")?;
    let format =
        Format::from_str(format, false).map_err(|_| format!("there is no format {format}; there are {}", names()))?;
    Ok((format, file.into()))
}

/// `gatelint hops`.
#[derive(Debug, Args)]
pub struct Hops {
    /// Only hops that have this in the name of their gateway, route, upstream, Service or workload
    pub name: Option<String>,
    /// How to write them
    #[arg(long, value_enum, default_value_t)]
    pub format: Listing,
}

/// `gatelint rules`.
#[derive(Debug, Args)]
pub struct Rules {
    /// How to write them
    #[arg(long, value_enum, default_value_t)]
    pub format: Listing,
    /// Run the examples of your own rules as tests: of a folder, or of all that `rules` in the configuration names
    #[arg(long, value_name = "FOLDER", conflicts_with = "format")]
    pub test: Option<Option<PathBuf>>,
}

/// `gatelint explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// The rule's id, as findings show it
    pub rule: String,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    pub format: Page,
}

/// `gatelint man`.
#[derive(Debug, Args)]
pub struct Man {
    /// The command to explain, such as `traffic import`; without one, gatelint itself
    pub command: Vec<String>,
    /// Write the pages of all commands into this folder
    #[arg(long, value_name = "FOLDER", conflicts_with = "command")]
    pub folder: Option<PathBuf>,
}

/// How a list is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Listing {
    /// For people.
    #[default]
    Table,
    /// For programs.
    Json,
}

/// How a page is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Page {
    /// For a terminal.
    #[default]
    Terminal,
    /// As Markdown.
    Markdown,
}

/// `--fail-on`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Errors.
    #[default]
    Error,
    /// Errors and warnings.
    Warning,
    /// Anything.
    Info,
    /// Nothing.
    Never,
}

impl FailOn {
    /// Whether a finding of this severity makes the exit code 1.
    pub fn fails(self, severity: Severity) -> bool {
        match self {
            FailOn::Error => severity >= Severity::Error,
            FailOn::Warning => severity >= Severity::Warning,
            FailOn::Info => true,
            FailOn::Never => false,
        }
    }
}

/// What a schema describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Schema {
    /// A rule file.
    Rule,
    /// .gatelint.yaml.
    Config,
    /// The output of --format json.
    Report,
    /// .gatelint-baseline.yaml.
    Baseline,
    /// The kinds and fields that rules may name.
    Model,
}

// The words of `Severity` and `Precision` on the command line. Written here, so that rules need not know of clap.
impl ValueEnum for Severity {
    fn value_variants<'a>() -> &'a [Self] {
        &[Severity::Error, Severity::Warning, Severity::Info]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(crate::report::severity(*self)))
    }
}

impl ValueEnum for Precision {
    fn value_variants<'a>() -> &'a [Self] {
        &[Precision::High, Precision::Medium, Precision::Low]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(match self {
            Precision::High => "high",
            Precision::Medium => "medium",
            Precision::Low => "low",
        }))
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn definitions_are_consistent() {
        super::Cli::command().debug_assert();
    }
}
