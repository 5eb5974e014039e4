//! Replacements of a kustomization: a field of one object written into others. Where the value, or the part of the field
//! that it becomes, cannot be told, only that field is unknown.

use std::sync::Arc;

use super::built::Built;
use super::kustomization::{Kustomization, Kustomizations, doubt_in, listed};
use super::patch;
use crate::environment::directory::tree_of;
use crate::environment::document::Document;
use crate::environment::repository::{Repository, join};
use crate::environment::splice::{self, Change, Step};
use crate::syntax::{At, NodeId, Tree};

/// Applies all replacements of a kustomization, its last step.
pub(super) fn apply(kustomizations: &Kustomizations<'_>, own: &Kustomization<'_>, built: &mut Built) {
    let repository = kustomizations.repository;
    for entry in listed(own.at, &["replacements"]) {
        let Some(path) = entry.child("path") else {
            replace(repository, own, entry, built);
            continue;
        };
        let file = path.text().and_then(|path| join(own.folder, path));
        let file = file.and_then(|path| repository.index(&path));
        let Some(tree) = file.and_then(|file| tree_of(repository, file)) else {
            built.doubt_all(&doubt_in("a replacement", own, path.head()));
            continue;
        };
        built.files.extend(file);
        for document in tree.root().items() {
            let alone = document.is_map().then_some(document);
            for entry in alone.into_iter().chain(document.items()) {
                replace(repository, own, entry, built);
            }
        }
    }
}

fn replace(repository: &Repository, own: &Kustomization<'_>, entry: At<'_>, built: &mut Built) {
    let source = entry.child("source").and_then(|source| value(source, &built.documents));
    let value = source.as_ref().map(|(tree, node)| tree.at(*node));
    for target in listed(entry, &["targets"]) {
        let Some(select) = target.child("select") else { continue };
        let rejects: Vec<At<'_>> = listed(target, &["reject"]).collect();
        let part = target.get("options.delimiter").is_some();
        let creates = target.scalar("options.create") == Some("true");
        for document in &mut built.documents {
            let rejected = || rejects.iter().map(|reject| patch::selects(*reject, document));
            let selected = patch::selects(select, document);
            if selected == Some(false) || rejected().any(|rejected| rejected == Some(true)) {
                continue;
            }
            let sure = selected == Some(true) && rejected().all(|rejected| rejected == Some(false));
            for path in listed(target, &["fieldPaths"]) {
                let change = match value.filter(|_| !part) {
                    Some(value) if creates => Change::Add(value),
                    Some(value) => Change::Replace(value),
                    None => Change::Unknown(path),
                };
                let text = path.text().unwrap_or_default();
                let steps = splice::field_path(text);
                // Where a doubt says as much as an unknown value, it also gives its reason.
                let is_exact = matches!(change, Change::Unknown(_)) && !steps.iter().any(Step::is_item);
                if is_exact || !(sure && write(repository, document, &steps, change)) {
                    let field = patch::known_prefix(text.split('.'));
                    let doubt = doubt_in("a replacement", own, path.head());
                    document.doubts.push((field, doubt));
                }
            }
        }
    }
}

/// The scalar that a source means, where exactly one object has it.
fn value(source: At<'_>, documents: &[Document]) -> Option<(Arc<Tree>, NodeId)> {
    if source.child("options").is_some() {
        return None;
    }
    let mut meant = documents
        .iter()
        .map(|document| (document, patch::selects(source, document)));
    let mut meant = meant.by_ref().filter(|(_, selected)| *selected != Some(false));
    let (Some((document, Some(true))), None) = (meant.next(), meant.next()) else {
        return None;
    };
    let path = source.scalar("fieldPath").unwrap_or("metadata.name");
    let steps = splice::field_path(path);
    let is_file = |(key, _): &(String, String)| path == format!("data.{key}");
    // What transformers name is not written in the object.
    if is_identity(&steps) || document.doubt(path).is_some() || document.generated.iter().any(is_file) {
        return None;
    }
    let found = splice::find(document.at(), &steps)?;
    (!found.is_map() && !found.is_list() && found.text().is_some()).then(|| (document.tree.clone(), found.id()))
}

/// Makes one change, where what it means can be told.
pub(super) fn write(repository: &Repository, document: &mut Document, steps: &[Step], change: Change<'_>) -> bool {
    let first = repository.get(&document.path);
    let tree = first.filter(|_| !is_identity(steps));
    match tree.and_then(|first| splice::changed(&first.source, document.at(), steps, change)) {
        Some(tree) => {
            document.change_to(tree);
            true
        }
        None => false,
    }
}

/// Names and kinds are kept beside the tree.
fn is_identity(steps: &[Step]) -> bool {
    let key = |n: usize| match steps.get(n) {
        Some(Step::Key(key)) => key.as_str(),
        _ => "",
    };
    matches!(
        (key(0), key(1)),
        ("metadata", "" | "name" | "namespace") | ("kind" | "apiVersion" | "", _)
    )
}
