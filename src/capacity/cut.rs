//! Where a schedule lowers what is guaranteed: each descent of the timeline, by the edge that takes most.

use std::collections::BTreeMap;

use super::Period;
use super::timeline::{Place, Timeline};

/// All descents that one edge brings about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The field that says when.
    pub edge: Place,
    /// The field that states the lower count.
    pub count: Place,
    /// The count before the deepest of them.
    pub before: u32,
    /// The count after it.
    pub after: u32,
    /// When the lower count holds: from each descent until something raises it again, or the walk ends.
    pub windows: Vec<Period>,
}

/// The descents of a timeline that begin within a part of it. Steps down that follow each other are one: a schedule may lower
/// the count in stages.
pub fn cuts(timeline: &Timeline, spoken: Period) -> Vec<Cut> {
    let steps = timeline.steps();
    let mut found: BTreeMap<Place, Cut> = BTreeMap::new();
    let mut at = 1;
    while at < steps.len() {
        if steps[at].count >= steps[at - 1].count {
            at += 1;
            continue;
        }
        let top = at - 1;
        let mut bottom = at;
        while steps
            .get(bottom + 1)
            .is_some_and(|next| next.count < steps[bottom].count)
        {
            bottom += 1;
        }
        let takes = |step: usize| steps[step - 1].count - steps[step].count;
        // Of equal ones the first.
        let Some(deepest) = (at..=bottom).rev().max_by_key(|step| takes(*step)) else {
            break;
        };
        at = bottom + 1;
        let from = steps[deepest].at;
        if !spoken.contains(from) {
            continue;
        }
        let to = steps.get(bottom + 1).map_or(timeline.period().to, |next| next.at);
        let (before, after) = (steps[top].count, steps[bottom].count);
        let cut = found.entry(steps[deepest].edge).or_insert_with(|| Cut {
            edge: steps[deepest].edge,
            count: steps[bottom].by,
            before,
            after,
            windows: Vec::new(),
        });
        cut.windows.push(Period::new(from, to));
        // Which is deeper, by the share that is left: `after / before` is the lesser.
        let (own, other) = (
            u64::from(after) * u64::from(cut.before),
            u64::from(cut.after) * u64::from(before),
        );
        if own < other {
            (cut.before, cut.after, cut.count) = (before, after, steps[bottom].by);
        }
    }
    found.into_values().collect()
}

impl Cut {
    /// The part of the count that is taken, in percent; rounded up.
    pub fn percent(&self) -> u32 {
        let taken = u64::from(self.before - self.after) * 100;
        u32::try_from(taken.div_ceil(u64::from(self.before.max(1)))).unwrap_or(100)
    }
}
