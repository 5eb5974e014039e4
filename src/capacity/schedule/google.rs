//! Scaling schedules of Google's managed instance groups: each opens windows of so many elapsed seconds, and the greatest
//! requirement of the open ones holds (Compute Engine, "Scaling based on schedules").

use super::bounds::Role;
use super::build::Builder;
use super::evaluation::{Context, Evaluation, NoteKind};
use super::given::Given;
use crate::capacity::cron::GCP;
use crate::capacity::moment::{Moment, Period};
use crate::capacity::timeline::{Place, Step, Timeline};
use crate::capacity::zone::Zone;
use crate::repo::Span;

/// An autoscaler of an instance group.
#[derive(Clone, Debug)]
pub struct GoogleAutoscaler {
    /// The autoscaler, for what it does not write.
    pub object: Span,
    /// `min_replicas`
    pub minimum: Given<u32>,
    /// `max_replicas`
    pub maximum: Given<u32>,
    /// `scaling_schedules`
    pub schedules: Vec<GoogleSchedule>,
}

/// One scaling schedule.
#[derive(Clone, Debug)]
pub struct GoogleSchedule {
    /// `schedule`: when a window opens; five fields and an optional year.
    pub schedule: Given<String>,
    /// `time_zone`; UTC where it is absent.
    pub zone: Option<Given<String>>,
    /// `duration_sec`; at least 300.
    pub seconds: Given<u32>,
    /// `min_required_replicas`
    pub required: Given<u32>,
    /// `disabled`
    pub disabled: bool,
}

/// What an autoscaler guarantees.
pub fn google_autoscaler(autoscaler: &GoogleAutoscaler, context: &Context) -> Evaluation {
    let period = context.period;
    let mut build = Builder::new(autoscaler.object, context);
    let minimum = build.count(Role::Minimum, Some(&autoscaler.minimum), 0);
    let maximum = build.count(Role::Maximum, Some(&autoscaler.maximum), 0);
    build.check_bounds(minimum, maximum);
    let mut guaranteed = Timeline::constant(period, minimum.0, minimum.1);
    for schedule in autoscaler.schedules.iter().filter(|schedule| !schedule.disabled) {
        if schedule.seconds.value < 300 {
            let message = format!("a window of {} seconds is refused", schedule.seconds.value);
            let help = "the shortest window has 300 seconds";
            build.refuse(NoteKind::ValueInvalid, schedule.seconds.span, message, Some(help));
        }
        let expression = build.cron(&schedule.schedule, &GCP);
        let zone: Option<Zone> = build.zone_or(schedule.zone.as_ref(), &context.default_zone, schedule.schedule.span);
        let count = (
            schedule.required.value,
            build.field(Role::Count, schedule.required.span),
        );
        let opens = build.field(Role::Start, schedule.schedule.span);
        let closes = build.field(Role::Length, schedule.seconds.span);
        let (Some(expression), Some(zone)) = (expression, zone) else {
            continue;
        };
        let length = i64::from(schedule.seconds.value);
        // Windows that are open when the period begins.
        let reach = Period::new(period.from.plus(-length), period.to);
        let open = expression
            .within(&zone, reach)
            .into_iter()
            .map(|at| (at, at.plus(length)));
        guaranteed = guaranteed.max(&opened(period, minimum, count, (opens, closes), open));
    }
    build.finish(guaranteed, Timeline::constant(period, maximum.0, maximum.1))
}

/// A count that holds within windows, which come in order of their beginning and may overlap.
pub(super) fn opened(
    period: Period,
    outside: (u32, Place),
    inside: (u32, Place),
    edges: (Place, Place),
    windows: impl IntoIterator<Item = (Moment, Moment)>,
) -> Timeline {
    let mut steps: Vec<Step> = Vec::new();
    let mut last: Option<Moment> = None;
    for (from, to) in windows {
        if last.is_some_and(|end| end >= from) {
            steps.pop();
        } else {
            steps.push(Step {
                at: from,
                count: inside.0,
                by: inside.1,
                edge: edges.0,
            });
        }
        let end = last.map_or(to, |end| if end >= from { end.max(to) } else { to });
        steps.push(Step {
            at: end,
            count: outside.0,
            by: outside.1,
            edge: edges.1,
        });
        last = Some(end);
    }
    Timeline::new(period, outside, steps)
}
