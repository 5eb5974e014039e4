//! Derived texts and their trees, made once however many environments use them.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::environment::Repository;
use crate::repo::{Piece, Source, SourceId, Sources, Span};
use crate::syntax::{At, Language, Shape, Tree, TreeBuilder, parse, yaml};

/// Text and pieces: which text of which origin stands where.
type Made = (Box<str>, Vec<(u32, Span)>);

/// Shared between environments and threads: the same ConfigMap text in two overlays is derived and parsed once.
#[derive(Debug, Default)]
pub struct ExpandCache {
    embedded: Cells<Span, Arc<Source>>,
    made: Cells<Made, Arc<Source>>,
    trees: Cells<(SourceId, Language), Arc<Tree>>,
}

impl ExpandCache {
    /// The text of a scalar as a source of its own. `name` describes it beside the file's path, and only the first one
    /// counts.
    pub fn embedded(&self, sources: &Sources, at: At<'_>, name: &str) -> Option<Arc<Source>> {
        let word = at.words().first()?;
        let span = at.word_span(word);
        Some(self.embedded.get(span, || {
            let file = sources.get(span.source);
            let (text, pieces) = yaml::embed(&file.text, at, word);
            sources.add_derived(&format!("{} ({name})", file.path), text, pieces)
        }))
    }

    /// Text put together from pieces as a source; the same text from the same places is the same source.
    pub fn derived(&self, sources: &Sources, path: &str, text: String, pieces: Vec<Piece>) -> Arc<Source> {
        let places = pieces.iter().map(|piece| (piece.at, piece.from)).collect();
        self.made.get((text.as_str().into(), places), || {
            sources.add_derived(path, text, pieces)
        })
    }

    /// All trees made so far, in order of their sources.
    pub fn trees(&self) -> Vec<Arc<Tree>> {
        let cells = self.trees.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut trees: Vec<Arc<Tree>> = cells.values().filter_map(|cell| cell.get().cloned()).collect();
        trees.sort_by_key(|tree| tree.source());
        trees
    }

    /// The languages in which a source was read.
    pub fn languages(&self, source: SourceId) -> Vec<Language> {
        let cells = self.trees.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found: Vec<Language> = cells
            .keys()
            .filter(|(own, _)| *own == source)
            .map(|(_, of)| *of)
            .collect();
        found.sort_unstable();
        found
    }

    /// The tree of a source in a language: the file's own where it was read as that, else made once.
    pub fn tree_of(&self, repository: &Repository, source: &Source, language: Language) -> Arc<Tree> {
        let file = repository.of_source(source.id);
        let own = file.filter(|file| file.language == language);
        own.and_then(|file| file.tree.clone())
            .unwrap_or_else(|| self.tree(source, language))
    }

    /// The tree of a source in a language, whatever its file was read as.
    pub fn tree(&self, source: &Source, language: Language) -> Arc<Tree> {
        let empty = || TreeBuilder::new(source.id, source.text.clone(), Vec::new(), Shape::Map).finish();
        let make = || Arc::new(parse(source, language).unwrap_or_else(empty));
        self.trees.get((source.id, language), make)
    }
}

/// A map whose values are made outside its lock, each only once.
#[derive(Debug)]
struct Cells<K, V>(Mutex<HashMap<K, Arc<OnceLock<V>>>>);

impl<K, V> Default for Cells<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> Cells<K, V> {
    fn get(&self, key: K, make: impl FnOnce() -> V) -> V {
        let cell = {
            let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            cells.entry(key).or_default().clone()
        };
        cell.get_or_init(make).clone()
    }
}
