//! `gatelint traffic`: recording traffic, and looking at what was recorded.

use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{Args, Subcommand, ValueEnum};

use crate::capacity::import::Form;
use crate::capacity::profile::Unit;
use crate::product;

/// The subcommands of `gatelint traffic`.
#[derive(Debug, Subcommand)]
pub enum Traffic {
    /// Make a traffic profile from a Prometheus, or from access logs and exports
    Import(Box<Import>),
    /// Describe a traffic profile: what it covers, its peak, its growth, its week
    Show(Show),
}

const IMPORT_EXAMPLES: &str = "\
Examples:
  gatelint traffic import --prometheus http://localhost:9090 \\
      --metric 'http_requests_total{service=\"checkout\"}' -o traffic/checkout.csv
  gatelint traffic import /var/log/nginx/access.log* -o traffic/checkout.csv
  zcat archive/*.gz | gatelint traffic import - -o traffic/checkout.csv
  gatelint traffic import haproxy.log --zone Europe/Prague > checkout.csv
  gatelint traffic import --print-query clickhouse

Nothing but the address given with --prometheus is asked. Log files are read as a stream: memory does
not grow with them. Several files are added up, so give a request's line once.";

/// `gatelint traffic import`.
#[derive(Debug, Args)]
#[command(after_help = IMPORT_EXAMPLES)]
pub struct Import {
    /// Access logs and exports, packed with gzip or not, or `-` for standard input
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// What the files are, where their first lines do not tell
    #[arg(long, value_name = "FORM", help_heading = "Files")]
    pub from: Option<Form>,
    /// The time zone of times that name none, such as Europe/Prague: those of HAProxy
    #[arg(long, value_name = "ZONE", help_heading = "Files")]
    pub zone: Option<String>,

    /// The address of a Prometheus, Thanos or Mimir
    #[arg(long, value_name = "URL", conflicts_with = "files", help_heading = "Prometheus")]
    pub prometheus: Option<String>,
    /// A counter of requests; all series of the selector are added up
    #[arg(long, value_name = "SELECTOR", conflicts_with = "query", help_heading = "Prometheus")]
    pub metric: Option<String>,
    /// A query of your own that gives one series, in requests per second
    #[arg(long, value_name = "PROMQL", help_heading = "Prometheus")]
    pub query: Option<String>,
    /// How much to ask for
    #[arg(long, value_name = "WEEKS", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=104), help_heading = "Prometheus")]
    pub weeks: u32,
    /// The environment variable that holds the bearer token
    #[arg(
        long,
        value_name = "NAME",
        requires = "prometheus",
        conflicts_with = "token_file",
        help_heading = "Prometheus"
    )]
    pub token_env: Option<String>,
    /// The file that holds the bearer token
    #[arg(long, value_name = "FILE", requires = "prometheus", help_heading = "Prometheus")]
    pub token_file: Option<PathBuf>,
    /// The tenant of a Mimir, sent as X-Scope-OrgID
    #[arg(long, value_name = "TENANT", requires = "prometheus", help_heading = "Prometheus")]
    pub tenant: Option<String>,

    /// The time from one sample to the next [default: 1m for logs, the export's own, 5m for Prometheus]
    #[arg(long, value_name = "TIME", value_parser = step)]
    pub step: Option<i64>,
    /// Where to write the profile [default: standard output]. A name that ends in .gz is packed
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Replace the output if it exists
    #[arg(long, requires = "output")]
    pub force: bool,
    /// Print the query that makes the profile where the data is, and do nothing else
    #[arg(long, value_name = "LANGUAGE", conflicts_with_all = ["files", "prometheus", "output"])]
    pub print_query: Option<Language>,
}

/// `gatelint traffic show`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gatelint traffic show traffic/checkout.csv
  gatelint traffic show export.csv --time-column period --value-column count --unit requests --zone UTC")]
pub struct Show {
    /// The profile: CSV, packed with gzip or not
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    pub format: Description,
    /// The time zone in which the week repeats, and that of times that name none
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub zone: String,
    /// The column of times
    #[arg(long, value_name = "NAME", default_value = "timestamp", help_heading = "Columns")]
    pub time_column: String,
    /// The column of values
    #[arg(long, value_name = "NAME", default_value = "rps", help_heading = "Columns")]
    pub value_column: String,
    /// What the values count
    #[arg(long, value_enum, default_value = "rps", help_heading = "Columns")]
    pub unit: Unit,
    /// Draw with ASCII alone
    #[arg(long)]
    pub ascii: bool,
}

/// How a profile is described.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Description {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
    /// The demand of each part of the week.
    Csv,
}

/// A language of queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// For Prometheus, Thanos and Mimir.
    Promql,
    /// SQL of ClickHouse.
    Clickhouse,
}

// The words of types that know nothing of clap.
impl ValueEnum for Form {
    fn value_variants<'a>() -> &'a [Self] {
        &Form::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Form::Lines(stamp) => {
                let log = product::access_log(*stamp)?;
                PossibleValue::new(log.name).help(log.help)
            }
            Form::Cloudwatch => PossibleValue::new("cloudwatch").help("CSV of a CloudWatch metric, statistic Sum"),
        })
    }
}

impl ValueEnum for Unit {
    fn value_variants<'a>() -> &'a [Self] {
        &[Unit::PerSecond, Unit::PerSample]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Unit::PerSecond => PossibleValue::new("rps").help("Requests per second"),
            Unit::PerSample => PossibleValue::new("requests").help("Requests from one sample to the next"),
        })
    }
}

/// `30s`, `5m`, `1h` in seconds.
fn step(text: &str) -> Result<i64, String> {
    let units = [("s", 1), ("m", 60), ("h", 3600)];
    let found = units.iter().find_map(|(unit, seconds)| {
        let count: i64 = text.strip_suffix(unit)?.parse().ok()?;
        count.checked_mul(*seconds)
    });
    match found {
        Some(seconds @ 1..=86_400) if 86_400 % seconds == 0 => Ok(seconds),
        Some(1..=86_400) => Err("a day must hold a whole number of steps, such as 1m, 5m, 15m or 1h".to_owned()),
        Some(_) => Err("a step is between 1s and 24h".to_owned()),
        None => Err("write a number and s, m or h, such as 5m".to_owned()),
    }
}
