//! Where fewer replicas are guaranteed than are needed: windows, gathered by the field that causes them.

use std::collections::BTreeMap;

use super::reactive::Reactive;
use super::required::Required;
use crate::capacity::moment::{Moment, Period, WEEK};
use crate::capacity::schedule::Bounds;
use crate::capacity::timeline::{Place, Segment, Timeline};

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
    /// The schedule as it seems to be meant would do, and the product reads it otherwise.
    Misread(Misreading),
}

/// How a schedule is read otherwise than it seems to be meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Misreading {
    /// It names no zone and is read in UTC; in the zone of the traffic it would do.
    MissingZone,
    /// It names UTC; in the zone of the traffic it would do.
    OtherZone,
    /// It numbers the days of the week as crontab does, where Sunday is 1.
    Weekdays,
    /// It raises only the desired capacity, which is no guarantee.
    DesiredAlone,
    /// A job has not the rights that it needs.
    Forbidden,
    /// A job sets a count that an autoscaler owns.
    Overruled,
    /// A deployer puts back at once what a job sets.
    Healed,
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
    /// Since when within it the traffic alone needs more than there is; `None` where it never does.
    pub certain_from: Option<Moment>,
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
    /// Whether a single week of history makes it so: what came once is no weekly need.
    pub single: bool,
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

/// What a schedule is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'q> {
    /// What is needed.
    pub required: &'q Required,
    /// The part of the walk that is spoken of.
    pub spoken: Period,
    /// How the target follows metrics, where it does.
    pub reactive: Option<&'q Reactive>,
    /// How long a replica takes to serve, in seconds.
    pub startup: i64,
}

impl Question<'_> {
    /// All shortfalls of a schedule.
    pub fn shortfalls(&self, bounds: &Bounds) -> Vec<Shortfall> {
        let weekly = &self.required.floor;
        let mut found = self.find(&bounds.minimum, Bound::Guaranteed, weekly);
        found.extend(self.find(&bounds.maximum, Bound::Maximum, weekly));
        for shortfall in &mut found {
            if self.makes_up(bounds, shortfall) {
                shortfall.severity = shortfall.severity.milder();
            }
        }
        if found.is_empty()
            && let Some(timeline) = &bounds.after_update
        {
            found = self.find(timeline, Bound::AfterUpdate, weekly);
            // It takes a deployment at the wrong moment.
            for shortfall in &mut found {
                shortfall.severity = shortfall.severity.min(Severity::Warning);
            }
        }
        found.extend(self.single(bounds));
        found
    }

    /// Whether a schedule guarantees and allows what every week needs.
    pub fn is_met(&self, bounds: &Bounds) -> bool {
        let weekly = &self.required.floor;
        let met = |timeline: &Timeline| self.find(timeline, Bound::Guaranteed, weekly).is_empty();
        met(&bounds.minimum) && met(&bounds.maximum)
    }

    /// Whether an autoscaler adds what is missing while a replica starts.
    fn makes_up(&self, bounds: &Bounds, shortfall: &Shortfall) -> bool {
        let Window { guaranteed, needed, .. } = shortfall.worst;
        let allowed = bounds.maximum.least() >= shortfall.would_do;
        let reaches = |reactive: &Reactive| reactive.reaches(guaranteed, needed, self.startup);
        shortfall.bound == Bound::Guaranteed && allowed && self.reactive.is_some_and(reaches)
    }

    /// What only a single week of history makes too low. An autoscaler that follows metrics goes as far as it may.
    fn single(&self, bounds: &Bounds) -> Vec<Shortfall> {
        let steps = &self.required.single;
        let mut found = self.find(&bounds.maximum, Bound::Maximum, steps);
        let follows = self
            .reactive
            .is_some_and(|reactive| reactive.reaches(1, 2, self.startup));
        let severity = if follows {
            Severity::Information
        } else {
            Severity::Warning
        };
        if found.is_empty() {
            found = self.find(&bounds.minimum, Bound::Guaranteed, steps);
        }
        for shortfall in &mut found {
            shortfall.single = true;
            shortfall.severity = severity;
        }
        found
    }

    /// The part of a window that is spoken of. One that began before comes again whole, unless it is a long one.
    fn spoken_of(&self, window: Period) -> Option<Period> {
        let long = window.seconds() >= WEEK;
        let begins = self.spoken.contains(window.from);
        match (begins, long) {
            (_, true) => Some(window.within(self.spoken)).filter(|part| part.seconds() > 0),
            (true, false) => Some(window),
            (false, false) => None,
        }
    }

    fn find(&self, timeline: &Timeline, bound: Bound, steps: &[(Moment, u32)]) -> Vec<Shortfall> {
        let walk = self.required.period;
        let mut gathered: BTreeMap<(Cause, Place), Shortfall> = BTreeMap::new();
        let mut needed = Walk::new(steps, walk);
        let mut certain = Walk::new(&self.required.certain, walk);
        for segment in timeline.segments() {
            let guaranteed = segment.step.count;
            let mut at = segment.period.from;
            while let Some(period) = needed.next_above(guaranteed, at, segment.period.to) {
                at = period.to;
                let (cause, place) = cause(&segment, period);
                let cut = cause == Cause::TooLate && is_cut(&segment, period, walk);
                let Some(spoken) = self.spoken_of(period).filter(|_| !cut) else {
                    continue;
                };
                let window = Window {
                    period: spoken,
                    guaranteed,
                    needed: needed.greatest(spoken),
                    certain: certain.greatest(spoken),
                    certain_from: certain
                        .next_above(guaranteed, spoken.from, spoken.to)
                        .map(|above| above.from),
                };
                gather(&mut gathered, bound, cause, place, segment.step.by, window);
            }
        }
        gathered.into_values().collect()
    }
}

impl Severity {
    fn milder(self) -> Self {
        match self {
            Severity::Error => Severity::Warning,
            _ => Severity::Information,
        }
    }
}

/// All weekly shortfalls as one, of which a misreading is the cause; it is mended beside the first edge.
pub fn misread(found: Vec<Shortfall>, misreading: Misreading) -> Vec<Shortfall> {
    let (single, weekly): (Vec<Shortfall>, Vec<Shortfall>) = found.into_iter().partition(|found| found.single);
    let mut all = weekly.into_iter();
    let Some(mut one) = all.next() else { return single };
    one.cause = Cause::Misread(misreading);
    for other in all {
        one.severity = one.severity.max(other.severity);
        // What is too low for both bounds is told once.
        if other.bound == one.bound {
            one.windows += other.windows;
            one.seconds += other.seconds;
        } else {
            one.windows = one.windows.max(other.windows);
            one.seconds = one.seconds.max(other.seconds);
        }
        one.longest = one.longest.max(other.longest);
        one.would_do = one.would_do.max(other.would_do);
        if other.worst.is_worse_than(&one.worst) {
            one.worst = other.worst;
        }
        one.first.extend(other.first);
    }
    one.first.sort_by_key(|window| window.period);
    one.first.truncate(3);
    std::iter::once(one).chain(single).collect()
}

impl Window {
    /// Below the traffic itself first, then by how much is lacking.
    fn is_worse_than(&self, other: &Window) -> bool {
        let by = |window: &Window| {
            let lack = window.needed.saturating_sub(window.guaranteed);
            (window.certain > window.guaranteed, lack)
        };
        by(self) > by(other)
    }
}

/// Whether a window is cut off by the beginning of the walk: what opened it is not seen, and the edge that ends it would be
/// blamed. What repeats comes again whole; only what lasts for a week or more may not.
fn is_cut(segment: &Segment<'_>, window: Period, walk: Period) -> bool {
    let opened_before = segment.previous.is_none() && window.from == walk.from;
    opened_before && segment.next.is_some() && window.seconds() < WEEK
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
        single: false,
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
    if window.is_worse_than(&shortfall.worst) {
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
