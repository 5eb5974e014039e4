//! Amazon EC2 Auto Scaling: scheduled actions set sizes of a group, which hold until something else sets them (EC2 Auto
//! Scaling User Guide, "Scheduled scaling").

use super::application::{When, when};
use super::bounds::Role;
use super::build::Builder;
use super::carry::{Firings, Set, carried};
use super::deployer::Deployer;
use super::evaluation::{Context, Evaluation, NoteKind};
use super::given::Given;
use crate::capacity::cron::UNIX;
use crate::capacity::timeline::{Place, UNBOUNDED};
use crate::capacity::zone::Zone;
use crate::repo::Span;

/// An Auto Scaling group and its scheduled actions.
#[derive(Clone, Debug)]
pub struct AutoScalingGroup {
    /// The group, for what it does not write.
    pub object: Span,
    /// `MinSize`
    pub minimum: Given<u32>,
    /// `MaxSize`
    pub maximum: Given<u32>,
    /// Its scheduled actions.
    pub actions: Vec<GroupAction>,
    /// Whether a scaling policy is known that changes its desired capacity.
    pub has_policy: bool,
    /// What sets the sizes back to the group's own whenever it deploys, if anything does.
    pub reset_by: Option<Deployer>,
}

/// A scheduled action. In Terraform a size of -1 is none; a size left out is sent as 0, here with the action's own span
/// (terraform-provider-aws, `aws_autoscaling_schedule`: "Defaults to 0"). In CloudFormation what is left out is none.
#[derive(Clone, Debug)]
pub struct GroupAction {
    /// The action, for what it does not write.
    pub object: Span,
    /// `Recurrence`: five fields; the expression of EventBridge where that calls the API.
    pub recurrence: Option<Given<String>>,
    /// `TimeZone`; UTC where it is absent.
    pub zone: Option<Given<String>>,
    /// `StartTime`: the first firing, or the only one without a recurrence.
    pub start: Option<Given<String>>,
    /// `EndTime`: no firing from then on; sizes are not set back.
    pub end: Option<Given<String>>,
    /// `MinSize`
    pub minimum: Option<Given<u32>>,
    /// `MaxSize`
    pub maximum: Option<Given<u32>>,
    /// `DesiredCapacity`, which scaling policies are free to undo.
    pub desired: Option<Given<u32>>,
}

/// What a group guarantees.
pub fn auto_scaling_group(group: &AutoScalingGroup, context: &Context) -> Evaluation {
    let period = context.period;
    let mut build = Builder::new(group.object, context);
    let minimum = build.count(Role::Minimum, Some(&group.minimum), 0);
    let maximum = build.count(Role::Maximum, Some(&group.maximum), UNBOUNDED);
    build.check_bounds(minimum, maximum);
    let mut firings: Vec<(Firings, &GroupAction, Place)> = Vec::new();
    for action in &group.actions {
        // What is no more than the group's own minimum is there anyway, and without a policy nothing undoes it.
        if let Some((says, remedy)) = desired_alone(action)
            && let Some(desired) = &action.desired
            && desired.value > minimum.0
            && group.has_policy
        {
            build.note(NoteKind::DesiredWithoutMinimum, desired.span, says, Some(remedy));
        }
        if let Some((at, says)) = action.contradiction() {
            // AWS refuses it, so it changes nothing.
            let help = match action.left_out().as_slice() {
                [] => {
                    "AWS refuses the action: let the minimum be at most the desired capacity, and that at most the maximum"
                }
                _ => "write -1 for a size that the action is to leave alone",
            };
            build.note(NoteKind::BoundsInverted, at, says, Some(help));
            continue;
        }
        if let Some(desired) = &action.desired {
            build.field(Role::Count, desired.span);
        }
        if let Some((fires, edge)) = fires(action, context, &mut build) {
            firings.push((fires, action, edge));
        }
    }
    if build.has_failed() {
        return build.failed();
    }
    let mut minima = Vec::new();
    let mut maxima = Vec::new();
    for (fires, action, edge) in &firings {
        let mut set = |role, given: &Given<u32>| Set {
            firings: fires,
            count: given.value,
            by: match given.span == action.object {
                true => build.left_out(role, given.span),
                false => build.field(role, given.span),
            },
            edge: *edge,
        };
        let desired = action.desired.as_ref().filter(|_| context.meant.desired_holds);
        let held = action.minimum.iter().chain(desired).max_by_key(|given| given.value);
        minima.extend(held.map(|given| set(Role::Minimum, given)));
        maxima.extend(action.maximum.as_ref().map(|given| set(Role::Maximum, given)));
    }
    let guaranteed = carried(period, minimum, &minima);
    // What the group's own minimum covers is not lost.
    let raises = minima.iter().any(|set| set.count > minimum.0);
    let allowed = carried(period, maximum, &maxima);
    let reset = group.reset_by.filter(|_| raises).map(|deployer| {
        let (says, remedy) = deployer.of_group();
        build.note(NoteKind::StackUpdateResets, group.object, says, Some(remedy));
        guaranteed.min(&carried(period, minimum, &[]))
    });
    build.finish_with(guaranteed, allowed, reset)
}

impl GroupAction {
    /// A size, unless it is left out.
    pub fn written<'a>(&self, size: &'a Option<Given<u32>>) -> Option<&'a Given<u32>> {
        size.as_ref().filter(|given| given.span != self.object)
    }

    /// The sizes that are left out and sent as 0.
    fn left_out(&self) -> Vec<&'static str> {
        let sizes = [
            ("`min_size`", &self.minimum),
            ("`max_size`", &self.maximum),
            ("`desired_capacity`", &self.desired),
        ];
        let left_out = sizes
            .into_iter()
            .filter(|(_, size)| size.is_some() && self.written(size).is_none());
        left_out.map(|(name, _)| name).collect()
    }

    /// Sizes that contradict each other: where, and in words. AWS refuses such an action ("Desired capacity must be
    /// greater than or equal to min size"; buildkite/terraform-buildkite-elastic-ci-stack-for-aws#139).
    fn contradiction(&self) -> Option<(Span, String)> {
        let sizes = [
            (&self.minimum, "minimum", &self.maximum, "maximum"),
            (&self.minimum, "minimum", &self.desired, "desired capacity"),
            (&self.desired, "desired capacity", &self.maximum, "maximum"),
        ];
        let (low, lower, high, higher) = sizes.into_iter().find_map(|(low, lower, high, higher)| {
            let (low, high) = (low.as_ref()?, high.as_ref()?);
            (low.value > high.value).then_some((low, lower, high, higher))
        })?;
        let left_out = self.left_out();
        let says = format!("the {lower} {} exceeds the {higher} {}", low.value, high.value);
        let says = match left_out.as_slice() {
            [] => says,
            [one] => format!("{one} is left out, so the provider sends 0, and {says}"),
            several => format!(
                "{} are left out, so the provider sends 0 for them, and {says}",
                several.join(" and ")
            ),
        };
        Some((low.span, says))
    }
}

/// What is wrong with an action that raises the desired capacity and not the minimum.
fn desired_alone(action: &GroupAction) -> Option<(String, &'static str)> {
    let desired = action.desired.as_ref()?.value;
    match &action.minimum {
        None => Some((
            format!(
                "the action sets a desired capacity of {desired} and no minimum, so a scaling policy may lower it again at once"
            ),
            "set the minimum size too",
        )),
        // Terraform's own doing: nobody wrote this 0.
        Some(minimum) if minimum.span == action.object && minimum.value < desired => Some((
            format!(
                "the action sets a desired capacity of {desired} and leaves `min_size` out, which Terraform then sets to 0, so a scaling policy may lower it again at once"
            ),
            "set `min_size` too, or to -1 to leave the group's own",
        )),
        Some(_) => None,
    }
}

fn fires(action: &GroupAction, context: &Context, build: &mut Builder) -> Option<(Firings, Place)> {
    let start = match &action.start {
        Some(start) => Some(build.instant(start)?),
        None => None,
    };
    let end = match &action.end {
        Some(end) => Some(build.instant(end)?),
        None => None,
    };
    // EventBridge calls the API itself, with an expression of its own kind.
    if let Some(schedule) = action.recurrence.as_ref().filter(|text| text.value.contains('(')) {
        let edge = build.field(Role::Start, schedule.span);
        let between = (action.start.as_ref(), action.end.as_ref());
        return match when(schedule, action.zone.as_ref(), between, context, build)? {
            When::Known(firings) => Some((firings, edge)),
            When::AnyTime => {
                build.fail(schedule.span, "a rate counts from an instant that no one can know here");
                None
            }
        };
    }
    match (&action.recurrence, start, &action.start) {
        (Some(recurrence), start, _) => {
            let expression = build.cron(recurrence, &UNIX);
            let zone: Option<Zone> = build.zone_or(action.zone.as_ref(), &context.default_zone, recurrence.span);
            let edge = build.field(Role::Start, recurrence.span);
            let firings = Firings::recurring(&expression?, &zone?, context.period, start, end);
            Some((firings, edge))
        }
        (None, Some(at), Some(given)) => {
            let edge = build.field(Role::Start, given.span);
            Some((Firings::once(at, context.period), edge))
        }
        _ => {
            build.fail(
                action.object,
                "the scheduled action has neither a recurrence nor a start time",
            );
            None
        }
    }
}
