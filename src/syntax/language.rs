//! The languages that are read, each with its parser.

use std::sync::Arc;

use super::holes::{self, Templates};
use super::tree::Tree;
use super::{assign, caddyfile, faults, haproxy, hcl, ini, nginx, yaml};
use crate::repo::{Source, SourceId, Span};

/// How a text is written. What it is for is another question: a compose file and a Kubernetes object are both YAML.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// YAML, or JSON read as YAML.
    Yaml,
    /// YAML, or JSON with comments and tabs as JavaScript has them.
    CommentedYaml,
    /// nginx.
    Nginx,
    /// HAProxy.
    Haproxy,
    /// Caddy's own.
    Caddyfile,
    /// Sections in brackets and `key = value`.
    Ini,
    /// Assignments of Python, as in `gunicorn.conf.py`.
    Python,
    /// What JavaScript or TypeScript sets of a server.
    JavaScript,
    /// Terraform's own.
    Hcl,
    /// Any other. It has no tree: what is needed of it is searched for.
    Text,
}

impl Language {
    /// Who reads a text in a language that only one program reads.
    pub fn reader(self) -> Option<&'static str> {
        match self {
            Language::Nginx => Some("nginx"),
            Language::Haproxy => Some("HAProxy"),
            Language::Caddyfile => Some("Caddy"),
            Language::Hcl => Some("Terraform"),
            _ => None,
        }
    }
}

/// The tree of a source, template text masked. `None` for a language without trees, and for JavaScript that sets nothing
/// of a server.
pub fn parse(source: &Source, language: Language) -> Option<Tree> {
    let mut tree = parsed(source, language)?;
    faults::note(&mut tree, language, &source.text);
    Some(tree)
}

fn parsed(source: &Source, language: Language) -> Option<Tree> {
    match language {
        Language::Yaml => Some(yaml::parse(source)),
        Language::CommentedYaml => Some(yaml::parse_commented(source)),
        Language::Nginx => Some(masked(source, Templates::NONE, nginx::parse)),
        // `%[src]` and `%ci` are its own.
        Language::Haproxy => Some(masked(source, Templates::AT, haproxy::parse)),
        // `@name` is a matcher.
        Language::Caddyfile => Some(masked(source, Templates::AT, caddyfile::parse)),
        Language::Ini => Some(masked(source, Templates::NONE, ini::parse)),
        Language::Python => Some(masked(source, Templates::NONE, assign::python)),
        Language::JavaScript => assign::javascript_settings(source.id, source.text.clone()),
        Language::Hcl => Some(hcl::parse(source.id, source.text.clone(), holes::replaced(source))),
        Language::Text => None,
    }
}

/// Takes the text, the text with its holes masked, and the holes.
type Parser = fn(SourceId, Arc<str>, &str, Vec<Span>) -> Tree;

/// The tree of a text that may hold template text, but of the kinds that mean something to its own language.
fn masked(source: &Source, own: Templates, parse: Parser) -> Tree {
    let kinds = holes::detect(&source.text).without(own);
    let found = holes::holes(source.id, &source.text, kinds);
    let found = holes::merge(found, &holes::replaced(source));
    let masked = holes::mask(&source.text, &found);
    parse(source.id, source.text.clone(), &masked, found)
}
