//! Loading: embedded rules and the user's own, checked and typed. What is loaded cannot fail later.

use std::collections::{BTreeMap, HashMap};
use std::path::Path as FilePath;
use std::sync::{Arc, LazyLock, OnceLock};

use rayon::prelude::*;

use super::compile::compile;
use super::error::{File, RuleError, nearest};
use super::expr::{Expr, Path};
use super::file::{ExampleFile, RuleFile};
use super::structure;
use super::template::Template;
use super::{Precision, Severity};
use crate::model::{Kind, Value};

include!(concat!(env!("OUT_DIR"), "/rules.rs"));

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

/// An option of a rule.
#[derive(Clone, Debug)]
pub struct RuleOption {
    /// Its name.
    pub name: String,
    /// Its value: the default, or what the configuration says.
    pub value: Value,
    /// What it does.
    pub doc: String,
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

    /// Whether the rule comes with the program, and not from a folder of the user's.
    pub fn embedded(&self) -> bool {
        EMBEDDED.iter().any(|(path, ..)| *path == self.path())
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

/// All rules of a run, the embedded ones by category and id, then the user's.
#[derive(Debug)]
pub struct RuleSet {
    pub(super) rules: Vec<Rule>,
    /// Made when first asked for, and anew when another rule is enabled.
    pub(super) by_kind: OnceLock<Vec<Vec<usize>>>,
}

impl RuleSet {
    fn of(rules: Vec<Rule>) -> RuleSet {
        RuleSet {
            rules,
            by_kind: OnceLock::new(),
        }
    }

    /// For each kind, by its number, the places of the enabled rules that look at it.
    pub(super) fn by_kind(&self) -> &[Vec<usize>] {
        self.by_kind.get_or_init(|| {
            let mut by_kind = vec![Vec::new(); Kind::ALL.len()];
            for (at, rule) in self.rules.iter().enumerate().filter(|(_, rule)| rule.enabled) {
                by_kind[rule.kind as usize].push(at);
            }
            by_kind
        })
    }

    /// The embedded rules and those of the user's folders; or every mistake found in them.
    pub fn load(folders: &[impl AsRef<FilePath>]) -> Result<RuleSet, Vec<RuleError>> {
        let mut rules = Vec::new();
        let mut errors = Vec::new();
        let embedded = EMBEDDED.par_iter().map(|(path, text, json)| {
            let file = File::new(path, text);
            // The tests hold these against the schema; here that would take longer than all the rest.
            match serde_json::from_str::<RuleFile>(json) {
                Ok(rule) => compile(rule, file),
                Err(_) => compile(validated(&file)?, file),
            }
        });
        for rule in embedded.collect::<Vec<_>>() {
            collect(rule, &mut rules, &mut errors);
        }
        for folder in folders {
            for file in files(folder.as_ref(), &mut errors) {
                match validated(&file) {
                    Ok(rule) => collect(compile(rule, file), &mut rules, &mut errors),
                    Err(found) => errors.extend(found),
                }
            }
        }
        let mut first: HashMap<Arc<str>, Arc<str>> = HashMap::new();
        for rule in &rules {
            match first.get(&rule.id) {
                Some(other) => {
                    let message = format!("the rule `{}` is already defined in {other}", rule.id);
                    errors.push(rule.file.structure(&["id"], message));
                }
                None => {
                    first.insert(rule.id.clone(), rule.file.path.clone());
                }
            }
        }
        if errors.is_empty() {
            Ok(RuleSet::of(rules))
        } else {
            Err(errors)
        }
    }

    /// What is wrong with the embedded rules as files: the schema, and that each lies where its category and id say. For
    /// tests; a run takes them as they are.
    pub fn mistakes_in_embedded() -> Vec<RuleError> {
        let of_file = |(path, text, _): &(&str, &str, &str)| {
            let file = File::new(path, text);
            match validated(&file) {
                Ok(rule) => misplaced(&file, &rule).into_iter().collect(),
                Err(found) => found,
            }
        };
        EMBEDDED.par_iter().flat_map_iter(of_file).collect()
    }

    /// The embedded rules alone.
    pub fn embedded() -> Result<RuleSet, Vec<RuleError>> {
        RuleSet::load(&[] as &[&FilePath])
    }

    /// One rule from its text, as a user's file would be read.
    pub fn parse(path: &str, text: &str) -> Result<RuleSet, Vec<RuleError>> {
        let file = File::new(path, text);
        let rule = compile(validated(&file)?, file)?;
        Ok(RuleSet::of(vec![rule]))
    }

    /// All rules; hits name them by their place here.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// A rule by its place.
    pub fn rule(&self, at: usize) -> &Rule {
        &self.rules[at]
    }

    /// A rule by its id.
    pub fn named(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| &*rule.id == id)
    }

    /// The id most like a mistyped one; else one that contains it.
    pub fn nearest(&self, id: &str) -> Option<&str> {
        let ids = || self.rules.iter().map(|rule| &*rule.id);
        nearest(id, ids()).or_else(|| ids().find(|known| id.len() > 2 && known.contains(id)))
    }
}

fn collect(rule: Result<Rule, Vec<RuleError>>, rules: &mut Vec<Rule>, errors: &mut Vec<RuleError>) {
    match rule {
        Ok(rule) => rules.push(rule),
        Err(found) => errors.extend(found),
    }
}

/// The rule files of a folder, in the order of their paths.
fn files(folder: &FilePath, errors: &mut Vec<RuleError>) -> Vec<File> {
    let unreadable = |path: &FilePath, message: String| RuleError {
        file: Arc::from(path.to_string_lossy().replace('\\', "/")),
        text: Arc::from(""),
        span: 0..0,
        message: format!("cannot be read: {message}"),
        help: None,
    };
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                errors.push(unreadable(error.path().unwrap_or(folder), error.to_string()));
                continue;
            }
        };
        let is_yaml = entry
            .path()
            .extension()
            .is_some_and(|ext| ext == "yaml" || ext == "yml");
        if !is_yaml || !entry.file_type().is_file() {
            continue;
        }
        match std::fs::read_to_string(entry.path()) {
            Ok(text) => found.push(File {
                path: Arc::from(entry.path().to_string_lossy().replace('\\', "/")),
                text: Arc::from(text),
            }),
            Err(error) => errors.push(unreadable(entry.path(), error.to_string())),
        }
    }
    found
}

/// An embedded rule lies in the folder of its category, under its id.
fn misplaced(file: &File, rule: &RuleFile) -> Option<RuleError> {
    let expected = format!("rules/{}/{}.yaml", rule.category, rule.id);
    let message = format!("category and id say that this file should be {expected}");
    (*file.path != *expected).then(|| file.structure(&["id"], message))
}

/// A rule file, held against the schema.
fn validated(file: &File) -> Result<RuleFile, Vec<RuleError>> {
    static SCHEMA: LazyLock<Option<(serde_json::Value, jsonschema::Validator)>> = LazyLock::new(|| {
        let schema = serde_json::from_str(include_str!("../../schemas/rule.json")).ok()?;
        let validator = jsonschema::validator_for(&schema).ok()?;
        Some((schema, validator))
    });
    let yaml_error = |error: serde_yaml::Error| {
        let mut found = file.structure(&[], error.to_string());
        if let Some(at) = error.location() {
            let at = at.index().min(file.text.len());
            found.span = at..file.text.len().min(at + 1);
        }
        vec![found]
    };
    let document: serde_json::Value = serde_yaml::from_str(&file.text).map_err(yaml_error)?;
    if let Some((schema, validator)) = &*SCHEMA {
        let errors = structure::mistakes(file, schema, validator.iter_errors(&document));
        if !errors.is_empty() {
            return Err(errors);
        }
    }
    serde_yaml::from_str(&file.text).map_err(yaml_error)
}
