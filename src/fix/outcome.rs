//! What one environment says, in numbers small enough to keep: for comparing before and after a fix.
//!
//! Everything is known by digests that hold a file's path rather than its place among the sources: entities in folders
//! that have nothing to do with each other may have the same names, and a changed file is a source of its own.

use std::hash::{DefaultHasher, Hash, Hasher};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::model::{EntityId, Fact, FieldId, Kind, Model, ScopeId, Stored};
use crate::repo::{SourceId, Sources, Span};
use crate::rule::{Severity, Verdict};
use crate::speed;

/// A file of the repository, by a digest of its path.
pub type FileKey = u64;

/// A hit: its subject and the file its entity stands in, by digest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said {
    pub subject: u64,
    pub rule: usize,
    pub root: EntityId,
    /// More than advice: a fix that makes a route work lets advice about what is behind it appear, which is no harm.
    pub loud: bool,
}

/// A rule that could not be decided for an entity, by a digest of both.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    pub what: u64,
    pub rule: usize,
    pub root: EntityId,
}

/// What one environment says, and what is written in its files.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// All hits, in order of their subjects.
    pub(super) said: Vec<Said>,
    /// What could not be decided, in order.
    pub(super) open: Vec<Open>,
    /// For each file and field a digest of all facts written there, in order.
    pub(super) written: Vec<(FileKey, FieldId, u64)>,
}

impl Outcome {
    /// Takes down what a model says, and what the rules say of it.
    pub fn new(
        sources: &Sources,
        model: &Model,
        verdicts: impl Iterator<Item = Verdict> + Send,
        undecided: &[(usize, EntityId)],
    ) -> Outcome {
        if model.entities().len() < speed::TAKEN_DOWN {
            let files = &mut Files::new(sources);
            let (said, open) = rules(files, model, verdicts, undecided);
            let written = written(in_scopes(files, model), of_entities(files, model));
            return Outcome { said, open, written };
        }
        let files = || Files::new(sources);
        let ((said, open), (in_scopes, own)) = rayon::join(
            || rules(&mut files(), model, verdicts, undecided),
            || rayon::join(|| in_scopes(&mut files(), model), || of_entities(&mut files(), model)),
        );
        let written = written(in_scopes, own);
        Outcome { said, open, written }
    }

    /// How many hits have this subject.
    pub(super) fn count(&self, subject: u64) -> usize {
        let from = self.said.partition_point(|said| said.subject < subject);
        self.said[from..].partition_point(|said| said.subject == subject)
    }

    /// Whether this could not be decided.
    pub(super) fn is_open(&self, what: u64) -> bool {
        self.open.binary_search_by_key(&what, |open| open.what).is_ok()
    }

    /// The files and fields whose facts are on one side alone, or not the same on both.
    pub(super) fn differing<'o>(&'o self, other: &'o Outcome) -> impl Iterator<Item = (FileKey, FieldId)> + 'o {
        let lacks = |of: &'o Outcome| move |fact: &&(FileKey, FieldId, u64)| of.written.binary_search(fact).is_err();
        let own = self.written.iter().filter(lacks(other));
        own.chain(other.written.iter().filter(lacks(self)))
            .map(|(file, field, _)| (*file, *field))
    }
}

/// What rules say and leave open, each in order.
fn rules(
    files: &mut Files<'_>,
    model: &Model,
    verdicts: impl Iterator<Item = Verdict>,
    undecided: &[(usize, EntityId)],
) -> (Vec<Said>, Vec<Open>) {
    let said = verdicts.map(|verdict| Said {
        subject: subject(files, model, verdict.root, &verdict.subject),
        rule: verdict.rule,
        root: verdict.root,
        loud: verdict.severity > Severity::Info,
    });
    let mut said: Vec<Said> = said.collect();
    said.sort_unstable_by_key(|said| (said.subject, said.root));
    let open = undecided.iter().map(|(rule, root)| Open {
        what: digest(&(rule, name(files, model, *root))),
        rule: *rule,
        root: *root,
    });
    let mut open: Vec<Open> = open.collect();
    open.sort_unstable_by_key(|open| (open.what, open.root));
    (said, open)
}

/// A hit's subject with the file of the entity it is about.
pub(super) fn subject(files: &mut Files<'_>, model: &Model, root: EntityId, subject: &str) -> u64 {
    digest(&(subject, files.key_at(model.entity(root).span)))
}

/// An entity's kind, name and file.
pub(super) fn name(files: &mut Files<'_>, model: &Model, id: EntityId) -> u64 {
    let entity = model.entity(id);
    digest(&(entity.kind, &*entity.name, files.key_at(entity.span)))
}

/// Which file a span leads back to.
pub(super) struct Files<'s> {
    sources: &'s Sources,
    /// `None` for a text derived from files, which may be several.
    known: FxHashMap<SourceId, Option<FileKey>>,
    texts: FxHashMap<SourceId, u64>,
}

impl<'s> Files<'s> {
    pub fn new(sources: &'s Sources) -> Self {
        Self {
            sources,
            known: FxHashMap::default(),
            texts: FxHashMap::default(),
        }
    }

    /// A text by its path or description.
    fn text(&mut self, source: SourceId) -> u64 {
        let path = || digest(&*self.sources.get(source).path);
        *self.texts.entry(source).or_insert_with(path)
    }

    pub fn key_at(&mut self, span: Span) -> FileKey {
        match self.key_of_source(span.source) {
            Some(file) => file,
            None => self.key_of_source(self.sources.locate(span).source).unwrap_or_default(),
        }
    }

    pub fn key_of_source(&mut self, source: SourceId) -> Option<FileKey> {
        *self.known.entry(source).or_insert_with(|| {
            let source = self.sources.get(source);
            source.is_file().then(|| digest(&*source.path))
        })
    }
}

/// A digest of every written fact is added up for its file and field.
///
/// An entity or a scope is known by its number among those of its text, a file or what is derived from one, so that a
/// new one moves no others elsewhere. A scope without a block, such as a command line, is counted by what it speaks of.
fn written(in_scopes: Sums, own: Sums) -> Vec<(FileKey, FieldId, u64)> {
    let mut sums = in_scopes.by_field;
    for (of, sum) in own.by_field {
        let all = sums.entry(of).or_default();
        *all = all.wrapping_add(sum);
    }
    let written = sums.into_iter().map(|((file, field), sum)| (file, field, sum));
    let mut written: Vec<_> = written.collect();
    written.sort_unstable();
    written
}

/// Digests of facts, added up.
#[derive(Default)]
struct Sums {
    by_field: FxHashMap<(FileKey, FieldId), u64>,
    numbers: FxHashMap<(u64, Option<Kind>), usize>,
}

impl Sums {
    fn add(&mut self, file: FileKey, place: u64, fact: &Fact) {
        let sum = self.by_field.entry((file, fact.field)).or_default();
        *sum = sum.wrapping_add(digest(&(place, value(&fact.value))));
    }

    /// The number of the next one of a text.
    fn number(&mut self, text: u64, kind: Option<Kind>) -> usize {
        let next = self.numbers.entry((text, kind)).or_default();
        *next += 1;
        *next
    }
}

fn in_scopes(files: &mut Files<'_>, model: &Model) -> Sums {
    let mut sums = Sums::default();
    for scope in model.scopes() {
        let (home, kind) = match (scope.home, scope.facts.first()) {
            (Some((tree, node)), _) => (files.text(model.at(tree, node).span().source), None),
            (None, Some(first)) => (files.text(first.span.source), Some(first.field.kind)),
            (None, None) => continue,
        };
        let nth = sums.number(home, kind);
        let row = |fact: &Fact| fact.site.map_or("", |site| site.row.name.as_str());
        for (at, fact) in scope.facts.iter().enumerate() {
            let mut later = scope.facts[at + 1..].iter();
            // Of two facts of one place the last holds.
            if !later.any(|other| other.field == fact.field && row(other) == row(fact)) {
                sums.add(files.key_at(fact.span), digest(&(home, kind, nth, row(fact))), fact);
            }
        }
    }
    sums
}

fn of_entities(files: &mut Files<'_>, model: &Model) -> Sums {
    let mut sums = Sums::default();
    // Settings are a second reading of what scopes hold; a new line would move the numbers of all behind it.
    let mut settings: FxHashMap<(FileKey, u64, FieldId), &Fact> = FxHashMap::default();
    for (_, entity) in model.entities() {
        if matches!(
            entity.kind,
            Kind::Hop | Kind::Chain | Kind::Status | Kind::Shortfall | Kind::Cut | Kind::Note
        ) {
            continue;
        }
        let home = files.text(entity.span.source);
        let nth = sums.number(home, Some(entity.kind));
        for fact in entity.facts.iter().filter(|fact| fact.site.is_some()) {
            let file = files.key_at(fact.span);
            if entity.kind == Kind::Setting {
                settings.insert((file, digest(&*entity.name), fact.field), fact);
            } else {
                sums.add(file, digest(&(home, entity.kind, nth)), fact);
            }
        }
    }
    for ((file, name, _), fact) in settings {
        sums.add(file, name, fact);
    }
    sums
}

fn value(stored: &Stored) -> u64 {
    match stored {
        Stored::Is(value) => digest(value),
        Stored::Unknown(doubt) => digest(&doubt.reason),
        Stored::Assumed(supposed) => digest(supposed),
    }
}

/// Digests are added up, so the hasher must not be linear.
fn digest(of: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// The files that what is said of an entity may rest on: its own, those of everything it leads to in a few steps, and
/// of the blocks around them.
pub(super) fn near(files: &mut Files<'_>, model: &Model, root: EntityId) -> FxHashSet<FileKey> {
    /// From a chain over its hops to what a hop's ends lead to.
    const STEPS: usize = 4;
    let mut found: FxHashSet<FileKey> = FxHashSet::default();
    let mut seen: FxHashSet<EntityId> = [root].into_iter().collect();
    let mut scopes: FxHashSet<ScopeId> = FxHashSet::default();
    let mut next = vec![root];
    for _ in 0..=STEPS {
        for id in std::mem::take(&mut next) {
            let entity = model.entity(id);
            found.insert(files.key_at(entity.span));
            found.extend(entity.facts.iter().map(|fact| files.key_at(fact.span)));
            let mut scope = entity.scope;
            while let Some(at) = scope.filter(|at| scopes.insert(*at)) {
                let of = model.scope(at);
                found.extend(of.facts.iter().map(|fact| files.key_at(fact.span)));
                found.extend(of.home.map(|(tree, node)| files.key_at(model.at(tree, node).span())));
                scope = of.parent;
            }
            let links = entity.links.iter();
            let links = links.filter_map(|link| link.parts().0.is().copied());
            next.extend(links.filter(|to| seen.insert(*to)));
        }
    }
    found
}
