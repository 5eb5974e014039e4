//! The cursor that everything else reads trees with.

use super::{Node, NodeId, Shape, Tree, Word};
use crate::repo::Span;

/// A place in a tree. Copyable; reads through YAML aliases and merge keys.
#[derive(Clone, Copy, Debug)]
pub struct At<'t> {
    pub(super) tree: &'t Tree,
    pub(super) id: NodeId,
}

impl<'t> At<'t> {
    /// The tree the cursor stands in.
    pub fn tree(self) -> &'t Tree {
        self.tree
    }

    /// The node's id.
    pub fn id(self) -> NodeId {
        self.id
    }

    fn node(self) -> &'t Node {
        self.tree.node(self.id)
    }

    /// The node whose content counts: the anchor, for an alias.
    pub(super) fn target(self) -> &'t Node {
        match self.node().shape() {
            Shape::Alias(target) => self.tree.node(target),
            _ => self.node(),
        }
    }

    /// Shape of the content; never an alias, unless the alias names nothing.
    pub fn shape(self) -> Shape {
        self.target().shape()
    }

    /// Whether the content is a map.
    pub fn is_map(self) -> bool {
        self.shape() == Shape::Map
    }

    /// Whether the content is a list.
    pub fn is_list(self) -> bool {
        self.shape() == Shape::List
    }

    /// The node's name: a directive, a key, a section; empty where it has none.
    pub fn name(self) -> &'t str {
        self.name_word().map_or("", |word| self.tree.word_text(word))
    }

    /// Whether that is the node's name.
    pub fn is_named(self, name: &str) -> bool {
        self.name_word().is_some_and(|word| self.tree.word_is(word, name))
    }

    /// The word that is the node's name.
    pub fn name_word(self) -> Option<&'t Word> {
        self.tree.words.get(self.node().name()?)
    }

    /// Where the name stands; the whole node where it has none.
    pub fn name_span(self) -> Span {
        self.name_word()
            .map_or_else(|| self.span(), |word| self.word_span(word))
    }

    /// All words of the content.
    pub fn words(self) -> &'t [Word] {
        &self.tree.words[self.target().words()]
    }

    /// The words' texts.
    pub fn texts(self) -> impl Iterator<Item = &'t str> {
        self.words().iter().map(move |word| self.tree.word_text(word))
    }

    /// The text of the nth word.
    pub fn word(self, n: usize) -> Option<&'t str> {
        self.words().get(n).map(|word| self.tree.word_text(word))
    }

    /// The YAML tag, such as `!reset`, where one was written. On a map or list it is a word of its own with empty text.
    pub fn tag(self) -> Option<&'t str> {
        self.words().first()?.tag()
    }

    /// The text of the first word: a scalar's value.
    pub fn text(self) -> Option<&'t str> {
        self.word(0)
    }

    /// The decoded text of a word of this tree.
    pub fn text_of(self, word: &'t Word) -> &'t str {
        self.tree.word_text(word)
    }

    /// Where the nth word stands; the node's head where it has none.
    pub fn word_span_at(self, n: usize) -> Span {
        self.words()
            .get(n)
            .map_or_else(|| self.head(), |word| self.word_span(word))
    }

    /// Where a word stands, quotes included.
    pub fn word_span(self, word: &Word) -> Span {
        Span::new(self.tree.texts[word.text() as usize].0, word.start(), word.end())
    }

    /// The whole node, content included.
    pub fn span(self) -> Span {
        let node = self.node();
        Span::new(self.tree.texts[node.text as usize].0, node.start, node.end)
    }

    /// The part of the node worth pointing at: name and words, without its block.
    pub fn head(self) -> Span {
        let mut span = self.span();
        let own = self.node();
        let last = self.tree.words[own.words()]
            .last()
            .filter(|word| word.text() == own.text);
        match (self.name_word().filter(|word| word.text() == own.text), last) {
            (Some(name), Some(last)) => {
                span.start = name.start();
                span.end = last.end().max(name.end());
            }
            (Some(name), None) => {
                span.start = name.start();
                span.end = name.end();
            }
            (None, Some(last)) => span.end = last.end().max(span.start),
            (None, None) => {
                if let Some(first) = self.children().next().filter(|child| child.node().text == own.text) {
                    return first.head();
                }
            }
        }
        span
    }

    /// The node's children, in order. Merge keys (`<<`) are children like any other here; `get` reads through them.
    pub fn children(self) -> impl Iterator<Item = At<'t>> + use<'t> {
        let tree = self.tree;
        std::iter::successors(self.target().first_child(), move |id| tree.node(*id).next.some())
            .map(move |id| At { tree, id })
    }

    /// Entries of a map with merge keys resolved: own entries first, then merged ones that are not overridden.
    pub fn entries(self) -> Vec<At<'t>> {
        let mut found: Vec<At<'t>> = self.children().filter(|child| child.name() != "<<").collect();
        for merge in self.children().filter(|child| child.name() == "<<") {
            let sources: Vec<At<'t>> = if merge.is_list() {
                merge.children().collect()
            } else {
                vec![merge]
            };
            for entry in sources.into_iter().flat_map(|source| source.children()) {
                if entry.name() != "<<" && !found.iter().any(|own| own.name() == entry.name()) {
                    found.push(entry);
                }
            }
        }
        found
    }

    /// Items of a list; for anything else, nothing.
    pub fn items(self) -> impl Iterator<Item = At<'t>> + use<'t> {
        let is_list = self.is_list();
        self.children().filter(move |_| is_list)
    }

    /// The child with this name, looked up through merge keys. The last of several wins, as parsers of YAML do.
    pub fn child(self, name: &str) -> Option<At<'t>> {
        let mut found = None;
        let mut merges = false;
        for child in self.children() {
            let Some(own) = child.name_word() else { continue };
            if self.tree.word_is(own, name) {
                found = Some(child);
            }
            merges |= self.tree.word_is(own, "<<");
        }
        if found.is_none() && merges {
            return self.entries().into_iter().find(|entry| entry.name() == name);
        }
        found
    }

    /// Follows a path of names such as `spec.template.metadata`. Names that contain a dot need `child`.
    pub fn get(self, path: &str) -> Option<At<'t>> {
        path.split('.').try_fold(self, |at, name| at.child(name))
    }

    /// The scalar at a path.
    pub fn scalar(self, path: &str) -> Option<&'t str> {
        self.get(path)?.text()
    }

    /// All children with this name.
    pub fn all(self, name: &str) -> impl Iterator<Item = At<'t>> {
        self.children().filter(move |child| child.is_named(name))
    }

    /// The enclosing node.
    pub fn parent(self) -> Option<At<'t>> {
        self.node().parent.some().map(|id| At { tree: self.tree, id })
    }

    /// The enclosing nodes, nearest first.
    pub fn up(self) -> impl Iterator<Item = At<'t>> {
        std::iter::successors(self.parent(), |at| at.parent())
    }

    /// A hole inside the nth word's own bytes: what the word says cannot be known.
    pub fn doubt_at(self, n: usize) -> Option<Span> {
        self.words()
            .get(n)
            .and_then(|word| self.tree.hole_in(self.word_span(word)))
    }

    /// A hole anywhere in the node, content included.
    pub fn doubt(self) -> Option<Span> {
        self.tree.hole_in(self.span())
    }
}
