//! Step functions of time: what holds from each edge until the next, and which written fields made it so.

use super::moment::{Moment, Period};

/// Index of a written field in [`super::schedule::Bounds::fields`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place(pub u32);

/// More replicas than any product runs: no maximum is set.
pub const UNBOUNDED: u32 = u32::MAX;

/// A count that holds from an instant on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Since when.
    pub at: Moment,
    /// Replicas or instances.
    pub count: u32,
    /// The field that states the count.
    pub by: Place,
    /// The field that says when it begins to hold.
    pub edge: Place,
}

/// A count at every instant of a period. Neighbouring steps differ in count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    period: Period,
    /// The first one stands at the period's beginning.
    steps: Vec<Step>,
}

/// One step with its neighbours.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'t> {
    /// How long it holds.
    pub period: Period,
    /// What holds.
    pub step: &'t Step,
    /// What held before, unless the timeline begins here.
    pub previous: Option<&'t Step>,
    /// What holds next, unless the timeline ends here.
    pub next: Option<&'t Step>,
}

impl Timeline {
    /// The same count throughout.
    pub fn constant(period: Period, count: u32, by: Place) -> Self {
        let at = period.from;
        let step = Step {
            at,
            count,
            by,
            edge: by,
        };
        Self {
            period,
            steps: vec![step],
        }
    }

    /// Starts from a count and follows steps in order of time; of several at one instant the last counts. Steps before
    /// the period only say what it begins with.
    pub fn new(period: Period, initial: (u32, Place), steps: impl IntoIterator<Item = Step>) -> Self {
        let mut timeline = Self::constant(period, initial.0, initial.1);
        for step in steps {
            if step.at >= period.to {
                break;
            }
            timeline.push(Step {
                at: step.at.max(period.from),
                ..step
            });
        }
        timeline
    }

    fn push(&mut self, step: Step) {
        let replaces = self.steps.last().is_some_and(|last| last.at == step.at);
        if replaces {
            self.steps.pop();
        }
        if self.steps.last().is_none_or(|last| last.count != step.count) {
            self.steps.push(step);
        }
    }

    /// The period it speaks of.
    pub fn period(&self) -> Period {
        self.period
    }

    /// All steps, in order of time.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// What holds at an instant; instants outside the period see its ends.
    pub fn at(&self, moment: Moment) -> &Step {
        let after = self.steps.partition_point(|step| step.at <= moment);
        &self.steps[after.saturating_sub(1)]
    }

    /// Each step with how long it holds.
    pub fn segments(&self) -> impl Iterator<Item = Segment<'_>> {
        self.steps.iter().enumerate().map(|(n, step)| {
            let next = self.steps.get(n + 1);
            Segment {
                period: Period::new(step.at, next.map_or(self.period.to, |next| next.at)),
                step,
                previous: n.checked_sub(1).and_then(|n| self.steps.get(n)),
                next,
            }
        })
    }

    /// The least count.
    pub fn least(&self) -> u32 {
        self.steps.iter().map(|step| step.count).min().unwrap_or(0)
    }

    /// The greatest count.
    pub fn greatest(&self) -> u32 {
        self.steps.iter().map(|step| step.count).max().unwrap_or(0)
    }

    /// The greater of two at each instant: several level sources of one autoscaler.
    #[must_use]
    pub fn max(&self, other: &Self) -> Self {
        self.combine(other, |own, other| own.count >= other.count)
    }

    /// The lesser of two at each instant: a cap, or several writers of which no one knows who is last.
    #[must_use]
    pub fn min(&self, other: &Self) -> Self {
        self.combine(other, |own, other| own.count <= other.count)
    }

    /// Chooses between two at each instant; `own` says whether the first is taken.
    fn combine(&self, other: &Self, own: impl Fn(&Step, &Step) -> bool) -> Self {
        let mut result = Self {
            period: self.period,
            steps: Vec::with_capacity(self.steps.len() + other.steps.len()),
        };
        let (mut left, mut right) = (0, 0);
        let mut at = self.period.from;
        loop {
            let (a, b) = (&self.steps[left], &other.steps[right]);
            let (chosen, beside) = if own(a, b) { (a, b) } else { (b, a) };
            // Where the other one's edge uncovered this count, that edge is what happened here.
            let edge = if chosen.at == at || beside.at != at {
                chosen.edge
            } else {
                beside.edge
            };
            result.push(Step { at, edge, ..*chosen });
            let next_left = self.steps.get(left + 1).map(|step| step.at);
            let next_right = other.steps.get(right + 1).map(|step| step.at);
            at = match (next_left, next_right) {
                (None, None) => return result,
                (Some(next), None) | (None, Some(next)) => next,
                (Some(a), Some(b)) => a.min(b),
            };
            left += usize::from(next_left == Some(at));
            right += usize::from(next_right == Some(at));
        }
    }

    /// The same timeline, its fields numbered from `first` on.
    #[must_use]
    pub fn renumbered(mut self, first: u32) -> Self {
        for step in &mut self.steps {
            step.by.0 += first;
            step.edge.0 += first;
        }
        self
    }
}
