//! Patches of a kustomization, strategic and JSON 6902. One that cannot be applied leaves a doubt on the fields that it may
//! change.

use std::sync::Arc;

use crate::environment::directory::tree_of;
use crate::environment::document::Document;
use crate::environment::merge::{self, MOST_NODES};
use crate::environment::repository::{File, Repository, join};
use crate::environment::splice::{self, Change};
use crate::model::Doubt;
use crate::syntax::{At, Shape, Style, Tree, TreeBuilder, yaml};

use super::built::Built;
use super::kustomization::{Kustomization, doubt_in, listed};
use super::pattern;
use super::replacement::write;

/// One document of a patch and what it is for.
struct Patch<'t> {
    content: At<'t>,
    target: Option<At<'t>>,
}

/// Applies all patches of a kustomization.
pub(super) fn apply(repository: &Repository, own: &Kustomization<'_>, built: &mut Built) {
    let Some(file) = repository.files().get(own.file) else {
        return;
    };
    for entry in listed(own.at, &["patchesStrategicMerge"]) {
        let is_inline = entry.text().is_some_and(|text| text.contains('\n'));
        let tree = if is_inline {
            inline(file, entry)
        } else {
            named(repository, own, entry, built)
        };
        all(repository, own, entry, tree, None, built);
    }
    for entry in listed(own.at, &["patches", "patchesJson6902"]) {
        let tree = match (entry.child("path"), entry.child("patch")) {
            (Some(path), _) => named(repository, own, path, built),
            (None, Some(patch)) => inline(file, patch),
            (None, None) => None,
        };
        all(repository, own, entry, tree, entry.child("target"), built);
    }
}

fn all(
    repository: &Repository,
    own: &Kustomization<'_>,
    entry: At<'_>,
    tree: Option<Arc<Tree>>,
    target: Option<At<'_>>,
    built: &mut Built,
) {
    let Some(tree) = tree else {
        for document in &mut built.documents {
            if target.is_none_or(|target| selects(target, document) != Some(false)) {
                document.doubts.push((
                    String::new(),
                    doubt_in("a patch that cannot be read", own, entry.head()),
                ));
            }
        }
        return;
    };
    for content in tree.root().items() {
        if content.is_map() {
            strategic(repository, own, &Patch { content, target }, built);
        } else if content.is_list() {
            operations(repository, own, &Patch { content, target }, built);
        }
    }
}

fn named(repository: &Repository, own: &Kustomization<'_>, path: At<'_>, built: &mut Built) -> Option<Arc<Tree>> {
    let file = repository.index(&join(own.folder, path.text()?)?)?;
    built.files.insert(file);
    tree_of(repository, file)
}

/// The documents inside a scalar, with spans in the file the scalar stands in: everything around it is blanked, so
/// that every byte stays where it is.
fn inline(file: &File, at: At<'_>) -> Option<Arc<Tree>> {
    let word = at.words().first()?;
    let text = &file.source.text;
    let span = at.word_span(word);
    let written = text.get(span.range())?;
    let range = match word.style() {
        Style::Literal => span.range().start + written.find('\n')? + 1..span.range().end,
        Style::Single | Style::Double if written.len() == at.text_of(word).len() + 2 => {
            span.range().start + 1..span.range().end - 1
        }
        _ => return None,
    };
    let mut blanked: Vec<u8> = text
        .bytes()
        .map(|byte| if byte == b'\n' { byte } else { b' ' })
        .collect();
    blanked
        .get_mut(range.clone())?
        .copy_from_slice(text.as_bytes().get(range.clone())?);
    let blanked: Arc<str> = String::from_utf8(blanked).ok()?.into();
    let holes = at.tree().holes();
    let inside: Vec<_> = holes
        .iter()
        .copied()
        .filter(|hole| range.contains(&hole.range().start))
        .collect();
    let parsed = yaml::parse_text(file.source.id, &blanked, &[], &inside);
    if !parsed.problems.is_empty() {
        return None;
    }
    let mut out = TreeBuilder::new(file.source.id, text.clone(), holes.to_vec(), Shape::List);
    let mut left = MOST_NODES;
    for document in parsed.root().items() {
        out.copy(document, &mut left);
    }
    (left > 0).then(|| Arc::new(out.finish()))
}

fn strategic(repository: &Repository, own: &Kustomization<'_>, patch: &Patch<'_>, built: &mut Built) {
    let deletes = patch.content.scalar("$patch") == Some("delete");
    built.documents.retain_mut(|document| {
        let selected = match patch.target {
            Some(target) => selects(target, document),
            None => Some(is_same(patch.content, document)),
        };
        match selected {
            Some(false) => true,
            Some(true) if deletes => false,
            Some(true) => {
                merge_into(repository, document, patch.content, || {
                    doubt_in("a patch", own, patch.content.head())
                });
                true
            }
            None => {
                let doubt = doubt_in("a patch whose target cannot be told", own, patch.content.head());
                document.doubts.push((String::new(), doubt));
                true
            }
        }
    });
}

/// Merges a patch into a document.
pub(super) fn merge_into(repository: &Repository, document: &mut Document, patch: At<'_>, doubt: impl Fn() -> Doubt) {
    let merged = repository
        .get(&document.path)
        .and_then(|first| merge::strategic(&first.source, document.at(), patch));
    match merged {
        Some(tree) => document.change_to(tree),
        None => document.doubts.push((String::new(), doubt())),
    }
}

/// How many operations a patch may have for each object to be applied one by one.
const MOST_OPERATIONS: usize = 200;

fn operations(repository: &Repository, own: &Kustomization<'_>, patch: &Patch<'_>, built: &mut Built) {
    let Some(target) = patch.target else { return };
    for document in &mut built.documents {
        let selected = selects(target, document);
        if selected == Some(false) {
            continue;
        }
        for (n, operation) in patch.content.items().enumerate() {
            let is_plain = selected == Some(true) && n < MOST_OPERATIONS;
            if operation.scalar("op") == Some("test") || is_plain && operate(repository, document, operation) {
                continue;
            }
            let places = ["path", "from"].into_iter().filter_map(|key| operation.child(key));
            for place in places.filter(|place| place.name() == "path" || operation.scalar("op") == Some("move")) {
                let text = place.text().unwrap_or_default();
                let steps: Vec<String> = text
                    .split('/')
                    .skip(1)
                    .map(|step| step.replace("~1", "/").replace("~0", "~"))
                    .collect();
                let field = known_prefix(steps.iter().map(String::as_str));
                let doubt = doubt_in("a JSON 6902 patch", own, place.word_span_at(0));
                document.doubts.push((field, doubt));
            }
        }
    }
}

/// Applies an operation (RFC 6902), where that can be told from what is known of the object.
fn operate(repository: &Repository, document: &mut Document, operation: At<'_>) -> bool {
    let path = operation.scalar("path").unwrap_or_default();
    let change = match (operation.scalar("op"), operation.child("value")) {
        (Some("add"), Some(value)) => Change::Add(value),
        (Some("replace"), Some(value)) => Change::Replace(value),
        (Some("remove"), _) => Change::Remove,
        _ => return false,
    };
    let field = path.trim_start_matches('/').replace('/', ".");
    document.doubt(&field).is_none() && write(repository, document, &splice::pointer(path), change)
}

/// A field path up to where it goes on inside a list.
pub(super) fn known_prefix<'t>(steps: impl Iterator<Item = &'t str>) -> String {
    let is_item = |step: &str| {
        step == "-"
            || step == "*"
            || step.starts_with('[')
            || (!step.is_empty() && step.bytes().all(|b| b.is_ascii_digit()))
    };
    let known: Vec<&str> = steps.take_while(|step| !is_item(step)).collect();
    known.join(".")
}

/// Whether a patch without target is for a document: by kind and name, before or after earlier changes.
fn is_same(patch: At<'_>, document: &Document) -> bool {
    let at = document.at();
    let group = |at: At<'_>| {
        at.scalar("apiVersion")
            .map(|version| version.rsplit_once('/').map(|(group, _)| group.to_owned()))
    };
    patch.scalar("kind") == Some(&*document.kind)
        && (group(patch).is_none() || group(patch) == group(at))
        && patch
            .scalar("metadata.name")
            .is_some_and(|name| names(document).any(|own| own == name))
        && patch
            .scalar("metadata.namespace")
            .is_none_or(|name| namespaces(document).any(|own| own == name))
}

fn names(document: &Document) -> impl Iterator<Item = &str> {
    [Some(&*document.name), document.at().scalar("metadata.name")]
        .into_iter()
        .flatten()
}

fn namespaces(document: &Document) -> impl Iterator<Item = &str> {
    [Some(&*document.namespace), document.at().scalar("metadata.namespace")]
        .into_iter()
        .flatten()
}

/// Whether a target or selector is for a document; `None` when that cannot be told.
pub(super) fn selects(target: At<'_>, document: &Document) -> Option<bool> {
    let api_version = document.at().scalar("apiVersion").unwrap_or_default();
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    for (key, own) in [("kind", &*document.kind), ("group", group), ("version", version)] {
        if target
            .scalar(key)
            .is_some_and(|wanted| pattern::matches(wanted, own) == Some(false))
        {
            return Some(false);
        }
    }
    let mut sure = true;
    let mut any_of = |wanted: Option<&str>, own: &mut dyn Iterator<Item = &str>| {
        let Some(wanted) = wanted else { return true };
        let results: Vec<Option<bool>> = own.map(|own| pattern::matches(wanted, own)).collect();
        sure &= !results.contains(&None);
        results.iter().any(|result| *result != Some(false))
    };
    if !any_of(target.scalar("name"), &mut names(document))
        || !any_of(target.scalar("namespace"), &mut namespaces(document))
    {
        return Some(false);
    }
    // What labels an object has depends on other transformers.
    let by_label = ["labelSelector", "annotationSelector"]
        .iter()
        .any(|key| target.child(key).is_some());
    (sure && !by_label).then_some(true)
}
