//! A profile as a local week of demand, one value per bucket.

use super::Profile;
use super::growth::growth;
use crate::capacity::moment::{DAY, Moment, WEEK, Wall};
use crate::capacity::ratio::Ratio;
use crate::capacity::zone::{Offset, Zone};

/// Demand for each part of the local week.
#[derive(Clone, Debug, PartialEq)]
pub struct Week {
    /// The zone in which it repeats.
    pub zone: Zone,
    /// Seconds of a bucket; the first begins on Monday at midnight.
    pub width: i64,
    /// Demand of each bucket, in thousand-millionths of the profile's values; divided by `divisor`, of requests per second.
    pub demand: Vec<u64>,
    /// What most weeks of history reach in the bucket itself: what is expected of an ordinary week.
    pub usual: Vec<u64>,
    /// What two weeks of history reach: a greater demand came in a single week.
    pub repeated: Vec<u64>,
    /// When the greatest sample behind a bucket's demand was, where it came a single time.
    pub single: Vec<Option<Moment>>,
    /// See [`Profile::divisor`].
    pub divisor: i64,
    /// The growth that is expected; 1 where there is too little history to tell.
    pub growth: Ratio,
    /// Weeks of history; 0 for a declared week.
    pub weeks: usize,
    /// Seconds between samples: a startup time shorter than this cannot be looked at.
    pub step: i64,
    /// Buckets whose demand stands in for what was not measured.
    pub borrowed: Borrowed,
}

/// Buckets without samples of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Borrowed {
    /// Their numbers.
    pub buckets: Vec<usize>,
}

/// The width of history's buckets, unless its samples are coarser.
const QUARTER: i64 = 900;
/// Buckets of a declared week are as fine as its samples, down to a minute.
const MINUTE: i64 = 60;

/// The greatest sample of a bucket in one week, and when it was.
type Peak = (u64, Moment);

/// Puts a profile on the local week of a zone.
pub fn week(profile: &Profile, zone: &Zone) -> Week {
    let history = profile.is_history();
    let width = width(profile.step, if history { QUARTER } else { MINUTE });
    let count = (WEEK / width) as usize;
    let peaks = peaks(profile, zone, width, history);
    let levels: Vec<Option<Levels>> = (0..count)
        .map(|bucket| match history {
            true => of_history(&peaks, bucket, count),
            false => peaks.iter().filter_map(|week| week[bucket]).max().map(Levels::declared),
        })
        .collect();
    let missing: Vec<usize> = (0..count).filter(|bucket| levels[*bucket].is_none()).collect();
    let filled = |level: fn(&Levels) -> u64| {
        let mut known: Vec<Option<u64>> = levels.iter().map(|of| of.as_ref().map(level)).collect();
        let borrowed: Vec<u64> = missing.iter().map(|bucket| borrow(&known, *bucket, width)).collect();
        for (bucket, value) in missing.iter().zip(borrowed) {
            known[*bucket] = Some(value);
        }
        known.into_iter().map(Option::unwrap_or_default).collect::<Vec<u64>>()
    };
    let weekly: Vec<u64> = peaks
        .iter()
        .map(|week| week.iter().flatten().map(|(peak, _)| *peak).max().unwrap_or(0))
        .collect();
    Week {
        zone: zone.clone(),
        width,
        demand: filled(|of| of.demand),
        usual: filled(|of| of.usual),
        repeated: filled(|of| of.repeated),
        single: levels.iter().map(|of| of.as_ref().and_then(|of| of.single)).collect(),
        divisor: profile.divisor,
        growth: if history { growth(&weekly) } else { None }.unwrap_or(Ratio::ONE),
        weeks: if history { peaks.len() } else { 0 },
        step: profile.step,
        borrowed: Borrowed { buckets: missing },
    }
}

/// What is demanded of one bucket.
struct Levels {
    demand: u64,
    usual: u64,
    repeated: u64,
    single: Option<Moment>,
}

impl Levels {
    /// A declared week says what is expected, and nothing else.
    fn declared((demand, _): Peak) -> Self {
        Self {
            demand,
            usual: demand,
            repeated: demand,
            single: None,
        }
    }
}

/// The least width of at least `finest` and the step that divides a day.
fn width(step: i64, finest: i64) -> i64 {
    let least = step.max(finest);
    (least..=DAY).find(|width| DAY % width == 0).unwrap_or(DAY)
}

/// The peak of each bucket, week by week. Weeks of history are counted back from its end, whatever weekday that is, so
/// that the most of it is complete; what is left over at its beginning is not looked at.
fn peaks(profile: &Profile, zone: &Zone, width: i64, history: bool) -> Vec<Vec<Option<Peak>>> {
    let period = profile.period();
    let count = (WEEK / width) as usize;
    let stretches = zone.offsets(period.from, period.to);
    let wall = |at: Moment, stretch: &Offset| at.wall(stretch.seconds);
    let (Some(first), Some(last)) = (stretches.first(), stretches.last()) else {
        return Vec::new();
    };
    // Whole buckets only; a last one that is not full is left out of history.
    let end = Wall(wall(period.to, last).0.div_euclid(width) * width);
    let begin = wall(period.from, first);
    let weeks = if history {
        // A few minutes that are missing at the beginning, or an hour that a clock change took, do not cost a week.
        ((end.0 - begin.0 + 3600) / WEEK).max(1)
    } else {
        1
    };
    let origin = Wall(end.0 - weeks * WEEK);
    let expected = (width / profile.step).max(1);
    let mut found = vec![vec![(0_i64, None::<Peak>); count]; weeks as usize];
    let mut stretch = 0;
    for (at, value) in profile.times.iter().zip(&profile.values) {
        while stretches.get(stretch + 1).is_some_and(|next| next.from <= *at) {
            stretch += 1;
        }
        let wall = wall(*at, &stretches[stretch]);
        let week = if history {
            (wall.0 - origin.0).div_euclid(WEEK)
        } else {
            0
        };
        let Some(week) = usize::try_from(week).ok().and_then(|week| found.get_mut(week)) else {
            continue;
        };
        let bucket = &mut week[(wall.second_of_week() / width) as usize];
        bucket.0 += 1;
        bucket.1 = bucket.1.max(Some((*value, *at)));
    }
    let mut peaks: Vec<Vec<Option<Peak>>> = found
        .into_iter()
        .map(|week| {
            // A bucket of which less than half was measured may have missed its peak.
            week.into_iter()
                .map(|(samples, peak)| peak.filter(|_| !history || 2 * samples >= expected))
                .collect()
        })
        .collect();
    if history {
        skipped_hours(&mut peaks, &stretches, origin, width);
    }
    peaks
}

/// Fills the buckets that do not exist in their week because the clock was set forward, from their neighbours.
fn skipped_hours(peaks: &mut [Vec<Option<Peak>>], stretches: &[Offset], origin: Wall, width: i64) {
    for stretch in stretches {
        let Some(before) = stretch.before.filter(|before| *before < stretch.seconds) else {
            continue;
        };
        let (mut at, to) = (stretch.from.wall(before), stretch.from.wall(stretch.seconds));
        while at < to {
            let week = usize::try_from((at.0 - origin.0).div_euclid(WEEK)).ok();
            if let Some(week) = week.and_then(|week| peaks.get_mut(week)) {
                let bucket = (at.second_of_week() / width) as usize;
                let gap = ((to.0 - at.0) / width) as usize + 1;
                let count = week.len();
                let before = (1..=gap).find_map(|n| week[(bucket + count - n) % count]);
                let after = (1..=gap).find_map(|n| week[(bucket + n) % count]);
                week[bucket] = week[bucket].max(before).max(after);
            }
            at = Wall(at.0 + width);
        }
    }
}

/// What the weeks of history say of a bucket; `None` where less than half of them were measured.
///
/// Its demand is the 98th percentile, nearest rank, of its weekly peaks together with those of its neighbours: traffic does
/// not keep to the minute. What most weeks reach is told from the bucket alone, so that nothing is said of a time that
/// belongs to the next one.
fn of_history(peaks: &[Vec<Option<Peak>>], bucket: usize, count: usize) -> Option<Levels> {
    let mut own: Vec<u64> = peaks.iter().filter_map(|week| Some(week[bucket]?.0)).collect();
    if own.is_empty() || 2 * own.len() < peaks.len() {
        return None;
    }
    own.sort_unstable();
    let near = [(bucket + count - 1) % count, bucket, (bucket + 1) % count];
    let mut pool: Vec<u64> = Vec::with_capacity(3 * peaks.len());
    let mut weekly: Vec<Peak> = Vec::with_capacity(peaks.len());
    for week in peaks {
        let found = near.iter().filter_map(|bucket| week[*bucket]);
        pool.extend(found.clone().map(|(peak, _)| peak));
        weekly.extend(found.max());
    }
    pool.sort_unstable();
    weekly.sort_unstable();
    let rank = (pool.len() * 98).div_ceil(100);
    let demand = *pool.get(rank.saturating_sub(1))?;
    // Of two weeks no one can say which is the odd one.
    let second = weekly.len().checked_sub(2).filter(|_| weekly.len() > 2);
    let repeated = second.map_or(demand, |second| weekly[second].0.min(demand));
    let single = weekly.last().map(|(_, at)| *at).filter(|_| repeated < demand);
    Some(Levels {
        demand,
        usual: own[own.len().div_ceil(2) - 1],
        repeated,
        single,
    })
}

/// What a bucket without samples is taken to need: the most of the measured ones within an hour on either side, and of
/// the same time on other days; failing those, of the nearest.
fn borrow(demand: &[Option<u64>], bucket: usize, width: i64) -> u64 {
    let count = demand.len();
    let near = (3600 / width).max(1) as usize;
    let day = (DAY / width) as usize;
    let before = |reach: usize| (1..=reach).find_map(|n| demand[(bucket + count - n) % count]);
    let after = |reach: usize| (1..=reach).find_map(|n| demand[(bucket + n) % count]);
    let same_time = (1..7).filter_map(|n| demand[(bucket + n * day) % count]).max();
    let close = before(near).max(after(near)).max(same_time);
    close.or_else(|| before(count - 1).max(after(count - 1))).unwrap_or(0)
}
