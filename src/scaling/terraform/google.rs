//! Google Cloud: `google_compute_autoscaler` and `google_compute_region_autoscaler` with their scaling schedules.

use std::sync::Arc;

use crate::capacity::schedule::{GoogleAutoscaler, GoogleSchedule};
use crate::environment::terraform::{Attributes, Nested, Resource};
use crate::estate::scaled::schedule::Schedule;
use crate::estate::scaled::target::{Entry, Follows, Routed, Source, Target};
use crate::model::{Doubt, Known};
use crate::scaling::terraform::reader::{Found, Reader};
use crate::scaling::terraform::resource::identity;
use crate::scaling::terraform::table::{POLICY, SCALING_SCHEDULE, row};

const AUTOSCALERS: [&str; 2] = ["google_compute_autoscaler", "google_compute_region_autoscaler"];
const BACKENDS: [&str; 2] = [
    "google_compute_backend_service",
    "google_compute_region_backend_service",
];

pub(super) fn wants(kind: &str) -> bool {
    AUTOSCALERS.contains(&kind) || BACKENDS.contains(&kind)
}

pub(super) fn targets<'e>(reader: &mut Reader<'_, 'e>, resources: &[Resource<'e>]) -> Vec<Target> {
    let own = resources.iter().filter(|resource| AUTOSCALERS.contains(&resource.kind));
    own.map(|autoscaler| target(reader, autoscaler, resources)).collect()
}

fn target<'e>(reader: &mut Reader<'_, 'e>, autoscaler: &Resource<'e>, resources: &[Resource<'e>]) -> Target {
    let span = autoscaler.block.head();
    let mut found = Found::default();
    if let Some(doubt) = &autoscaler.doubt {
        found.fail(doubt.clone(), span);
    }
    let policies = autoscaler.blocks(reader.configuration, "autoscaling_policy");
    let policy = match policies {
        Ok(policies) => policies.into_iter().next(),
        Err(doubt) => {
            found.fail(doubt, span);
            None
        }
    };
    let mut entries = Vec::new();
    let schedule = policy.as_ref().and_then(|policy| {
        let read = self::policy(reader, &mut found, policy, &mut entries)?;
        Some(Schedule::Google(GoogleAutoscaler { object: span, ..read }))
    });
    let schedule = found.or_open(schedule, span);
    // Without a signal of its own the utilization of CPU is followed (Compute Engine API, AutoscalingPolicy).
    let follows = policy.as_ref().map(|_| Follows {
        by: "the utilization that the autoscaler follows".into(),
        from_zero: false,
    });
    let home = policy.and_then(|policy| reader.home(policy.block, &POLICY));
    let object = Entry {
        what: "autoscaler",
        name: autoscaler.address.as_str().into(),
        span,
        home,
    };
    let name = reader.handle(autoscaler, "name").filter(|name| !name.contains('{'));
    Target {
        identity: identity(autoscaler, name.into_iter().chain(group(autoscaler)).collect()),
        span,
        workload: None,
        routed: routed(reader, autoscaler, resources),
        sources: vec![Source {
            object,
            schedule,
            entries,
            sites: found.sites,
            reactive: None,
            follows,
        }],
    }
}

/// The backend service that names the autoscaler's instance group.
fn routed<'e>(reader: &Reader<'_, 'e>, autoscaler: &Resource<'e>, resources: &[Resource<'e>]) -> Option<Routed> {
    let group = group(autoscaler)?;
    let mut backends = resources.iter().filter(|resource| BACKENDS.contains(&resource.kind));
    backends.find_map(|backend| {
        let blocks = backend.blocks(reader.configuration, "backend").unwrap_or_default();
        let serves = blocks.iter().find(|block| {
            let named = reader.handle(*block, "group");
            named.is_some_and(|named| named.trim_start_matches('{').starts_with(&format!("{group}.")))
        })?;
        Some(Routed {
            by: "a backend service".into(),
            span: serves.block.head(),
        })
    })
}

/// The address of the instance group that an autoscaler names in its `target`.
fn group(autoscaler: &Resource<'_>) -> Option<Arc<str>> {
    let written = autoscaler.block.scalar("target")?;
    let mut parts = written.split('.');
    let (kind, name) = (parts.next()?, parts.next()?);
    let prefix = autoscaler
        .address
        .rfind("google_")
        .map_or("", |at| &autoscaler.address[..at]);
    kind.starts_with("google_")
        .then(|| Arc::from(format!("{prefix}{kind}.{name}")))
}

fn policy<'e>(
    reader: &mut Reader<'_, 'e>,
    found: &mut Found,
    policy: &Nested<'e>,
    entries: &mut Vec<Entry>,
) -> Option<GoogleAutoscaler> {
    let span = policy.block.head();
    if reader.handle(policy, "mode").as_deref() == Some("OFF") {
        found.fail(Doubt::at("the autoscaler is switched off", span), span);
    }
    let minimum = reader.count(found, policy, "min_replicas", row(&POLICY, "min_replicas"));
    let maximum = reader.count(found, policy, "max_replicas", row(&POLICY, "max_replicas"));
    let mut schedules = Vec::new();
    match policy.blocks(reader.configuration, "scaling_schedules") {
        Err(doubt) => found.fail(doubt, span),
        Ok(blocks) => {
            for block in &blocks {
                let name = reader.handle(block, "name");
                let span = block.block.head();
                match scaling_schedule(reader, found, block) {
                    Some(schedule) => schedules.push(schedule),
                    None => found.fail(Doubt::at("the scaling schedule is not complete", span), span),
                }
                entries.push(Entry {
                    what: "scaling schedule",
                    name: name.unwrap_or_else(|| Arc::from(format!("{}", entries.len() + 1))),
                    span,
                    home: reader.home(block.block, &SCALING_SCHEDULE),
                });
            }
        }
    }
    Some(GoogleAutoscaler {
        object: span,
        minimum: minimum?,
        maximum: maximum?,
        schedules,
    })
}

fn scaling_schedule<'e>(reader: &mut Reader<'_, 'e>, found: &mut Found, block: &Nested<'e>) -> Option<GoogleSchedule> {
    let mut count = |name: &str| reader.count(found, block, name, row(&SCALING_SCHEDULE, name));
    let (seconds, required) = (count("duration_sec"), count("min_required_replicas"));
    let mut text = |name: &str| reader.text(found, block, name, row(&SCALING_SCHEDULE, name));
    let (schedule, zone) = (text("schedule"), text("time_zone"));
    let disabled = match block.value(reader.configuration, "disabled") {
        None => false,
        Some(value) => match value.bool() {
            Known::Is(disabled) => disabled,
            Known::Absent => false,
            Known::Unknown(doubt) => {
                found.fail(doubt, value.span);
                false
            }
        },
    };
    Some(GoogleSchedule {
        schedule: schedule?,
        zone,
        seconds: seconds?,
        required: required?,
        disabled,
    })
}
