//! How a schedule may have been meant, where the product reads it otherwise: in another zone, with other days of the week, or
//! with a desired capacity that holds. What is meant is told only where it would do.

use crate::capacity::Zone;
use crate::capacity::cron::{AWS_SIX, AWS_SIX_AS_CRONTAB, Expression};
use crate::capacity::floor::{Misreading, Question};
use crate::capacity::schedule::{Context, Evaluation, Given, Meant, NoteKind, Refusal, Upkeep};
use crate::estate::scaled::{EntryParts, Schedule, Target};
use crate::repo::Span;

use super::evaluate::{evaluations, together};

/// The misreading without which a target would have what it needs, if there is one.
pub(super) fn misreading(
    target: &Target,
    evaluated: &[Evaluation],
    context: &Context,
    zone: &Zone,
    question: &Question<'_>,
) -> Option<Misreading> {
    let would_do = |misreading: &Misreading| {
        let meant = evaluations(target, &as_meant(*misreading, context, zone));
        together(&meant).is_ok_and(|bounds| question.is_met(&bounds))
    };
    let mut notes = evaluated.iter().flat_map(|evaluation| &evaluation.notes);
    let missing = notes.any(|note| note.kind == NoteKind::TimezoneMissing);
    let entries = |misreading| !texts(target, misreading).is_empty();
    let candidates = [
        (Misreading::MissingZone, missing),
        (Misreading::OtherZone, !zone.is_utc() && entries(Misreading::OtherZone)),
        (Misreading::Weekdays, entries(Misreading::Weekdays)),
        (Misreading::DesiredAlone, entries(Misreading::DesiredAlone)),
        (Misreading::Forbidden, entries(Misreading::Forbidden)),
        (Misreading::Overruled, entries(Misreading::Overruled)),
        (Misreading::Healed, entries(Misreading::Healed)),
    ];
    let possible = candidates.into_iter().filter(|(_, possible)| *possible);
    possible.map(|(misreading, _)| misreading).find(would_do)
}

fn as_meant(misreading: Misreading, context: &Context, zone: &Zone) -> Context {
    let mut context = context.clone();
    let Meant {
        zone: in_zone,
        crontab_weekdays,
        desired_holds,
        allowed,
        counts_hold,
        kept,
    } = &mut context.meant;
    match misreading {
        Misreading::MissingZone => context.default_zone = zone.clone(),
        Misreading::OtherZone => {
            *in_zone = Some(zone.clone());
            context.default_zone = zone.clone();
        }
        Misreading::Weekdays => *crontab_weekdays = true,
        Misreading::DesiredAlone => *desired_holds = true,
        Misreading::Forbidden => *allowed = true,
        Misreading::Overruled => *counts_hold = true,
        Misreading::Healed => *kept = true,
    }
    context
}

/// The texts that are misread so, that of the entry first which asks for most: its raise is what is missing.
pub(super) fn texts(target: &Target, misreading: Misreading) -> Vec<Span> {
    let mut found: Vec<(u32, Span)> = Vec::new();
    for source in &target.sources {
        if misreading == Misreading::Forbidden {
            found.extend(refusals(&source.schedule).map(|refusal| (0, refusal.span)));
        }
        if misreading == Misreading::Healed {
            found.extend(healed(&source.schedule).map(|(span, _)| (0, span)));
        }
        for entry in source.schedule.parts().entries {
            let asks = entry.minimum.or(entry.count.as_ref()).map_or(0, |given| given.value);
            found.extend(text(&source.schedule, &entry, misreading).map(|span| (asks, span)));
        }
    }
    found.sort_by_key(|(asks, _)| std::cmp::Reverse(*asks));
    found.into_iter().map(|(_, span)| span).collect()
}

/// The writes of jobs that are refused.
fn refusals(schedule: &Schedule) -> impl Iterator<Item = &Refusal> {
    let jobs = match schedule {
        Schedule::CronJobs(target) => target.jobs.as_slice(),
        _ => &[],
    };
    let writes = jobs.iter().flat_map(|job| &job.writes);
    writes.filter_map(|write| write.refused.as_ref())
}

/// The field of a manifest that a deployer keeps, and what does so.
fn healed(schedule: &Schedule) -> Option<(Span, &'static str)> {
    let Schedule::CronJobs(target) = schedule else {
        return None;
    };
    let least = target.autoscaler.as_ref().and_then(|(least, _)| least.as_ref());
    let field = match target.autoscaler {
        Some(_) => (target.bounds_upkeep, least),
        None => (target.count_upkeep, target.replicas.as_ref()),
    };
    match field {
        (Upkeep::Healed(by), Some(given)) => Some((given.span, by)),
        _ => None,
    }
}

/// What puts back what jobs set.
pub(super) fn healer(target: &Target) -> Option<&'static str> {
    let mut all = target.sources.iter().filter_map(|source| healed(&source.schedule));
    all.next().map(|(_, by)| by)
}

/// Which right is missing at a place, in words.
pub(super) fn refused(target: &Target, at: Span) -> Option<&str> {
    let mut all = target.sources.iter().flat_map(|source| refusals(&source.schedule));
    all.find(|refusal| refusal.span == at)
        .map(|refusal| refusal.says.as_str())
}

/// The text of an entry that is misread, if it is.
fn text(schedule: &Schedule, entry: &EntryParts<'_>, misreading: Misreading) -> Option<Span> {
    match misreading {
        Misreading::MissingZone => entry.start.filter(|_| entry.zone.is_none()).map(|given| given.span),
        Misreading::OtherZone => {
            let is_utc = |given: &&Given<String>| Zone::named(&given.value).is_ok_and(|zone| zone.is_utc());
            let own = entry.zone.filter(is_utc);
            // A window of kube-downscaler names its zone itself.
            let windows = [entry.start, entry.end].into_iter().flatten();
            let mut windows = windows.filter(|given| {
                let zones = given
                    .value
                    .split(',')
                    .filter_map(|window| window.split_whitespace().nth(2));
                let mut zones = zones.filter_map(|name| Zone::named(name).ok());
                matches!(schedule, Schedule::Downscaled(_)) && zones.any(|zone| zone.is_utc())
            });
            own.or_else(|| windows.next()).map(|given| given.span)
        }
        Misreading::Weekdays => {
            let start = entry
                .start
                .filter(|_| matches!(schedule, Schedule::ScalableTarget(_)))?;
            weekdays(&start.value).map(|_| start.span)
        }
        Misreading::DesiredAlone => {
            let count = entry.count.as_ref()?;
            let least = entry.minimum.map_or(0, |given| given.value);
            let is_group = matches!(schedule, Schedule::AutoScalingGroup(_));
            (is_group && count.value > least).then_some(count.span)
        }
        Misreading::Overruled => {
            let owned = matches!(schedule, Schedule::CronJobs(target) if target.autoscaler.is_some());
            let count = entry.count.as_ref().filter(|count| owned && count.value > 0)?;
            Some(count.span)
        }
        Misreading::Forbidden | Misreading::Healed => None,
    }
}

/// The days of the week that Application Auto Scaling reads in an expression, and those that crontab would; `None` where
/// both are the same.
pub(super) fn weekdays(schedule: &str) -> Option<(String, String)> {
    let text = schedule.trim().strip_prefix("cron(")?.strip_suffix(')')?;
    let read = |dialect| Expression::parse(text, dialect).ok()?.weekdays();
    let (own, meant) = (read(&AWS_SIX)?, read(&AWS_SIX_AS_CRONTAB)?);
    (own != meant).then(|| (days(own), days(meant)))
}

const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

/// Days in words, Sunday first in the array: `Sunday to Thursday`, `Monday, Wednesday`.
pub(super) fn days(on: [bool; 7]) -> String {
    let named = |day: usize| DAYS.get(day % 7).copied().unwrap_or_default();
    let starts: Vec<usize> = (0..7).filter(|day| on[*day] && !on[(day + 6) % 7]).collect();
    if let [start] = starts.as_slice() {
        let length = (0..7).take_while(|n| on[(start + n) % 7]).count();
        if length > 2 {
            return format!("{} to {}", named(*start), named(start + length - 1));
        }
    }
    // Weeks begin on Monday, as people write them.
    let all: Vec<&str> = (1..8).filter(|day| on[day % 7]).map(named).collect();
    all.join(", ")
}

#[cfg(test)]
mod tests {
    use super::weekdays;

    #[test]
    fn days_as_they_are_and_as_they_seem_to_be_meant() {
        let told = |text| weekdays(text).map(|(own, meant)| format!("{own} | {meant}"));
        let cases = [
            ("cron(0 7 ? * 1-5 *)", Some("Sunday to Thursday | Monday to Friday")),
            ("cron(0 7 ? * 1,3 *)", Some("Tuesday, Sunday | Monday, Wednesday")),
            ("cron(0 7 ? * 6-7 *)", Some("Friday, Saturday | Saturday, Sunday")),
            ("cron(0 7 ? * MON-FRI *)", None),
            ("cron(0 7 * * ? *)", None),
            ("rate(1 day)", None),
        ];
        for (text, expected) in cases {
            assert_eq!(told(text).as_deref(), expected, "{text}");
        }
    }
}
