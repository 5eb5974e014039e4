//! Which files are Envoy's.

use memchr::memmem;

use super::product::PRODUCT;
use crate::environment::Role;
use crate::environment::claim::{Claim, Claimant, Look, Name};
use crate::syntax::Language;

/// What Envoy's room says of files.
pub(super) static CLAIMANT: Claimant = Claimant {
    by_name: |name| (name.ends_in(&["json"]) && is_named(name)).then_some(Look::Yaml),
    by_content: |look, _, text| {
        let own = || Claim::certain(Role::Product(PRODUCT.id()), Language::CommentedYaml);
        (look == Look::Yaml && is_envoy(text)).then(own)
    },
    ..Claimant::NONE
};

/// Whether JSON is named as Envoy's own, or as the files of resources it reads.
fn is_named(name: &Name<'_>) -> bool {
    let last = name.stem.rsplit(['-', '_', '.']).next().unwrap_or(name.stem);
    name.stem.contains("envoy") || matches!(last, "bootstrap" | "xds" | "lds" | "cds" | "rds" | "eds")
}

/// Whether a text is an Envoy bootstrap or a file of resources for one, in YAML or JSON.
pub fn is_envoy(text: &str) -> bool {
    const BOOTSTRAP: [&str; 4] = [
        "static_resources",
        "staticResources",
        "dynamic_resources",
        "dynamicResources",
    ];
    let has = |word: &str| memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    let in_files = || has("resources") && has("type.googleapis.com/envoy.");
    let found: Vec<&str> = BOOTSTRAP.into_iter().filter(|word| has(word)).collect();
    if found.is_empty() && !in_files() {
        return false;
    }
    let mut lines = text
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty() && !line.starts_with(['#', '/']) && *line != "---");
    if lines
        .clone()
        .next()
        .is_some_and(|line| line.trim_start().starts_with('{') && !line.contains("{{"))
    {
        let key = |word: &&str| has(&format!("\"{word}\""));
        return found.iter().any(key) || has("\"resources\"");
    }
    let is_key = |line: &str, word: &str| {
        let line = line.trim_start_matches(['"', '\'']);
        line.strip_prefix(word)
            .is_some_and(|rest| rest.trim_start_matches(['"', '\'']).starts_with(':'))
    };
    lines.any(|line| found.iter().any(|word| is_key(line, word)) || is_key(line, "resources") && in_files())
}
