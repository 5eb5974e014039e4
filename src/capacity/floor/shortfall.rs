//! Where fewer replicas are guaranteed than are needed: windows, gathered by the field that causes them.

use std::collections::BTreeMap;

use super::Reactive;
use super::required::Required;
use crate::capacity::schedule::Bounds;
use crate::capacity::timeline::{Place, Segment, Timeline};
use crate::capacity::{Moment, Period};

/// Which bound is too low.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bound {
    /// The count that is guaranteed.
    Guaranteed,
    /// The count that is never exceeded.
    Maximum,
    /// The count that is guaranteed after a deployment has reset the sizes.
    AfterUpdate,
}

/// What makes a bound too low.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// An edge lowers the count while more is still needed: it comes too early.
    Opens,
    /// An edge raises the count when more has long been needed: it comes too late.
    TooLate,
    /// The count itself is too low.
    Count,
    /// Written in the zone of the traffic, the same schedule would do.
    MissingZone,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// An autoscaler can make up for it.
    Information,
    /// Below the floor.
    Warning,
    /// Below the traffic itself.
    Error,
}

/// One stretch of time in which too little is guaranteed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// When.
    pub period: Period,
    /// The count that is guaranteed, or allowed at most.
    pub guaranteed: u32,
    /// The greatest floor within it.
    pub needed: u32,
    /// The most that the traffic alone needs within it.
    pub certain: u32,
}

/// All windows that one field causes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortfall {
    /// Which bound is too low.
    pub bound: Bound,
    /// What makes it so.
    pub cause: Cause,
    /// The field that causes it: an edge, or a count.
    pub place: Place,
    /// The field that states the count that is too low.
    pub count: Place,
    /// The worst of its windows.
    pub severity: Severity,
    /// The first windows, at most three.
    pub first: Vec<Window>,
    /// How many there are.
    pub windows: usize,
    /// How long all of them last, in seconds.
    pub seconds: i64,
    /// The longest, in seconds: how much earlier or later an edge must come.
    pub longest: i64,
    /// The window that lacks most.
    pub worst: Window,
    /// The least count that would do in all of them.
    pub would_do: u32,
}

/// Finds all shortfalls of a schedule. `in_zone` is the same schedule as it would be if it named the zone of the traffic,
/// for one that names none. `startup` is how long a replica takes to serve, in seconds.
pub fn shortfalls(
    bounds: &Bounds,
    in_zone: Option<&Bounds>,
    required: &Required,
    reactive: Option<&Reactive>,
    startup: i64,
) -> Vec<Shortfall> {
    let mut found = find(&bounds.minimum, Bound::Guaranteed, required);
    found.extend(find(&bounds.maximum, Bound::Maximum, required));
    if let Some(reactive) = reactive {
        for shortfall in found
            .iter_mut()
            .filter(|shortfall| shortfall.bound == Bound::Guaranteed)
        {
            let Window { guaranteed, needed, .. } = shortfall.worst;
            let allowed = bounds.maximum.least() >= shortfall.would_do;
            if allowed && reactive.reaches(guaranteed, needed, startup) {
                shortfall.severity = match shortfall.severity {
                    Severity::Error => Severity::Warning,
                    _ => Severity::Information,
                };
            }
        }
    }
    let zone_would_do = in_zone.is_some_and(|other| {
        let mut bounds = [(&other.minimum, Bound::Guaranteed), (&other.maximum, Bound::Maximum)].into_iter();
        bounds.all(|(timeline, bound)| find(timeline, bound, required).is_empty())
    });
    if zone_would_do {
        found = merged(found);
    }
    if found.is_empty()
        && let Some(timeline) = &bounds.after_update
    {
        found = find(timeline, Bound::AfterUpdate, required);
        // It takes a deployment at the wrong moment.
        for shortfall in &mut found {
            shortfall.severity = shortfall.severity.min(Severity::Warning);
        }
    }
    found
}

/// All shortfalls as one, of which the missing zone is the cause; it is to be written beside the first edge.
fn merged(found: Vec<Shortfall>) -> Vec<Shortfall> {
    let mut all = found.into_iter();
    let Some(mut one) = all.next() else {
        return Vec::new();
    };
    one.cause = Cause::MissingZone;
    for other in all {
        one.severity = one.severity.max(other.severity);
        one.windows += other.windows;
        one.seconds += other.seconds;
        one.longest = one.longest.max(other.longest);
        one.would_do = one.would_do.max(other.would_do);
        if lack(&other.worst) > lack(&one.worst) {
            one.worst = other.worst;
        }
        one.first.extend(other.first);
    }
    one.first.sort_by_key(|window| window.period);
    one.first.truncate(3);
    vec![one]
}

fn lack(window: &Window) -> u32 {
    window.needed.saturating_sub(window.guaranteed)
}

fn find(timeline: &Timeline, bound: Bound, required: &Required) -> Vec<Shortfall> {
    let mut gathered: BTreeMap<(Cause, Place), Shortfall> = BTreeMap::new();
    let mut floor = Walk::new(&required.floor, required.period);
    let mut certain = Walk::new(&required.certain, required.period);
    for segment in timeline.segments() {
        let guaranteed = segment.step.count;
        let mut at = segment.period.from;
        while let Some(period) = floor.next_above(guaranteed, at, segment.period.to) {
            let needed = floor.greatest(period);
            let window = Window {
                period,
                guaranteed,
                needed,
                certain: certain.greatest(period),
            };
            let (cause, place) = cause(&segment, period);
            if cause == Cause::TooLate && is_cut(&segment, period, required.period) {
                at = period.to;
                continue;
            }
            gather(&mut gathered, bound, cause, place, segment.step.by, window);
            at = period.to;
        }
    }
    gathered.into_values().collect()
}

/// Whether a window is cut off by the beginning of the walk: what opened it is not seen, and the edge that ends it would be
/// blamed. What repeats comes again whole; only what lasts for a week or more may not.
fn is_cut(segment: &Segment<'_>, window: Period, walk: Period) -> bool {
    let opened_before = segment.previous.is_none() && window.from == walk.from;
    opened_before && segment.next.is_some() && window.seconds() < crate::capacity::moment::WEEK
}

/// Why a window within one step of the timeline is too low.
fn cause(segment: &Segment<'_>, window: Period) -> (Cause, Place) {
    let step = segment.step;
    let lowered = segment.previous.is_some_and(|previous| previous.count > step.count);
    if lowered && window.from == segment.period.from {
        return (Cause::Opens, step.edge);
    }
    match segment.next.filter(|next| next.count > step.count) {
        Some(next) if window.to == segment.period.to => (Cause::TooLate, next.edge),
        _ => (Cause::Count, step.by),
    }
}

fn gather(
    gathered: &mut BTreeMap<(Cause, Place), Shortfall>,
    bound: Bound,
    cause: Cause,
    place: Place,
    count: Place,
    window: Window,
) {
    let severity = if window.certain > window.guaranteed {
        Severity::Error
    } else {
        Severity::Warning
    };
    let shortfall = gathered.entry((cause, place)).or_insert_with(|| Shortfall {
        bound,
        cause,
        place,
        count,
        severity,
        first: Vec::new(),
        windows: 0,
        seconds: 0,
        longest: 0,
        worst: window,
        would_do: 0,
    });
    shortfall.severity = shortfall.severity.max(severity);
    if shortfall.first.len() < 3 {
        shortfall.first.push(window);
    }
    shortfall.windows += 1;
    shortfall.seconds += window.period.seconds();
    shortfall.longest = shortfall.longest.max(window.period.seconds());
    if lack(&window) > lack(&shortfall.worst) {
        shortfall.worst = window;
    }
    shortfall.would_do = shortfall.would_do.max(window.needed);
}

/// A walk over counts in order of time; questions must come in that order too.
struct Walk<'r> {
    steps: &'r [(Moment, u32)],
    end: Moment,
    at: usize,
}

impl<'r> Walk<'r> {
    fn new(steps: &'r [(Moment, u32)], period: Period) -> Self {
        Self {
            steps,
            end: period.to,
            at: 0,
        }
    }

    fn end_of(&self, step: usize) -> Moment {
        self.steps.get(step + 1).map_or(self.end, |(at, _)| *at)
    }

    fn seek(&mut self, from: Moment) {
        while self.at + 1 < self.steps.len() && self.end_of(self.at) <= from {
            self.at += 1;
        }
    }

    /// The first stretch within `from` until `to` in which the count exceeds another.
    fn next_above(&mut self, count: u32, from: Moment, to: Moment) -> Option<Period> {
        self.seek(from);
        let mut step = self.at;
        while step < self.steps.len() && self.steps[step].1 <= count {
            step += 1;
            if self.steps.get(step).is_none_or(|(at, _)| *at >= to) {
                return None;
            }
        }
        let begin = self.steps.get(step)?.0.max(from);
        while self
            .steps
            .get(step)
            .is_some_and(|(at, other)| *other > count && *at < to)
        {
            step += 1;
        }
        let end = self.steps.get(step).map_or(self.end, |(at, _)| *at).min(to);
        (begin < end).then_some(Period::new(begin, end))
    }

    /// The greatest count within a stretch.
    fn greatest(&mut self, period: Period) -> u32 {
        self.seek(period.from);
        let within = self.steps[self.at..].iter().enumerate();
        let within = within.take_while(|(n, (at, _))| *n == 0 || *at < period.to);
        within.map(|(_, (_, count))| *count).max().unwrap_or(0)
    }
}
