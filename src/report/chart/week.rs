//! The week that is drawn: what holds from each instant on.

use crate::capacity::floor::Required;
use crate::capacity::moment::{DAY, WEEK};
use crate::capacity::schedule::Bounds;
use crate::capacity::timeline::UNBOUNDED;
use crate::capacity::{Moment, Period, Wall, Zone};

/// What holds from an instant on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Since when.
    pub at: Moment,
    /// The floor.
    pub needed: u32,
    /// What the traffic alone needs.
    pub certain: u32,
    /// What is guaranteed.
    pub guaranteed: u32,
    /// What is allowed at most; [`UNBOUNDED`] where nothing is.
    pub maximum: u32,
}

impl Point {
    /// Whether less is guaranteed than is needed.
    pub fn is_short(&self) -> bool {
        self.guaranteed < self.needed
    }
}

/// Counts, each from an instant on.
type Steps<'s> = &'s [(Moment, u32)];

/// A local week, from Monday to Monday.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// The target's name.
    pub title: String,
    /// The zone of the week.
    pub zone: Zone,
    /// Whether it is known what is needed; otherwise needs are 0 and mean nothing.
    pub has_traffic: bool,
    /// From its first to its last midnight.
    pub period: Period,
    /// What holds; the first point stands at the period's beginning.
    pub points: Vec<Point>,
}

impl Chart {
    /// The local week around an instant, such as that of the first shortfall. Of what is `walked` it is the first whole week
    /// at the earliest, and the last whole one at the latest.
    pub fn around(
        title: &str,
        bounds: &Bounds,
        required: Option<&Required>,
        zone: &Zone,
        walked: Period,
        around: Moment,
    ) -> Self {
        let wall = zone.wall(around);
        let mut monday = Wall(wall.0 - wall.second_of_week());
        let midnight = |wall: Wall| {
            zone.moments(wall)
                .first()
                .copied()
                .unwrap_or(wall.moment(zone.offset(around)))
        };
        if midnight(monday) < walked.from {
            monday = Wall(monday.0 + WEEK);
        } else if midnight(Wall(monday.0 + WEEK)) > walked.to {
            monday = Wall(monday.0 - WEEK);
        }
        let period = Period::new(midnight(monday), midnight(Wall(monday.0 + WEEK)));
        let minimum = bounds.minimum.steps().iter().map(|step| step.at);
        let maximum = bounds.maximum.steps().iter().map(|step| step.at);
        let (floor, certain): (Steps<'_>, Steps<'_>) =
            required.map_or((&[], &[]), |required| (&required.floor, &required.certain));
        let needed = floor.iter().chain(certain).map(|(at, _)| *at);
        let mut edges: Vec<Moment> = minimum.chain(maximum).chain(needed).collect();
        edges.retain(|at| period.contains(*at));
        edges.push(period.from);
        edges.sort_unstable();
        edges.dedup();
        let count = |steps: Steps<'_>, at: Moment| {
            let after = steps.partition_point(|(begin, _)| *begin <= at);
            steps.get(after.saturating_sub(1)).map_or(0, |(_, count)| *count)
        };
        let mut points: Vec<Point> = edges
            .into_iter()
            .map(|at| Point {
                at,
                needed: count(floor, at),
                certain: count(certain, at),
                guaranteed: bounds.minimum.at(at).count,
                maximum: bounds.maximum.at(at).count,
            })
            .collect();
        points.dedup_by(|later, earlier| {
            Point {
                at: earlier.at,
                ..*later
            } == *earlier
        });
        Self {
            title: title.to_owned(),
            zone: zone.clone(),
            has_traffic: required.is_some(),
            period,
            points,
        }
    }

    /// The points with how long each holds.
    pub fn stretches(&self) -> impl Iterator<Item = (Period, &Point)> {
        self.points.iter().enumerate().map(|(n, point)| {
            let end = self.points.get(n + 1).map_or(self.period.to, |next| next.at);
            (Period::new(point.at, end), point)
        })
    }

    /// The local midnights, seven of them.
    pub fn days(&self) -> Vec<Moment> {
        let monday = self.zone.wall(self.period.from);
        let midnight = |day: i64| {
            let wall = Wall(monday.0 + day * DAY);
            self.zone
                .moments(wall)
                .first()
                .copied()
                .unwrap_or(wall.moment(self.zone.offset(self.period.from)))
        };
        (0..7).map(midnight).collect()
    }

    /// The greatest count worth showing: a maximum far above everything else would flatten the rest.
    pub(super) fn top(&self) -> u32 {
        let busy = self
            .points
            .iter()
            .map(|point| point.needed.max(point.guaranteed))
            .max()
            .unwrap_or(1)
            .max(1);
        let allowed = self
            .points
            .iter()
            .map(|point| point.maximum)
            .filter(|maximum| *maximum != UNBOUNDED)
            .max();
        allowed
            .filter(|allowed| *allowed <= busy.saturating_mul(3) / 2)
            .unwrap_or(busy)
            .max(busy)
    }
}
