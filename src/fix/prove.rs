//! A fix is offered only when it is proved: applied in memory, everything that uses the file is read again; the
//! finding is gone, no new one appears, nothing became unknown, and no written fact changed but those that were meant.
//!
//! Fixes that do not touch each other are tried together. What then speaks against them names its suspects, so that one
//! reading of the repository tells apart the fixes of all its corners.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rustc_hash::FxHashMap;

use super::attempt::{Attempt, attempts, touch};
use super::complaint::{Change, Complaint, Member};
use super::outcome::Files;
use super::places::Places;
use crate::finding::{Finding, Fix};
use crate::model::{EntityId, Model};
use crate::repo::{Edit, Refusal, SourceId, Sources, edit::splice};

pub use super::complaint::Answer;
pub use super::outcome::Outcome;

/// What is asked of an environment that was read again: its model and what it says.
pub type Question<'q> = dyn Fn(usize, &Model, &Outcome) -> Answer + Sync + 'q;

/// What proving needs of the run.
pub trait World: Sync {
    /// The sources that spans lie in.
    fn sources(&self) -> &Sources;
    /// The model of an environment.
    fn model(&self, environment: usize) -> &Model;
    /// How many documents and files an environment has: what reading it again costs.
    fn size(&self, environment: usize) -> usize;
    /// The environments that use any of these files.
    fn users(&self, files: &BTreeSet<SourceId>) -> Vec<usize>;
    /// The id of a rule.
    fn rule(&self, at: usize) -> &str;
    /// Whether a rule was decided before for an entity.
    fn decided(&self, environment: usize, rule: usize, root: EntityId) -> bool;
    /// What an environment said before.
    fn before(&self, environment: usize) -> &Outcome;
    /// The answers of these environments when the files have these texts; `None` when one of them is gone.
    fn after(
        &self,
        environments: &[usize],
        files: &[(SourceId, String)],
        question: &Question<'_>,
    ) -> Option<Vec<Answer>>;
}

/// Up to this many file readings each fix is proved by itself; above, fixes that do not touch each other are proved
/// together.
const ALONE: usize = 20_000;

/// How many documents and files may be read again in all. Counted in work rather than in time, so that every machine
/// offers the same fixes.
struct Budget {
    left: usize,
    /// What a reading costs beside the environments it reads: all files are grouped again.
    grouping: usize,
    spent: bool,
}

impl Budget {
    /// What a repository of so many files may take.
    fn of(files: usize) -> Self {
        Self {
            left: 5 * ALONE + 12 * files,
            grouping: files / 8,
            spent: false,
        }
    }

    /// Whether so many documents and files may still be read; they are then taken off.
    fn take(&mut self, documents: usize) -> bool {
        match self.left.checked_sub(documents + self.grouping) {
            Some(left) => self.left = left,
            None => self.spent = true,
        }
        !self.spent
    }
}

/// Offers every finding that is `wanted` its proved fix, or says why there is none. `files` is the size of the
/// repository.
pub fn prove(world: &dyn World, findings: &mut [Finding], wanted: &dyn Fn(&Finding) -> bool, files: usize) {
    let mut waiting: Vec<Candidate> = Vec::new();
    let mut places = Places::of(world);
    for (at, finding) in findings.iter().enumerate() {
        if wanted(finding) && finding.places.iter().any(|place| place.proposal.is_some()) {
            waiting.push(Candidate {
                finding: at,
                attempts: attempts(&mut places, finding).into(),
                last: Refusal::new("the rule proposes none here"),
            });
        }
    }
    drop(places);
    let together = if waiting.len() * files > ALONE { usize::MAX } else { 1 };
    let mut budget = Budget::of(files);
    loop {
        for settled in waiting.extract_if(.., |candidate| !candidate.is_open()) {
            findings[settled.finding].no_fix_reason = Some(settled.last.0);
        }
        let batch = choose(&mut waiting, together);
        if batch.is_empty() {
            return;
        }
        let tried = round(world, findings, batch, &mut budget);
        for (finding, fix) in tried.proved {
            findings[finding].fix = Some(fix);
        }
        waiting.extend(tried.left);
        waiting.sort_by_key(|candidate| candidate.finding);
        if budget.spent {
            break;
        }
    }
    for mut candidate in waiting {
        let reason = if candidate.is_open() {
            "proving it takes too long among so many others; lint its file by itself".to_owned()
        } else {
            candidate.last.0
        };
        findings[candidate.finding].no_fix_reason = Some(reason);
    }
}

/// A finding that wants a fix, with the ways that were not refused yet.
struct Candidate {
    finding: usize,
    attempts: VecDeque<Result<Attempt, Refusal>>,
    /// Why the last of the others was refused.
    last: Refusal,
}

impl Candidate {
    /// Whether there is something to try; it is then the first.
    fn is_open(&mut self) -> bool {
        while let Some(Err(_)) = self.attempts.front() {
            if let Some(Err(reason)) = self.attempts.pop_front() {
                self.last = reason;
            }
        }
        !self.attempts.is_empty()
    }

    fn attempt(&self) -> Option<&Attempt> {
        self.attempts.front()?.as_ref().ok()
    }

    fn refuse(&mut self, reason: Refusal) {
        self.attempts.pop_front();
        self.last = reason;
    }
}

/// What became of the fixes that were tried in one round.
#[derive(Default)]
struct Tried {
    proved: Vec<(usize, Fix)>,
    left: Vec<Candidate>,
}

/// The first candidates whose fixes do not touch each other, at most so many.
fn choose(waiting: &mut Vec<Candidate>, most: usize) -> Vec<Candidate> {
    let mut taken: FxHashMap<SourceId, Vec<Edit>> = FxHashMap::default();
    let mut chosen = Vec::new();
    waiting.retain_mut(|candidate| {
        let Some(attempt) = candidate.attempt().filter(|_| chosen.len() < most) else {
            return true;
        };
        let touches = attempt.fix.edits.iter().any(|edit| {
            let mut others = taken.get(&edit.span.source).into_iter().flatten();
            others.any(|other| touch(other, edit) && other != edit)
        });
        if touches {
            return true;
        }
        for edit in &attempt.fix.edits {
            taken.entry(edit.span.source).or_default().push(edit.clone());
        }
        chosen.push(Candidate {
            finding: candidate.finding,
            attempts: std::mem::take(&mut candidate.attempts),
            last: candidate.last.clone(),
        });
        false
    });
    chosen
}

/// Tries fixes together until nothing speaks against those that are left. Each time at least one is refused, or put off
/// to a later round; every round settles one at least.
fn round(world: &dyn World, findings: &[Finding], mut batch: Vec<Candidate>, budget: &mut Budget) -> Tried {
    let mut tried = Tried::default();
    while !batch.is_empty() {
        let mut files = Files::new(world.sources());
        let members: Vec<Member<'_>> = batch
            .iter()
            .filter_map(|candidate| {
                let attempt = candidate.attempt()?;
                let sources = attempt.fix.edits.iter().map(|edit| edit.span.source);
                Some(Member {
                    finding: &findings[candidate.finding],
                    attempt,
                    edits: sources.filter_map(|source| files.of_source(source)).collect(),
                })
            })
            .collect();
        let Some(verdicts) = run(world, &members, budget) else {
            tried.left.extend(batch);
            return tried;
        };
        let mut again = Vec::new();
        for (mut candidate, verdict) in batch.into_iter().zip(verdicts) {
            match verdict {
                Verdict::Again => again.push(candidate),
                Verdict::Later => tried.left.push(candidate),
                Verdict::Refused(reason) => {
                    candidate.refuse(reason);
                    tried.left.push(candidate);
                }
                Verdict::Holds => {
                    if let Some(Ok(attempt)) = candidate.attempts.pop_front() {
                        tried.proved.push((candidate.finding, attempt.fix));
                    }
                }
            }
        }
        batch = again;
    }
    tried
}

/// What one reading says of one of the fixes that were made.
enum Verdict {
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
fn run(world: &dyn World, members: &[Member<'_>], budget: &mut Budget) -> Option<Vec<Verdict>> {
    let mut edits: BTreeMap<SourceId, Vec<Edit>> = BTreeMap::new();
    for edit in members.iter().flat_map(|member| &member.attempt.fix.edits) {
        let of_file = edits.entry(edit.span.source).or_default();
        if !of_file.contains(edit) {
            of_file.push(edit.clone());
        }
    }
    let users = world.users(&edits.keys().copied().collect());
    if !budget.take(users.iter().map(|environment| world.size(*environment)).sum()) {
        return None;
    }
    let changed =
        |(file, edits): (&SourceId, &Vec<Edit>)| Some((*file, splice(&world.sources().get(*file).text, edits)?));
    let texts: Option<Vec<_>> = edits.iter().map(changed).collect();
    let Some(texts) = texts else {
        let overlap = Complaint::of_all("its changes overlap", members.len());
        return Some(judge(vec![overlap], members.len()));
    };
    let question = |environment: usize, model: &Model, after: &Outcome| {
        let change = Change {
            world,
            environment,
            members,
            model,
            after,
        };
        change.answer()
    };
    let Some(answers) = world.after(&users, &texts, &question) else {
        let gone = Complaint::of_all("with it the environments would no longer be the same", members.len());
        return Some(judge(vec![gone], members.len()));
    };
    let changed: BTreeSet<usize> = answers.iter().flat_map(|answer| &answer.changed).copied().collect();
    let idle = (0..members.len()).filter(|at| !changed.contains(at));
    let idle = idle.map(|at| Complaint {
        reason: Refusal::new("it would change nothing that was read"),
        suspects: [at].into_iter().collect(),
        prime: Some(at),
    });
    let complaints = answers
        .iter()
        .flat_map(|answer| answer.complaints.iter().cloned())
        .chain(idle);
    let mut verdicts = judge(complaints.collect(), members.len());
    let troubled: BTreeSet<usize> = users
        .iter()
        .zip(&answers)
        .filter(|(_, answer)| !answer.complaints.is_empty())
        .map(|(environment, _)| *environment)
        .collect();
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
fn clear(world: &dyn World, members: &[Member<'_>], mut troubled: BTreeSet<usize>, verdicts: &mut [Verdict]) {
    let uses: Vec<Vec<usize>> = members
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

/// Fixes that can be made together: those that overlap an earlier one wait for the next round.
pub fn apart<'f>(fixes: impl Iterator<Item = &'f Fix>) -> Vec<&'f Fix> {
    let mut taken: Vec<&Fix> = Vec::new();
    for fix in fixes {
        let overlaps = |edit: &Edit| {
            let mut others = taken.iter().flat_map(|fix| &fix.edits);
            others.any(|other| touch(other, edit) && other != edit)
        };
        if !fix.edits.iter().any(overlaps) {
            taken.push(fix);
        }
    }
    taken
}
