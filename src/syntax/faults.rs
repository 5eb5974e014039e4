//! What is wrong with a text whatever its grammar makes of it: a merge that was never finished, and keys that stand twice.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::language::Language;
use super::tree::{At, Problem, ProblemKind, Shape, Tree};
use crate::repo::{SourceId, Span};

/// How many keys that stand twice are looked at in one text.
const MOST: usize = 200;

/// Adds what is found to the problems of a tree. What a parser says of the marks of a merge follows from them, so it is
/// left out.
pub(super) fn note(tree: &mut Tree, language: Language, text: &str) {
    if let Some(span) = conflict(tree.source(), text) {
        tree.problems = vec![Problem {
            span,
            kind: ProblemKind::Conflict,
            message: "a merge conflict is not resolved here".to_owned(),
            other: None,
        }];
        return;
    }
    if language == Language::Yaml {
        let twice = twice(tree);
        tree.problems.extend(twice);
    }
}

/// The first mark of a merge, where the marks behind it stand as well.
fn conflict(source: SourceId, text: &str) -> Option<Span> {
    let start = match text.starts_with("<<<<<<< ") {
        true => 0,
        false => memchr::memmem::find(text.as_bytes(), b"\n<<<<<<< ")? + 1,
    };
    let rest = &text[start..];
    let middle = memchr::memmem::find(rest.as_bytes(), b"\n=======")?;
    memchr::memmem::find(&rest.as_bytes()[middle..], b"\n>>>>>>> ")?;
    let end = start + rest.lines().next().map_or(0, |line| line.trim_end().len());
    Some(Span::new(source, start as u32, end as u32))
}

/// Keys that stand again in their map. A merge key is not one: some readers take several.
fn twice(tree: &Tree) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut looked = 0;
    for map in tree.all().filter(|at| at.shape() == Shape::Map) {
        let mut seen = Seen::default();
        for entry in map.children() {
            let name = entry.name();
            if name == "<<" || name.is_empty() {
                continue;
            }
            let Some(first) = seen.insert(name, entry) else {
                continue;
            };
            looked += 1;
            if looked > MOST {
                return found;
            }
            // Of the branches of a template only one stands there in the end.
            let span = first.name_span();
            let between = Span::new(span.source, span.start, entry.name_span().end);
            let from = tree.holes().partition_point(|hole| hole.end <= between.start);
            let mut holes = tree.holes()[from..].iter().take_while(|hole| hole.start < between.end);
            let is_branch = |hole: &Span| tree.raw(*hole).starts_with(['{', '<', '[']);
            if holes.any(|hole| hole.overlaps(span) || hole.overlaps(entry.name_span()) || is_branch(hole)) {
                continue;
            }
            found.push(Problem {
                span,
                kind: ProblemKind::Twice,
                message: format!("`{name}` stands twice in one map"),
                other: Some(entry.name_span()),
            });
        }
    }
    found
}

/// The keys of a map: nearly all maps are so small that looking at each is the fastest.
#[derive(Default)]
struct Seen<'t> {
    few: SmallVec<[(&'t str, At<'t>); 16]>,
    many: FxHashMap<&'t str, At<'t>>,
}

impl<'t> Seen<'t> {
    /// Adds a key, and gives where it stood before.
    fn insert(&mut self, name: &'t str, at: At<'t>) -> Option<At<'t>> {
        if let Some((_, before)) = self.few.iter_mut().find(|(own, _)| *own == name) {
            return Some(std::mem::replace(before, at));
        }
        if self.few.len() < 16 {
            self.few.push((name, at));
            return None;
        }
        self.many.insert(name, at)
    }
}
