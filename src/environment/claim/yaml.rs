//! What a YAML file is for, from its lines that are not indented.

use memchr::memmem;

use super::Claimants;
use super::charts::Charts;
use super::claimant::Look;
use super::claimed::{Claim, head};
use super::name::Name;
use crate::environment::cloudformation;
use crate::environment::repository::Role;
use crate::syntax::Language;

/// A template of a Helm chart: no YAML before it is rendered.
pub(super) const HELM_TEMPLATE: Claim = Claim::certain(Role::Helm, Language::Text);

pub(super) fn claim(claimants: &Claimants, charts: &Charts, name: &Name<'_>, text: &str) -> Claim {
    let certain = |role| Claim::certain(role, Language::Yaml);
    let likely = |role| Claim::likely(role, Language::Yaml);
    let Name { path, file, .. } = *name;
    if file == "Chart.yaml" || file == "Chart.yml" {
        return certain(Role::Helm);
    }
    if matches!(file, "kustomization.yaml" | "kustomization.yml" | "Kustomization") {
        return certain(Role::Kustomization);
    }
    let seen = look(text);
    if seen.is_kustomization {
        certain(Role::Kustomization)
    } else if seen.is_kubernetes && is_helm(path, text) {
        HELM_TEMPLATE
    } else if seen.is_kubernetes && charts.hold(path) {
        // A kustomization or a deployer may name it all the same.
        certain(Role::Helm)
    } else if seen.is_kubernetes {
        certain(Role::Kubernetes)
    } else if is_compose_name(file) && !text.trim().is_empty() {
        certain(Role::Compose)
    } else if seen.services.is_some_and(|at| has_containers(&text[at..])) {
        likely(Role::Compose)
    } else if is_values_name(file) || (charts.has_beside(path) && file.contains("values")) {
        likely(Role::Helm)
    } else if is_helm(path, text) {
        HELM_TEMPLATE
    } else if is_cloudformation(text) {
        cloudformation(text)
    } else {
        let own = claimants.ask(Look::Yaml, name, text);
        own.unwrap_or(likely(Role::OtherYaml))
    }
}

/// A CloudFormation template, which is read only where it may scale something.
pub(super) fn cloudformation(text: &str) -> Claim {
    let role = match cloudformation::scales(text) {
        true => Role::CloudFormation,
        false => Role::Other,
    };
    Claim::certain(role, Language::Yaml)
}

#[derive(Default)]
struct Seen {
    is_kubernetes: bool,
    is_kustomization: bool,
    /// First byte after a top-level `services:`.
    services: Option<usize>,
}

/// Reads the lines that begin in the first column. `kind` may come long after `apiVersion`: tools sort keys, and
/// `data` lies between.
fn look(text: &str) -> Seen {
    let mut seen = Seen::default();
    let bytes = text.as_bytes();
    let (mut version, mut kind) = (None, None);
    let mut json = false;
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        match rest[0] {
            b'-' if rest.starts_with(b"---") => (version, kind) = (None, None),
            // Once: of a stream of JSON the first tells enough.
            b'{' if !std::mem::replace(&mut json, true) => seen.is_kubernetes |= is_json_manifest(rest),
            b'a' | b'"' | b'\'' | b'k' | b's' => {
                version = version.or_else(|| value(rest, b"apiVersion"));
                kind = kind.or_else(|| value(rest, b"kind"));
                if value(rest, b"services").is_some_and(<[u8]>::is_empty) {
                    seen.services = seen.services.or(Some(at + "services:".len()));
                }
            }
            _ => {}
        }
        if let (Some(version), Some(_)) = (version, kind) {
            seen.is_kustomization = version.starts_with(b"kustomize.config.k8s.io/");
            seen.is_kubernetes = !seen.is_kustomization;
        }
        if seen.is_kubernetes || seen.is_kustomization {
            return seen;
        }
        at += memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
    }
    seen
}

/// The value beside a key at the beginning of a line, without comment and quotes.
fn value<'t>(line: &'t [u8], key: &[u8]) -> Option<&'t [u8]> {
    let quoted = matches!(line.first(), Some(b'"' | b'\''));
    let rest = line.get(usize::from(quoted)..)?.strip_prefix(key)?;
    let rest = rest.get(usize::from(quoted)..)?.strip_prefix(b":")?;
    let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
    if line.first().is_some_and(|byte| !byte.is_ascii_whitespace()) {
        return None;
    }
    let value = &line[..memmem::find(line, b" #").unwrap_or(line.len())];
    Some(unquote(value.trim_ascii()))
}

fn unquote(value: &[u8]) -> &[u8] {
    let inside = |quote: &[u8]| value.strip_prefix(quote)?.strip_suffix(quote);
    inside(b"\"").or_else(|| inside(b"'")).unwrap_or(value)
}

fn is_json_manifest(text: &[u8]) -> bool {
    memmem::find(text, b"\"apiVersion\"").is_some() && memmem::find(text, b"\"kind\"").is_some()
}

/// Go templates with Helm's own words, in a folder of templates whose Chart.yaml is not here.
fn is_helm(path: &str, text: &str) -> bool {
    let in_templates = path.starts_with("templates/") || path.contains("/templates/");
    in_templates
        && memmem::find(text.as_bytes(), b"{{").is_some()
        && [".Values", ".Release", ".Chart", "include \"", "define \""]
            .iter()
            .any(|word| memmem::find(text.as_bytes(), word.as_bytes()).is_some())
}

fn is_compose_name(file: &str) -> bool {
    let stem = file.trim_start_matches('.');
    ["docker-compose", "docker_compose", "compose", "docker-stack"]
        .iter()
        .filter_map(|start| stem.strip_prefix(start))
        // compose.yaml, compose-prod.yaml, compose.override.yaml; not composer.json or composition.yaml.
        .any(|rest| rest.starts_with(['.', '-', '_']))
        || file.contains("docker-compose.")
}

fn is_values_name(file: &str) -> bool {
    let stem = file.split('.').next().unwrap_or(file);
    stem == "values" || stem.starts_with("values-") || stem.ends_with("-values") || file.contains(".values.")
}

/// Whether the first entries under `services:` are a map of containers. GitLab's is a list, Symfony's has classes,
/// Kong's has URLs.
fn has_containers(block: &str) -> bool {
    const KEYS: [&str; 3] = ["image", "build", "extends"];
    let mut first = None;
    for line in head(block, 16 * 1024).lines().skip(1) {
        let content = line.trim_start();
        if content.is_empty() || content.starts_with('#') || content.starts_with("{%") {
            continue;
        }
        let depth = line.len() - content.len();
        if depth == 0 {
            return false;
        }
        let first = *first.get_or_insert(depth);
        if depth == first && content.starts_with("- ") {
            return false;
        }
        let key = content.split(':').next().unwrap_or_default();
        if depth > first && KEYS.contains(&key) {
            return true;
        }
    }
    false
}

/// Whether a text is a CloudFormation template: it says so at its beginning, or has resources of AWS.
pub(super) fn is_cloudformation(text: &str) -> bool {
    let Some(at) = memmem::find(text.as_bytes(), b"AWS") else {
        return false;
    };
    if text[at..].starts_with("AWSTemplateFormatVersion") {
        return true;
    }
    let has = |word: &str| memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    let resources = text.starts_with("Resources:") || has("\nResources:") || has("\"Resources\"");
    resources && has("AWS::")
}
