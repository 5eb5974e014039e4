//! A rule, typed, with its examples.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::error::File;
use super::expr::{Expr, Path};
use super::file::ExampleFile;
use super::option::RuleOption;
use super::severity::{Precision, Severity};
use super::template::Template;
use crate::model::{Kind, Value};

/// A rule, typed.
#[derive(Debug)]
pub struct Rule {
    /// What it is called everywhere.
    pub id: Arc<str>,
    /// Its category.
    pub category: Arc<str>,
    /// How sure a finding is.
    pub precision: Precision,
    /// The first version of gatelint that has it.
    pub since: String,
    /// The mistake in one sentence.
    pub title: String,
    /// What goes wrong.
    pub why: String,
    /// The kind it looks at.
    pub kind: Kind,
    /// What a repository may set for itself.
    pub options: Vec<RuleOption>,
    /// The condition as written.
    pub when_text: Option<String>,
    /// The requirement as written.
    pub require_text: String,
    /// What to do, as written: with expressions in braces.
    pub help_text: String,
    /// Where the behaviour is documented.
    pub references: Vec<String>,
    /// Whether the rule runs.
    pub enabled: bool,
    /// The severity the configuration gives it, in place of its own.
    pub severity_override: Option<Severity>,
    pub(super) severity: Vec<(Option<Expr>, Severity)>,
    pub(super) values: Vec<Value>,
    pub(super) when: Vec<Expr>,
    pub(super) require: Vec<Expr>,
    pub(super) point: Vec<(Path, Option<Expr>)>,
    pub(super) related: Vec<(Path, Template)>,
    pub(super) message: Template,
    pub(super) help: Template,
    pub(super) fix: Vec<Step>,
    pub(super) file: File,
}

/// One entry of a fix.
#[derive(Debug)]
pub(super) enum Step {
    /// No fix unless this holds.
    Only { condition: Expr, otherwise: Template },
    /// A change of one field.
    Change {
        field: Path,
        /// The new value; `None` removes the field.
        to: Option<Expr>,
        when: Option<Expr>,
        because: Option<Arc<str>>,
    },
}

/// An example: a small repository, and what must be found in it.
#[derive(Clone, Debug)]
pub struct Example {
    /// Whether the rule must find something.
    pub bad: bool,
    /// Files by path. A line that contains `# <--` must get exactly one finding.
    pub files: BTreeMap<String, String>,
    /// The files that the fix changes, as they are afterwards.
    pub fixed: BTreeMap<String, String>,
    /// `file:line` of further findings, for files that have no comments.
    pub at: Vec<String>,
    /// What the example shows.
    pub name: Option<String>,
    /// Something to know about it.
    pub note: Option<String>,
}

/// The mark of lines in examples that must get a finding.
pub const MARK: &str = "# <--";

impl Example {
    /// File and line, from 1, of every finding the rule must give.
    pub fn marks(&self) -> Vec<(String, usize)> {
        let in_text = self.files.iter().flat_map(|(path, text)| {
            let lines = text.lines().enumerate().filter(|(_, line)| line.contains(MARK));
            lines.map(|(at, _)| (path.clone(), at + 1)).collect::<Vec<_>>()
        });
        let listed = self.at.iter().filter_map(|at| {
            let (path, line) = at.rsplit_once(':')?;
            Some((path.to_owned(), line.parse().ok()?))
        });
        let mut marks: Vec<_> = in_text.chain(listed).collect();
        marks.sort();
        marks
    }
}

impl Rule {
    /// Where the rule is written: a path in the program's own repository, or the user's file.
    pub fn path(&self) -> &str {
        &self.file.path
    }

    /// The text of its file.
    pub fn text(&self) -> &str {
        &self.file.text
    }

    /// Whether the rule proposes fixes.
    pub fn fixable(&self) -> bool {
        !self.fix.is_empty()
    }

    /// Why its fixes are unsafe, without a repeat; empty where they are safe or there is none.
    pub fn unsafe_because(&self) -> Vec<&str> {
        let mut reasons: Vec<&str> = Vec::new();
        for step in &self.fix {
            if let Step::Change {
                because: Some(because), ..
            } = step
                && !reasons.contains(&&**because)
            {
                reasons.push(because);
            }
        }
        reasons
    }

    /// The severities its findings may have, worst first.
    pub fn severities(&self) -> Vec<Severity> {
        let mut all: Vec<Severity> = match self.severity_override {
            Some(severity) => vec![severity],
            None => self.severity.iter().map(|(_, severity)| *severity).collect(),
        };
        all.sort_unstable_by(|a, b| b.cmp(a));
        all.dedup();
        all
    }

    /// The examples, read anew from the rule's text: only tests and documentation want them.
    pub fn examples(&self) -> Vec<Example> {
        #[derive(serde::Deserialize)]
        struct Only {
            #[serde(default)]
            examples: Vec<ExampleFile>,
        }
        let Ok(only) = serde_yaml::from_str::<Only>(&self.file.text) else {
            return Vec::new();
        };
        let example = |file: ExampleFile| {
            let bad = file.bad.is_some();
            Example {
                bad,
                files: file.bad.or(file.good).unwrap_or_default(),
                fixed: file.fixed,
                at: file.at,
                name: file.name,
                note: file.note,
            }
        };
        only.examples.into_iter().map(example).collect()
    }
}
