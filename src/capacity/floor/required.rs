//! The floor as a function of time: a local week of whole replicas, laid over the instants of a period.

use std::collections::VecDeque;

use super::Need;
use crate::capacity::profile::Week;
use crate::capacity::ratio::{NANO, Ratio};
use crate::capacity::{Moment, Period, Wall, Zone};

/// Replicas needed in each part of the local week.
#[derive(Clone, Debug, PartialEq)]
pub struct Requirement {
    zone: Zone,
    width: i64,
    /// With headroom, growth, spares and the loss of a zone, bucket by bucket.
    pub floor: Vec<u32>,
    /// The same, for what more than one week of history reaches.
    pub repeated: Vec<u32>,
    /// For the traffic alone, as most weeks have it.
    pub certain: Vec<u32>,
    /// Seconds ahead that are looked at: a replica must be started before it is needed.
    lead: i64,
    /// Where in the week the numbers change.
    floor_runs: Vec<(i64, u32)>,
    repeated_runs: Vec<(i64, u32)>,
    certain_runs: Vec<(i64, u32)>,
}

/// Replicas needed at each instant of a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Required {
    /// The period.
    pub period: Period,
    /// The floor, from each instant on.
    pub floor: Vec<(Moment, u32)>,
    /// The floor without what came a single time, from each instant on.
    pub repeated: Vec<(Moment, u32)>,
    /// What the traffic alone needs, from each instant on.
    pub certain: Vec<(Moment, u32)>,
}

/// Divides a week's demand by what one replica serves. `None` where that is nothing, or a number is beyond all sense.
pub fn requirement(week: &Week, need: &Need) -> Option<Requirement> {
    let unit = Ratio::new(1, u128::from(NANO) * u128::try_from(week.divisor).ok()?)?;
    let per_value = unit.times(need.rps_per_replica.inverse()?)?;
    let zones = match need.zones {
        0 => return None,
        1 => Ratio::ONE,
        zones => Ratio::new(u128::from(zones), u128::from(zones) - 1)?,
    };
    let headroom = Ratio::ONE.plus(need.burst_headroom)?;
    let with_all = per_value.times(week.growth)?.times(headroom)?.times(zones)?;
    let certain: Vec<u32> = week.usual.iter().map(|usual| per_value.ceiling_of(*usual)).collect();
    let with_all = |demand: &u64| {
        let needed = with_all.ceiling_of(*demand).saturating_add(need.spare_replicas);
        needed.max(need.min_replicas)
    };
    let floor: Vec<u32> = week.demand.iter().map(with_all).collect();
    let repeated: Vec<u32> = week.repeated.iter().map(with_all).collect();
    Some(Requirement {
        zone: week.zone.clone(),
        width: week.width,
        floor_runs: runs(&floor, week.width),
        repeated_runs: runs(&repeated, week.width),
        certain_runs: runs(&certain, week.width),
        floor,
        repeated,
        certain,
        // Samples further apart than a startup cannot say what is needed so soon.
        lead: if week.step <= need.startup { need.startup } else { 0 },
    })
}

/// Equal neighbours as one, each with the second of the week at which it begins.
fn runs(buckets: &[u32], width: i64) -> Vec<(i64, u32)> {
    let mut runs: Vec<(i64, u32)> = Vec::new();
    let mut at = 0;
    for count in buckets {
        if runs.last().is_none_or(|(_, last)| last != count) {
            runs.push((at, *count));
        }
        at += width;
    }
    runs
}

impl Required {
    /// The floor where a single week of history makes it, and 0 elsewhere; empty where that is nowhere.
    pub(super) fn single(&self) -> Vec<(Moment, u32)> {
        if self.floor == self.repeated {
            return Vec::new();
        }
        let count = |steps: &[(Moment, u32)], at: Moment| {
            let after = steps.partition_point(|(begin, _)| *begin <= at);
            steps.get(after.saturating_sub(1)).map_or(0, |(_, count)| *count)
        };
        let mut edges: Vec<Moment> = self.floor.iter().chain(&self.repeated).map(|(at, _)| *at).collect();
        edges.sort_unstable();
        edges.dedup();
        let single = edges.into_iter().map(|at| {
            let (floor, repeated) = (count(&self.floor, at), count(&self.repeated, at));
            (at, if floor > repeated { floor } else { 0 })
        });
        single.collect()
    }
}

impl Requirement {
    /// Seconds of a bucket.
    pub fn width(&self) -> i64 {
        self.width
    }

    /// The zone in which the week repeats.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Lays the week over a period.
    pub fn over(&self, period: Period) -> Required {
        let reach = Period::new(period.from, period.to.plus(self.lead + 1));
        let ahead = |runs| ahead(&self.laid(runs, reach), self.lead, period);
        Required {
            period,
            floor: ahead(&self.floor_runs),
            repeated: ahead(&self.repeated_runs),
            certain: self.laid(&self.certain_runs, period),
        }
    }

    fn laid(&self, runs: &[(i64, u32)], period: Period) -> Vec<(Moment, u32)> {
        let mut laid: Vec<(Moment, u32)> = Vec::with_capacity(runs.len() * 54);
        for stretch in self.zone.offsets(period.from, period.to) {
            let mut at = stretch.from.max(period.from).wall(stretch.seconds);
            let to = stretch.to.min(period.to).wall(stretch.seconds);
            let second = at.second_of_week();
            let mut week = Wall(at.0 - second);
            let mut run = runs.partition_point(|(begin, _)| *begin <= second).saturating_sub(1);
            while at < to {
                let Some((_, count)) = runs.get(run) else { break };
                if laid.last().is_none_or(|(_, last)| last != count) {
                    laid.push((at.moment(stretch.seconds), *count));
                }
                run += 1;
                if run == runs.len() {
                    run = 0;
                    week = Wall(week.0 + crate::capacity::moment::WEEK);
                }
                at = Wall(week.0 + runs[run].0);
            }
        }
        laid
    }
}

/// The greatest count from each instant until `lead` seconds later, that instant included.
fn ahead(steps: &[(Moment, u32)], lead: i64, period: Period) -> Vec<(Moment, u32)> {
    if lead == 0 {
        let until = steps.partition_point(|(at, _)| *at < period.to);
        return steps[..until].to_vec();
    }
    let mut result: Vec<(Moment, u32)> = Vec::with_capacity(steps.len());
    // Steps in sight whose count no later one exceeds.
    let mut seen: VecDeque<usize> = VecDeque::new();
    let mut next = 0;
    let mut at = period.from;
    while at < period.to {
        while steps.get(next).is_some_and(|(begin, _)| *begin <= at.plus(lead)) {
            while seen.back().is_some_and(|last| steps[*last].1 <= steps[next].1) {
                seen.pop_back();
            }
            seen.push_back(next);
            next += 1;
        }
        let ends = |step: usize| steps.get(step + 1).map_or(period.to, |(end, _)| *end);
        while seen.front().is_some_and(|first| ends(*first) <= at) {
            seen.pop_front();
        }
        let Some(first) = seen.front() else { break };
        let count = steps[*first].1;
        if result.last().is_none_or(|(_, last)| *last != count) {
            result.push((at, count));
        }
        let enters = steps.get(next).map_or(period.to, |(begin, _)| begin.plus(-lead));
        at = ends(*first).min(enters);
    }
    result
}
