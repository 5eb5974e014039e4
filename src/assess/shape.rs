//! What a schedule really does against what its start and end describe: windows that are open when nobody meant it, short
//! gaps between windows, and times of day that a clock change takes away or gives twice.

use crate::capacity::cron::{AWS_SIX, Dialect, Expression, GCP, KEDA, KUBERNETES, UNIX};
use crate::capacity::moment::{DAY, WEEK};
use crate::capacity::schedule::{Bounds, Context, Given, KedaCron, KedaScaledObject, keda};
use crate::capacity::{Moment, Period, Zone};
use crate::estate::scaled::Schedule;
use crate::repo::Span;

/// What is odd about one entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// How its window differs from the one that start and end describe.
    pub surprise: Option<String>,
    /// Hours of a week it is active, and hours that start and end describe.
    pub hours: Option<(i64, i64)>,
    /// The reading of the clock that a change of it takes away or gives twice, and where it is written.
    pub daylight: Option<(String, Span)>,
}

/// The shapes of a schedule's entries, in order.
pub(super) fn shapes(schedule: &Schedule, context: &Context) -> Vec<Shape> {
    let parts = schedule.parts();
    let triggers = match schedule {
        Schedule::Keda(object) => object.triggers.as_slice(),
        _ => &[],
    };
    let entries = parts.entries.iter().enumerate();
    entries
        .map(|(at, entry)| {
            let mut shape = triggers
                .get(at)
                .map_or_else(Shape::default, |trigger| window(trigger, context));
            let zone = entry.zone.and_then(|zone| Zone::named(&zone.value).ok());
            if let (Some(zone), Some(dialect)) = (zone, dialect(schedule)) {
                let edges = [entry.start, entry.end].into_iter().flatten();
                let mut edges =
                    edges.filter_map(|edge| Some((daylight(edge, dialect, &zone, context.spoken)?, edge.span)));
                shape.daylight = edges.next();
            }
            shape
        })
        .collect()
}

fn dialect(schedule: &Schedule) -> Option<&'static Dialect> {
    match schedule {
        Schedule::Keda(_) => Some(&KEDA),
        Schedule::CronJobs(_) => Some(&KUBERNETES),
        Schedule::AutoScalingGroup(_) => Some(&UNIX),
        Schedule::ScalableTarget(_) => Some(&AWS_SIX),
        Schedule::Google(_) => Some(&GCP),
        _ => None,
    }
}

/// KEDA's window: active while the next end comes no later than the next start, against each start with the end after it.
fn window(trigger: &KedaCron, context: &Context) -> Shape {
    let mut shape = Shape::default();
    if trigger.start.value == trigger.end.value {
        shape.surprise = Some("start and end are the same, which KEDA refuses".to_owned());
        return shape;
    }
    let Some(zone) = trigger.zone.as_ref().and_then(|zone| Zone::named(&zone.value).ok()) else {
        return shape;
    };
    let parse = |given: &Given<String>| Expression::parse(&given.value, &KEDA).ok();
    let (Some(start), Some(end)) = (parse(&trigger.start), parse(&trigger.end)) else {
        return shape;
    };
    let Some(period) = without_change(&zone, context.spoken.from) else {
        return shape;
    };
    let alone = KedaScaledObject {
        object: trigger.start.span,
        minimum: None,
        idle: None,
        maximum: None,
        triggers: vec![KedaCron {
            desired: Given::new("1".to_owned(), trigger.desired.span),
            ..trigger.clone()
        }],
        formula: None,
        paused: None,
        replicas: None,
    };
    let context = Context {
        period,
        ..context.clone()
    };
    let Ok(bounds) = keda(&alone, &context).bounds else {
        return shape;
    };
    let segments = bounds.minimum.segments().filter(|segment| segment.step.count > 0);
    let active: Vec<Period> = segments.map(|segment| segment.period).collect();
    // Windows that are open at the beginning began in the week before.
    let reach = Period::new(period.from.plus(-WEEK), period.to);
    let starts = start.within(&zone, reach);
    let mut meant: Vec<Period> = Vec::new();
    for at in &starts {
        let Some(to) = end.next(&zone, *at) else { continue };
        let (from, to) = ((*at).max(period.from), to.min(period.to));
        match meant.last_mut() {
            Some(last) if last.to >= from => last.to = last.to.max(to),
            _ if from < to => meant.push(Period::new(from, to)),
            _ => {}
        }
    }
    let weeks = period.seconds() / WEEK;
    let hours = |windows: &[Period]| {
        let seconds: i64 = windows.iter().map(|window| window.seconds()).sum();
        (seconds + weeks * 1800) / (weeks * 3600)
    };
    shape.hours = Some((hours(&active), hours(&meant)));
    shape.surprise = differs(&active, &meant, &zone);
    shape
}

/// Four weeks without a clock change.
fn without_change(zone: &Zone, from: Moment) -> Option<Period> {
    const LENGTH: i64 = 4 * WEEK;
    let stretches = zone.offsets(from, from.plus(53 * WEEK));
    let begins = |from: Moment| from.plus(2 * WEEK);
    let mut long = stretches
        .iter()
        .map(|stretch| (begins(stretch.from.max(from)), stretch.to));
    let (from, _) = long.find(|(from, to)| from.plus(LENGTH + WEEK) < *to)?;
    Some(Period::new(from, from.plus(LENGTH)))
}

/// The first window that is not the one that was described.
fn differs(active: &[Period], meant: &[Period], zone: &Zone) -> Option<String> {
    let day = |at: Moment| zone.local(at).get(..3).unwrap_or_default().to_owned();
    let time = |at: Moment| zone.local(at).get(15..20).unwrap_or_default().to_owned();
    let words = |window: &Period| {
        format!(
            "{} {} to {} {}",
            day(window.from),
            time(window.from),
            day(window.to),
            time(window.to)
        )
    };
    // What the period cuts off is not looked at.
    for window in meant.iter().skip(1) {
        if active.contains(window) {
            continue;
        }
        let other = active
            .iter()
            .find(|other| other.from < window.to && window.from < other.to);
        return Some(match other {
            Some(other) => format!("it is active {} instead of {}", words(other), words(window)),
            None => format!("it is not active {}", words(window)),
        });
    }
    None
}

/// The first reading of the clock, of those at which an edge fires, that a clock change skips or repeats.
fn daylight(edge: &Given<String>, dialect: &'static Dialect, zone: &Zone, period: Period) -> Option<String> {
    let text = edge.value.trim();
    let text = match text.strip_prefix("cron(") {
        Some(inner) => inner.strip_suffix(')')?,
        None => text,
    };
    let expression = Expression::parse(text, dialect).ok()?;
    // An edge that fires every hour or more often loses nothing.
    if expression.times_a_day() > 4 {
        return None;
    }
    let zone = expression.zone().unwrap_or(zone);
    for stretch in zone.offsets(period.from, period.to).iter().skip(1) {
        let Some(before) = stretch.before else { continue };
        let (a, b) = (stretch.from.wall(before), stretch.from.wall(stretch.seconds));
        let (first, last) = (a.min(b), a.max(b));
        // Read as if the wall clock were UTC, the expression names wall readings.
        let readings = Period::new(first.moment(0), last.moment(0));
        let fires = expression.within(&Zone::utc(), readings);
        let Some(at) = fires.first() else { continue };
        let (year, month, day) = at.wall(0).date();
        let (hour, minute, _) = at.wall(0).time();
        let reading = format!("{hour:02}:{minute:02} on {year:04}-{month:02}-{day:02}");
        return Some(match stretch.seconds > before {
            true => format!("{reading} does not exist in {}", zone.name()),
            false => format!("{reading} occurs twice in {}", zone.name()),
        });
    }
    None
}

/// The first short gap between two windows, of those that come again every day or week, in words.
pub(super) fn gap(schedule: &Schedule, bounds: &Bounds, spoken: Period) -> Option<(String, Span)> {
    let Schedule::Keda(object) = schedule else { return None };
    if object.triggers.len() < 2 {
        return None;
    }
    const SHORT: i64 = 3600;
    let zone = object
        .triggers
        .iter()
        .find_map(|trigger| Zone::named(&trigger.zone.as_ref()?.value).ok())?;
    let mut gaps = bounds.minimum.segments().filter_map(|segment| {
        let (before, after) = (segment.previous?, segment.next?);
        let short = segment.period.seconds() <= SHORT;
        let lower = before.count > segment.step.count && after.count > segment.step.count;
        (short && lower && spoken.contains(segment.period.from)).then_some(segment)
    });
    let first = gaps.next()?;
    // Only once is a clock change.
    gaps.next()
        .filter(|next| next.period.from.since(first.period.from) <= 8 * DAY)?;
    let edge = bounds.field(first.step.edge)?.span;
    let from = zone.local(first.period.from);
    let to = zone.local(first.period.to).get(15..20).unwrap_or_default().to_owned();
    let count = first.step.count;
    Some((format!("from {from} until {to} only {count} are guaranteed"), edge))
}
