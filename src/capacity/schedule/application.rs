//! Application Auto Scaling (ECS services, DynamoDB tables and others): `at(…)`, `rate(…)` and `cron(…)` actions set the
//! capacity of a scalable target (Application Auto Scaling User Guide, "Scheduled scaling").

use super::bounds::Role;
use super::build::Builder;
use super::carry::{Firings, Set, carried};
use super::evaluation::{Context, Evaluation, NoteKind};
use super::given::Given;
use crate::capacity::cron::{AWS_SIX, AWS_SIX_AS_CRONTAB};
use crate::capacity::moment::{Moment, Wall};
use crate::capacity::timeline::{Place, Timeline};
use crate::capacity::zone::Zone;
use crate::repo::Span;

/// A scalable target and its scheduled actions.
#[derive(Clone, Debug)]
pub struct ScalableTarget {
    /// The target, for what it does not write.
    pub object: Span,
    /// `MinCapacity`
    pub minimum: Given<u32>,
    /// `MaxCapacity`
    pub maximum: Given<u32>,
    /// Its scheduled actions.
    pub actions: Vec<ApplicationAction>,
    /// Whether every apply of Terraform sets the capacity back to the target's own
    /// (terraform-aws-modules/terraform-aws-ecs#422).
    pub apply_resets: bool,
}

/// A scheduled action.
#[derive(Clone, Debug)]
pub struct ApplicationAction {
    /// `Schedule`: `at(…)`, `rate(…)` or `cron(…)`.
    pub schedule: Given<String>,
    /// `Timezone`; UTC where it is absent.
    pub zone: Option<Given<String>>,
    /// `StartTime`
    pub start: Option<Given<String>>,
    /// `EndTime`
    pub end: Option<Given<String>>,
    /// `MinCapacity`
    pub minimum: Option<Given<u32>>,
    /// `MaxCapacity`
    pub maximum: Option<Given<u32>>,
}

/// When an action fires.
pub(super) enum When {
    Known(Firings),
    /// `rate(…)` counts from an instant that no one can know here: at any time.
    AnyTime,
}

/// What a scalable target guarantees.
pub fn application_auto_scaling(target: &ScalableTarget, context: &Context) -> Evaluation {
    let period = context.period;
    let mut build = Builder::new(target.object, context);
    let minimum = build.count(Role::Minimum, Some(&target.minimum), 0);
    let maximum = build.count(Role::Maximum, Some(&target.maximum), 0);
    build.check_bounds(minimum, maximum);
    let mut known: Vec<(When, &ApplicationAction, Place)> = Vec::new();
    for action in &target.actions {
        if let (Some(low), Some(high)) = (&action.minimum, &action.maximum)
            && low.value > high.value
        {
            // It is not registered, so nothing changes when it should fire.
            let message = format!("the minimum {} exceeds the maximum {}", low.value, high.value);
            let help = "raise the maximum or lower the minimum: AWS refuses the action";
            build.note(NoteKind::BoundsInverted, low.span, message, Some(help));
            continue;
        }
        let edge = build.field(Role::Start, action.schedule.span);
        if let Some(when) = when(
            &action.schedule,
            action.zone.as_ref(),
            (action.start.as_ref(), action.end.as_ref()),
            context,
            &mut build,
        ) {
            known.push((when, action, edge));
        }
    }
    if build.has_failed() {
        return build.failed();
    }
    let mut minima = Vec::new();
    let mut maxima = Vec::new();
    let mut any_time = (Vec::new(), Vec::new());
    for (when, action, edge) in &known {
        let low = action.minimum.as_ref();
        let high = action.maximum.as_ref();
        let low = low.map(|given| (given.value, build.field(Role::Minimum, given.span)));
        let high = high.map(|given| (given.value, build.field(Role::Maximum, given.span)));
        match when {
            When::Known(firings) => {
                let set = |(count, by)| Set {
                    firings,
                    count,
                    by,
                    edge: *edge,
                };
                minima.extend(low.map(set));
                maxima.extend(high.map(set));
            }
            When::AnyTime => {
                any_time.0.extend(low);
                any_time.1.extend(high);
            }
        }
    }
    let lower = |timeline: Timeline, (count, by): (u32, Place)| timeline.min(&Timeline::constant(period, count, by));
    let guaranteed = any_time.0.into_iter().fold(carried(period, minimum, &minima), lower);
    let allowed = any_time.1.into_iter().fold(carried(period, maximum, &maxima), lower);
    let raises = minima.iter().any(|set| set.count > minimum.0);
    let reset = (target.apply_resets && raises).then(|| {
        build.note(
            NoteKind::StackUpdateResets,
            target.object,
            "every apply sets the capacity back to the configuration's, whatever the schedule has set",
            Some("add `ignore_changes = [min_capacity, max_capacity]` to the target's `lifecycle`"),
        );
        guaranteed.min(&carried(period, minimum, &[]))
    });
    build.finish_with(guaranteed, allowed, reset)
}

/// Reads `at(…)`, `rate(…)` or `cron(…)`, between two instants.
pub(super) fn when(
    schedule: &Given<String>,
    zone: Option<&Given<String>>,
    (start, end): (Option<&Given<String>>, Option<&Given<String>>),
    context: &Context,
    build: &mut Builder,
) -> Option<When> {
    let text = schedule.value.trim_end();
    let inner = |name: &str| {
        let from = text.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')')?;
        let start = name.len() + 1;
        Some(start..start + from.len())
    };
    let start = match start {
        Some(start) => Some(build.instant(start)?),
        None => None,
    };
    let end = match end {
        Some(end) => Some(build.instant(end)?),
        None => None,
    };
    if let Some(range) = inner("cron") {
        let dialect = match context.meant.crontab_weekdays {
            true => &AWS_SIX_AS_CRONTAB,
            false => &AWS_SIX,
        };
        let expression = build.cron_part(schedule, range, dialect);
        let zone = build.zone_or(zone, &context.default_zone, schedule.span);
        let firings = Firings::recurring(&expression?, &zone?, context.period, start, end);
        return Some(When::Known(firings));
    }
    if let Some(range) = inner("at") {
        let zone = match zone {
            Some(zone) => build.zone(zone)?,
            None => context.default_zone.clone(),
        };
        let Some(at) = at(text.get(range.clone()).unwrap_or_default(), &zone) else {
            let span = schedule.part(range);
            let help = "write it like at(2026-12-01T08:00:00), with a time that the zone has";
            build.refuse(NoteKind::ValueInvalid, span, "this is not a date and time", Some(help));
            return None;
        };
        return Some(When::Known(Firings::once(at, context.period)));
    }
    if let Some(range) = inner("rate") {
        let mut words = text.get(range.clone()).unwrap_or_default().split_whitespace();
        let number = words.next().and_then(|number| number.parse::<u32>().ok());
        let unit = words.next().map(|unit| unit.trim_end_matches('s'));
        if number.is_some_and(|number| number > 0) && matches!(unit, Some("minute" | "hour" | "day")) {
            return Some(When::AnyTime);
        }
        let span = schedule.part(range);
        let help = "write it like rate(12 hours)";
        build.refuse(NoteKind::CronInvalid, span, "this is not a rate", Some(help));
        return None;
    }
    let help = "write at(yyyy-mm-ddThh:mm:ss), rate(value unit), or cron(minute hour day month weekday year)";
    let message = "a schedule is at(…), rate(…) or cron(…)";
    build.refuse(NoteKind::CronInvalid, schedule.span, message, Some(help));
    None
}

fn at(text: &str, zone: &Zone) -> Option<Moment> {
    let time: jiff::civil::DateTime = text.trim().trim_end_matches('Z').parse().ok()?;
    let wall = Wall::at(
        time.year().into(),
        time.month().into(),
        time.day().into(),
        time.hour().into(),
        time.minute().into(),
        time.second().into(),
    )?;
    zone.moments(wall).first().copied()
}
