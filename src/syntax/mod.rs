//! Text to tree, without meaning. One arena holds every language; parsers are tolerant and never panic.

pub mod argv;
pub mod assign;
pub mod holes;
pub mod ini;
pub mod nginx;
pub mod tree;
pub mod yaml;

pub use tree::{At, NodeId, Problem, ProblemKind, Shape, Style, Tree, TreeBuilder, Word};

use std::sync::Arc;

use crate::repo::Source;

/// A language that has a parser here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// YAML, and JSON with it.
    Yaml,
    /// nginx.
    Nginx,
    /// INI.
    Ini,
    /// Settings of a Python file.
    Python,
}

/// The tree of a source: template text found and masked, then parsed.
pub fn parse(source: &Source, language: Language) -> Tree {
    if language == Language::Yaml {
        return yaml::parse(source);
    }
    let kinds = holes::detect(&source.text);
    let holes = holes::merge(holes::holes(source.id, &source.text, kinds), &holes::replaced(source));
    let text: Arc<str> = source.text.clone();
    let masked = if holes.is_empty() {
        text.clone()
    } else {
        Arc::from(holes::mask(&text, &holes))
    };
    match language {
        Language::Yaml | Language::Nginx => nginx::parse(source.id, text, &masked, holes),
        Language::Ini => ini::parse(source.id, text, &masked, holes),
        Language::Python => assign::python(source.id, text, &masked, holes),
    }
}
