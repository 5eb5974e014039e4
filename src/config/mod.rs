//! `.gatelint.yaml`: one per run, at the repository's root. Every mistake is a diagnostic that points into it.

pub mod baseline;
mod facts;
mod reader;
pub mod traffic;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use globset::{GlobSet, GlobSetBuilder};

pub use reader::{ConfigProblem, Spanned};
use reader::{Reader, is_null, value_span};

use crate::estate::facts::Facts;
use crate::finding::directive::{date, did_you_mean};
use crate::finding::{ConfigIgnore, Target};
use crate::model::{Type, Unit, Value, Version};
use crate::product::versioned;
use crate::rule::Severity;
use crate::syntax::{At, ProblemKind, Tree};

/// The file's name.
pub const FILE: &str = ".gatelint.yaml";
/// What it may be called as well; it is read where there is no [`FILE`].
pub const OTHER_FILE: &str = ".gatelint.yml";

const KEYS: [&str; 10] = [
    "select", "ignore", "severity", "options", "exclude", "ignores", "rules", "versions", "facts", "traffic",
];

/// A configuration, read.
#[derive(Debug, Default)]
pub struct Config {
    /// Rules and categories to run; `None` for all.
    pub select: Option<Vec<Spanned<String>>>,
    /// Rules and categories not to run.
    pub ignore: Vec<Spanned<String>>,
    /// Severities that differ from the rules' own; `None` is off.
    pub severity: Vec<(Spanned<String>, Option<Severity>)>,
    /// Options of rules.
    pub options: Vec<(Spanned<String>, Vec<GivenOption>)>,
    /// Files that are neither read nor reported.
    pub exclude: GlobSet,
    /// Findings to silence in files that have no comments.
    pub ignores: Vec<ConfigIgnore>,
    /// Folders of the user's own rules, absolute or relative to the current folder like `root`.
    pub rules: Vec<PathBuf>,
    /// Versions of products that no file tells.
    pub versions: BTreeMap<String, Version>,
    /// What lives in another repository.
    pub facts: Facts,
    /// Traffic profiles, not yet read.
    pub traffic: Vec<traffic::Stated>,
    /// Rules that `ignores` name, for checking.
    ignored_rules: Vec<Spanned<String>>,
}

/// An option of a rule as the configuration gives it.
#[derive(Clone, Debug)]
pub struct GivenOption {
    /// Its name.
    pub name: Spanned<String>,
    /// Its value, not yet typed.
    pub text: Spanned<String>,
}

/// What the configuration may say of one rule.
#[derive(Clone, Debug)]
pub struct KnownRule<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its category.
    pub category: &'a str,
    /// Its options and their types.
    pub options: Vec<(&'a str, Type)>,
}

/// Reads the tree of a configuration file that lies in the folder `root`. With any problem the configuration must not
/// be used. Names of rules are checked later, by `check_rules`, because the configuration says where rules are.
pub fn read(tree: &Tree, root: &Path) -> (Config, Vec<ConfigProblem>) {
    let mut reader = Reader::default();
    let mut config = Config::default();
    for problem in tree
        .problems
        .iter()
        .filter(|problem| problem.kind != ProblemKind::Skipped)
    {
        reader.problem(problem.span, problem.message.clone(), None);
    }
    let mut documents = tree.root().children();
    if let Some(document) = documents.next() {
        for entry in reader.keys(document, "the configuration", &KEYS) {
            config.entry(entry, root, &mut reader);
        }
    }
    if let Some(second) = documents.next() {
        reader.problem(second.head(), "the configuration must be a single document", None);
    }
    (config, reader.problems)
}

impl Config {
    fn entry(&mut self, at: At<'_>, root: &Path, reader: &mut Reader) {
        match at.name() {
            "select" if is_null(at) => {}
            "select" => self.select = Some(reader.texts(at, "`select`")),
            "ignore" => self.ignore = reader.texts(at, "`ignore`"),
            "severity" => self.read_severity(at, reader),
            "options" => self.read_options(at, reader),
            "exclude" => self.read_exclude(at, reader),
            "ignores" => {
                for item in reader.list(at, "`ignores`") {
                    self.read_ignore(item, reader);
                }
            }
            "rules" => {
                for folder in reader.texts(at, "`rules`") {
                    let path = root.join(&folder.value);
                    let inside = path.canonicalize().ok().zip(root.canonicalize().ok());
                    if !path.is_dir() {
                        let help = "paths are relative to the configuration file".to_owned();
                        reader.problem(
                            folder.span,
                            format!("there is no folder `{}`", folder.value),
                            Some(help),
                        );
                    } else if inside.is_none_or(|(path, root)| !path.starts_with(root)) {
                        let message = format!("`{}` leads out of the repository", folder.value);
                        reader.problem(folder.span, message, None);
                    } else {
                        self.rules.push(path);
                    }
                }
            }
            "versions" => {
                for entry in reader.keys(at, "`versions`", &versioned()) {
                    let Some(text) = reader.text(entry, "a version") else {
                        continue;
                    };
                    match Version::parse(&text.value) {
                        Some(version) => drop(self.versions.insert(entry.name().to_owned(), version)),
                        None => {
                            let help = "write it like \"1.28\", in quotes".to_owned();
                            reader.problem(text.span, format!("`{}` is not a version", text.value), Some(help));
                        }
                    }
                }
            }
            "facts" => self.facts = facts::read(at, reader),
            "traffic" => self.traffic = traffic::read(at, reader),
            _ => {}
        }
    }

    fn read_severity(&mut self, at: At<'_>, reader: &mut Reader) {
        for entry in reader.map(at, "`severity`") {
            let Some(text) = reader.text(entry, "a severity") else {
                continue;
            };
            let severity = match text.value.as_str() {
                "error" => Some(Severity::Error),
                "warning" => Some(Severity::Warning),
                "info" => Some(Severity::Info),
                "off" | "false" => None,
                other => {
                    let near = did_you_mean(other, ["error", "warning", "info", "off"]);
                    let help = near.map_or("write error, warning, info or off".to_owned(), |near| {
                        format!("did you mean `{near}`?")
                    });
                    reader.problem(text.span, format!("`{other}` is not a severity"), Some(help));
                    continue;
                }
            };
            self.severity.push((name_of(entry), severity));
        }
    }

    fn read_options(&mut self, at: At<'_>, reader: &mut Reader) {
        for rule in reader.map(at, "`options`") {
            let mut options = Vec::new();
            for option in reader.map(rule, "the options of a rule") {
                if let Some(text) = reader.text(option, "an option") {
                    options.push(GivenOption {
                        name: name_of(option),
                        text,
                    });
                }
            }
            self.options.push((name_of(rule), options));
        }
    }

    fn read_exclude(&mut self, at: At<'_>, reader: &mut Reader) {
        let mut globs = GlobSetBuilder::new();
        for text in reader.texts(at, "`exclude`") {
            if let Some(glob) = reader.glob(&text) {
                globs.add(glob);
            }
            // A folder means all that is in it.
            let inside = format!("{}/**", text.value.trim_start_matches("./").trim_end_matches('/'));
            if let Ok(glob) = globset::Glob::new(&inside) {
                globs.add(glob);
            }
        }
        match globs.build() {
            Ok(globs) => self.exclude = globs,
            Err(error) => reader.problem(at.name_span(), format!("these globs are too much: {error}"), None),
        }
    }

    fn read_ignore(&mut self, item: At<'_>, reader: &mut Reader) {
        let keys = ["rule", "file", "object", "reason", "until"];
        if !item.is_map() {
            let help = "write `rule`, `file` or `object`, and `reason`".to_owned();
            return reader.problem(value_span(item), "each item of `ignores` must be a map", Some(help));
        }
        let before = reader.problems.len();
        let entries = reader.keys(item, "an item of `ignores`", &keys);
        let mut get = |name: &str| {
            let entry = entries.iter().find(|entry| entry.name() == name)?;
            reader.text(*entry, &format!("`{name}`"))
        };
        let (rule, file, object, reason, until) =
            (get("rule"), get("file"), get("object"), get("reason"), get("until"));
        let until = until.and_then(|text| match date(&text.value) {
            Ok(date) => Some(date),
            Err(mistake) => {
                reader.problem(text.span, mistake, None);
                None
            }
        });
        let target = match (&file, object) {
            (Some(file), None) => reader.glob(file).map(|glob| Target::File(glob.compile_matcher())),
            (None, Some(object)) => Some(Target::Object(object.value)),
            (Some(_), Some(object)) => {
                reader.problem(object.span, "an ignore has either `file` or `object`, not both", None);
                None
            }
            (None, None) => None,
        };
        let reason = reason.filter(|text| !text.value.trim().is_empty());
        if let Some(rule) = &rule {
            self.ignored_rules.push(rule.clone());
        }
        match (rule, target, reason) {
            (Some(rule), Some(target), Some(reason)) => self.ignores.push(ConfigIgnore {
                span: rule.span,
                rule: rule.value,
                target,
                reason: reason.value,
                until,
            }),
            _ if reader.problems.len() > before => {}
            (None, ..) => reader.problem(item.head(), "this ignore names no `rule`", None),
            (_, None, _) => reader.problem(item.head(), "this ignore names neither `file` nor `object`", None),
            (.., None) => reader.problem(item.head(), "this ignore gives no `reason`", None),
        }
    }

    /// Whether a rule is to run, before the command line has its say.
    pub fn runs(&self, id: &str, category: &str) -> bool {
        let named = |names: &[Spanned<String>]| names.iter().any(|name| name.value == id || name.value == category);
        let off = self
            .severity
            .iter()
            .any(|(rule, severity)| rule.value == id && severity.is_none());
        self.select.as_deref().is_none_or(named) && !named(&self.ignore) && !off
    }

    /// The severity the configuration gives a rule.
    pub fn severity_of(&self, id: &str) -> Option<Severity> {
        self.severity.iter().find(|(rule, _)| rule.value == id)?.1
    }

    /// The options the configuration gives a rule, typed. Call `check_rules` first: what it refuses is left out here.
    pub fn options_of<'c>(&'c self, rule: &KnownRule<'_>) -> Vec<(&'c str, Value)> {
        let given = self
            .options
            .iter()
            .filter(|(id, _)| id.value == rule.id)
            .flat_map(|(_, options)| options);
        let typed = given.filter_map(|GivenOption { name, text }| {
            let (_, kind) = rule.options.iter().find(|(known, _)| *known == name.value)?;
            Some((name.value.as_str(), read_option(*kind, &text.value)?))
        });
        typed.collect()
    }

    /// Checks everything that names a rule, once the rules are known.
    pub fn check_rules(&self, rules: &[KnownRule<'_>]) -> Vec<ConfigProblem> {
        let mut reader = Reader::default();
        let ids = || {
            rules
                .iter()
                .map(|rule| rule.id)
                .chain(crate::finding::BUILT_IN.iter().map(|(id, _)| *id))
        };
        let categories = || rules.iter().map(|rule| rule.category).chain(["config"]);
        let unknown = |reader: &mut Reader, name: &Spanned<String>, near: Option<&str>| {
            let help = near.map_or("`gatelint rules` lists them".to_owned(), |near| {
                format!("did you mean `{near}`?")
            });
            reader.problem(name.span, format!("there is no rule `{}`", name.value), Some(help));
        };
        for name in self.select.iter().flatten().chain(&self.ignore) {
            if !ids().chain(categories()).any(|known| known == name.value) {
                unknown(&mut reader, name, did_you_mean(&name.value, ids().chain(categories())));
            }
        }
        let named = self.severity.iter().map(|(name, _)| name);
        for name in named
            .chain(self.options.iter().map(|(name, _)| name))
            .chain(&self.ignored_rules)
        {
            if !ids().any(|known| known == name.value) {
                unknown(&mut reader, name, did_you_mean(&name.value, ids()));
            }
        }
        for (id, options) in &self.options {
            if let Some(rule) = rules.iter().find(|rule| rule.id == id.value) {
                check_options(&mut reader, rule, options);
            }
        }
        reader.problems
    }
}

fn check_options(reader: &mut Reader, rule: &KnownRule<'_>, options: &[GivenOption]) {
    for GivenOption { name, text } in options {
        let Some((_, kind)) = rule.options.iter().find(|(known, _)| *known == name.value) else {
            let names: Vec<&str> = rule.options.iter().map(|(name, _)| *name).collect();
            let help = match did_you_mean(&name.value, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if names.is_empty() => "it has no options".to_owned(),
                None => format!("it has {}", names.join(", ")),
            };
            reader.problem(
                name.span,
                format!("{} has no option `{}`", rule.id, name.value),
                Some(help),
            );
            continue;
        };
        if read_option(*kind, &text.value).is_none() {
            let example = match kind {
                Type::Duration => "a duration such as 5s or 500ms",
                Type::Size => "a size such as 8k or 1m",
                Type::Number => "a whole number",
                Type::Bool => "true or false",
                Type::Text => "a text",
            };
            reader.problem(text.span, format!("`{}` must be {example}", name.value), None);
        }
    }
}

/// An option's text as a value of its type.
pub fn read_option(kind: Type, text: &str) -> Option<Value> {
    let unit = match kind {
        Type::Duration => Unit::Time,
        Type::Size => Unit::Size,
        Type::Number => Unit::Number,
        Type::Bool => Unit::OnOff,
        Type::Text => Unit::Text,
    };
    unit.value_of(text)
}

fn name_of(entry: At<'_>) -> Spanned<String> {
    Spanned {
        value: entry.name().to_owned(),
        span: entry.name_span(),
    }
}
