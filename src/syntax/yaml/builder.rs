//! The documents of a YAML file while they are read: open collections, keys, anchors, exact spans, recovery.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::repo::Span;
use crate::syntax::tree::{NodeId, ProblemKind, Shape, Style, Tree, TreeBuilder, Word};

/// What all aliases of a file may stand for together, in nodes: whoever walks a tree through its aliases must come to
/// an end.
const MOST_ALIASED: u64 = 1_000_000;
/// How many levels a collection may have when read through its aliases, for recursive readers.
const DEEPEST: usize = 512;

/// White space of YAML, line feeds included.
pub(super) const WHITE: [char; 4] = [' ', '\t', '\n', '\r'];

/// Where an event stands and what is attached to it.
pub(super) struct Meta {
    pub start: usize,
    pub end: usize,
    pub column: usize,
    /// 0: none.
    pub anchor: usize,
    pub tag: Option<(usize, usize)>,
}

impl Meta {
    /// Of what has neither anchor nor tag, in a column that does not matter.
    pub fn at(start: usize, end: usize) -> Self {
        Self {
            start,
            end,
            column: 0,
            anchor: 0,
            tag: None,
        }
    }
}

pub(super) struct Documents<'a> {
    pub(super) text: &'a str,
    /// The text with its templates masked.
    pub(super) readable: &'a str,
    pub(super) masked: &'a [Span],
    pub(super) tree: TreeBuilder,
    state: State,
    frames: Vec<Frame>,
    anchors: HashMap<usize, Anchor>,
    comments: Vec<(usize, usize)>,
    /// How many collections are open in a key that is itself a collection, and where that key starts.
    key: (usize, usize),
    /// Where the document begins, and its last node.
    begun: usize,
    furthest: usize,
    /// The last scalar, bracket or alias.
    pub(super) last: (usize, usize),
    /// Whether anything could be read.
    any: bool,
    problems: Vec<(usize, usize, ProblemKind, String)>,
    aliased: u64,
}

enum State {
    /// Between documents.
    Outside,
    /// In a document that begins here and has no node yet.
    Empty(usize),
    Begun,
    /// Unreadable from here to an end that is not known yet.
    Broken(usize),
}

/// An open collection.
struct Frame {
    shape: Shape,
    flow: bool,
    node: NodeId,
    key: Option<Word>,
    end: usize,
    column: usize,
    anchor: usize,
    /// Where a tag begins whose function no one can evaluate here.
    function: Option<usize>,
    weight: Weight,
}

/// Nodes and levels, aliases counted as what they stand for.
#[derive(Clone, Copy)]
struct Weight {
    nodes: u64,
    levels: usize,
}

enum Anchor {
    /// What it names is still open.
    Open,
    Node(NodeId, Weight),
    /// It names a key.
    Key(Box<str>),
}

impl<'a> Documents<'a> {
    pub fn new(text: &'a str, readable: &'a str, masked: &'a [Span], tree: TreeBuilder) -> Self {
        Self {
            text,
            readable,
            masked,
            tree,
            state: State::Outside,
            frames: Vec::new(),
            anchors: HashMap::new(),
            comments: Vec::new(),
            key: (0, 0),
            begun: 0,
            furthest: 0,
            last: (0, 0),
            any: false,
            problems: Vec::new(),
            aliased: 0,
        }
    }

    /// A document begins, after its `---` if it has one.
    pub fn begin(&mut self, explicit: bool, start: usize, end: usize) {
        self.give_up_broken(start);
        // The event of a document without `---` may already cover its first scalar.
        if explicit {
            self.last = (start, end);
        }
        self.begun = self.last.0;
        self.state = State::Empty(self.last.1);
    }

    pub fn end(&mut self, start: usize, end: usize) {
        self.give_up_broken(start);
        if start < end {
            self.last = (start, end);
        }
        self.state = State::Outside;
        self.anchors.clear();
    }

    pub fn comment(&mut self, start: usize, end: usize) {
        // A masked template reads as a comment, but is none.
        let next = self.masked.partition_point(|hole| hole.range().end <= start);
        let in_hole = self.masked.get(next).is_some_and(|hole| hole.range().start <= start);
        if !in_hole && self.text.as_bytes().get(start) == Some(&b'#') {
            self.comments.push((start, end));
        }
    }

    pub fn scalar(&mut self, value: Cow<'a, str>, style: Style, null: bool, meta: Meta) {
        self.any |= meta.start < meta.end;
        if self.key.0 > 0 {
            self.last = (meta.start, meta.end);
            return;
        }
        let mut word = self.word(&value, style, &meta);
        self.last = (word.start() as usize, word.end() as usize);
        if self.expects_key() {
            if meta.anchor > 0 {
                self.anchors.insert(meta.anchor, Anchor::Key(value.into()));
            }
            self.set_key(word);
            return;
        }
        let tag = meta.tag.and_then(|tag| self.text.get(tag.0..tag.1));
        if let Some(tag) = tag {
            word = word.tagged(tag);
        }
        let start = meta.tag.map_or(meta.start, |tag| tag.0);
        let id = self.open_node(Shape::Leaf, start.min(word.start() as usize));
        let mut end = word.end() as usize;
        if null {
            end = self.end_of_null(id, end);
        } else if let (Some(tag), "", Style::Plain) = (meta.tag, &*value, style) {
            // A tag on nothing: the word is the tag itself.
            end = end.max(tag.1);
            self.tree.word(tag_word(tag, word.tag()));
        } else {
            self.tree.word(word);
        }
        if let (Some((at, _)), Some(tag)) = (meta.tag, tag)
            && is_function(tag)
        {
            self.tree.hole(at as u32, end as u32);
        }
        let weight = Weight { nodes: 1, levels: 1 };
        if meta.anchor > 0 {
            self.anchors.insert(meta.anchor, Anchor::Node(id, weight));
        }
        self.close_node(end, weight);
    }

    pub fn open(&mut self, shape: Shape, flow: bool, meta: Meta) {
        self.any = true;
        if flow {
            self.last = (meta.start, meta.end);
        }
        if self.key.0 > 0 || self.expects_key() {
            if self.key.0 == 0 {
                self.key.1 = meta.start;
            }
            self.key.0 += 1;
            return;
        }
        let tag = meta
            .tag
            .and_then(|(start, end)| Some((start, end, self.text.get(start..end)?)));
        let start = tag.map_or(meta.start, |tag| tag.0);
        let node = self.open_node(shape, start);
        if let Some((start, end, tag)) = tag {
            self.tree.word(tag_word((start, end), Some(tag)));
        }
        if meta.anchor > 0 {
            self.anchors.insert(meta.anchor, Anchor::Open);
        }
        self.frames.push(Frame {
            shape,
            flow,
            node,
            key: None,
            end: meta.end,
            column: meta.column,
            anchor: meta.anchor,
            function: tag.filter(|(.., tag)| is_function(tag)).map(|tag| tag.0),
            weight: Weight { nodes: 1, levels: 1 },
        });
    }

    pub fn close(&mut self, start: usize, end: usize) {
        if self.key.0 > 0 {
            self.key.0 -= 1;
            if start < end {
                self.last = (start, end);
            }
            if self.key.0 == 0 {
                let end = self.last.1.max(self.key.1);
                self.set_key(Word::plain(self.key.1 as u32, end as u32));
            }
            return;
        }
        let Some(frame) = self.frames.pop() else { return };
        let end = match frame.flow {
            // A pair in a list, `[a: b]`, is a map without braces: its end is that of its value.
            true if start < end => {
                self.last = (start, end);
                end
            }
            true => frame.end,
            false => self.reach(frame.end, frame.column),
        };
        self.close_frame(frame, end);
    }

    pub fn alias(&mut self, id: Option<usize>, start: usize, end: usize) {
        self.any = true;
        self.last = (start, end);
        if self.key.0 > 0 {
            return;
        }
        let place = (start as u32, end as u32);
        if self.expects_key() {
            self.tree.hole(place.0, place.1);
            self.set_key(Word::plain(place.0, place.1));
            return;
        }
        let name = self.text.get(start..end).unwrap_or_default();
        let problem = match id.and_then(|id| self.anchors.get(&id)) {
            Some(Anchor::Node(target, weight)) => {
                let (target, weight) = (*target, *weight);
                let levels = self.frames.len() + weight.levels;
                if levels <= DEEPEST && self.aliased + weight.nodes <= MOST_ALIASED {
                    self.aliased += weight.nodes;
                    self.open_node(Shape::Alias(target), start);
                    self.close_node(end, weight);
                    return;
                }
                format!("the aliases of this file stand for too much: `{name}` was not followed")
            }
            Some(Anchor::Key(text)) => {
                let word = Word::decoded(place.0, place.1, Style::Plain, text.clone());
                self.open_node(Shape::Leaf, start);
                self.tree.word(word);
                self.close_node(end, Weight { nodes: 1, levels: 1 });
                return;
            }
            Some(Anchor::Open) => format!("`{name}` stands for what it stands in: it was not followed"),
            None => format!(
                "`{name}` names nothing: no `&{}` stands before it in this document",
                &name[1..]
            ),
        };
        self.problems.push((start, end, ProblemKind::PartlyRead, problem));
        self.tree.hole(place.0, place.1);
        self.open_node(Shape::Leaf, start);
        self.close_node(end, Weight { nodes: 1, levels: 1 });
    }

    /// Notes that the rest of the document cannot be read. What was read of it stays, and what is still open is not
    /// known to its end: a hole says so.
    pub fn fail(&mut self, start: usize, end: usize, what: &str) {
        // Some templates are YAML only once they are rendered: nobody's mistake.
        let next = self.masked.partition_point(|hole| hole.range().start < self.begun);
        let templated = self.masked.get(next).is_some_and(|hole| hole.range().start <= end);
        let problem = match templated {
            true => (
                ProblemKind::Skipped,
                format!("from here on this template can only be read once it is rendered ({what})"),
            ),
            false => (
                ProblemKind::PartlyRead,
                format!("{what}; the rest of this document was not read"),
            ),
        };
        self.problems.push((start, end, problem.0, problem.1));
        let mut from = match self.state {
            State::Broken(from) => from,
            // The last scalar might have gone on.
            State::Begun => self.last.0,
            State::Empty(from) => from,
            State::Outside => self.last.1,
        };
        if matches!(self.state, State::Empty(_) | State::Outside) {
            self.frames.clear();
            let rest = self.text.get(from..).unwrap_or_default();
            from += rest.len() - rest.trim_start_matches(WHITE).len();
            self.tree.open(None, Shape::Leaf, from as u32);
        }
        self.state = State::Broken(from);
    }

    fn give_up_broken(&mut self, next: usize) {
        let State::Broken(from) = self.state else { return };
        self.state = State::Outside;
        self.key = (0, 0);
        self.anchors.clear();
        let written = self.text.get(..next).unwrap_or(self.text).trim_end_matches(WHITE).len();
        let end = written.max(from).max(self.last.1).max(self.furthest);
        while let Some(mut frame) = self.frames.pop() {
            if frame.key.is_some() {
                self.frames.push(frame);
                self.open_node(Shape::Leaf, from);
                self.close_node(end, Weight { nodes: 1, levels: 1 });
                continue;
            }
            frame.end = end;
            self.close_frame(frame, end);
        }
        // The node of a document of which nothing was read.
        while self.tree.depth() > 1 {
            self.tree.close(end as u32);
        }
        let mut from = from;
        while from > 0 && (from >= end || !self.text.is_char_boundary(from)) {
            from -= 1;
        }
        self.tree.hole(from as u32, end as u32);
        self.last = (end, end);
    }

    pub fn finish(mut self) -> Tree {
        self.give_up_broken(self.text.len());
        self.comments.sort_unstable();
        for (start, end) in self.comments {
            self.tree.comment(start as u32, end as u32);
        }
        for (start, end, kind, message) in self.problems {
            let kind = if self.any || kind == ProblemKind::Skipped {
                kind
            } else {
                ProblemKind::Unreadable
            };
            self.tree.problem(start as u32, end as u32, kind, message);
        }
        self.tree.finish()
    }

    fn expects_key(&self) -> bool {
        self.frames
            .last()
            .is_some_and(|frame| frame.shape == Shape::Map && frame.key.is_none())
    }

    fn set_key(&mut self, word: Word) {
        if let Some(frame) = self.frames.last_mut() {
            frame.end = frame.end.max(word.end() as usize);
            frame.key = Some(word);
        }
    }

    /// Opens the node of a value: an entry of a map, an item of a list, or a document.
    fn open_node(&mut self, shape: Shape, start: usize) -> NodeId {
        if self.frames.is_empty() {
            self.state = State::Begun;
        }
        let key = self.frames.last_mut().and_then(|frame| frame.key.take());
        let start = key.as_ref().map_or(start as u32, |key| key.start());
        self.furthest = self.furthest.max(start as usize);
        self.tree.open(key, shape, start)
    }

    fn close_node(&mut self, end: usize, weight: Weight) {
        self.tree.close(end as u32);
        if let Some(frame) = self.frames.last_mut() {
            frame.end = frame.end.max(end);
            frame.weight.nodes += weight.nodes;
            frame.weight.levels = frame.weight.levels.max(weight.levels + 1);
        }
    }

    fn close_frame(&mut self, frame: Frame, end: usize) {
        if let Some(start) = frame.function {
            self.tree.hole(start as u32, end as u32);
        }
        if frame.anchor > 0 {
            self.anchors
                .insert(frame.anchor, Anchor::Node(frame.node, frame.weight));
        }
        self.close_node(end, frame.weight);
    }
}

/// A word for a tag that has no scalar beside it: its text is empty.
fn tag_word(at: (usize, usize), tag: Option<&str>) -> Word {
    let word = Word::decoded(at.0 as u32, at.1 as u32, Style::Plain, "");
    match tag {
        Some(tag) => word.tagged(tag),
        None => word,
    }
}

/// Whether a tag stands for something that is computed elsewhere (`!Ref`, `!reference`, `!vault`). Compose's own two
/// say how to merge, and have their value beside them.
fn is_function(tag: &str) -> bool {
    tag.len() > 1 && !tag.starts_with("!!") && !matches!(tag, "!reset" | "!override")
}
