//! Azure Monitor autoscale: of a setting's profiles one holds at a time. A fixed date wins over a recurrence, and that over
//! the plain one; a recurrence has no end of its own and lasts until the next one begins (Azure Monitor, "Autoscale with
//! multiple profiles"; "Understand autoscale settings").

use super::bounds::Role;
use super::build::Builder;
use super::carry::{Firings, Set, carried};
use super::evaluation::{Context, Evaluation, NoteKind};
use super::given::Given;
use crate::capacity::cron::UNIX;
use crate::capacity::moment::{Moment, Wall};
use crate::capacity::timeline::{Place, Step, Timeline, UNBOUNDED};
use crate::capacity::windows;
use crate::capacity::zone::Zone;
use crate::repo::Span;

/// An autoscale setting.
#[derive(Clone, Debug)]
pub struct AzureSetting {
    /// The setting, for what it does not write.
    pub object: Span,
    /// Its profiles.
    pub profiles: Vec<AzureProfile>,
}

/// One profile.
#[derive(Clone, Debug)]
pub struct AzureProfile {
    /// `capacity.minimum`
    pub minimum: Given<u32>,
    /// `capacity.maximum`
    pub maximum: Given<u32>,
    /// When it holds.
    pub when: AzureWhen,
}

/// When a profile holds.
#[derive(Clone, Debug)]
pub enum AzureWhen {
    /// While no other does.
    Plain,
    /// `recurrence`: from a time of some days on.
    Recurring {
        /// The time as a cron expression of five fields, where the hours are written.
        schedule: Given<String>,
        /// `timezone`, by its IANA name.
        zone: Option<Given<String>>,
    },
    /// `fixed_date`
    Fixed {
        /// `start`, a reading of the zone's clock.
        start: Given<String>,
        /// `end`
        end: Given<String>,
        /// `timezone`, by its IANA name.
        zone: Option<Given<String>>,
    },
}

/// A profile that recurs, read.
struct Recurring<'p> {
    profile: &'p AzureProfile,
    firings: Firings,
    edge: Place,
}

/// A profile of a fixed date, read: its window, and the fields that say when it begins and ends.
struct Fixed<'p> {
    profile: &'p AzureProfile,
    window: (Moment, Moment),
    edges: (Place, Place),
}

/// What a setting guarantees.
pub fn azure(setting: &AzureSetting, context: &Context) -> Evaluation {
    let period = context.period;
    let mut build = Builder::new(setting.object, context);
    let mut recurring: Vec<Recurring<'_>> = Vec::new();
    let mut fixed: Vec<Fixed<'_>> = Vec::new();
    for profile in &setting.profiles {
        if profile.minimum.value > profile.maximum.value {
            let message = format!(
                "the minimum {} exceeds the maximum {}",
                profile.minimum.value, profile.maximum.value
            );
            let help = "raise the maximum or lower the minimum";
            build.note(NoteKind::BoundsInverted, profile.minimum.span, message, Some(help));
        }
        match &profile.when {
            AzureWhen::Plain => {}
            AzureWhen::Recurring { schedule, zone } => {
                let expression = build.cron(schedule, &UNIX);
                let zone = zone_of(zone.as_ref(), schedule.span, context, &mut build);
                let edge = build.field(Role::Start, schedule.span);
                if let (Some(expression), Some(zone)) = (expression, zone) {
                    let firings = Firings::recurring(&expression, &zone, period, None, None);
                    recurring.push(Recurring { profile, firings, edge });
                }
            }
            AzureWhen::Fixed { start, end, zone } => {
                let zone = zone_of(zone.as_ref(), start.span, context, &mut build);
                let edges = (build.field(Role::Start, start.span), build.field(Role::End, end.span));
                let Some(zone) = zone else { continue };
                match (reading(&start.value, &zone), reading(&end.value, &zone)) {
                    (Some(from), Some(to)) => fixed.push(Fixed {
                        profile,
                        window: (from, to),
                        edges,
                    }),
                    _ => build.fail(start.span, "the dates of a profile cannot be read"),
                }
            }
        }
    }
    let plain = setting
        .profiles
        .iter()
        .find(|profile| matches!(profile.when, AzureWhen::Plain));
    if build.has_failed() {
        return build.failed();
    }
    let mut of = |role: Role, size: fn(&AzureProfile) -> &Given<u32>, unset: u32| {
        let own = match plain {
            Some(plain) => (size(plain).value, build.field(role, size(plain).span)),
            None => (unset, build.default(role)),
        };
        let mut sets = Vec::new();
        for one in &recurring {
            let given = size(one.profile);
            sets.push(Set {
                firings: &one.firings,
                count: given.value,
                by: build.field(role, given.span),
                edge: one.edge,
            });
        }
        let mut timeline = carried(period, own, &sets);
        // The first that matches holds, so that is laid on last.
        for one in fixed.iter().rev() {
            let given = size(one.profile);
            let by = build.field(role, given.span);
            timeline = laid_over(&timeline, one.window, (given.value, by), one.edges);
        }
        timeline
    };
    let guaranteed = of(Role::Minimum, |profile| &profile.minimum, 0);
    let allowed = of(Role::Maximum, |profile| &profile.maximum, UNBOUNDED);
    build.finish(guaranteed, allowed)
}

/// The zone of a profile; UTC where none is written (azurerm, `timezone`: "Defaults to UTC").
fn zone_of(given: Option<&Given<String>>, edge: Span, context: &Context, build: &mut Builder) -> Option<Zone> {
    let Some(given) = given else {
        return build.zone_or(None, &context.default_zone, edge);
    };
    if let Some(iana) = windows::iana(&given.value) {
        return build.zone(&Given::new(iana.to_owned(), given.span));
    }
    if let (Ok(_), name) = (Zone::named(&given.value), windows::of_iana(&given.value)) {
        let message = format!("Azure takes the names of Windows, and `{}` is none", given.value);
        let help = name.map(|name| format!("write `{name}`"));
        build.refuse(NoteKind::TimezoneInvalid, given.span, message, help.as_deref());
        return None;
    }
    build.fail(given.span, format!("the time zone `{}` is not known here", given.value));
    None
}

/// A reading of a zone's clock; an offset or a `Z` behind it does not count (Azure Monitor REST API, `TimeWindow`).
fn reading(text: &str, zone: &Zone) -> Option<Moment> {
    let bare = text.trim().get(..19)?;
    let time: jiff::civil::DateTime = bare.parse().ok()?;
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

/// A count that holds within a window, whatever holds elsewhere.
fn laid_over(timeline: &Timeline, window: (Moment, Moment), inside: (u32, Place), edges: (Place, Place)) -> Timeline {
    let (from, to) = window;
    let period = timeline.period();
    if from >= to || to <= period.from || from >= period.to {
        return timeline.clone();
    }
    let first = timeline.at(period.from);
    let outside = timeline.steps().iter().filter(|step| step.at < from || step.at >= to);
    let mut steps: Vec<Step> = outside.copied().collect();
    steps.push(Step {
        at: from.max(period.from),
        count: inside.0,
        by: inside.1,
        edge: edges.0,
    });
    if to < period.to {
        steps.push(Step {
            at: to,
            edge: edges.1,
            ..*timeline.at(to)
        });
    }
    steps.sort_by_key(|step| step.at);
    Timeline::new(period, (first.count, first.by), steps)
}
