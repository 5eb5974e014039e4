//! The one tree that all languages become, and the cursor everything else uses to read it.
//!
//! nginx: a directive is a node named after itself, with its arguments as words and its block as children.
//! YAML: a map entry is a node named after its key; a scalar is a leaf with one word; a list's items have no name; the
//! root is a list of documents. INI: a section is a map node, an entry a leaf with one word.

use std::sync::Arc;

use crate::repo::{SourceId, Span};

/// A node of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(u32);

impl NodeId {
    /// The root of every tree.
    pub const ROOT: NodeId = NodeId(0);
    const NONE: NodeId = NodeId(u32::MAX);

    fn some(self) -> Option<NodeId> {
        (self != Self::NONE).then_some(self)
    }
}

/// What a node holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Words only (none for YAML's null).
    Leaf,
    /// Named children, even when there are none: `{}`.
    Map,
    /// Nameless children, even when there are none: `[]`.
    List,
    /// A YAML alias; the cursor reads through it.
    Alias(NodeId),
}

/// How a word was written, for writing it back in the same style.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// In `'…'`.
    Single,
    /// In `"…"`.
    Double,
    /// A YAML block scalar that keeps its lines (`|`).
    Literal,
    /// A YAML block scalar that folds its lines (`>`).
    Folded,
    /// A raw block, such as the body of `content_by_lua_block`.
    Raw,
}

/// One word: a name, an argument, a scalar.
#[derive(Clone, Debug)]
pub struct Word {
    text: u16,
    /// First byte, quotes included.
    pub start: u32,
    /// One past the last byte, quotes included.
    pub end: u32,
    /// How it was written.
    pub style: Style,
    /// The decoded text, where decoding changed it (escapes, quotes, folding).
    pub decoded: Option<Box<str>>,
    /// A YAML tag such as `!Ref`, where one was written.
    pub tag: Option<Box<str>>,
}

impl Word {
    /// A word of the tree's own text whose bytes are its value.
    pub fn plain(start: u32, end: u32) -> Self {
        Self {
            text: 0,
            start,
            end,
            style: Style::Plain,
            decoded: None,
            tag: None,
        }
    }

    /// A word whose value is not simply its bytes.
    pub fn decoded(start: u32, end: u32, style: Style, decoded: impl Into<Box<str>>) -> Self {
        Self {
            text: 0,
            start,
            end,
            style,
            decoded: Some(decoded.into()),
            tag: None,
        }
    }
}

#[derive(Clone, Debug)]
struct Node {
    text: u16,
    shape: Shape,
    /// Index into `words`, or `u32::MAX`.
    name: u32,
    words: (u32, u32),
    parent: NodeId,
    first: NodeId,
    last: NodeId,
    next: NodeId,
    start: u32,
    end: u32,
}

/// What went wrong while reading, for the report's `problems`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemKind {
    /// The file was left out, on purpose or because of its size or form.
    Skipped,
    /// The file could not be read at all.
    Unreadable,
    /// Part of the file could not be read; the rest was.
    PartlyRead,
}

/// A problem with one place of one text.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Where.
    pub span: Span,
    /// How bad.
    pub kind: ProblemKind,
    /// What, as a sentence without a full stop.
    pub message: String,
}

/// A parsed text, or several texts merged (a patch over a base).
#[derive(Clone, Debug)]
pub struct Tree {
    texts: Vec<(SourceId, Arc<str>)>,
    nodes: Vec<Node>,
    words: Vec<Word>,
    /// Places no one can know here, in ascending order (per text): template text, replaced bytes.
    holes: Vec<Span>,
    /// Comments, in ascending order, each from its `#` to the end of its line, exclusive.
    pub comments: Vec<Span>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

impl Tree {
    /// The cursor at the root.
    pub fn root(&self) -> At<'_> {
        At {
            tree: self,
            id: NodeId::ROOT,
        }
    }

    /// The cursor at a node of this tree.
    pub fn at(&self, id: NodeId) -> At<'_> {
        At { tree: self, id }
    }

    /// The source of the tree's (first) text.
    pub fn source(&self) -> SourceId {
        self.texts[0].0
    }

    /// All sources that nodes of this tree may come from.
    pub fn sources(&self) -> impl Iterator<Item = SourceId> + '_ {
        self.texts.iter().map(|(id, _)| *id)
    }

    /// Number of nodes, for budgets.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether the tree holds nothing but its root.
    pub fn is_empty(&self) -> bool {
        self.nodes.len() <= 1
    }

    /// All nodes, parents before children.
    pub fn all(&self) -> impl Iterator<Item = At<'_>> {
        (0..self.nodes.len() as u32).map(|id| At {
            tree: self,
            id: NodeId(id),
        })
    }

    /// The first hole that overlaps `span`.
    pub fn hole_in(&self, span: Span) -> Option<Span> {
        if self.holes.is_empty() {
            return None;
        }
        if self.texts.len() == 1 {
            let from = self.holes.partition_point(|hole| hole.end <= span.start);
            return self.holes.get(from).copied().filter(|hole| hole.overlaps(span));
        }
        self.holes.iter().copied().find(|hole| hole.overlaps(span))
    }

    /// All holes.
    pub fn holes(&self) -> &[Span] {
        &self.holes
    }

    /// The text of a span as it stands in its file; empty for a span of another text.
    pub fn raw(&self, span: Span) -> &str {
        let text = self.texts.iter().find(|(id, _)| *id == span.source);
        text.and_then(|(_, text)| text.get(span.range())).unwrap_or_default()
    }

    fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    fn word_text<'t>(&'t self, word: &'t Word) -> &'t str {
        match &word.decoded {
            Some(text) => text,
            None => self.texts[word.text as usize]
                .1
                .get(word.start as usize..word.end as usize)
                .unwrap_or_default(),
        }
    }
}

/// A place in a tree. Copyable; reads through YAML aliases and merge keys.
#[derive(Clone, Copy, Debug)]
pub struct At<'t> {
    tree: &'t Tree,
    id: NodeId,
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
    fn target(self) -> &'t Node {
        match self.node().shape {
            Shape::Alias(target) => self.tree.node(target),
            _ => self.node(),
        }
    }

    /// Shape of the content; never an alias, unless the alias names nothing.
    pub fn shape(self) -> Shape {
        self.target().shape
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

    /// The word that is the node's name.
    pub fn name_word(self) -> Option<&'t Word> {
        self.tree.words.get(self.node().name as usize)
    }

    /// Where the name stands; the whole node where it has none.
    pub fn name_span(self) -> Span {
        self.name_word()
            .map_or_else(|| self.span(), |word| self.word_span(word))
    }

    /// All words of the content.
    pub fn words(self) -> &'t [Word] {
        let (from, to) = self.target().words;
        &self.tree.words[from as usize..to as usize]
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
        self.words().first()?.tag.as_deref()
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
        Span::new(self.tree.texts[word.text as usize].0, word.start, word.end)
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
        let (from, to) = own.words;
        let last = self.tree.words[from as usize..to as usize]
            .last()
            .filter(|word| word.text == own.text);
        match (self.name_word().filter(|word| word.text == own.text), last) {
            (Some(name), Some(last)) => {
                span.start = name.start;
                span.end = last.end.max(name.end);
            }
            (Some(name), None) => {
                span.start = name.start;
                span.end = name.end;
            }
            (None, Some(last)) => span.end = last.end.max(span.start),
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
        std::iter::successors(self.target().first.some(), move |id| tree.node(*id).next.some())
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
            let own = child.name();
            if own == name {
                found = Some(child);
            }
            merges |= own == "<<";
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
        self.children().filter(move |child| child.name() == name)
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

/// How deep `copy` goes; parsers refuse such depths.
const DEEPEST_COPY: usize = 2048;

/// Builds a tree in document order: parsers open, fill and close nodes.
#[derive(Debug)]
pub struct TreeBuilder {
    tree: Tree,
    open: Vec<NodeId>,
}

impl TreeBuilder {
    /// Starts the tree of one text. `holes` must be ascending.
    pub fn new(source: SourceId, text: Arc<str>, holes: Vec<Span>, root: Shape) -> Self {
        let end = text.len() as u32;
        let root = Node {
            text: 0,
            shape: root,
            name: u32::MAX,
            words: (0, 0),
            parent: NodeId::NONE,
            first: NodeId::NONE,
            last: NodeId::NONE,
            next: NodeId::NONE,
            start: 0,
            end,
        };
        let tree = Tree {
            texts: vec![(source, text)],
            nodes: vec![root],
            words: Vec::new(),
            holes,
            comments: Vec::new(),
            problems: Vec::new(),
        };
        Self {
            tree,
            open: vec![NodeId::ROOT],
        }
    }

    /// How deep the open node lies; the root is 1.
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// Opens a child of the open node. Its words must be given before its children.
    pub fn open(&mut self, name: Option<Word>, shape: Shape, start: u32) -> NodeId {
        let text = name.as_ref().map_or(0, |word| word.text);
        let name = match name {
            Some(word) => {
                self.tree.words.push(word);
                self.tree.words.len() as u32 - 1
            }
            None => u32::MAX,
        };
        let id = NodeId(self.tree.nodes.len() as u32);
        let parent = self.open.last().copied().unwrap_or(NodeId::ROOT);
        let words = self.tree.words.len() as u32;
        self.tree.nodes.push(Node {
            text,
            shape,
            name,
            words: (words, words),
            parent,
            first: NodeId::NONE,
            last: NodeId::NONE,
            next: NodeId::NONE,
            start,
            end: start,
        });
        let last = std::mem::replace(&mut self.tree.nodes[parent.0 as usize].last, id);
        match last.some() {
            Some(last) => self.tree.nodes[last.0 as usize].next = id,
            None => self.tree.nodes[parent.0 as usize].first = id,
        }
        self.open.push(id);
        id
    }

    /// Adds a word to the open node, which must have no children yet.
    pub fn word(&mut self, word: Word) {
        let id = self.open.last().copied().unwrap_or(NodeId::ROOT);
        debug_assert!(self.tree.node(id).first.some().is_none(), "words come before children");
        self.tree.words.push(word);
        let len = self.tree.words.len() as u32;
        let node = &mut self.tree.nodes[id.0 as usize];
        if node.words.0 == node.words.1 {
            node.words.0 = len - 1;
        }
        node.words.1 = len;
    }

    /// Changes the shape of the open node (a directive turns out to have a block).
    pub fn shape(&mut self, shape: Shape) {
        let id = self.open.last().copied().unwrap_or(NodeId::ROOT);
        self.tree.nodes[id.0 as usize].shape = shape;
    }

    /// Closes the open node; the root is closed by `finish`.
    pub fn close(&mut self, end: u32) {
        if self.open.len() > 1
            && let Some(id) = self.open.pop()
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
        let word = self.tree.words.get(self.tree.node(id).name as usize)?;
        Some((word.start as usize, word.end as usize))
    }

    /// Notes what could not be read.
    pub fn problem(&mut self, start: u32, end: u32, kind: ProblemKind, message: impl Into<String>) {
        let span = Span::new(self.tree.source(), start, end);
        self.tree.problems.push(Problem {
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

    fn import_word(&mut self, from: &Tree, word: &Word) -> Word {
        Word {
            text: self.import_text(from, word.text),
            ..word.clone()
        }
    }

    /// Opens a node that is like `at`, without its children: same name, words, span and shape (aliases are resolved).
    pub fn open_like(&mut self, at: At<'_>) -> NodeId {
        let name = at.name_word().map(|word| self.import_word(at.tree, word));
        let target = at.target();
        let shape = match target.shape {
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
        // Aliases of aliases may be deeper than any text.
        let Some(left) = budget.checked_sub(1).filter(|_| self.depth() <= DEEPEST_COPY) else {
            return;
        };
        *budget = left;
        self.open_like(at);
        let end = at.target().end;
        for child in at.entries() {
            self.copy(child, budget);
        }
        self.close(end);
    }

    /// A name that stands nowhere: for nodes a merge has to make itself.
    pub fn synthetic(&mut self, at: Span, text: &str) -> Word {
        let known = self.tree.texts.iter().position(|(id, _)| *id == at.source).unwrap_or(0);
        Word {
            text: known as u16,
            ..Word::decoded(at.start, at.end, Style::Plain, text)
        }
    }

    /// The finished tree. Nodes left open end where the text ends.
    pub fn finish(mut self) -> Tree {
        let end = self.tree.texts[0].1.len() as u32;
        while self.open.len() > 1 {
            self.close(end);
        }
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
