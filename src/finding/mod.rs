//! Findings: one is one place a person edits. Settling, ignores, fingerprints.

pub mod baseline;
pub mod before;
pub mod directive;
pub mod ignores;
pub mod refused;
pub mod settle;

use std::sync::Arc;

pub use ignores::{BUILT_IN, ConfigIgnore, Ignored, Ignores, Target};
pub use settle::{EnvironmentHits, Milder, Settled, Telling, settle};

use crate::capacity::Moment;
use crate::model::EntityId;
use crate::repo::{Edit, Span};
use crate::rule::{Precision, Remedy, Rule, RuleSet, Severity};

/// Which environment of the run, by its place in the list of environments.
pub type EnvironmentIndex = usize;

/// What settling and reporting need to know of a rule.
#[derive(Clone, Debug)]
pub struct RuleInfo {
    /// Its id.
    pub id: Arc<str>,
    /// Its category.
    pub category: Arc<str>,
    /// How sure its findings are.
    pub precision: Precision,
}

impl RuleInfo {
    /// That of every rule, in the order in which hits count them.
    pub fn all(rules: &RuleSet) -> Vec<RuleInfo> {
        let of_rule = |rule: &Rule| RuleInfo {
            id: rule.id.clone(),
            category: rule.category.clone(),
            precision: rule.precision,
        };
        rules.rules().iter().map(of_rule).collect()
    }
}

/// One entity a finding holds for.
#[derive(Clone, Debug)]
pub struct Place {
    /// The environment whose model has it.
    pub environment: EnvironmentIndex,
    /// The entity.
    pub root: EntityId,
    /// What is wrong there, without values: what a fix must make go away.
    pub subject: String,
    /// How it may be mended there.
    pub remedy: Remedy,
    /// The path of the request, such as `Ingress shop → web:80 → nginx → api:8000 gunicorn`.
    pub path: Option<String>,
}

/// Where the value a finding points at comes from, in words for the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueNote {
    /// The value.
    pub text: String,
    /// `written`, `inherited`, `default`, `computed` or `assumed`.
    pub origin: &'static str,
    /// For a default: the product.
    pub product: Option<String>,
    /// For a default: the product's version, where known.
    pub version: Option<String>,
    /// For a default: where it is documented.
    pub source: Option<String>,
}

/// A fix that has been proved.
#[derive(Clone, Debug)]
pub struct Fix {
    /// What it does, as a command: "raise proxy_read_timeout to 125s".
    pub title: String,
    /// `None` for a safe fix; for an unsafe one, what it changes.
    pub because: Option<String>,
    /// Edits of files.
    pub edits: Vec<Edit>,
}

/// What became of mending a finding.
#[derive(Clone, Debug, Default)]
pub enum Repair {
    /// No rule proposes a fix.
    #[default]
    None,
    /// A fix is proposed, which nobody tried.
    Untried,
    /// The fix holds.
    Proved(Fix),
    /// There is no fix, and why.
    Refused(String),
}

/// One place a person edits.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule's id.
    pub rule: Arc<str>,
    /// The rule's category.
    pub category: Arc<str>,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub precision: Precision,
    /// Where, in a file a person edits.
    pub at: Span,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
    /// The path of a request that meets it.
    pub path: Option<String>,
    /// Names of the environments it holds in; empty when it holds in all that use the place.
    pub environments: Vec<String>,
    /// The value it points at.
    pub value: Option<ValueNote>,
    /// Other places, located, with what to say of each.
    pub related: Vec<(Span, String)>,
    /// Every entity it holds for.
    pub places: Vec<Place>,
    /// Identity across edits, without values.
    pub subject: String,
    /// Subject and values, without lines, environments, instants or defaults: survives edits elsewhere.
    pub fingerprint: String,
    /// What became of mending it.
    pub repair: Repair,
}

impl Finding {
    /// The fix, where one is proved.
    pub fn fix(&self) -> Option<&Fix> {
        match &self.repair {
            Repair::Proved(fix) => Some(fix),
            _ => None,
        }
    }

    /// Why there is no fix, where one might be expected.
    pub fn no_fix_reason(&self) -> Option<&str> {
        match &self.repair {
            Repair::Refused(reason) => Some(reason),
            _ => None,
        }
    }

    /// Whether a fix is proposed that nobody tried.
    pub fn is_unproved(&self) -> bool {
        matches!(self.repair, Repair::Untried)
    }
}

/// A rule that could not be decided, for the report.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unevaluated {
    /// The rule's id.
    pub rule: Arc<str>,
    /// What stood in the way.
    pub reason: Arc<str>,
    /// For how many places.
    pub count: usize,
    /// The first of them, located.
    pub at: Option<Span>,
}

/// What was done, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files read.
    pub files: usize,
    /// Hops found.
    pub hops: usize,
    /// Hops whose other end was found.
    pub linked: usize,
    /// Findings of severity error.
    pub errors: usize,
    /// Findings of severity warning.
    pub warnings: usize,
    /// Findings of severity info.
    pub infos: usize,
    /// Findings silenced by an ignore.
    pub ignored: usize,
    /// Findings that the baseline knows.
    pub known: usize,
    /// Findings that were there before a change and are gone; `None` where nothing is compared.
    pub mended: Option<usize>,
    /// Findings with a proved fix.
    pub fixable: usize,
    /// Findings in examples, fixtures and vendored charts, which are left out by default.
    pub left_out: usize,
    /// From when on schedules were walked, where any was compared with traffic.
    pub as_of: Option<AsOf>,
}

impl Summary {
    /// Findings of every severity.
    pub fn findings(&self) -> usize {
        self.errors + self.warnings + self.infos
    }
}

/// The beginning of the weeks in which schedules were compared with traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsOf {
    /// Midnight in UTC.
    pub moment: Moment,
    /// Why then.
    pub origin: AsOfOrigin,
}

/// Where the date of a run comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsOfOrigin {
    /// `--as-of`
    Asked,
    /// The day of the run: what is staged has no commit yet.
    Staged,
    /// HEAD's commit.
    Head,
    /// The end of the newest profile: there is no commit.
    Profile,
    /// The day of the run: there is neither commit nor profile.
    Today,
}

impl AsOf {
    /// The day, such as `2026-11-20`.
    pub fn day(self) -> String {
        let (year, month, day) = self.moment.wall(0).date();
        format!("{year:04}-{month:02}-{day:02}")
    }
}
