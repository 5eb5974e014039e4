//! One reading of the repository with fixes made: which hold, which are refused, which are to be tried again.

use std::collections::{BTreeMap, BTreeSet};

use super::complaint::{Change, Members};
use super::world::{Again, Complaint, World};
use crate::repo::{Edit, Refusal, SourceId, edit::splice};

/// Up to this many file readings each fix is proved by itself; above, fixes that do not touch each other are proved
/// together.
pub(super) const ALONE: usize = 20_000;

/// How many documents and files may be read again in all. Counted in work rather than in time, so that every machine
/// offers the same fixes.
pub(super) struct Budget {
    left: usize,
    /// What a reading costs beside the environments it reads: all files are grouped again.
    grouping: usize,
    pub spent: bool,
}

impl Budget {
    /// What a repository of so many files may take.
    pub fn new(files: usize) -> Self {
        Self {
            left: 5 * ALONE + 12 * files,
            grouping: files / 8,
            spent: false,
        }
    }

    /// Whether so many documents and files may still be read; they are then taken off.
    pub fn take(&mut self, documents: usize) -> bool {
        match self.left.checked_sub(documents + self.grouping) {
            Some(left) => self.left = left,
            None => self.spent = true,
        }
        !self.spent
    }
}

/// What one reading says of one of the fixes that were made.
pub(super) enum Verdict {
    /// Nothing speaks against it.
    Holds,
    /// It alone can be to blame.
    Refused(Refusal),
    /// Something speaks against it or others: it is tried without them.
    Later,
    /// It is tried once more, without those that are put off.
    Again,
}

/// Makes the fixes and asks every environment that uses their files; `None` when that would take too long.
pub(super) fn verdicts(world: &dyn World, members: &Members<'_>, budget: &mut Budget) -> Option<Vec<Verdict>> {
    let all = members.all.len();
    let mut edits: BTreeMap<SourceId, Vec<Edit>> = BTreeMap::new();
    for edit in members.all.iter().flat_map(|member| &member.attempt.fix.edits) {
        let of_file = edits.entry(edit.span.source).or_default();
        if !of_file.contains(edit) {
            of_file.push(edit.clone());
        }
    }
    let environments = world.users(&edits.keys().copied().collect());
    if !budget.take(environments.iter().map(|at| world.cost(*at)).sum()) {
        return None;
    }
    let changed = |(file, edits): (&SourceId, &Vec<Edit>)| {
        Some((*file, splice(&world.sources().get(*file).text, edits)?.into_bytes()))
    };
    let texts: Option<Vec<_>> = edits.iter().map(changed).collect();
    let Some(texts) = texts else {
        let overlap = Complaint::of_all("its changes overlap", all);
        return Some(judge(vec![overlap], all));
    };
    let question = |again: Again<'_>| {
        let change = Change {
            world,
            environment: again.environment,
            members,
            before: again.before,
            after: again.after,
            model: again.model,
        };
        change.answer()
    };
    let Some(answers) = world.after(&environments, &texts, &question) else {
        let gone = Complaint::of_all("with it the environments would no longer be the same", all);
        return Some(judge(vec![gone], all));
    };
    let changed: BTreeSet<usize> = answers.iter().flat_map(|answer| &answer.changed).copied().collect();
    let idle = (0..all).filter(|at| !changed.contains(at));
    let idle = idle.map(|at| Complaint {
        reason: Refusal::new("it would change nothing that was read"),
        suspects: [at].into_iter().collect(),
        prime: Some(at),
    });
    let complaints = answers
        .iter()
        .flat_map(|answer| answer.complaints.iter().cloned())
        .chain(idle);
    let mut verdicts = judge(complaints.collect(), all);
    let asked = environments.into_iter().zip(&answers);
    let troubled = asked.filter(|(_, answer)| !answer.consents()).map(|(at, _)| at);
    let troubled: BTreeSet<usize> = troubled.collect();
    clear(world, members, troubled, &mut verdicts);
    Some(verdicts)
}

/// A fix that alone is suspected is refused. Of several suspects the likeliest, else the second half, waits for a later
/// round; of each complaint one is kept, so that what is tried again is always less and never nothing.
fn judge(complaints: Vec<Complaint>, members: usize) -> Vec<Verdict> {
    let mut verdicts: Vec<Verdict> = (0..members)
        .map(|_| match complaints.is_empty() {
            true => Verdict::Holds,
            false => Verdict::Again,
        })
        .collect();
    let (single, several): (Vec<Complaint>, Vec<Complaint>) = complaints
        .into_iter()
        .partition(|complaint| complaint.suspects.len() == 1);
    for complaint in single {
        for at in complaint.suspects {
            if !matches!(verdicts[at], Verdict::Refused(_)) {
                verdicts[at] = Verdict::Refused(complaint.reason.clone());
            }
        }
    }
    // Where one is refused, it may have been that one.
    let unexplained = |complaint: &&Complaint| {
        let mut suspects = complaint.suspects.iter();
        !suspects.any(|at| matches!(verdicts[*at], Verdict::Refused(_)))
    };
    let several: Vec<&Complaint> = several.iter().filter(unexplained).collect();
    let mut put_off: BTreeSet<usize> = BTreeSet::new();
    for complaint in &several {
        match complaint.prime {
            Some(prime) => put_off.extend([prime]),
            None => put_off.extend(complaint.suspects.iter().skip(complaint.suspects.len().div_ceil(2))),
        }
    }
    for complaint in &several {
        if complaint.suspects.is_subset(&put_off)
            && let Some(first) = complaint.suspects.first()
        {
            put_off.remove(first);
        }
    }
    for at in put_off {
        verdicts[at] = Verdict::Later;
    }
    verdicts
}

/// Fixes hold that have no environment in common with those that something speaks against.
fn clear(world: &dyn World, members: &Members<'_>, mut troubled: BTreeSet<usize>, verdicts: &mut [Verdict]) {
    let uses: Vec<Vec<usize>> = members
        .all
        .iter()
        .map(|member| {
            let edits = member.attempt.fix.edits.iter();
            world.users(&edits.map(|edit| edit.span.source).collect())
        })
        .collect();
    loop {
        let before = troubled.len();
        for own in &uses {
            if own.iter().any(|environment| troubled.contains(environment)) {
                troubled.extend(own);
            }
        }
        if troubled.len() == before {
            break;
        }
    }
    for (own, verdict) in uses.iter().zip(verdicts) {
        if matches!(verdict, Verdict::Again) && own.iter().all(|environment| !troubled.contains(environment)) {
            *verdict = Verdict::Holds;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    const MEMBERS: usize = 8;

    fn complaints() -> impl Strategy<Value = Vec<Complaint>> {
        let complaint = (
            proptest::collection::btree_set(0..MEMBERS, 1..=MEMBERS),
            any::<Option<u8>>(),
        );
        let complaint = complaint.prop_map(|(suspects, prime)| Complaint {
            reason: Refusal::new("it is at fault"),
            prime: prime.and_then(|nth| suspects.iter().nth(usize::from(nth) % suspects.len()).copied()),
            suspects,
        });
        proptest::collection::vec(complaint, 1..6)
    }

    proptest! {
        /// So no round goes on for ever, and none ends without settling a fix.
        #[test]
        fn every_reading_settles_a_fix_or_leaves_fewer(complaints in complaints()) {
            let verdicts = judge(complaints, MEMBERS);
            let again = verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Again)).count();
            let refused = verdicts.iter().any(|verdict| matches!(verdict, Verdict::Refused(_)));
            prop_assert!(again < MEMBERS);
            prop_assert!(refused || again > 0);
            prop_assert!(!verdicts.iter().any(|verdict| matches!(verdict, Verdict::Holds)), "something speaks against them");
        }
    }

    #[test]
    fn work_has_a_ceiling() {
        let mut budget = Budget::new(1_000);
        let readings = (0..).take_while(|_| budget.take(1_000)).count();
        assert_eq!(readings, (5 * ALONE + 12_000) / 1_125);
        assert!(budget.spent && !budget.take(1));
    }
}
