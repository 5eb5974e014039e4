//! KEDA's ScaledObject with cron triggers. The trigger has no memory: it is active at an instant when its next end comes
//! no later than its next start (keda 8b4f083c, pkg/scalers/cron_scaler.go), so it changes only where one of them fires.

use super::bounds::Role;
use super::build::Builder;
use super::evaluation::{Context, Evaluation, NoteKind};
use super::given::Given;
use super::horizontal::WrittenCount;
use crate::capacity::cron::{Expression, KEDA};
use crate::capacity::moment::{Moment, Period};
use crate::capacity::timeline::{Place, Step, Timeline};
use crate::capacity::zone::Zone;
use crate::repo::Span;

/// A ScaledObject.
#[derive(Clone, Debug)]
pub struct KedaScaledObject {
    /// The object, for what it does not write.
    pub object: Span,
    /// `minReplicaCount`; 0 where it is absent.
    pub minimum: Option<Given<u32>>,
    /// `idleReplicaCount`: the count while no trigger is active.
    pub idle: Option<Given<u32>>,
    /// `maxReplicaCount`; 100 where it is absent.
    pub maximum: Option<Given<u32>>,
    /// The triggers of type `cron`. Other triggers guarantee nothing.
    pub triggers: Vec<KedaCron>,
    /// `advanced.scalingModifiers.formula`, which replaces the greatest of the triggers.
    pub formula: Option<Span>,
    /// The annotations that pause it.
    pub paused: Option<Paused>,
    /// `replicas` of the target. KEDA scales through an autoscaler of its own, which that fights as it fights any other.
    pub replicas: Option<WrittenCount>,
}

/// A cron trigger's metadata.
#[derive(Clone, Debug)]
pub struct KedaCron {
    /// `timezone`; required.
    pub zone: Option<Given<String>>,
    /// `start`
    pub start: Given<String>,
    /// `end`
    pub end: Given<String>,
    /// `desiredReplicas`, a number in a string.
    pub desired: Given<String>,
}

/// How a ScaledObject is paused.
#[derive(Clone, Debug)]
pub enum Paused {
    /// `autoscaling.keda.sh/paused-replicas`: at this count.
    At(Given<u32>),
    /// `autoscaling.keda.sh/paused`: at whatever count there was.
    AsItIs(Span),
}

/// What a ScaledObject guarantees.
pub fn keda(object: &KedaScaledObject, context: &Context) -> Evaluation {
    let period = context.period;
    let mut build = Builder::new(object.object, context);
    if let Some(replicas) = &object.replicas {
        build.add(replicas.note("ScaledObject"));
    }
    match &object.paused {
        Some(Paused::At(count)) => {
            let place = build.field(Role::Count, count.span);
            let held = Timeline::constant(period, count.value, place);
            return build.finish(held.clone(), held);
        }
        Some(Paused::AsItIs(span)) => {
            build.fail(*span, "the ScaledObject is paused at a count that no one can know here");
            return build.failed();
        }
        None => {}
    }
    let minimum = build.count(Role::Minimum, object.minimum.as_ref(), 0);
    let maximum = build.count(Role::Maximum, object.maximum.as_ref(), 100);
    build.check_bounds(minimum, maximum);
    let idle = match &object.idle {
        Some(idle) => (idle.value, build.field(Role::Minimum, idle.span)),
        None => minimum,
    };
    let mut guaranteed = Timeline::constant(period, idle.0, idle.1);
    for trigger in &object.triggers {
        let Some(read) = read(trigger, minimum, &mut build) else {
            continue;
        };
        if object.formula.is_none() {
            guaranteed = guaranteed.max(&read.guarantee(idle, period));
        }
    }
    build.finish(guaranteed, Timeline::constant(period, maximum.0, maximum.1))
}

/// A cron trigger, read.
struct Trigger {
    start: Expression,
    end: Expression,
    zone: Zone,
    /// The count while it is active.
    active: (u32, Place),
    start_at: Place,
    end_at: Place,
}

const DESIRED: &str = "write 1 or more; what holds outside the window is `minReplicaCount`";

fn read(trigger: &KedaCron, minimum: (u32, Place), build: &mut Builder) -> Option<Trigger> {
    let start = build.cron(&trigger.start, &KEDA);
    let end = build.cron(&trigger.end, &KEDA);
    let zone = match &trigger.zone {
        Some(zone) => build.zone(zone),
        None => {
            let help = "add `timezone` to the trigger's metadata";
            build.refuse(
                NoteKind::TimezoneMissing,
                trigger.start.span,
                "KEDA's cron trigger needs a time zone",
                Some(help),
            );
            None
        }
    };
    if trigger.start.value == trigger.end.value {
        build.refuse(
            NoteKind::StartEqualsEnd,
            trigger.end.span,
            "start and end are the same, which KEDA refuses",
            Some("let the end come after the start"),
        );
    }
    let desired = match trigger.desired.value.trim().parse::<u32>() {
        Ok(0) => {
            // Before it was read and meant nothing: a trigger only raises.
            let message = "a cron trigger only raises the count, and KEDA refuses `0` desired replicas from 2.16 on";
            build.note(
                NoteKind::ValueUnsupported("KEDA 2.16"),
                trigger.desired.span,
                message,
                Some(DESIRED),
            );
            return None;
        }
        Ok(desired) => desired,
        Err(_) => {
            let message = format!("KEDA refuses `{}` desired replicas", trigger.desired.value);
            build.refuse(NoteKind::ValueInvalid, trigger.desired.span, message, Some(DESIRED));
            return None;
        }
    };
    let desired = (desired, build.field(Role::Count, trigger.desired.span));
    Some(Trigger {
        start: start?,
        end: end?,
        zone: zone?,
        active: if desired.0 >= minimum.0 { desired } else { minimum },
        start_at: build.field(Role::Start, trigger.start.span),
        end_at: build.field(Role::End, trigger.end.span),
    })
}

impl Trigger {
    fn guarantee(&self, idle: (u32, Place), period: Period) -> Timeline {
        let mut steps = Vec::new();
        for (at, active) in changes(&self.start, &self.end, &self.zone, period) {
            let ((count, by), edge) = if active {
                (self.active, self.start_at)
            } else {
                (idle, self.end_at)
            };
            steps.push(Step { at, count, by, edge });
        }
        Timeline::new(period, idle, steps)
    }
}

/// Since when a trigger is active or not. Between two firings nothing changes, and it is active until a firing exactly if
/// that firing is an end: then the next end comes no later than the next start.
fn changes(start: &Expression, end: &Expression, zone: &Zone, period: Period) -> Vec<(Moment, bool)> {
    let later = period.to.plus(-1);
    // Without another start or end ahead, the scaler compares with the zero time and finds itself inactive.
    let (Some(next_start), Some(next_end)) = (start.next(zone, later), end.next(zone, later)) else {
        return finite(start, end, zone, period);
    };
    let after_from = Period::new(period.from.plus(1), period.to);
    let mut starts = start.within(zone, after_from);
    let mut ends = end.within(zone, after_from);
    starts.push(next_start);
    ends.push(next_end);
    let mut changes = Vec::new();
    let mut since = period.from;
    let mut was = None;
    let (mut s, mut e) = (0, 0);
    while since < period.to {
        let (Some(next_start), Some(next_end)) = (starts.get(s), ends.get(e)) else {
            break;
        };
        let active = next_end <= next_start;
        if was != Some(active) {
            changes.push((since, active));
            was = Some(active);
        }
        since = *next_end.min(next_start);
        s += usize::from(*next_start == since);
        e += usize::from(*next_end == since);
    }
    changes
}

/// The rare expression that stops firing: each instant asks anew, as the scaler does.
fn finite(start: &Expression, end: &Expression, zone: &Zone, period: Period) -> Vec<(Moment, bool)> {
    let mut edges = start.within(zone, period);
    edges.extend(end.within(zone, period));
    edges.push(period.from);
    edges.sort_unstable();
    edges.dedup();
    let active =
        |at: Moment| matches!((start.next(zone, at), end.next(zone, at)), (Some(start), Some(end)) if end <= start);
    let mut changes: Vec<(Moment, bool)> = edges.into_iter().map(|at| (at, active(at))).collect();
    changes.dedup_by_key(|(_, active)| *active);
    changes
}
