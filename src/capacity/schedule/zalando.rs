//! Zalando's ScalingSchedule and ClusterScalingSchedule: metrics that rise by the clock, for an HPA to follow
//! (zalando-incubator/kube-metrics-adapter, pkg/collector/scaling_schedule_collector.go).

use super::bounds::Role;
use super::build::Builder;
use super::evaluation::{Context, Evaluation, NoteKind};
use super::given::Given;
use super::google::opened;
use super::window::minutes;
use crate::capacity::moment::{DAY, Moment, Period, Wall, weekday};
use crate::capacity::timeline::Timeline;
use crate::capacity::zone::Zone;
use crate::repo::Span;

/// A schedule and the HPA that follows its metric.
#[derive(Clone, Debug)]
pub struct ZalandoSchedule {
    /// The schedule.
    pub object: Span,
    /// `minReplicas` of the HPA.
    pub minimum: Option<Given<u32>>,
    /// `maxReplicas` of the HPA.
    pub maximum: Given<u32>,
    /// The `averageValue` the HPA aims at: how much of the metric one replica stands for.
    pub per_replica: Given<u32>,
    /// `scalingWindowDurationMinutes`: how long values fade in and out; 10 where the adapter's default is kept.
    pub fade_minutes: Option<Given<u32>>,
    /// `schedules`
    pub entries: Vec<ZalandoEntry>,
}

/// One entry.
#[derive(Clone, Debug)]
pub struct ZalandoEntry {
    /// `value`
    pub value: Given<u32>,
    /// `durationMinutes`
    pub duration_minutes: u32,
    /// When it holds.
    pub when: ZalandoWhen,
}

/// When an entry holds.
#[derive(Clone, Debug)]
pub enum ZalandoWhen {
    /// `type: Repeating`
    Repeating {
        /// `period.days`, Sunday first.
        days: [bool; 7],
        /// `period.startTime`
        start: Given<String>,
        /// `period.endTime`, where it is later than start and duration say.
        end: Option<Given<String>>,
        /// `period.timezone`; Europe/Berlin where it is absent or unknown.
        zone: Option<Given<String>>,
    },
    /// `type: OneTime`
    OneTime {
        /// `date`
        start: Given<String>,
        /// `endDate`
        end: Option<Given<String>>,
    },
}

/// Steps in which a value fades; the adapter's default.
const RAMP: i64 = 10;

/// What the HPA guarantees.
pub fn zalando(schedule: &ZalandoSchedule, context: &Context) -> Evaluation {
    let period = context.period;
    let mut build = Builder::new(schedule.object, context);
    let minimum = build.count(Role::Minimum, schedule.minimum.as_ref(), 1);
    let maximum = build.count(Role::Maximum, Some(&schedule.maximum), 0);
    build.check_bounds(minimum, maximum);
    if schedule.per_replica.value == 0 {
        let message = "an average value of 0 divides by nothing";
        build.refuse(NoteKind::ValueInvalid, schedule.per_replica.span, message, None);
        return build.failed();
    }
    let fade = schedule.fade_minutes.as_ref().map_or(10, |given| given.value);
    let fade = i64::from(fade) * 60;
    let mut guaranteed = Timeline::constant(period, minimum.0, minimum.1);
    for entry in &schedule.entries {
        let by = build.field(Role::Count, entry.value.span);
        let Some((windows, start_at, end_at)) = entry.windows(period, fade, &mut build) else {
            continue;
        };
        let edges = (build.field(Role::Start, start_at), build.field(Role::End, end_at));
        let ramp = if fade == 0 { RAMP..=RAMP } else { 1..=RAMP };
        for level in ramp {
            // Rounded so that a faded value never begins too early or lasts too long.
            let reach = fade * (RAMP - level) / RAMP;
            let value = u64::from(entry.value.value) * level.unsigned_abs() / RAMP.unsigned_abs();
            let count = value.div_ceil(u64::from(schedule.per_replica.value)) as u32;
            let open = windows.iter().filter_map(|window| {
                let from = window.from.plus(-reach).max(window.within.from);
                let to = window.to.plus(reach).min(window.within.to);
                (from < to).then_some((from, to))
            });
            guaranteed = guaranteed.max(&opened(period, (0, minimum.1), (count, by), edges, open));
        }
    }
    build.finish(guaranteed, Timeline::constant(period, maximum.0, maximum.1))
}

/// A window at full value, and the day within which the adapter looks at it at all.
struct Window {
    from: Moment,
    to: Moment,
    within: Period,
}

impl ZalandoEntry {
    /// The windows, and where their beginning and end are written.
    fn windows(&self, period: Period, fade: i64, build: &mut Builder) -> Option<(Vec<Window>, Span, Span)> {
        let length = i64::from(self.duration_minutes) * 60;
        match &self.when {
            ZalandoWhen::OneTime { start, end } => {
                let from = build.instant(start)?;
                let until = match end {
                    Some(end) => build.instant(end)?,
                    None => from,
                };
                let to = from.plus(length).max(until);
                let within = Period::new(from.plus(-fade), to.plus(fade));
                let end_at = end.as_ref().map_or(start.span, |end| end.span);
                Some((vec![Window { from, to, within }], start.span, end_at))
            }
            ZalandoWhen::Repeating { days, start, end, zone } => {
                let begins = time(start, build)?;
                let ends = match end {
                    Some(end) => Some(time(end, build)?),
                    None => None,
                };
                let zone = self.zone(zone.as_ref(), build)?;
                let end_at = end.as_ref().map_or(start.span, |end| end.span);
                Some((repeating(days, begins, ends, length, &zone, period), start.span, end_at))
            }
        }
    }

    /// An unknown zone is silently read as Europe/Berlin.
    fn zone(&self, given: Option<&Given<String>>, build: &mut Builder) -> Option<Zone> {
        const DEFAULT: &str = "Europe/Berlin";
        if let Some(given) = given.filter(|given| !given.value.is_empty()) {
            match Zone::named(&given.value) {
                Ok(zone) => return Some(zone),
                Err(error) => {
                    let message = format!("{}; the adapter then takes {DEFAULT}", error.message);
                    build.note(NoteKind::TimezoneInvalid, given.span, message, Some(&error.help));
                }
            }
        }
        Zone::named(DEFAULT).ok()
    }
}

fn time(given: &Given<String>, build: &mut Builder) -> Option<i64> {
    let found = minutes(&given.value).filter(|minutes| *minutes < 24 * 60 && given.value.as_bytes()[3] < b'6');
    if found.is_none() {
        let message = format!("`{}` is not a time of day", given.value);
        build.refuse(NoteKind::ValueInvalid, given.span, message, Some("write it like 08:30"));
    }
    found
}

/// Each local day is looked at alone: a window ends with its day, whatever its end says, and an end before the start does
/// not count.
fn repeating(
    days: &[bool; 7],
    begins: i64,
    ends: Option<i64>,
    length: i64,
    zone: &Zone,
    period: Period,
) -> Vec<Window> {
    let first = zone.wall(period.from).day() - 1;
    let last = zone.wall(period.to).day() + 1;
    let mut windows = Vec::new();
    for day in first..=last {
        let on = usize::try_from(weekday(day)).ok().and_then(|day| days.get(day));
        if on != Some(&true) {
            continue;
        }
        let at = |minutes: i64| go_date(zone, Wall(day * DAY + minutes * 60));
        let from = at(begins);
        let to = from.plus(length).max(ends.map_or(from, at));
        let within = Period::new(at(0), go_date(zone, Wall((day + 1) * DAY)));
        windows.push(Window { from, to, within });
    }
    windows
}

/// What `time.Date` of Go makes of a wall clock's reading, also of one that is skipped or occurs twice.
fn go_date(zone: &Zone, wall: Wall) -> Moment {
    let guess = zone.offset(Moment::from_unix(wall.0));
    wall.moment(zone.offset(wall.moment(guess)))
}
