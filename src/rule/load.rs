//! Loading: embedded rules and the user's own, checked and typed. What is loaded cannot fail later.

use std::collections::HashMap;
use std::path::Path as FilePath;
use std::sync::{Arc, LazyLock, OnceLock};

use rayon::prelude::*;

use super::compile::compile;
use super::definition::Rule;
use super::error::{File, RuleError, nearest};
use super::file::RuleFile;
use super::structure;
use crate::model::Kind;
use crate::repo::open::{self, Unread};

include!(concat!(env!("OUT_DIR"), "/rules.rs"));

impl Rule {
    /// Whether the rule comes with the program, and not from a folder of the user's.
    pub fn embedded(&self) -> bool {
        EMBEDDED.iter().any(|(path, ..)| *path == self.path())
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
        message,
        help: None,
    };
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                errors.push(unreadable(
                    error.path().unwrap_or(folder),
                    format!("cannot be read: {error}"),
                ));
                continue;
            }
        };
        let is_yaml = entry
            .path()
            .extension()
            .is_some_and(|ext| ext == "yaml" || ext == "yml");
        if !is_yaml || entry.file_type().is_dir() {
            continue;
        }
        // A rule that is passed over is a policy lost: what is no file is said.
        let read = folder.canonicalize().map_err(Unread::Refused);
        let read = read.and_then(|folder| open::inside(&folder, entry.path(), open::POLICY));
        let text = read.map_err(|error| match error {
            Unread::Outside => "is a symbolic link that leaves the folder of rules".to_owned(),
            error => error.to_string(),
        });
        let text = text.and_then(|bytes| String::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned()));
        match text {
            Ok(text) => found.push(File {
                path: Arc::from(entry.path().to_string_lossy().replace('\\', "/")),
                text: Arc::from(text),
            }),
            Err(message) => errors.push(unreadable(entry.path(), message)),
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
