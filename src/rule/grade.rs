//! What a violation rests on, and what follows from that.
//!
//! A rule is evaluated with assumptions as known and, only where it was shown one, again with them as unknown. What is
//! violated in both has the full grade. What is violated in the first alone rests on an assumption: it is at most a
//! warning and at most of medium precision, says so in a clause, and has no safe fix. What is fulfilled in the first
//! alone was not evaluated.

use std::sync::Arc;

use super::definition::Rule;
use super::eval::Scene;
use super::remedy::Proposal;
use super::severity::{Precision, Severity};
use crate::model::{Assumption, Doubt, Known, Lens};

/// What a violation rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// What is known.
    Full,
    /// Something that is assumed.
    Assumed,
}

impl Grade {
    /// How bad a finding is at most.
    pub fn severity(self, full: Severity) -> Severity {
        match self {
            Grade::Full => full,
            Grade::Assumed => full.min(Severity::Warning),
        }
    }

    /// How sure a finding is at most.
    pub fn precision(self, full: Precision) -> Precision {
        match self {
            Grade::Full => full,
            Grade::Assumed => full.min(Precision::Medium),
        }
    }
}

/// What a rule says of an entity when all that is assumed is taken for unknown.
pub(super) fn without_assumptions(scene: &Scene<'_>, rule: &Rule) -> Known<bool> {
    again(scene, rule, &Lens::doubting())
}

/// Whether a rule was shown anything that rests on an assumption, the entity itself included.
pub(super) fn is_shown_any(scene: &Scene<'_>) -> bool {
    scene.lens.is_shown() || scene.model.entity(scene.root).unless.is_some()
}

fn again(scene: &Scene<'_>, rule: &Rule, lens: &Lens) -> Known<bool> {
    let scene = scene.through(lens);
    if let Some(unless) = &scene.model.entity(scene.root).unless
        && let Err(doubt) = lens.allows(unless)
    {
        return Known::Unknown(doubt);
    }
    match scene.applies(&rule.when, &mut 0) {
        Known::Is(true) => scene.satisfies(&rule.require),
        Known::Is(false) | Known::Absent => Known::Absent,
        Known::Unknown(doubt) => Known::Unknown(doubt),
    }
}

/// Why something that is fulfilled was not evaluated all the same; `None` where it holds whatever is assumed.
pub(super) fn doubt(scene: &Scene<'_>, rule: &Rule) -> Option<Doubt> {
    match without_assumptions(scene, rule) {
        Known::Is(true) => None,
        Known::Unknown(doubt) => Some(doubt),
        Known::Is(false) | Known::Absent => rests_on(scene, rule).map(|assumption| assumption.doubt()),
    }
}

/// What a violation rests on: of the assumptions that a rule was shown those without any one of which it could not be
/// told; all, where each alone would do.
pub(super) fn rests_on(scene: &Scene<'_>, rule: &Rule) -> Option<Assumption> {
    let lens = Lens::trusting();
    let _ = again(scene, rule, &lens);
    let all = lens.shown();
    if all.len() > 1 {
        let matters = |assumption: &&Assumption| {
            let lens = Lens::doubting_one((*assumption).clone());
            again(scene, rule, &lens) != Known::Is(false)
        };
        let mut needed = all.iter().filter(matters);
        if let Some(first) = needed.next() {
            return Some(needed.fold(first.clone(), Assumption::and));
        }
    }
    lens.assumption()
}

/// A fix that is right only on an assumption is not safe.
pub(super) fn make_unsafe(proposal: &mut Proposal, assumption: &Assumption) {
    let wrong = format!("it is wrong if {assumption}");
    let because = match &proposal.because {
        Some(because) => format!("{because}; {wrong}"),
        None => wrong,
    };
    proposal.because = Some(Arc::from(because));
}
