//! The values of a typed schedule by what they are, whatever the product: what facts, zones and fixes are made from.

use super::schedule::Schedule;
use crate::capacity::schedule::{AzureProfile, AzureWhen, Given, ZalandoWhen};
use crate::capacity::windows;

/// The values of a schedule.
#[derive(Clone, Debug, Default)]
pub struct Parts<'s> {
    /// The least count.
    pub least: Option<&'s Given<u32>>,
    /// The greatest count.
    pub most: Option<&'s Given<u32>>,
    /// What the target itself writes.
    pub replicas: Option<&'s Given<u32>>,
    /// Its entries, in order.
    pub entries: Vec<EntryParts<'s>>,
}

/// The values of one entry.
#[derive(Clone, Debug, Default)]
pub struct EntryParts<'s> {
    /// When it begins, or fires.
    pub start: Option<&'s Given<String>>,
    /// When it ends.
    pub end: Option<&'s Given<String>>,
    /// How long it lasts.
    pub length: Option<&'s Given<u32>>,
    /// The zone it names.
    pub zone: Option<&'s Given<String>>,
    /// How many replicas it asks for.
    pub count: Option<Given<u32>>,
    /// The least count it sets.
    pub minimum: Option<&'s Given<u32>>,
    /// The greatest count it sets.
    pub maximum: Option<&'s Given<u32>>,
}

impl Schedule {
    /// Its values.
    pub fn parts(&self) -> Parts<'_> {
        match self {
            Schedule::Keda(object) => Parts {
                least: object.minimum.as_ref(),
                most: object.maximum.as_ref(),
                entries: object
                    .triggers
                    .iter()
                    .map(|trigger| EntryParts {
                        start: Some(&trigger.start),
                        end: Some(&trigger.end),
                        zone: trigger.zone.as_ref(),
                        count: number(&trigger.desired),
                        ..EntryParts::default()
                    })
                    .collect(),
                ..Parts::default()
            },
            Schedule::Horizontal(autoscaler) => Parts {
                least: autoscaler.minimum.as_ref(),
                most: Some(&autoscaler.maximum),
                replicas: autoscaler.replicas.as_ref().map(|written| &written.count),
                ..Parts::default()
            },
            Schedule::CronJobs(target) => Parts {
                least: target.autoscaler.as_ref().and_then(|(least, _)| least.as_ref()),
                most: target.autoscaler.as_ref().map(|(_, most)| most),
                replicas: target.replicas.as_ref(),
                entries: target
                    .jobs
                    .iter()
                    .map(|job| EntryParts {
                        start: Some(&job.schedule),
                        zone: job.zone.as_ref(),
                        count: job.writes.iter().rev().find_map(|write| write.replicas.clone()),
                        minimum: job.writes.iter().rev().find_map(|write| write.minimum.as_ref()),
                        maximum: job.writes.iter().rev().find_map(|write| write.maximum.as_ref()),
                        ..EntryParts::default()
                    })
                    .collect(),
            },
            Schedule::Downscaled(target) => Parts {
                replicas: Some(&target.count),
                entries: vec![EntryParts {
                    start: target.uptime.as_ref(),
                    end: target.downtime.as_ref(),
                    count: target.downtime_replicas.as_ref().and_then(number),
                    ..EntryParts::default()
                }],
                ..Parts::default()
            },
            Schedule::Zalando(schedule) => Parts {
                least: schedule.minimum.as_ref(),
                most: Some(&schedule.maximum),
                entries: schedule
                    .entries
                    .iter()
                    .map(|entry| {
                        let (start, end, zone) = match &entry.when {
                            ZalandoWhen::Repeating { start, end, zone, .. } => (start, end.as_ref(), zone.as_ref()),
                            ZalandoWhen::OneTime { start, end } => (start, end.as_ref(), None),
                        };
                        EntryParts {
                            start: Some(start),
                            end,
                            zone,
                            ..EntryParts::default()
                        }
                    })
                    .collect(),
                ..Parts::default()
            },
            Schedule::AutoScalingGroup(group) => Parts {
                least: Some(&group.minimum),
                most: Some(&group.maximum),
                entries: group
                    .actions
                    .iter()
                    .map(|action| EntryParts {
                        start: action.recurrence.as_ref().or(action.start.as_ref()),
                        zone: action.zone.as_ref(),
                        count: action.written(&action.desired).cloned(),
                        minimum: action.written(&action.minimum),
                        maximum: action.written(&action.maximum),
                        ..EntryParts::default()
                    })
                    .collect(),
                ..Parts::default()
            },
            Schedule::ScalableTarget(target) => Parts {
                least: Some(&target.minimum),
                most: Some(&target.maximum),
                entries: target
                    .actions
                    .iter()
                    .map(|action| EntryParts {
                        start: Some(&action.schedule),
                        zone: action.zone.as_ref(),
                        minimum: action.minimum.as_ref(),
                        maximum: action.maximum.as_ref(),
                        ..EntryParts::default()
                    })
                    .collect(),
                ..Parts::default()
            },
            Schedule::Google(autoscaler) => Parts {
                least: Some(&autoscaler.minimum),
                most: Some(&autoscaler.maximum),
                entries: autoscaler
                    .schedules
                    .iter()
                    .map(|schedule| EntryParts {
                        start: Some(&schedule.schedule),
                        zone: schedule.zone.as_ref(),
                        length: Some(&schedule.seconds),
                        count: Some(schedule.required.clone()),
                        ..EntryParts::default()
                    })
                    .collect(),
                ..Parts::default()
            },
            Schedule::Azure(setting) => {
                let plain = |profile: &&AzureProfile| matches!(profile.when, AzureWhen::Plain);
                let plain = setting.profiles.iter().find(plain);
                Parts {
                    least: plain.map(|profile| &profile.minimum),
                    most: plain.map(|profile| &profile.maximum),
                    entries: setting
                        .profiles
                        .iter()
                        .map(|profile| {
                            let (start, end, zone) = match &profile.when {
                                AzureWhen::Plain => (None, None, None),
                                AzureWhen::Recurring { schedule, zone } => (Some(schedule), None, zone.as_ref()),
                                AzureWhen::Fixed { start, end, zone } => (Some(start), Some(end), zone.as_ref()),
                            };
                            EntryParts {
                                start,
                                end,
                                zone,
                                minimum: Some(&profile.minimum),
                                maximum: Some(&profile.maximum),
                                ..EntryParts::default()
                            }
                        })
                        .collect(),
                    ..Parts::default()
                }
            }
            Schedule::Open(_) => Parts::default(),
        }
    }

    /// The time zones it names, without repetition; those of a downscaler's windows included.
    pub fn zones(&self) -> Vec<&str> {
        let mut found: Vec<&str> = Vec::new();
        let parts = self.parts();
        found.extend(
            parts
                .entries
                .iter()
                .filter_map(|entry| Some(entry.zone?.value.as_str()))
                // As everyone else calls them.
                .map(|name| windows::iana(name).unwrap_or(name)),
        );
        if let Schedule::Downscaled(_) = self {
            let texts = parts
                .entries
                .iter()
                .flat_map(|entry| [entry.start, entry.end])
                .flatten();
            let windows = texts.flat_map(|given| given.value.split(','));
            found.extend(windows.filter_map(|window| window.split_whitespace().nth(2)));
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

fn number(given: &Given<String>) -> Option<Given<u32>> {
    let count = given.value.trim().parse().ok()?;
    Some(Given::new(count, given.span))
}
