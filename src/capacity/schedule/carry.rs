//! Sources that set a size and leave it: what holds is what the last action set, also across the period's beginning.

use crate::capacity::cron::Expression;
use crate::capacity::moment::{Moment, Period};
use crate::capacity::timeline::{Place, Step, Timeline};
use crate::capacity::zone::Zone;

/// When an action fires.
#[derive(Clone, Debug, Default)]
pub(super) struct Firings {
    /// Within the period.
    pub within: Vec<Moment>,
    /// The last one before it.
    pub before: Option<Moment>,
}

impl Firings {
    /// A single instant.
    pub fn once(at: Moment, period: Period) -> Self {
        Self {
            within: if period.contains(at) { vec![at] } else { Vec::new() },
            before: Some(at).filter(|at| *at < period.from),
        }
    }

    /// A recurrence between two instants: it fires at `start` itself, and no longer from `end` on.
    pub fn recurring(
        expression: &Expression,
        zone: &Zone,
        period: Period,
        start: Option<Moment>,
        end: Option<Moment>,
    ) -> Self {
        let legal = |at: &Moment| start.is_none_or(|start| *at >= start) && end.is_none_or(|end| *at < end);
        let mut within = expression.within(zone, period);
        within.retain(legal);
        let until = end.map_or(period.from, |end| end.min(period.from));
        let mut before = expression.previous(zone, until).filter(legal);
        if let Some(start) = start.filter(|start| end.is_none_or(|end| *start < end)) {
            let own = Self::once(start, period);
            within.extend(own.within);
            within.sort_unstable();
            within.dedup();
            before = before.max(own.before);
        }
        Self { within, before }
    }
}

/// A size that an action sets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Set<'f> {
    pub firings: &'f Firings,
    pub count: u32,
    pub by: Place,
    pub edge: Place,
}

/// The size at each instant. Of several actions at one instant the least counts: which comes last is not ours to say.
pub(super) fn carried(period: Period, own: (u32, Place), sets: &[Set<'_>]) -> Timeline {
    let mut steps: Vec<Step> = Vec::new();
    for set in sets {
        let moments = set.firings.before.iter().chain(&set.firings.within);
        steps.extend(moments.map(|at| Step {
            at: *at,
            count: set.count,
            by: set.by,
            edge: set.edge,
        }));
    }
    steps.sort_by(|a, b| a.at.cmp(&b.at).then(b.count.cmp(&a.count)));
    Timeline::new(period, own, steps)
}
