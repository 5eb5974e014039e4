//! What is wrong with the structure of a user's rule file, in words: the schema finds it, this says where it stands, what
//! it is, and what to write instead.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use serde_json::Value;

use super::error::{File, RuleError, nearest};
use crate::repo::Sources;
use crate::syntax::{At, Tree, yaml};

/// The mistakes of a file, in the order in which they stand there.
pub(super) fn mistakes<'e>(
    file: &File,
    schema: &Value,
    errors: impl Iterator<Item = ValidationError<'e>>,
) -> Vec<RuleError> {
    let source = Sources::default().add_file(&file.path, file.text.as_bytes().to_vec());
    let tree = yaml::parse(&source);
    let mut structure = Structure {
        file,
        schema,
        tree: &tree,
        missing: Vec::new(),
        found: Vec::new(),
    };
    for error in errors {
        structure.collect(&error);
    }
    structure.finish()
}

struct Structure<'a> {
    file: &'a File,
    schema: &'a Value,
    tree: &'a Tree,
    /// Keys of the rule itself that are not there: said once, not once a key.
    missing: Vec<String>,
    found: Vec<RuleError>,
}

impl Structure<'_> {
    fn collect(&mut self, error: &ValidationError<'_>) {
        let pointer = error.instance_path().to_string();
        let keys: Vec<String> = pointer.split('/').skip(1).map(unescaped).collect();
        let name = keys.iter().rev().find(|key| key.parse::<usize>().is_err());
        let name = name.map_or("the rule".to_owned(), |name| format!("`{name}`"));
        let item = match keys.last() {
            Some(last) if last.parse::<usize>().is_ok() => format!("an item of {name}"),
            _ => name.clone(),
        };
        let top = keys.first().map_or("", String::as_str);
        let say = |message: String| (message, self.form(top));
        let (message, help) = match error.kind() {
            Kind::AdditionalProperties { unexpected } => return self.unexpected(&keys, &item, unexpected),
            Kind::Required { property } => {
                let key = property.as_str().unwrap_or_default().to_owned();
                if keys.is_empty() {
                    return self.missing.push(key);
                }
                say(format!("{item} lacks `{key}`"))
            }
            Kind::OneOfNotValid { context } => match branch(&pointer, context) {
                Some(branch) => return branch.iter().for_each(|error| self.collect(error)),
                None => say(format!("{item} has none of the forms it may have")),
            },
            Kind::Enum { options } => one_of(&name, error.instance(), options),
            Kind::Type { kind } => say(format!("{item} must be {}", type_name(kind))),
            Kind::MinLength { .. } => say(format!("{name} is empty")),
            Kind::MaxLength { limit } => say(format!("{name} is longer than {limit} characters")),
            Kind::MinItems { limit: 1 } => say(format!("{name} is an empty list")),
            Kind::MinItems { limit } => say(format!("{name} needs at least {limit} items")),
            Kind::MinProperties { .. } => say(format!("{name} is an empty map")),
            Kind::Contains => say("there must be a `bad` example and a `good` one".to_owned()),
            Kind::PropertyNames { error } => say(format!("{name} cannot have the key {}", error.instance())),
            _ => say(format!("{name} is not written in its form")),
        };
        self.push(&keys, message, help);
    }

    /// Each key that does not belong, with the one that may be meant.
    fn unexpected(&mut self, keys: &[String], name: &str, unexpected: &[String]) {
        for key in unexpected {
            let known = self.schema["properties"].as_object().filter(|_| keys.is_empty());
            let known: Vec<&str> = known.into_iter().flatten().map(|(known, _)| known.as_str()).collect();
            let help = match nearest(key, known.iter().copied()) {
                Some(near) => Some(format!("did you mean `{near}`?")),
                None if known.is_empty() => self.form(&keys[0]),
                None => Some(format!("known are {}", known.join(", "))),
            };
            let path: Vec<String> = keys.iter().chain([key]).cloned().collect();
            self.push(&path, format!("{name} has no key `{key}`"), help);
        }
    }

    fn finish(mut self) -> Vec<RuleError> {
        let missing = std::mem::take(&mut self.missing);
        if !missing.is_empty() {
            let listed: Vec<String> = missing.iter().map(|key| format!("`{key}`")).collect();
            let forms = missing.iter().filter_map(|key| {
                let form = self.form(key)?;
                Some(format!("{key}: {}", form.trim_end_matches('.')))
            });
            let help = forms.collect::<Vec<_>>().join("; ");
            self.push(&[], format!("the rule lacks {}", listed.join(", ")), Some(help));
        }
        self.found.sort_by_key(|error| error.span.start);
        self.found
    }

    fn push(&mut self, keys: &[String], message: String, help: Option<String>) {
        let tops: Vec<&str> = keys.first().map(String::as_str).into_iter().collect();
        let mut error = self.file.structure(&tops, message);
        let span = place(self.tree, keys).map(|at| shown(at, keys));
        if let Some(span) = span.filter(|span| self.file.text.get(span.clone()).is_some()) {
            error.span = span;
        }
        self.found.push(RuleError { help, ..error })
    }

    /// What to write under a key of the rule: a form where the schema's description does not give it.
    fn form(&self, key: &str) -> Option<String> {
        let form = match key {
            "id" => "small letters, digits and hyphens, such as read-timeout-below-app",
            "since" => "a version in three numbers, such as 0.1.0",
            "precision" => "high, medium or low",
            "title" => "one sentence of at most 100 characters, without a full stop",
            "severity" => {
                "error, warning or info, or a list such as [{ when: <expression>, is: error }, { is: warning }]"
            }
            "point" => {
                "a path such as hop.route.read_timeout; or a list of paths and of { at: <path>, when: <expression> }"
            }
            "each" => "the kind of entity the rule looks at, such as hop or route; `gatelint schema model` lists them",
            "options" => "each option is a map of type, default and doc",
            "fix" => {
                "each item is { only, else }, { set, to, safety } or { remove, safety }; `safety: unsafe` also says `because`"
            }
            "examples" => {
                "each item is a map with `bad` or `good`, which maps file names to their text; at least one of each"
            }
            "references" => "addresses that begin with https://",
            other => {
                return self.schema["properties"][other]["description"]
                    .as_str()
                    .map(str::to_owned);
            }
        };
        Some(form.to_owned())
    }
}

/// Of several forms the one that the writer meant: the only one of the right type that has all its keys, else the only
/// one that knows all keys that are there.
fn branch<'c>(pointer: &str, branches: &'c [Vec<ValidationError<'static>>]) -> Option<&'c [ValidationError<'static>]> {
    let only = |is_against: &dyn Fn(&Kind) -> bool| {
        let is_other = |error: &ValidationError<'_>| {
            let wrong = matches!(error.kind(), Kind::Type { .. } | Kind::Enum { .. }) || is_against(error.kind());
            wrong && error.instance_path().to_string() == pointer
        };
        let mut meant = branches.iter().filter(|errors| !errors.iter().any(is_other));
        let branch = meant.next()?;
        meant.next().is_none().then_some(branch.as_slice())
    };
    only(&|kind| matches!(kind, Kind::Required { .. }))
        .or_else(|| only(&|kind| matches!(kind, Kind::AdditionalProperties { .. })))
}

fn one_of(name: &str, given: &Value, options: &Value) -> (String, Option<String>) {
    let options: Vec<&str> = options
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let near = given.as_str().and_then(|given| nearest(given, options.iter().copied()));
    let help = near.map(|near| format!("did you mean `{near}`?"));
    (format!("{name} must be one of {}", options.join(", ")), help)
}

fn type_name(kind: &TypeKind) -> &'static str {
    let TypeKind::Single(kind) = kind else {
        return "a text, a number or a truth value";
    };
    match kind.to_string().as_str() {
        "string" => "a text; put it in quotes",
        "array" => "a list",
        "object" => "a map",
        "boolean" => "true or false",
        _ => "a number",
    }
}

/// A step of a JSON pointer as it is written in the file.
fn unescaped(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

/// The node at a path of keys and indices; the nearest one above where it is not there.
fn place<'t>(tree: &'t Tree, keys: &[String]) -> Option<At<'t>> {
    let mut at = tree.root().children().next()?;
    let mut found = None;
    for key in keys {
        let below = match key.parse::<usize>() {
            Ok(index) if at.is_list() => at.items().nth(index),
            _ => at.child(key),
        };
        let Some(below) = below else { break };
        found = Some(below);
        at = below;
    }
    found
}

/// The bytes to underline: a value on one line, else its key.
fn shown(at: At<'_>, keys: &[String]) -> std::ops::Range<usize> {
    let is_named = keys.last().is_some_and(|key| at.is_named(key));
    let span = if is_named { at.name_span() } else { at.head() };
    span.range()
}
