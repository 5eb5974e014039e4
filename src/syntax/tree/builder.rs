//! Making trees: parsers open, fill and close nodes; merges copy nodes of other trees.

use std::sync::Arc;

use smallvec::smallvec;

use super::{At, Form, Node, NodeId, Problem, ProblemKind, Shape, Style, Tree, Word};
use crate::repo::{SourceId, Span};

/// How deep `copy` goes; parsers refuse such depths.
const DEEPEST_COPY: usize = 2048;

/// Builds a tree in document order: parsers open, fill and close nodes.
#[derive(Debug)]
pub struct TreeBuilder {
    tree: Tree,
    /// The open nodes, each with its last child.
    open: Vec<(NodeId, NodeId)>,
}

impl TreeBuilder {
    /// Starts the tree of one text. `holes` must be ascending.
    pub fn new(source: SourceId, text: Arc<str>, holes: Vec<Span>, root: Shape) -> Self {
        let end = text.len() as u32;
        let mut node = Node {
            start: 0,
            end,
            parent: NodeId::NONE,
            first: NodeId::NONE,
            next: NodeId::NONE,
            words: 0,
            count: 0,
            text: 0,
            form: Form::Leaf,
            is_named: false,
        };
        node.set_shape(root);
        // About what a file of this size has, so that few grow while they are read.
        let expected = (text.len() / 32).clamp(4, 4096);
        let mut nodes = Vec::with_capacity(expected);
        nodes.push(node);
        let tree = Tree {
            texts: smallvec![(source, text)],
            nodes,
            words: Vec::with_capacity(2 * expected),
            holes,
            comments: Vec::new(),
            problems: Vec::new(),
        };
        Self {
            tree,
            open: vec![(NodeId::ROOT, NodeId::NONE)],
        }
    }

    /// How deep the open node lies; the root is 1.
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// Opens a child of the open node. Its words must be given before its children.
    pub fn open(&mut self, name: Option<Word>, shape: Shape, start: u32) -> NodeId {
        let text = name.as_ref().map_or(0, Word::text);
        let is_named = name.is_some();
        self.tree.words.extend(name);
        let id = NodeId(self.tree.nodes.len() as u32);
        let mut node = Node {
            start,
            end: start,
            parent: NodeId::ROOT,
            first: NodeId::NONE,
            next: NodeId::NONE,
            words: self.tree.words.len() as u32,
            count: 0,
            text,
            form: Form::Leaf,
            is_named,
        };
        node.set_shape(shape);
        if let Some((parent, last)) = self.open.last_mut() {
            node.parent = *parent;
            match std::mem::replace(last, id).some() {
                Some(last) => self.tree.nodes[last.0 as usize].next = id,
                None => self.tree.nodes[parent.0 as usize].first = id,
            }
        }
        self.tree.nodes.push(node);
        self.open.push((id, NodeId::NONE));
        id
    }

    /// Adds a word to the open node, which must have no children yet.
    pub fn word(&mut self, word: Word) {
        let id = self.open_id();
        let node = &mut self.tree.nodes[id.0 as usize];
        debug_assert!(
            (node.words + node.count) as usize == self.tree.words.len(),
            "words come before children"
        );
        node.count += 1;
        self.tree.words.push(word);
    }

    /// Changes the shape of the open node (a directive turns out to have a block).
    pub fn shape(&mut self, shape: Shape) {
        let id = self.open_id();
        self.tree.nodes[id.0 as usize].set_shape(shape);
    }

    fn open_id(&self) -> NodeId {
        self.open.last().map_or(NodeId::ROOT, |(id, _)| *id)
    }

    /// Closes the open node; the root is closed by `finish`.
    pub fn close(&mut self, end: u32) {
        if self.open.len() > 1
            && let Some((id, _)) = self.open.pop()
        {
            self.tree.nodes[id.0 as usize].end = end;
        }
    }

    /// Notes a comment, from its `#` to the end of its line.
    pub fn comment(&mut self, start: u32, end: u32) {
        let source = self.tree.source();
        self.tree.comments.push(Span::new(source, start, end));
    }

    /// Notes a place no one can know, in any order.
    pub fn hole(&mut self, start: u32, end: u32) {
        let source = self.tree.source();
        self.tree.holes.push(Span::new(source, start, end));
    }

    /// First and last byte of a node's name.
    pub fn name_of(&self, id: NodeId) -> Option<(usize, usize)> {
        let word = self.tree.words.get(self.tree.node(id).name()?)?;
        Some((word.start() as usize, word.end() as usize))
    }

    /// Notes what could not be read.
    pub fn problem(&mut self, start: u32, end: u32, kind: ProblemKind, message: impl Into<String>) {
        let span = Span::new(self.tree.source(), start, end);
        self.tree.problems.push(Problem {
            other: None,
            span,
            kind,
            message: message.into(),
        });
    }

    /// Registers the text of another tree, so that `copy` can take nodes from it.
    fn import_text(&mut self, from: &Tree, text: u16) -> u16 {
        let (id, content) = &from.texts[text as usize];
        if let Some(known) = self.tree.texts.iter().position(|(own, _)| own == id) {
            return known as u16;
        }
        self.tree.texts.push((*id, content.clone()));
        self.tree
            .holes
            .extend(from.holes.iter().filter(|hole| hole.source == *id));
        (self.tree.texts.len() - 1) as u16
    }

    fn import_source(&mut self, at: At<'_>, source: SourceId) -> u16 {
        let text = at.tree.texts.iter().position(|(id, _)| *id == source);
        self.import_text(at.tree, text.unwrap_or(0) as u16)
    }

    fn import_word(&mut self, from: &Tree, word: &Word) -> Word {
        let text = self.import_text(from, word.text());
        word.clone().within(text)
    }

    /// Opens a node that is like `at`, without its children: same name, words, span and shape (aliases are resolved).
    pub fn open_like(&mut self, at: At<'_>) -> NodeId {
        let name = self.name_like(at);
        self.open_as(name, at)
    }

    fn open_as(&mut self, name: Option<Word>, at: At<'_>) -> NodeId {
        let target = at.target();
        let shape = match target.shape() {
            Shape::Alias(_) => Shape::Leaf,
            shape => shape,
        };
        let text = self.import_text(at.tree, target.text);
        let id = self.open(name, shape, target.start);
        self.tree.nodes[id.0 as usize].text = text;
        for word in at.words() {
            let word = self.import_word(at.tree, word);
            self.word(word);
        }
        id
    }

    /// Copies a whole subtree. `budget` counts down nodes; at zero nothing more is copied, so that aliases cannot
    /// multiply without bound.
    pub fn copy(&mut self, at: At<'_>, budget: &mut usize) {
        let name = self.name_like(at);
        self.copy_as(name, at, budget);
    }

    /// Copies a whole subtree under another name.
    pub fn copy_as(&mut self, name: Option<Word>, at: At<'_>, budget: &mut usize) {
        // Aliases of aliases may be deeper than any text.
        let Some(left) = budget.checked_sub(1).filter(|_| self.depth() <= DEEPEST_COPY) else {
            return;
        };
        *budget = left;
        self.open_as(name, at);
        let end = at.target().end;
        for child in at.entries() {
            self.copy(child, budget);
        }
        self.close(end);
    }

    /// The name of a node, for one that takes its place.
    pub fn name_like(&mut self, at: At<'_>) -> Option<Word> {
        at.name_word().map(|word| self.import_word(at.tree, word))
    }

    /// A name that stands nowhere, for a node that comes from `at`.
    pub fn name_at(&mut self, at: At<'_>, name: &str) -> Word {
        let head = at.head();
        let text = self.import_source(at, head.source);
        Word::decoded(head.start, head.end, Style::Plain, name).within(text)
    }

    /// A leaf that no one can know here, because of what `at` says.
    pub fn unknown(&mut self, name: Option<Word>, at: At<'_>) {
        let span = at.word_span_at(0);
        let text = self.import_source(at, span.source);
        let id = self.open(name, Shape::Leaf, span.start);
        self.tree.nodes[id.0 as usize].text = text;
        self.word(Word::decoded(span.start, span.end, Style::Plain, "").within(text));
        self.tree.holes.push(span);
        self.close(span.end);
    }

    /// A name that stands nowhere: for nodes a merge has to make itself.
    pub fn synthetic(&mut self, at: Span, text: &str) -> Word {
        let known = self.tree.texts.iter().position(|(id, _)| *id == at.source).unwrap_or(0);
        Word::decoded(at.start, at.end, Style::Plain, text).within(known as u16)
    }

    /// The finished tree. Nodes left open end where the text ends.
    pub fn finish(mut self) -> Tree {
        let end = self.tree.texts[0].1.len() as u32;
        while self.open.len() > 1 {
            self.close(end);
        }
        // Trees stay until the end of the run: copied to their size, they leave what was set aside to the next one.
        self.tree.nodes = self.tree.nodes.to_vec();
        self.tree.words = self.tree.words.drain(..).collect();
        // `hole_in` searches the holes of a single text by halving: they must be ascending and apart.
        let holes = &mut self.tree.holes;
        if self.tree.texts.len() == 1 && !holes.is_sorted_by(|before, hole| before.end <= hole.start) {
            holes.sort_unstable_by_key(|hole| (hole.start, hole.end));
            holes.dedup_by(|hole, before| {
                let joins = hole.start < before.end;
                if joins {
                    before.end = before.end.max(hole.end);
                }
                joins
            });
        }
        self.tree
    }
}
