//! What fixes made together did and should not have, and which of them may be to blame.

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};

use super::attempt::Attempt;
use super::outcome::{self, FileKey, Files, Open, Outcome};
use super::world::{Answer, Complaint, World};
use crate::finding::{Finding, Place};
use crate::model::{EntityId, FieldId, Kind, Known, Model};
use crate::repo::Refusal;

/// A fix that is tried.
pub(super) struct Member<'f> {
    pub finding: &'f Finding,
    pub attempt: &'f Attempt,
    /// The files it edits.
    pub edits: FxHashSet<FileKey>,
}

/// Fixes that are tried together. What an environment says of some must not cost a look at all.
pub(super) struct Members<'f> {
    pub all: Vec<Member<'f>>,
    /// Those whose finding holds in an environment, in order.
    in_environment: FxHashMap<usize, Vec<usize>>,
    /// Those that edit a file, in order.
    editing: FxHashMap<FileKey, Vec<usize>>,
}

impl<'f> Members<'f> {
    pub fn new(all: Vec<Member<'f>>) -> Self {
        let mut in_environment: FxHashMap<usize, Vec<usize>> = FxHashMap::default();
        let mut editing: FxHashMap<FileKey, Vec<usize>> = FxHashMap::default();
        for (at, member) in all.iter().enumerate() {
            let environments = member.finding.places.iter().map(|place| place.environment);
            for environment in environments.collect::<BTreeSet<_>>() {
                in_environment.entry(environment).or_default().push(at);
            }
            for file in &member.edits {
                editing.entry(*file).or_default().push(at);
            }
        }
        Self {
            all,
            in_environment,
            editing,
        }
    }

    /// Their places in an environment, each with the fix that mends it.
    fn places(&self, environment: usize) -> impl Iterator<Item = (usize, &'f Place)> + '_ {
        let own = self.in_environment.get(&environment).into_iter().flatten().copied();
        own.flat_map(move |at| {
            let places = self.all[at].finding.places.iter();
            let own = places.filter(move |place| place.environment == environment);
            own.map(move |place| (at, place))
        })
    }

    /// The fixes that edit any of these files.
    fn editing<'k>(&self, files: impl IntoIterator<Item = &'k FileKey>) -> BTreeSet<usize> {
        let editing = files.into_iter().filter_map(|file| self.editing.get(file));
        editing.flatten().copied().collect()
    }
}

/// What the fixes did to one environment.
pub(super) struct Change<'c> {
    pub world: &'c dyn World,
    pub environment: usize,
    pub members: &'c Members<'c>,
    /// What it said before, and what it says with the fixes made.
    pub before: &'c Outcome,
    pub after: &'c Outcome,
    /// The environment with the fixes made.
    pub model: &'c Model,
}

impl Change<'_> {
    /// Everything that speaks against the fixes: a finding that is still there, a new one, something that could be
    /// decided before, a written fact that no one meant to change.
    pub fn answer(&self) -> Answer {
        let mut files = Files::new(self.world.sources());
        let mut complaints = self.remaining(&mut files);
        complaints.extend(self.brought_about(&mut files));
        complaints.extend(self.lost(&mut files));
        let mut changed = BTreeSet::new();
        complaints.extend(self.written(&mut changed));
        Answer { complaints, changed }
    }

    fn before(&self) -> (&Model, &Outcome) {
        (self.world.model(self.environment), self.before)
    }

    /// Findings of which more hits are left than other findings have.
    fn remaining(&self, files: &mut Files<'_>) -> Vec<Complaint> {
        let (model, before) = self.before();
        let mut mended: FxHashMap<u64, usize> = FxHashMap::default();
        let mut of_member: Vec<(usize, u64, EntityId)> = Vec::new();
        for (at, place) in self.members.places(self.environment) {
            let subject = outcome::subject(files, model, place.root, &place.subject);
            *mended.entry(subject).or_default() += 1;
            of_member.push((at, subject, place.root));
        }
        let mut found: Vec<Complaint> = Vec::new();
        for (at, subject, root) in of_member {
            let others = before.count(subject).saturating_sub(mended[&subject]);
            if self.after.count(subject) <= others || found.last().is_some_and(|last| last.prime == Some(at)) {
                continue;
            }
            let mut suspects = self.members.editing(&outcome::near(files, model, root));
            suspects.insert(at);
            found.push(Complaint {
                reason: Refusal::new("it would not mend every place that this finding holds for"),
                suspects,
                prime: Some(at),
            });
        }
        found
    }

    /// Findings of more than advice that were not there before.
    fn brought_about(&self, files: &mut Files<'_>) -> Vec<Complaint> {
        let (_, before) = self.before();
        let loud = self.after.said.iter().filter(|said| said.loud);
        let new = loud.filter(|said| before.count(said.subject) == 0);
        new.map(|said| {
            let rule = self.world.rule(said.rule);
            let reason = Refusal::new(format!("it would bring about another finding ({rule})"));
            self.near(files, said.root, reason)
        })
        .collect()
    }

    /// What is mended, and every hop through it (a Service's port, a policy), may lead on to something that cannot be
    /// known; what was decided elsewhere must stay so.
    fn lost(&self, files: &mut Files<'_>) -> Vec<Complaint> {
        let (model, before) = self.before();
        let lost = self.after.open.iter().filter(|open| !before.is_open(open.what));
        let mut lost: Vec<&Open> = lost.collect();
        if lost.is_empty() {
            return Vec::new();
        }
        let places = self.members.places(self.environment);
        let roots: FxHashSet<EntityId> = places.map(|(_, place)| place.root).collect();
        let through = model.all(Kind::Hop).filter(|hop| {
            let mut links = model.entity(*hop).links.iter();
            links.any(|link| matches!(link.parts().0, Known::Is(to) if roots.contains(to)))
        });
        let mut named =
            |model: &Model, id: EntityId| (model.entity(id).name.clone(), files.key_at(model.entity(id).span));
        let mended: FxHashSet<_> = roots
            .iter()
            .copied()
            .chain(through)
            .map(|root| named(model, root))
            .collect();
        lost.retain(|open| !mended.contains(&named(self.model, open.root)));
        let mut asked: FxHashMap<u64, Vec<&Open>> = FxHashMap::default();
        for open in lost {
            let name = outcome::name(files, self.model, open.root);
            asked.entry(name).or_default().push(open);
        }
        let mut found: Vec<(EntityId, usize)> = Vec::new();
        for (id, _) in model.entities().filter(|_| !asked.is_empty()) {
            for open in asked.get(&outcome::name(files, model, id)).into_iter().flatten() {
                if self.world.decided(self.environment, open.rule, id) {
                    found.push((open.root, open.rule));
                }
            }
        }
        found.sort_unstable();
        found.dedup_by_key(|(root, _)| *root);
        let reason = || Refusal::new("with it less could be evaluated");
        found
            .into_iter()
            .map(|(root, _)| self.near(files, root, reason()))
            .collect()
    }

    /// Written facts that differ and were not meant to.
    fn written(&self, changed: &mut BTreeSet<usize>) -> Vec<Complaint> {
        let (_, before) = self.before();
        let mut differing: Vec<(FileKey, FieldId)> = before.differing(self.after).collect();
        differing.sort_unstable();
        differing.dedup();
        let mut found = Vec::new();
        for (file, field) in differing {
            let name = field.info().name;
            let suspects = self.or_all(self.members.editing([&file]));
            changed.extend(&suspects);
            let mut meant = suspects.iter().map(|at| &self.members.all[*at].attempt.meant);
            if meant.any(|meant| meant.contains(name)) {
                continue;
            }
            found.push(Complaint {
                reason: Refusal::new(format!("it would also change the {}", name.replace('_', " "))),
                suspects,
                prime: None,
            });
        }
        found
    }

    /// A complaint about an entity of the changed environment.
    fn near(&self, files: &mut Files<'_>, root: EntityId, reason: Refusal) -> Complaint {
        let suspects = self.or_all(self.members.editing(&outcome::near(files, self.model, root)));
        Complaint {
            reason,
            suspects,
            prime: None,
        }
    }

    /// Where no one is suspected, everyone is.
    fn or_all(&self, suspects: BTreeSet<usize>) -> BTreeSet<usize> {
        if suspects.is_empty() {
            return (0..self.members.all.len()).collect();
        }
        suspects
    }
}
