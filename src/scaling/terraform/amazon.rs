//! Amazon EC2 Auto Scaling: `aws_autoscaling_group` and the `aws_autoscaling_schedule`s that name it.

use std::sync::Arc;

use crate::capacity::schedule::{AutoScalingGroup, Deployer, Given, GroupAction, NotEvaluated};
use crate::environment::terraform::{Attributes, Resource};
use crate::estate::scaled::schedule::{Schedule, tracking};
use crate::estate::scaled::target::{Entry, Source, Target};
use crate::model::Known;
use crate::scaling::terraform::reader::{Found, Reader, not_evaluated};
use crate::scaling::terraform::resource::{Stray, identity, ignores_changes, names, open};
use crate::scaling::terraform::table::{GROUP, GROUP_SCHEDULE, row};

const OWN: &str = "aws_autoscaling_group";
const ACTION: &str = "aws_autoscaling_schedule";
const TRACKING: &str = "aws_autoscaling_policy";

pub(super) fn wants(kind: &str) -> bool {
    matches!(kind, OWN | ACTION | TRACKING)
}

pub(super) fn targets<'e>(reader: &mut Reader<'_, 'e>, resources: &[Resource<'e>]) -> Vec<Target> {
    let of = |kind: &'static str| resources.iter().filter(move |resource| resource.kind == kind);
    let groups: Vec<(&Resource<'e>, Vec<Arc<str>>)> = of(OWN)
        .map(|group| {
            let own = reader.handle(group, "name");
            (group, names(group, &["name", "id"], own))
        })
        .collect();
    let mut targets = Vec::new();
    // Actions of groups that cannot be told: any group may be meant.
    let mut stray: Vec<Stray> = Vec::new();
    let mut placed: Vec<(usize, &Resource<'e>)> = Vec::new();
    for action in of(ACTION) {
        let value = action.value(reader.configuration, "autoscaling_group_name");
        let handle = value.as_ref().and_then(|value| value.handle());
        let group = handle.and_then(|handle| groups.iter().position(|(_, names)| names.contains(&handle)));
        if let Some(group) = group {
            placed.push((group, action));
            continue;
        }
        let span = action.block.head();
        let doubt = value.as_ref().and_then(|value| value.doubt());
        let is_elsewhere = value.as_ref().is_some_and(|value| value.handle().is_some());
        let reason = match &doubt {
            Some(doubt) => not_evaluated(doubt, span),
            None => NotEvaluated {
                reason: "the group it names is not in the repository".to_owned(),
                span,
            },
        };
        if !is_elsewhere {
            stray.push(Stray::new(
                action,
                "autoscaling_group_name",
                OWN,
                NotEvaluated {
                    reason: format!("{} may be for this group: {}", action.address, reason.reason),
                    span: reason.span,
                },
            ));
        }
        targets.push(open(action, "scheduled action", reason));
    }
    for (at, (group, names)) in groups.iter().enumerate() {
        let own: Vec<&Resource<'e>> = placed
            .iter()
            .filter(|(group, _)| *group == at)
            .map(|(_, action)| *action)
            .collect();
        let policies: Vec<&Resource<'e>> = of(TRACKING).filter(|policy| is_for(reader, policy, names)).collect();
        targets.push(target(reader, group, names, &own, Stray::of(&stray, group), &policies));
    }
    targets
}

fn is_for<'e>(reader: &Reader<'_, 'e>, policy: &Resource<'e>, names: &[Arc<str>]) -> bool {
    let group = reader.handle(policy, "autoscaling_group_name");
    group.is_some_and(|name| names.contains(&name))
}

/// Whether a policy keeps a metric of the group at a value, by however many instances that takes.
fn is_tracking<'e>(reader: &Reader<'_, 'e>, policy: &Resource<'e>) -> bool {
    reader.handle(policy, "policy_type").as_deref() == Some("TargetTrackingScaling")
}

fn target<'e>(
    reader: &mut Reader<'_, 'e>,
    group: &Resource<'e>,
    names: &[Arc<str>],
    actions: &[&Resource<'e>],
    stray: Option<&NotEvaluated>,
    policies: &[&Resource<'e>],
) -> Target {
    let span = group.block.head();
    let mut found = Found::of(group, stray);
    let minimum = reader.count(&mut found, group, "min_size", row(&GROUP, "min_size"));
    let maximum = reader.count(&mut found, group, "max_size", row(&GROUP, "max_size"));
    let mut read = Vec::new();
    for action in actions {
        read.push(self::action(reader, &mut found, action));
    }
    let entries = reader.actions(actions, "scheduled_action_name", &GROUP_SCHEDULE);
    let schedule = minimum.zip(maximum).map(|(minimum, maximum)| {
        Schedule::AutoScalingGroup(AutoScalingGroup {
            object: span,
            minimum,
            maximum,
            actions: read,
            has_policy: !policies.is_empty(),
            reset_by: (!ignores_changes(group, "min_size")).then_some(Deployer::Terraform),
        })
    });
    let schedule = found.or_open(schedule, span);
    let object = Entry {
        what: "Auto Scaling group",
        name: group.address.as_str().into(),
        span,
        home: reader.home(group.block, &GROUP),
    };
    let tracked = policies.iter().any(|policy| is_tracking(reader, policy));
    let own = names.iter().filter(|name| !name.starts_with('{')).cloned();
    Target {
        identity: identity(group, own.collect()),
        span,
        workload: None,
        sources: vec![Source {
            object,
            schedule,
            entries,
            sites: found.sites,
            reactive: tracked.then(tracking),
        }],
    }
}

/// A scheduled action. The provider turns a size that is left out into 0, and -1 into none (terraform-provider-aws,
/// `resourceSchedulePut`).
fn action<'e>(reader: &mut Reader<'_, 'e>, found: &mut Found, action: &Resource<'e>) -> GroupAction {
    let span = action.block.head();
    if let Some(doubt) = &action.doubt {
        found.fail(doubt.clone(), span);
    }
    let mut size = |reader: &mut Reader<'_, 'e>, name: &str| {
        let row = row(&GROUP_SCHEDULE, name);
        match action.value(reader.configuration, name) {
            None => Some(Given::new(0, span)),
            Some(_) => reader.count(found, action, name, row),
        }
    };
    let (minimum, maximum) = (size(reader, "min_size"), size(reader, "max_size"));
    // Little is worked out from it, so one that is not known keeps nothing from being told.
    let is_known = action
        .value(reader.configuration, "desired_capacity")
        .is_none_or(|value| matches!(value.number(), Known::Is(_)));
    let desired = is_known.then(|| size(reader, "desired_capacity")).flatten();
    let mut text = |name: &str| reader.text(found, action, name, row(&GROUP_SCHEDULE, name));
    GroupAction {
        object: span,
        recurrence: text("recurrence"),
        zone: text("time_zone"),
        start: text("start_time"),
        end: text("end_time"),
        minimum,
        maximum,
        desired,
    }
}
