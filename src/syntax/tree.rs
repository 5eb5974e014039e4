//! The one tree that all languages become, and the cursor everything else uses to read it.
//!
//! nginx: a directive is a node named after itself, with its arguments as words and its block as children.
//! YAML: a map entry is a node named after its key; a scalar is a leaf with one word; a list's items have no name; the
//! root is a list of documents. INI: a section is a map node, an entry a leaf with one word.

mod builder;
mod cursor;

use std::num::NonZeroU32;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::repo::{SourceId, Span};

pub use builder::TreeBuilder;
pub use cursor::At;

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

/// One word: a name, an argument, a scalar. Kept small: a repository has millions of them.
#[derive(Clone, Debug)]
pub struct Word {
    start: u32,
    /// Its length in bytes, in the bits above `LONGEST` its style, and `MARK`.
    form: NonZeroU32,
    /// What few words have.
    rare: Option<Box<Rare>>,
}

#[derive(Clone, Debug, Default)]
struct Rare {
    decoded: Option<Box<str>>,
    tag: Option<Box<str>>,
    /// Which of the tree's texts it stands in, unless it is the first.
    text: u16,
}

/// The length that a word's bits have room for, 256 MB: no file that is read comes near it.
const LONGEST: u32 = (1 << 28) - 1;
/// Set in every word: an `Option` of one then takes no more room. Without, LLVM 22 moves it bit by bit.
const MARK: NonZeroU32 = NonZeroU32::new(1 << 31).unwrap();
const STYLES: [Style; 6] = [
    Style::Plain,
    Style::Single,
    Style::Double,
    Style::Literal,
    Style::Folded,
    Style::Raw,
];

impl Word {
    /// A word of the tree's own text whose bytes are its value.
    pub fn plain(start: u32, end: u32) -> Self {
        Self {
            start,
            form: MARK | end.saturating_sub(start).min(LONGEST),
            rare: None,
        }
    }

    /// A word whose value is not simply its bytes.
    pub fn decoded(start: u32, end: u32, style: Style, decoded: impl Into<Box<str>>) -> Self {
        let rare = Rare {
            decoded: Some(decoded.into()),
            ..Rare::default()
        };
        Self {
            rare: Some(Box::new(rare)),
            ..Self::plain(start, end).styled(style)
        }
    }

    /// First byte, quotes included.
    pub fn start(&self) -> u32 {
        self.start
    }

    /// One past the last byte, quotes included.
    pub fn end(&self) -> u32 {
        self.start + (self.form.get() & LONGEST)
    }

    /// How it was written.
    pub fn style(&self) -> Style {
        let style = (self.form.get() & !MARK.get()) >> LONGEST.count_ones();
        STYLES[style as usize % STYLES.len()]
    }

    /// The same word, written so.
    pub fn styled(mut self, style: Style) -> Self {
        self.form = MARK | (self.form.get() & LONGEST) | (style as u32) << LONGEST.count_ones();
        self
    }

    /// The value, where decoding changed it (escapes, quotes, folding).
    pub fn decoded_text(&self) -> Option<&str> {
        self.rare.as_ref()?.decoded.as_deref()
    }

    /// A YAML tag such as `!Ref`, where one was written.
    pub fn tag(&self) -> Option<&str> {
        self.rare.as_ref()?.tag.as_deref()
    }

    /// The same word with a tag.
    pub fn tagged(mut self, tag: impl Into<Box<str>>) -> Self {
        self.rare.get_or_insert_default().tag = Some(tag.into());
        self
    }

    fn text(&self) -> u16 {
        self.rare.as_ref().map_or(0, |rare| rare.text)
    }

    /// The same word in another of the tree's texts.
    fn within(mut self, text: u16) -> Self {
        if text != self.text() {
            self.rare.get_or_insert_default().text = text;
        }
        self
    }
}

/// Kept small: reading touches every node, and a repository has millions of them.
#[derive(Clone, Debug)]
struct Node {
    start: u32,
    end: u32,
    parent: NodeId,
    /// The first child; for an alias what it stands for.
    first: NodeId,
    next: NodeId,
    /// Its own words in `words`: the first, and how many. The word before the first is its name, if it has one.
    words: u32,
    count: u32,
    text: u16,
    form: Form,
    is_named: bool,
}

/// A `Shape` without what an alias stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Leaf,
    Map,
    List,
    Alias,
}

impl Node {
    fn shape(&self) -> Shape {
        match self.form {
            Form::Leaf => Shape::Leaf,
            Form::Map => Shape::Map,
            Form::List => Shape::List,
            Form::Alias => Shape::Alias(self.first),
        }
    }

    fn set_shape(&mut self, shape: Shape) {
        self.form = match shape {
            Shape::Leaf => Form::Leaf,
            Shape::Map => Form::Map,
            Shape::List => Form::List,
            Shape::Alias(target) => {
                self.first = target;
                Form::Alias
            }
        };
    }

    fn first_child(&self) -> Option<NodeId> {
        self.first.some().filter(|_| self.form != Form::Alias)
    }

    fn name(&self) -> Option<usize> {
        self.is_named.then(|| self.words as usize - 1)
    }

    fn words(&self) -> std::ops::Range<usize> {
        self.words as usize..(self.words + self.count) as usize
    }
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
    /// A key stands again in the same map. Which of the two counts, and whether any does, is the reader's business.
    Twice,
    /// A merge that was never finished: nothing reads such a file.
    Conflict,
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
    /// The other place of a mistake that takes two.
    pub other: Option<Span>,
}

/// A parsed text, or several texts merged (a patch over a base).
#[derive(Clone, Debug)]
pub struct Tree {
    /// Nearly always one, which then stands here itself: every look at a name goes through it.
    texts: SmallVec<[(SourceId, Arc<str>); 1]>,
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

    /// Whether a word's text is this: faster than asking for the text.
    fn word_is(&self, word: &Word, text: &str) -> bool {
        match word.decoded_text() {
            Some(own) => own == text,
            None => {
                (word.end() - word.start()) as usize == text.len()
                    && self.texts[word.text() as usize]
                        .1
                        .as_bytes()
                        .get(word.start() as usize..word.end() as usize)
                        .is_some_and(|own| own == text.as_bytes())
            }
        }
    }

    fn word_text<'t>(&'t self, word: &'t Word) -> &'t str {
        match word.decoded_text() {
            Some(text) => text,
            None => self.texts[word.text() as usize]
                .1
                .get(word.start() as usize..word.end() as usize)
                .unwrap_or_default(),
        }
    }
}
