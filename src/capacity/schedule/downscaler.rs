//! kube-downscaler and py-kube-downscaler: annotations of an object or its namespace scale it down outside its uptime
//! (caas-team/py-kube-downscaler a1e03491).

use super::bounds::Role;
use super::build::Builder;
use super::evaluation::{Context, Evaluation};
use super::given::Given;
use super::google::opened;
use super::window::{Windows, windows};
use crate::capacity::moment::{Period, WEEK};
use crate::capacity::timeline::{Place, Step, Timeline, UNBOUNDED};
use crate::capacity::zone::Zone;
use crate::repo::Span;

/// A workload or autoscaler that the downscaler looks after, with the annotations that count for it: the object's own,
/// else the namespace's.
#[derive(Clone, Debug)]
pub struct Downscaled {
    /// The object.
    pub object: Span,
    /// What it guarantees when the downscaler leaves it alone: `replicas`, or an autoscaler's minimum.
    pub count: Given<u32>,
    /// `downscaler/uptime`; always where it is absent.
    pub uptime: Option<Given<String>>,
    /// `downscaler/downtime`; never where it is absent.
    pub downtime: Option<Given<String>>,
    /// `downscaler/upscale-period`
    pub upscale_period: Option<Given<String>>,
    /// `downscaler/downscale-period`
    pub downscale_period: Option<Given<String>>,
    /// `downscaler/force-uptime`
    pub force_uptime: Option<Given<String>>,
    /// `downscaler/force-downtime`
    pub force_downtime: Option<Given<String>>,
    /// `downscaler/downtime-replicas`: a count, or a part such as `50%`; 0 where it is absent.
    pub downtime_replicas: Option<Given<String>>,
    /// `downscaler/exclude`
    pub excluded: bool,
    /// The zone the downscaler is started with.
    pub zone: Option<Zone>,
}

/// What is left of a guarantee.
pub fn downscaler(target: &Downscaled, context: &Context) -> Evaluation {
    let period = context.period;
    let mut build = Builder::new(target.object, context);
    let up = (target.count.value, build.field(Role::Count, target.count.span));
    let down = down(target, up.0, &mut build);
    let zone = target.zone.as_ref();
    let mut windows = |given: &Option<Given<String>>| {
        let given = given.as_ref()?;
        let place = build.field(Role::Start, given.span);
        // `true` forces at all times.
        let always = given.value.trim().eq_ignore_ascii_case("true");
        let always = always.then(|| Given::new("always".to_owned(), given.span));
        let off = given.value.trim().eq_ignore_ascii_case("false");
        let windows = (!off).then(|| windows(always.as_ref().unwrap_or(given), zone, &mut build))?;
        Some((windows?, place))
    };
    let uptime = windows(&target.uptime);
    let downtime = windows(&target.downtime);
    let periods = (windows(&target.upscale_period), windows(&target.downscale_period));
    let forced = (windows(&target.force_uptime), windows(&target.force_downtime));
    if build.has_failed() {
        return build.failed();
    }
    let maximum = Timeline::constant(period, UNBOUNDED, up.1);
    if target.excluded {
        return build.finish(Timeline::constant(period, up.0, up.1), maximum);
    }
    let mut guaranteed = match periods {
        (None, None) => by_time(period, up, down, uptime.as_ref(), downtime.as_ref()),
        (ups, downs) => by_period(period, up, down, ups.as_ref(), downs.as_ref()),
    };
    if let Some((windows, place)) = &forced.1 {
        guaranteed = guaranteed.min(&opened(period, up, down, (*place, *place), windows.open(period)));
    }
    if let Some((windows, place)) = &forced.0 {
        guaranteed = guaranteed.max(&opened(period, down, up, (*place, *place), windows.open(period)));
    }
    build.finish(guaranteed, maximum)
}

/// The count while it is down; never more than the count it is taken from, because the downscaler only lowers.
fn down(target: &Downscaled, up: u32, build: &mut Builder) -> (u32, Place) {
    let Some(given) = &target.downtime_replicas else {
        return (0, build.default(Role::Count));
    };
    let place = build.field(Role::Count, given.span);
    let text = given.value.trim();
    let part = text.strip_suffix('%').map(str::trim_end);
    let number: Option<u32> = part.unwrap_or(text).parse().ok();
    match (number, part) {
        (Some(number), None) => (number.min(up), place),
        // Rounded down: the least the product may make of it.
        (Some(percent), Some(_)) if percent <= 100 => ((u64::from(up) * u64::from(percent) / 100) as u32, place),
        _ => {
            let message = format!("`{text}` is neither a count nor a percentage");
            let help = "write it like `1` or `50%`";
            build.refuse(super::NoteKind::ValueInvalid, given.span, message, Some(help));
            (0, place)
        }
    }
}

type Read = (Windows, Place);

/// Up when the uptime matches and the downtime does not.
fn by_time(
    period: Period,
    up: (u32, Place),
    down: (u32, Place),
    uptime: Option<&Read>,
    downtime: Option<&Read>,
) -> Timeline {
    let mut guaranteed = Timeline::constant(period, up.0, up.1);
    if let Some((windows, place)) = uptime {
        guaranteed = opened(period, down, up, (*place, *place), windows.open(period));
    }
    if let Some((windows, place)) = downtime {
        guaranteed = guaranteed.min(&opened(period, up, down, (*place, *place), windows.open(period)));
    }
    guaranteed
}

/// Between the two periods, and where they overlap, nothing is changed: what was done last holds.
fn by_period(
    period: Period,
    up: (u32, Place),
    down: (u32, Place),
    ups: Option<&Read>,
    downs: Option<&Read>,
) -> Timeline {
    // Windows repeat every week, so two weeks before the period say what it begins with.
    let reach = Period::new(period.from.plus(-2 * WEEK), period.to);
    let open = |read: Option<&Read>| read.map(|(windows, _)| windows.open(reach)).unwrap_or_default();
    let (ups_open, downs_open) = (open(ups), open(downs));
    let mut edges: Vec<_> = ups_open
        .iter()
        .chain(&downs_open)
        .flat_map(|(from, to)| [*from, *to])
        .collect();
    edges.sort_unstable();
    edges.dedup();
    let holds = |windows: &[(crate::capacity::Moment, crate::capacity::Moment)], at| {
        let until = windows.partition_point(|(from, _)| *from <= at);
        windows[..until].iter().rev().take(16).any(|(_, to)| *to > at)
    };
    let mut steps = Vec::new();
    for at in edges {
        let (count, by, read) = match (holds(&ups_open, at), holds(&downs_open, at)) {
            (true, false) => (up.0, up.1, ups),
            (false, true) => (down.0, down.1, downs),
            _ => continue,
        };
        let edge = read.map_or(by, |(_, place)| *place);
        steps.push(Step { at, count, by, edge });
    }
    Timeline::new(period, up, steps)
}
