//! Application Auto Scaling: `aws_appautoscaling_target` and the `aws_appautoscaling_scheduled_action`s for it.

use std::sync::Arc;

use crate::capacity::schedule::{ApplicationAction, Given, NotEvaluated, ScalableTarget};
use crate::environment::terraform::{Attributes, Resource};
use crate::estate::scaled::schedule::{Schedule, tracking};
use crate::estate::scaled::target::{Entry, Routed, Source, Target};
use crate::model::Doubt;
use crate::scaling::terraform::amazon::{follows, is_tracking};
use crate::scaling::terraform::reader::{Found, Reader, not_evaluated};
use crate::scaling::terraform::resource::{Stray, identity, ignores_changes, names, open};
use crate::scaling::terraform::scheduler::{self, Call, Input};
use crate::scaling::terraform::table::{TARGET, TARGET_ACTION, TARGET_SCHEDULE, row};

const OWN: &str = "aws_appautoscaling_target";
const ACTION: &str = "aws_appautoscaling_scheduled_action";
const TRACKING: &str = "aws_appautoscaling_policy";
const SERVICE: &str = "aws_ecs_service";

pub(super) fn wants(kind: &str) -> bool {
    matches!(kind, OWN | ACTION | TRACKING | SERVICE)
}

/// What tells scalable targets apart: the resource and which of its dimensions is scaled.
struct Known {
    resources: Vec<Arc<str>>,
    dimensions: Vec<Arc<str>>,
}

pub(super) fn targets<'e>(reader: &mut Reader<'_, 'e>, resources: &[Resource<'e>]) -> Vec<Target> {
    let of = |kind: &'static str| resources.iter().filter(move |resource| resource.kind == kind);
    let own: Vec<(&Resource<'e>, Known)> = of(OWN)
        .map(|target| {
            let resource = reader.handle(target, "resource_id");
            let dimension = reader.handle(target, "scalable_dimension");
            let known = Known {
                resources: names(target, &["resource_id", "id"], resource),
                dimensions: names(target, &["scalable_dimension"], dimension),
            };
            (target, known)
        })
        .collect();
    let mut targets = Vec::new();
    let mut stray: Vec<Stray> = Vec::new();
    let mut placed: Vec<(usize, &Resource<'e>)> = Vec::new();
    for action in of(ACTION) {
        if let Some(target) = own.iter().position(|(_, known)| is_for(reader, action, known)) {
            placed.push((target, action));
            continue;
        }
        let span = action.block.head();
        let value = action.value(reader.configuration, "resource_id");
        let doubt = value.as_ref().and_then(|value| value.doubt());
        let reason = match &doubt {
            Some(doubt) => not_evaluated(doubt, span),
            None => NotEvaluated {
                reason: "the scalable target it names is not in the repository".to_owned(),
                span,
            },
        };
        if value.is_none_or(|value| value.handle().is_none()) {
            stray.push(Stray::new(
                action,
                "resource_id",
                OWN,
                NotEvaluated {
                    reason: format!("{} may be for this target: {}", action.address, reason.reason),
                    span: reason.span,
                },
            ));
        }
        targets.push(open(action, "scheduled action", reason));
    }
    let mut calls: Vec<Vec<Call>> = own.iter().map(|_| Vec::new()).collect();
    for call in scheduler::calls(reader, resources, "applicationautoscaling:registerScalableTarget") {
        match &call.input {
            Ok(input) => {
                if let Some(target) = own.iter().position(|(_, known)| means(input, known)) {
                    calls[target].push(call);
                }
            }
            Err(reason) => stray.push(Stray::any(NotEvaluated {
                reason: format!("{} may be for this target: {}", call.entry.name, reason.reason),
                span: reason.span,
            })),
        }
    }
    for ((at, (target, known)), calls) in own.iter().enumerate().zip(calls) {
        let actions: Vec<&Resource<'e>> = placed
            .iter()
            .filter(|(target, _)| *target == at)
            .map(|(_, action)| *action)
            .collect();
        let policies: Vec<&Resource<'e>> = of(TRACKING).filter(|policy| is_for(reader, policy, known)).collect();
        let served = of(SERVICE).find(|other| is_service(reader, target, other));
        let mut made = self::target(
            reader,
            target,
            known,
            (&actions, calls),
            Stray::for_target(&stray, target),
            &policies,
        );
        made.routed = served.and_then(|served| routed(reader, served));
        targets.push(made);
    }
    targets
}

fn is_for<'e>(reader: &Reader<'_, 'e>, action: &Resource<'e>, known: &Known) -> bool {
    let same = |name: &str, among: &[Arc<str>]| reader.handle(action, name).map(|own| among.contains(&own));
    // A dimension that cannot be compared does not tell them apart.
    same("resource_id", &known.resources) == Some(true) && same("scalable_dimension", &known.dimensions).unwrap_or(true)
}

/// Whether a call is for a target.
fn means(input: &Input, known: &Known) -> bool {
    let same = |name: &str, among: &[Arc<str>]| input.handle(name).map(|own| among.contains(&own));
    same("ResourceId", &known.resources) == Some(true) && same("ScalableDimension", &known.dimensions).unwrap_or(true)
}

fn target<'e>(
    reader: &mut Reader<'_, 'e>,
    target: &Resource<'e>,
    known: &Known,
    (actions, calls): (&[&Resource<'e>], Vec<Call>),
    stray: Option<&NotEvaluated>,
    policies: &[&Resource<'e>],
) -> Target {
    let span = target.block.head();
    let mut found = Found::begin(target, stray);
    let minimum = reader.count(&mut found, target, "min_capacity", row(&TARGET, "min_capacity"));
    let maximum = reader.count(&mut found, target, "max_capacity", row(&TARGET, "max_capacity"));
    let mut read = Vec::new();
    for action in actions {
        read.extend(self::action(reader, &mut found, action));
    }
    let mut entries = reader.actions(actions, "name", &TARGET_SCHEDULE);
    for call in calls {
        let Ok(input) = &call.input else { continue };
        if let Some(doubt) = input.doubt(&["MinCapacity", "MaxCapacity"]).or(call.found.failure) {
            found.failure.get_or_insert(doubt);
        }
        found.sites.extend(call.found.sites);
        read.push(ApplicationAction {
            minimum: input.count("MinCapacity"),
            maximum: input.count("MaxCapacity"),
            schedule: call.schedule,
            zone: call.zone,
            start: call.start,
            end: call.end,
        });
        entries.push(call.entry);
    }
    let schedule = minimum.zip(maximum).map(|(minimum, maximum)| {
        Schedule::ScalableTarget(ScalableTarget {
            object: span,
            minimum,
            maximum,
            actions: read,
            apply_resets: !ignores_changes(target, "min_capacity"),
        })
    });
    let schedule = found.or_open(schedule, span);
    let object = Entry {
        what: "scalable target",
        name: target.address.as_str().into(),
        span,
        home: reader.home(target.block, &TARGET),
    };
    let plain = known.resources.iter().filter(|name| !name.contains('{')).cloned();
    Target {
        identity: identity(target, plain.chain(service(target)).collect()),
        span,
        workload: None,
        routed: None,
        sources: vec![Source {
            object,
            schedule,
            entries,
            sites: found.sites,
            reactive: policies.iter().any(|policy| is_tracking(reader, policy)).then(tracking),
            follows: policies.iter().find_map(|policy| follows(reader, policy)),
        }],
    }
}

/// Whether a target is that of an ECS service: it names its address, or its name after the cluster's.
fn is_service<'e>(reader: &Reader<'_, 'e>, target: &Resource<'e>, other: &Resource<'e>) -> bool {
    if service(target).is_some_and(|address| *address == *other.address) {
        return true;
    }
    let own = reader.handle(target, "resource_id");
    let name = reader.handle(other, "name").filter(|name| !name.contains('{'));
    own.zip(name).is_some_and(|(own, name)| {
        let mut parts = own.split('/');
        parts.next() == Some("service") && parts.next_back() == Some(&name)
    })
}

/// The load balancer of an ECS service.
fn routed<'e>(reader: &Reader<'_, 'e>, service: &Resource<'e>) -> Option<Routed> {
    let blocks = service.blocks(reader.configuration, "load_balancer").ok()?;
    blocks.first().map(|block| Routed {
        by: "a target group".into(),
        span: block.block.head(),
    })
}

/// The address of the ECS service that a target names in its `resource_id`.
fn service(target: &Resource<'_>) -> Option<Arc<str>> {
    const KIND: &str = "aws_ecs_service.";
    let written = target.block.scalar("resource_id")?;
    let rest = &written[written.find(KIND)? + KIND.len()..];
    let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-')));
    let name = &rest[..end.unwrap_or(rest.len())];
    let prefix = target.address.rfind(OWN).map_or("", |at| &target.address[..at]);
    (!name.is_empty()).then(|| Arc::from(format!("{prefix}{KIND}{name}")))
}

/// A scheduled action; a capacity that is left out is not changed.
fn action<'e>(reader: &mut Reader<'_, 'e>, found: &mut Found, action: &Resource<'e>) -> Option<ApplicationAction> {
    let span = action.block.head();
    if let Some(doubt) = &action.doubt {
        found.fail(doubt.clone(), span);
    }
    let mut capacity: (Option<Given<u32>>, Option<Given<u32>>) = (None, None);
    match action.blocks(reader.configuration, "scalable_target_action") {
        Err(doubt) => found.fail(doubt, span),
        Ok(blocks) => {
            for block in &blocks {
                let mut count = |name: &str| reader.count(found, block, name, row(&TARGET_ACTION, name));
                capacity = (count("min_capacity"), count("max_capacity"));
            }
        }
    }
    let mut text = |name: &str| reader.text(found, action, name, row(&TARGET_SCHEDULE, name));
    let (schedule, zone) = (text("schedule"), text("timezone"));
    let (start, end) = (text("start_time"), text("end_time"));
    let Some(schedule) = schedule else {
        found.fail(Doubt::at("the scheduled action has no schedule", span), span);
        return None;
    };
    Some(ApplicationAction {
        schedule,
        zone,
        start,
        end,
        minimum: capacity.0,
        maximum: capacity.1,
    })
}
