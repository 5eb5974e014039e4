//! Which files of a large environment have to do with each other, as far as its model tells.

use rustc_hash::FxHashMap;

use crate::environment::Repository;
use crate::fix::part::has_a_place;
use crate::model::{Known, Model};
use crate::repo::{SourceId, Sources};

/// Files and entities in groups: any link between two entities, in either direction, puts them and the files they are
/// declared in into one group. Files come first, then entities; both are known by number, so that a large model takes
/// milliseconds.
pub(super) struct Web {
    /// For each file of the repository and then for each entity the one that stands for its group.
    group: Vec<u32>,
    files: usize,
    /// Entities that have facts of, or inherit from, other files than the one they are declared in, with the file.
    readers: Vec<(u32, u32)>,
    /// Entities that no file of the repository declares, such as what the configuration says lives elsewhere.
    homeless: Vec<u32>,
}

/// What a change of some files may have to do with.
pub(super) struct Reach {
    /// Of each file of the repository whether what is said of it may change.
    pub judged: Vec<bool>,
    /// Of each file whether it is one of those, or is read by them.
    pub read: Vec<bool>,
}

impl Web {
    pub fn new(sources: &Sources, repository: &Repository, model: &Model) -> Web {
        let files = repository.files().len();
        let mut origins = Origins {
            sources,
            repository,
            known: FxHashMap::default(),
        };
        let mut groups = Groups((0..(files + model.entities().count()) as u32).collect());
        let (mut readers, mut homeless) = (Vec::new(), Vec::new());
        let scopes = model.scopes().iter().map(|scope| {
            let facts = scope.facts.iter().map(|fact| fact.span.source);
            let home = scope.home.map(|(tree, node)| model.at(tree, node).span().source);
            let mut all: Vec<SourceId> = facts.chain(home).collect();
            all.dedup();
            all
        });
        let scopes: Vec<Vec<SourceId>> = scopes.collect();
        for (id, entity) in model.entities().filter(|(_, entity)| has_a_place(entity.kind)) {
            let node = files as u32 + id.0;
            let own = entity.span.source;
            let declared = origins.of(own);
            if declared.is_empty() {
                homeless.push(node);
            }
            declared.iter().for_each(|file| groups.join(node, *file));
            for link in &entity.links {
                if let (Known::Is(to), _) = link.parts()
                    && has_a_place(model.entity(*to).kind)
                {
                    groups.join(node, files as u32 + to.0);
                }
            }
            let mut reads = |source: SourceId| {
                if source != own {
                    readers.extend(origins.of(source).iter().map(|file| (node, *file)));
                }
            };
            entity.facts.iter().for_each(|fact| reads(fact.span.source));
            let mut scope = entity.scope;
            while let Some(at) = scope {
                scopes[at.0 as usize].iter().for_each(|source| reads(*source));
                scope = model.scope(at).parent;
            }
        }
        let group = (0..groups.0.len() as u32).map(|node| groups.of(node)).collect();
        Web {
            group,
            files,
            readers,
            homeless,
        }
    }

    /// What a change of these files may have to do with; `None` where that is more than the repository's files tell.
    pub fn reach(&self, changed: &[usize]) -> Option<Reach> {
        let group = |node: u32| self.group[node as usize] as usize;
        let mut touched = vec![false; self.group.len()];
        changed.iter().for_each(|file| touched[group(*file as u32)] = true);
        // Who reads of a file that something is said of may be told something else.
        loop {
            let mut more = false;
            for (reader, file) in &self.readers {
                if touched[group(*file)] && !touched[group(*reader)] {
                    touched[group(*reader)] = true;
                    more = true;
                }
            }
            if !more {
                break;
            }
        }
        if self.homeless.iter().any(|node| touched[group(*node)]) {
            return None;
        }
        let judged: Vec<bool> = (0..self.files as u32).map(|file| touched[group(file)]).collect();
        let mut read = judged.clone();
        for (reader, file) in &self.readers {
            if touched[group(*reader)] {
                read[*file as usize] = true;
            }
        }
        Some(Reach { judged, read })
    }
}

/// Disjoint sets of numbers.
struct Groups(Vec<u32>);

impl Groups {
    fn of(&mut self, node: u32) -> u32 {
        let mut at = node;
        while self.0[at as usize] != at {
            // Halves the way for the next who asks.
            let next = self.0[at as usize];
            self.0[at as usize] = self.0[next as usize];
            at = self.0[at as usize];
        }
        at
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.of(a), self.of(b));
        // The lower number stands for both: files do, and chains stay short.
        self.0[a.max(b) as usize] = a.min(b);
    }
}

/// The files that texts come from.
struct Origins<'s> {
    sources: &'s Sources,
    repository: &'s Repository,
    known: FxHashMap<SourceId, Vec<u32>>,
}

impl Origins<'_> {
    /// The files of the repository that a text is or was made from.
    fn of(&mut self, source: SourceId) -> &[u32] {
        if !self.known.contains_key(&source) {
            let mut found = Vec::new();
            self.collect(source, &mut found, 0);
            found.sort_unstable();
            found.dedup();
            self.known.insert(source, found);
        }
        self.known.get(&source).map_or(&[], Vec::as_slice)
    }

    fn collect(&self, source: SourceId, found: &mut Vec<u32>, depth: usize) {
        // Texts are made from others at most four deep.
        const DEEPEST: usize = 4;
        let of = self.sources.get(source);
        match &of.pieces {
            None => found.extend(self.repository.index_of(source).map(|at| at as u32)),
            Some(pieces) if depth < DEEPEST => {
                let mut last = None;
                for from in pieces.iter().map(|piece| piece.from.source) {
                    if last.replace(from) != Some(from) {
                        self.collect(from, found, depth + 1);
                    }
                }
            }
            Some(_) => {}
        }
    }
}
