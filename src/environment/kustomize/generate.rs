//! ConfigMaps that a kustomization generates. Kustomize adds a hash to their names and to all references to them; here
//! both keep the plain name, which links the same objects.

use std::sync::Arc;

use crate::environment::document::Document;
use crate::environment::pods::text::env_lines;
use crate::environment::repository::{Repository, join};
use crate::environment::{merge, written};
use crate::model::Doubt;
use crate::repo::Span;
use crate::syntax::{At, Shape, Style, TreeBuilder, Word};

use super::built::Built;
use super::kustomization::{Kustomization, doubt_in, listed};
use super::patch::merge_into;

/// One entry of a generated ConfigMap.
struct Entry {
    key: String,
    text: String,
    at: Span,
    /// The file that is its content.
    file: Option<String>,
}

/// Adds the generated ConfigMaps, or merges them into those that are there.
pub(super) fn config_maps(repository: &Repository, own: &Kustomization<'_>, built: &mut Built) {
    for generator in listed(own.at, &["configMapGenerator"]) {
        let Some(name) = generator.scalar("name") else { continue };
        let mut doubts = Vec::new();
        let entries = entries(repository, own, generator, built, &mut doubts);
        let mut document = document(repository, own, generator, name, &entries);
        document.doubts = doubts;
        let is_same = |other: &Document| {
            &*other.kind == "ConfigMap" && (&*other.name == name || other.at().scalar("metadata.name") == Some(name))
        };
        let existing = built.documents.iter_mut().find(|other| is_same(other));
        match (generator.scalar("behavior"), existing) {
            (Some("merge"), Some(existing)) => {
                let patch = document.at();
                merge_into(repository, existing, patch, || {
                    doubt_in("a generator", own, generator.head())
                });
                existing
                    .generated
                    .retain(|(key, _)| entries.iter().all(|entry| entry.key != *key));
                existing.generated.extend(document.generated);
                existing.doubts.extend(document.doubts);
            }
            (Some("replace"), Some(existing)) => {
                document.name = existing.name.clone();
                document.affixes = existing.affixes.clone();
                document.namespace = existing.namespace.clone();
                *existing = document;
            }
            _ => built.documents.push(document),
        }
    }
}

fn entries(
    repository: &Repository,
    own: &Kustomization<'_>,
    generator: At<'_>,
    built: &mut Built,
    doubts: &mut Vec<(String, Doubt)>,
) -> Vec<Entry> {
    let mut entries = Vec::new();
    for item in listed(generator, &["literals"]) {
        let Some(word) = item.words().first() else { continue };
        let text = item.text_of(word);
        let Some((key, value)) = text.split_once('=') else {
            continue;
        };
        let at = written::part(item, word, key.len() + 1..text.len());
        let value = value.trim_matches(['"', '\'']);
        entries.push(Entry {
            key: key.to_owned(),
            text: value.to_owned(),
            at,
            file: None,
        });
    }
    for item in listed(generator, &["files"]) {
        let Some(text) = item.text() else { continue };
        let path = text.split_once('=').map_or(text, |(_, path)| path);
        let key = text
            .split_once('=')
            .map_or_else(|| path.rsplit('/').next().unwrap_or(path), |(key, _)| key);
        let found = join(own.folder, path).filter(|path| repository.get(path).is_some());
        match &found {
            Some(path) => built.files.extend(repository.index(path)),
            None => {
                let doubt = Doubt::at(format!("{path} is not in the repository"), item.word_span_at(0));
                doubts.push((format!("data.{key}"), doubt));
            }
        }
        entries.push(Entry {
            key: key.to_owned(),
            text: path.to_owned(),
            at: item.word_span_at(0),
            file: found,
        });
    }
    let single = generator.child("env").into_iter();
    for item in listed(generator, &["envs"]).chain(single) {
        let path = item.text().and_then(|path| join(own.folder, path));
        let Some(file) = path.and_then(|path| repository.index(&path)) else {
            let doubt = Doubt::at("its env file is not in the repository", item.word_span_at(0));
            doubts.push(("data".to_owned(), doubt));
            continue;
        };
        built.files.insert(file);
        for (key, value, _) in env_lines(&repository.files()[file].source.text) {
            entries.push(Entry {
                key: key.to_owned(),
                text: value.to_owned(),
                at: item.word_span_at(0),
                file: None,
            });
        }
    }
    entries
}

/// The ConfigMap as a document that stands in the kustomization. The content of an entry that is a file is the file's
/// path; `Document::generated` tells which those are.
fn document(
    repository: &Repository,
    own: &Kustomization<'_>,
    generator: At<'_>,
    name: &str,
    entries: &[Entry],
) -> Document {
    let source = &repository.files()[own.file].source;
    let holes = own.at.tree().holes().to_vec();
    let mut out = TreeBuilder::new(source.id, source.text.clone(), holes, Shape::List);
    let whole = generator.head();
    let named = generator.child("name").map_or(whole, |name| name.word_span_at(0));
    let word = |at: Span, text: &str| Word::decoded(at.start, at.end, Style::Plain, text);
    let leaf = |out: &mut TreeBuilder, key: &str, text: &str, at: Span| {
        out.open(Some(word(at, key)), Shape::Leaf, at.start);
        out.word(word(at, text));
        out.close(at.end);
    };
    out.open(None, Shape::Map, whole.start);
    leaf(&mut out, "apiVersion", "v1", whole);
    leaf(&mut out, "kind", "ConfigMap", whole);
    out.open(Some(word(named, "metadata")), Shape::Map, named.start);
    leaf(&mut out, "name", name, named);
    out.close(named.end);
    out.open(Some(word(whole, "data")), Shape::Map, whole.start);
    for entry in entries {
        leaf(&mut out, &entry.key, &entry.text, entry.at);
    }
    out.close(whole.end);
    out.close(generator.span().end);
    let tree = out.finish();
    let generated = entries
        .iter()
        .filter_map(|entry| Some((entry.key.clone(), entry.file.clone()?)))
        .collect();
    Document {
        node: merge::merged_document(&tree),
        tree: Arc::new(tree),
        kind: "ConfigMap".into(),
        name: name.into(),
        namespace: generator.scalar("namespace").unwrap_or_default().into(),
        path: own.path.into(),
        affixes: ("".into(), "".into()),
        doubts: Vec::new(),
        ignored: Vec::new(),
        deployer: None,
        generated,
    }
}
