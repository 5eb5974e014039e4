//! A fix is offered only when it is proved: applied in memory, everything that uses the file is read again; the
//! finding is gone, no new one appears, nothing became unknown, and no written fact changed but those that were meant.
//!
//! Fixes that do not touch each other are tried together. What then speaks against them names its suspects, so that one
//! reading of the repository tells apart the fixes of all its corners.

use std::collections::VecDeque;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::attempt::{Attempt, attempts, touch};
use super::complaint::{Member, Members};
use super::outcome::Files;
use super::places::Places;
use super::trial::{ALONE, Budget, Verdict, verdicts};
use super::world::World;
use crate::finding::{Finding, Fix, Repair};
use crate::repo::{Edit, Refusal, SourceId};
use crate::rule::Remedy;
use crate::speed;

/// How much a finding adds to the work of a reading, in files: the object it stands in, and what that is linked to.
const FACTS: usize = 8;

/// Offers every finding its proved fix, or says why there is none. `files` is the size of the repository.
pub fn prove<'f>(world: &dyn World, findings: impl IntoIterator<Item = &'f mut Finding>, files: usize) {
    let mends = |finding: &&mut Finding| finding.places.iter().any(|place| !matches!(place.remedy, Remedy::None));
    let mut findings: Vec<&mut Finding> = findings.into_iter().filter(mends).collect();
    let places = Places::new(world);
    let waiting = findings.par_iter().enumerate().with_min_len(speed::TEXTS);
    let waiting = waiting.map(|(at, finding)| Candidate {
        finding: at,
        attempts: attempts(&places, finding).into(),
        last: Refusal::new("the rule proposes none here"),
    });
    let mut waiting: Vec<Candidate> = waiting.collect();
    drop(places);
    // Many findings in one file are many facts to read again for each of them.
    let alone = waiting.len() * files.max(waiting.len() * FACTS);
    let together = if alone > ALONE { usize::MAX } else { 1 };
    let mut budget = Budget::new(files);
    loop {
        for settled in waiting.extract_if(.., |candidate| !candidate.is_open()) {
            findings[settled.finding].repair = Repair::Refused(settled.last.0);
        }
        let batch = choose(&mut waiting, together);
        if batch.is_empty() {
            return;
        }
        let tried = round(world, &findings, batch, &mut budget);
        for (finding, fix) in tried.proved {
            findings[finding].repair = Repair::Proved(fix);
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
        findings[candidate.finding].repair = Repair::Refused(reason);
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
fn round(world: &dyn World, findings: &[&mut Finding], mut batch: Vec<Candidate>, budget: &mut Budget) -> Tried {
    let mut tried = Tried::default();
    while !batch.is_empty() {
        let mut files = Files::new(world.sources());
        let members: Vec<Member<'_>> = batch
            .iter()
            .filter_map(|candidate| {
                let attempt = candidate.attempt()?;
                let sources = attempt.fix.edits.iter().map(|edit| edit.span.source);
                Some(Member {
                    finding: &*findings[candidate.finding],
                    attempt,
                    edits: sources.filter_map(|source| files.key_of_source(source)).collect(),
                })
            })
            .collect();
        let Some(verdicts) = verdicts(world, &Members::new(members), budget) else {
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
