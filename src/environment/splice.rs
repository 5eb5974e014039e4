//! One place of an object changed: what a JSON 6902 operation or a replacement writes. Every node of the result keeps the
//! file it came from, so a value that was written stands where it was written.

use super::merge::{self, MOST_NODES};
use crate::repo::Source;
use crate::syntax::{At, Tree, TreeBuilder};

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// An entry of a map.
    Key(String),
    /// An item of a list, or an entry of a map that is called so.
    Index(usize),
    /// Behind the last item of a list.
    End,
    /// The items that have an entry of this value.
    Item(String, String),
    /// All items.
    Every,
}

/// What is done there.
#[derive(Clone, Copy)]
pub(super) enum Change<'t> {
    /// A value is put in place of what is there, which must be.
    Replace(At<'t>),
    /// A value is added, or put in place of an entry of the same name.
    Add(At<'t>),
    /// What is there is taken away.
    Remove,
    /// A value that no one can know here is put in place of what is there; what says so.
    Unknown(At<'t>),
}

/// The steps of a JSON pointer (RFC 6901).
pub(super) fn pointer(text: &str) -> Vec<Step> {
    let step = |step: &str| {
        let step = step.replace("~1", "/").replace("~0", "~");
        match step.parse() {
            _ if step == "-" => Step::End,
            Ok(index) => Step::Index(index),
            Err(_) => Step::Key(step),
        }
    };
    text.split('/').skip(1).map(step).collect()
}

/// The steps of a replacement's field path: `spec.rules.0.host`, `spec.containers.[name=api].image`,
/// `metadata.annotations.example\.com/name`.
pub(super) fn field_path(text: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let (mut step, mut inside) = (String::new(), false);
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => step.extend(chars.next()),
            '.' if !inside => steps.push(std::mem::take(&mut step)),
            _ => {
                inside = char == '[' || inside && char != ']';
                step.push(char);
            }
        }
    }
    steps.push(step);
    let item = |step: &str| {
        let (key, value) = step.strip_prefix('[')?.strip_suffix(']')?.split_once('=')?;
        Some(Step::Item(key.to_owned(), value.to_owned()))
    };
    let step = |step: String| match (item(&step), step.parse()) {
        (Some(item), _) => item,
        _ if step == "*" => Step::Every,
        _ if step == "-" => Step::End,
        (None, Ok(index)) => Step::Index(index),
        (None, Err(_)) => Step::Key(step),
    };
    steps.into_iter().filter(|step| !step.is_empty()).map(step).collect()
}

/// The node at a path that means one.
pub(super) fn find<'t>(at: At<'t>, steps: &[Step]) -> Option<At<'t>> {
    steps.iter().try_fold(at, |at, step| {
        let mut meant = at.entries().into_iter().enumerate();
        let mut meant = meant.by_ref().filter(|(n, entry)| step.means(at, *n, *entry));
        match (meant.next(), meant.next()) {
            (Some((_, only)), None) => Some(only),
            _ => None,
        }
    })
}

/// `base` with one change, as the only document of a new tree. `first` is the file that `base` starts from. `None` where
/// the path leads nowhere, or the result would be larger than any object is.
pub(super) fn changed(first: &Source, base: At<'_>, steps: &[Step], change: Change<'_>) -> Option<Tree> {
    let mut splice = Splice {
        out: merge::builder(first, base),
        left: MOST_NODES,
        change,
    };
    splice.inside(base, steps)?;
    (splice.left > 0).then(|| splice.out.finish())
}

impl Step {
    /// Whether it leads into a list.
    pub(super) fn is_item(&self) -> bool {
        !matches!(self, Step::Key(_))
    }

    fn means(&self, around: At<'_>, n: usize, entry: At<'_>) -> bool {
        match self {
            Step::Key(name) => around.is_map() && entry.is_named(name),
            Step::Index(index) if around.is_list() => *index == n,
            Step::Index(index) => entry.is_named(&index.to_string()),
            Step::Item(key, value) => around.is_list() && entry.child(key).and_then(At::text) == Some(value),
            Step::Every => around.is_list(),
            Step::End => false,
        }
    }
}

struct Splice<'t> {
    out: TreeBuilder,
    left: usize,
    change: Change<'t>,
}

impl Splice<'_> {
    fn inside(&mut self, at: At<'_>, steps: &[Step]) -> Option<()> {
        let (step, rest) = steps.split_first()?;
        self.left = self.left.checked_sub(1)?;
        self.out.open_like(at);
        let entries = at.entries();
        let count = entries.len();
        // A list that is put together from several files has the order of none of them.
        let is_mixed = || {
            entries
                .iter()
                .any(|entry| entry.span().source != entries[0].span().source)
        };
        if matches!(step, Step::Index(_)) && at.is_list() && is_mixed() {
            return None;
        }
        let mut met = false;
        for (n, entry) in entries.into_iter().enumerate() {
            if !step.means(at, n, entry) {
                self.out.copy(entry, &mut self.left);
                continue;
            }
            met = true;
            match self.change {
                _ if !rest.is_empty() => self.inside(entry, rest)?,
                Change::Remove => {}
                Change::Add(value) if at.is_list() => {
                    self.out.copy_as(None, value, &mut self.left);
                    self.out.copy(entry, &mut self.left);
                }
                Change::Add(value) | Change::Replace(value) => {
                    let name = self.out.name_like(entry);
                    self.out.copy_as(name, value, &mut self.left);
                }
                Change::Unknown(because) => {
                    let name = self.out.name_like(entry);
                    self.out.unknown(name, because);
                }
            }
        }
        match (self.change, step) {
            _ if met => {}
            (Change::Add(value), Step::Key(name)) if rest.is_empty() && at.is_map() => {
                let name = self.out.name_at(value, name);
                self.out.copy_as(Some(name), value, &mut self.left);
            }
            (Change::Add(value), Step::End) if rest.is_empty() && at.is_list() => {
                self.out.copy_as(None, value, &mut self.left);
            }
            (Change::Add(value), Step::Index(index)) if rest.is_empty() && at.is_list() && *index == count => {
                self.out.copy_as(None, value, &mut self.left);
            }
            _ => return None,
        }
        self.out.close(at.span().end);
        Some(())
    }
}
