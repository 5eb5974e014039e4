//! Repositories in memory, and environments as lines to compare.

use std::fmt::Write;
use std::sync::Arc;

use gatelint::environment::claim::Fragment;
use gatelint::environment::container::Text;
use gatelint::environment::{Environment, File, MountSource, Placed, Repository, Role, containers, group};
use gatelint::product::{gunicorn, nginx};
use gatelint::repo::{Source, Sources, Span};
use gatelint::syntax::{Language, parse};

pub struct Repo {
    pub sources: Sources,
    pub repository: Repository,
}

/// A rough claim by name and content, enough for these tests.
fn role(path: &str, text: &str) -> Role {
    let base = path.rsplit('/').next().unwrap();
    match base {
        "kustomization.yaml" | "kustomization.yml" if !text.contains("toolkit.fluxcd.io") => Role::Kustomization,
        _ if base.ends_with(".yaml") || base.ends_with(".yml") => {
            if base.contains("compose") || text.starts_with("services:") || text.contains("\nservices:\n") {
                Role::Compose
            } else if text.contains("apiVersion:") && text.contains("kind:") && !text.contains("{{") {
                Role::Kubernetes
            } else {
                Role::OtherYaml
            }
        }
        _ if base.ends_with(".conf") => Role::Product(nginx::DESCRIPTOR.id()),
        _ if base.ends_with(".py") => Role::Product(gunicorn::DESCRIPTOR.id()),
        _ if base.ends_with(".env") => Role::Environment,
        _ => Role::Other,
    }
}

pub fn file(source: Arc<Source>) -> File {
    let role = role(&source.path, &source.text);
    let language = match role {
        Role::Kubernetes | Role::Compose | Role::Kustomization | Role::OtherYaml => Language::Yaml,
        _ => Language::Text,
    };
    File {
        path: source.path.clone(),
        tree: parse(&source, language).map(Arc::new),
        source,
        language,
        role,
        fragment: Fragment::default(),
    }
}

impl Repo {
    pub fn new(files: &[(&str, &str)]) -> Self {
        let sources = Sources::default();
        let files = files
            .iter()
            .map(|(path, text)| file(sources.add_file(path, text.as_bytes().to_vec())));
        let repository = Repository::new(files.collect());
        Self { sources, repository }
    }

    pub fn group(&self) -> Vec<Environment> {
        group(&self.repository)
    }

    /// `path:line`.
    pub fn place(&self, span: Span) -> String {
        let source = self.sources.get(span.source);
        let line = source.text[..span.start as usize].matches('\n').count() + 1;
        format!("{}:{line}", source.path)
    }

    fn text(&self, text: &Text) -> String {
        let mark = if text.unknown { "?" } else { "" };
        format!("{}{mark} ({})", text.text, self.place(text.span))
    }

    /// The containers of one environment, everything written about each.
    pub fn containers(&self, environment: &Environment) -> String {
        let mut out = String::new();
        for placed in containers(environment, &self.repository) {
            self.container(&placed, &mut out);
        }
        out
    }

    fn container(&self, placed: &Placed, out: &mut String) {
        let spec = &placed.spec;
        write!(
            out,
            "{} {}/{} {}",
            placed.kind, placed.namespace, placed.workload, spec.name
        )
        .unwrap();
        if let Some((count, span)) = placed.replicas {
            write!(out, " x{count} ({})", self.place(span)).unwrap();
        }
        if !placed.networks.is_empty() {
            write!(out, " on {}", placed.networks.join(",")).unwrap();
        }
        out.push('\n');
        if let Some(image) = &spec.image {
            writeln!(out, "  image {}", self.text(image)).unwrap();
        }
        for (name, words) in [("entrypoint", &spec.entrypoint), ("arguments", &spec.arguments)] {
            for word in words.iter().flatten() {
                writeln!(out, "  {name} {}", self.text(word)).unwrap();
            }
        }
        for (name, value) in &spec.environment {
            writeln!(out, "  {name}={}", self.text(value)).unwrap();
        }
        if spec.more_environment {
            out.push_str("  and more variables\n");
        }
        for port in &spec.ports {
            writeln!(
                out,
                "  port {} {}",
                port.number,
                port.name.as_deref().unwrap_or_default()
            )
            .unwrap();
        }
        for mount in &spec.mounts {
            let source = match &mount.source {
                MountSource::Inline(tree, node) => format!("text at {}", self.place(tree.at(*node).word_span_at(0))),
                MountSource::Path(path) => format!("file {path:?}"),
                MountSource::Shared(name) => format!("volume {name}"),
                MountSource::Unknown(reason) => format!("unknown: {reason}"),
            };
            writeln!(out, "  {} <- {source}", mount.path).unwrap();
        }
    }
}

/// Environments with their documents, one line each.
pub fn outline(environments: &[Environment]) -> String {
    let mut out = String::new();
    for environment in environments {
        let mark = if environment.development { " (development)" } else { "" };
        writeln!(out, "{} {:?}{mark}", environment.name, environment.platform).unwrap();
        if let Some(doubt) = &environment.incomplete {
            writeln!(out, "  incomplete: {}", doubt.reason).unwrap();
        }
        for document in &environment.documents {
            writeln!(
                out,
                "  {} {}/{} {}",
                document.kind, document.namespace, document.name, document.path
            )
            .unwrap();
            for (path, doubt) in &document.doubts {
                writeln!(out, "    doubt {path:?}: {}", doubt.reason).unwrap();
            }
        }
    }
    out
}
