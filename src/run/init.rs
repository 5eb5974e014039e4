//! `gatelint init`: a configuration to begin with, what there is to mend, and what to paste where.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::baseline::{Found, counted};
use super::end::{Failure, print};
use super::output::Output;
use crate::cli::Cli;
use crate::config;
use crate::finding::baseline::Entry;
use crate::terminal::escape;

/// Commented out as it is, it changes nothing.
const CONFIGURATION: &str = include_str!("init/gatelint.yaml");

pub(super) fn init(cli: &Cli) -> Result<u8, Failure> {
    let found = Found::new(cli, None)?;
    let path = found.root().join(config::FILE);
    let other = found.root().join(config::OTHER_FILE);
    let written = if path.exists() || other.exists() {
        "The configuration is there already; it stays as it is."
    } else {
        Output::prepare(&path, false)?.write(CONFIGURATION.as_bytes())?;
        "Wrote .gatelint.yaml: all of it is commented out, so every rule runs."
    };
    let mut text = format!("{written}\n\n{}\n", today(&found.now));
    text.push_str(&places());
    print(text.as_bytes())
}

/// What there is to mend, by rule, and how to begin all the same.
fn today(now: &[Entry]) -> String {
    let mut by_rule: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in now {
        *by_rule.entry(&entry.rule).or_default() += 1;
    }
    let mut by_rule: Vec<(&str, usize)> = by_rule.into_iter().collect();
    by_rule.sort_by_key(|(rule, count)| (std::cmp::Reverse(*count), *rule));
    if by_rule.is_empty() {
        return "No errors and no warnings today.\n".to_owned();
    }
    let mut text = format!("Errors and warnings today: {}\n", counted(now.len()));
    for (rule, count) in by_rule {
        // A string can always be written.
        let _ = writeln!(text, "{count:>6}  {}", escape(rule));
    }
    text.push_str(
        "\n`gatelint lint` shows them, `gatelint lint --fix` mends what can be mended.\n\
         To fail on new ones alone: gatelint baseline write --reason 'before gatelint' --until DATE\n",
    );
    text
}

/// What to paste for the pre-commit hook and for pull requests.
fn places() -> String {
    let repository = env!("CARGO_PKG_REPOSITORY");
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "\
As a pre-commit hook, in .pre-commit-config.yaml:

  repos:
    - repo: {repository}
      rev: v{version}
      hooks:
        - id: gatelint

On pull requests, as .github/workflows/gatelint.yml:

  name: gatelint
  on: pull_request
  permissions:
    contents: read
  jobs:
    gatelint:
      runs-on: ubuntu-latest
      steps:
        - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
          with:
            fetch-depth: 0
            persist-credentials: false
        - run: cargo install --locked --git {repository} --tag v{version}
        - run: gatelint lint --since \"origin/$GITHUB_BASE_REF\" --format github --output \"markdown=$GITHUB_STEP_SUMMARY\"
"
    )
}
