//! Amazon EC2 Auto Scaling: `aws_autoscaling_group` and the `aws_autoscaling_schedule`s that name it.

use std::sync::Arc;

use crate::capacity::schedule::{AutoScalingGroup, Deployer, Given, GroupAction, NotEvaluated};
use crate::environment::terraform::value::Content;
use crate::environment::terraform::{Attributes, Nested, Resource, Value};
use crate::estate::scaled::schedule::{Schedule, tracking};
use crate::estate::scaled::target::{Entry, Follows, Routed, Source, Target};
use crate::model::Known;
use crate::scaling::terraform::reader::{Found, Reader, not_evaluated};
use crate::scaling::terraform::resource::{Stray, identity, ignores_changes, names, open};
use crate::scaling::terraform::scheduler::{self, Call};
use crate::scaling::terraform::table::{GROUP, GROUP_SCHEDULE, row};

const OWN: &str = "aws_autoscaling_group";
const ACTION: &str = "aws_autoscaling_schedule";
const TRACKING: &str = "aws_autoscaling_policy";
const ATTACHMENTS: [&str; 2] = [
    "aws_autoscaling_attachment",
    "aws_autoscaling_traffic_source_attachment",
];

pub(super) fn wants(kind: &str) -> bool {
    matches!(kind, OWN | ACTION | TRACKING) || ATTACHMENTS.contains(&kind)
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
    let mut calls: Vec<Vec<Call>> = groups.iter().map(|_| Vec::new()).collect();
    for operation in ["autoscaling:updateAutoScalingGroup", "autoscaling:setDesiredCapacity"] {
        for call in scheduler::calls(reader, resources, operation) {
            match &call.input {
                Ok(input) => {
                    let named = input.handle("AutoScalingGroupName");
                    let is_named = |names: &[Arc<str>]| named.as_ref().is_some_and(|named| names.contains(named));
                    if let Some(group) = groups.iter().position(|(_, names)| is_named(names)) {
                        calls[group].push(call);
                    }
                }
                Err(reason) => stray.push(Stray::any(NotEvaluated {
                    reason: format!("{} may be for this group: {}", call.entry.name, reason.reason),
                    span: reason.span,
                })),
            }
        }
    }
    for ((at, (group, names)), calls) in groups.iter().enumerate().zip(calls) {
        let own: Vec<&Resource<'e>> = placed
            .iter()
            .filter(|(group, _)| *group == at)
            .map(|(_, action)| *action)
            .collect();
        let of_group = |kind| of(kind).filter(|other| is_for(reader, other, names));
        let policies: Vec<&Resource<'e>> = of_group(TRACKING).collect();
        let attachments: Vec<&Resource<'e>> = ATTACHMENTS.into_iter().flat_map(of_group).collect();
        let stray = Stray::for_target(&stray, group);
        let mut made = target(reader, group, names, (&own, calls), stray, &policies);
        made.routed = routed(reader, group, &attachments);
        targets.push(made);
    }
    targets
}

fn is_for<'e>(reader: &Reader<'_, 'e>, policy: &Resource<'e>, names: &[Arc<str>]) -> bool {
    let group = reader.handle(policy, "autoscaling_group_name");
    group.is_some_and(|name| names.contains(&name))
}

/// What sends requests to a group: target groups and load balancers that it names, or that are attached to it.
fn routed<'e>(reader: &Reader<'_, 'e>, group: &Resource<'e>, attachments: &[&Resource<'e>]) -> Option<Routed> {
    for (name, words) in [
        ("target_group_arns", "a target group"),
        ("load_balancers", "a load balancer"),
    ] {
        if let Some(value) = group.value(reader.configuration, name)
            && !matches!(&value.content, Content::List(all) if all.is_empty())
        {
            return Some(Routed {
                by: words.into(),
                span: value.span,
            });
        }
    }
    let source = group.blocks(reader.configuration, "traffic_source").ok()?;
    let source = source.first().map(|block| block.block.head());
    let attached = attachments.first().map(|attachment| attachment.block.head());
    source.or(attached).map(|span| Routed {
        by: "a target group".into(),
        span,
    })
}

/// What a scaling policy raises the capacity by, if it does; one that only lowers it raises nothing.
pub(super) fn follows<'e>(reader: &Reader<'_, 'e>, policy: &Resource<'e>) -> Option<Follows> {
    let of = |name: &str| policy.blocks(reader.configuration, name).unwrap_or_default();
    let raises = |value: Option<Value>| value.is_none_or(|value| !matches!(value.number(), Known::Is(by) if by <= 0.0));
    let kind = reader.handle(policy, "policy_type");
    let mut from_zero = true;
    let follows = match kind.as_deref() {
        Some("TargetTrackingScaling") => {
            let configured = of("target_tracking_configuration");
            let configured = configured
                .into_iter()
                .chain(of("target_tracking_scaling_policy_configuration"));
            // What the platform measures itself it measures of what runs.
            from_zero = !configured
                .flat_map(|block| {
                    block
                        .block
                        .children()
                        .map(|at| at.name().to_owned())
                        .collect::<Vec<_>>()
                })
                .any(|name| name == "predefined_metric_specification");
            true
        }
        Some("PredictiveScaling") => {
            let mode = |block: &Nested<'e>| reader.handle(block, "mode").as_deref() == Some("ForecastAndScale");
            of("predictive_scaling_configuration").iter().any(mode)
        }
        Some("StepScaling") => {
            let own = of("step_adjustment");
            let nested = of("step_scaling_policy_configuration");
            let nested = nested.iter().flat_map(|block| {
                block
                    .blocks(reader.configuration, "step_adjustment")
                    .unwrap_or_default()
            });
            own.into_iter()
                .chain(nested)
                .any(|block| raises(block.value(reader.configuration, "scaling_adjustment")))
        }
        _ => raises(policy.value(reader.configuration, "scaling_adjustment")),
    };
    follows.then(|| Follows {
        by: format!("the scaling policy {}", policy.address).into(),
        from_zero,
    })
}

/// Whether a policy keeps a metric of the group at a value, by however many instances that takes.
pub(super) fn is_tracking<'e>(reader: &Reader<'_, 'e>, policy: &Resource<'e>) -> bool {
    reader.handle(policy, "policy_type").as_deref() == Some("TargetTrackingScaling")
}

fn target<'e>(
    reader: &mut Reader<'_, 'e>,
    group: &Resource<'e>,
    names: &[Arc<str>],
    (actions, calls): (&[&Resource<'e>], Vec<Call>),
    stray: Option<&NotEvaluated>,
    policies: &[&Resource<'e>],
) -> Target {
    let span = group.block.head();
    let mut found = Found::begin(group, stray);
    let minimum = reader.count(&mut found, group, "min_size", row(&GROUP, "min_size"));
    let maximum = reader.count(&mut found, group, "max_size", row(&GROUP, "max_size"));
    let mut read = Vec::new();
    for action in actions {
        read.push(self::action(reader, &mut found, action));
    }
    let mut entries = reader.actions(actions, "scheduled_action_name", &GROUP_SCHEDULE);
    for call in calls {
        let Ok(input) = &call.input else { continue };
        if let Some(doubt) = input.doubt(&["MinSize", "MaxSize"]).or(call.found.failure) {
            found.failure.get_or_insert(doubt);
        }
        found.sites.extend(call.found.sites);
        read.push(GroupAction {
            object: call.entry.span,
            minimum: input.count("MinSize"),
            maximum: input.count("MaxSize"),
            desired: input.count("DesiredCapacity"),
            recurrence: Some(call.schedule),
            zone: call.zone,
            start: call.start,
            end: call.end,
        });
        entries.push(call.entry);
    }
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
        routed: None,
        sources: vec![Source {
            object,
            schedule,
            entries,
            sites: found.sites,
            reactive: tracked.then(tracking),
            follows: policies.iter().find_map(|policy| follows(reader, policy)),
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
