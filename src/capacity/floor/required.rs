//! The floor as a function of time: a local week of whole replicas, laid over the instants of a period.

use std::collections::VecDeque;

use super::Need;
use crate::capacity::moment::{Moment, Period, Wall};
use crate::capacity::profile::Week;
use crate::capacity::ratio::{NANO, Ratio};
use crate::capacity::zone::Zone;

/// Replicas needed in each part of the local week.
#[derive(Clone, Debug, PartialEq)]
pub struct Requirement {
    zone: Zone,
    width: i64,
    /// With headroom, growth, spares and the loss of a zone, bucket by bucket; what came in a single week left out.
    pub floor: Vec<u32>,
    /// For what a single week of history took by itself, where that is more than every week needs; else 0.
    pub single: Vec<u32>,
    /// For the traffic alone, as most weeks have it.
    pub certain: Vec<u32>,
    /// Seconds ahead that are looked at: a replica must be started before it is needed.
    lead: i64,
    /// Where in the week the numbers change.
    floor_runs: Vec<(i64, u32)>,
    single_runs: Vec<(i64, u32)>,
    certain_runs: Vec<(i64, u32)>,
}

/// Replicas needed at each instant of a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Required {
    /// The period.
    pub period: Period,
    /// The floor, from each instant on.
    pub floor: Vec<(Moment, u32)>,
    /// What a single week of history took, where it is more than every week needs; else 0. From each instant on.
    pub single: Vec<(Moment, u32)>,
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
    let floor: Vec<u32> = week.repeated.iter().map(with_all).collect();
    // Where every week needs as many, it is no matter of its own.
    let single = week.demand.iter().zip(&floor).map(|(demand, floor)| {
        let taken = per_value.ceiling_of(*demand);
        if taken > *floor { taken } else { 0 }
    });
    let single: Vec<u32> = single.collect();
    Some(Requirement {
        zone: week.zone.clone(),
        width: week.width,
        floor_runs: runs(&floor, week.width),
        single_runs: runs(&single, week.width),
        certain_runs: runs(&certain, week.width),
        floor,
        single,
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
        Required {
            period,
            floor: ahead(&self.laid(&self.floor_runs, reach), self.lead, period),
            single: self.laid(&self.single_runs, period),
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
