//! What the tests share.

use gatelint::capacity::floor::Need;
use gatelint::capacity::profile::{Profile, ProfileProblem, Source, read_profile};
use gatelint::capacity::ratio::Ratio;
use gatelint::capacity::schedule::{
    AutoScalingGroup, Context, Evaluation, Given, GroupAction, KedaCron, KedaScaledObject,
};
use gatelint::capacity::timeline::Timeline;
use gatelint::capacity::{Moment, Period, Wall, Zone};
use gatelint::repo::{SourceId, Span};

pub type Outcome = Result<(), Box<dyn std::error::Error>>;

pub fn span() -> Span {
    Span::new(SourceId(0), 0, 0)
}

pub fn text(value: &str) -> Given<String> {
    Given::new(value.to_owned(), Span::new(SourceId(0), 100, 100 + value.len() as u32))
}

pub fn count(value: u32) -> Given<u32> {
    Given::new(value, span())
}

pub fn utc(text: &str) -> Moment {
    let timestamp: jiff::Timestamp = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    Moment::from_unix(timestamp.as_second())
}

pub fn context(from: &str, to: &str) -> Context {
    Context::over(Period::new(utc(from), utc(to)))
}

pub fn minimum(evaluation: &Evaluation) -> &Timeline {
    match &evaluation.bounds {
        Ok(bounds) => &bounds.minimum,
        Err(reason) => panic!("not evaluated: {}", reason.reason),
    }
}

/// `2026-03-05T08:00Z=3 …`
pub fn steps(timeline: &Timeline) -> String {
    let steps: Vec<String> = timeline
        .steps()
        .iter()
        .map(|step| format!("{}={}", step.at, step.count))
        .collect();
    steps.join(" ")
}

pub fn scaled_object(zone: &str, start: &str, end: &str) -> KedaScaledObject {
    KedaScaledObject {
        object: span(),
        minimum: None,
        idle: None,
        maximum: None,
        triggers: vec![KedaCron {
            zone: Some(text(zone)),
            start: text(start),
            end: text(end),
            desired: text("1"),
        }],
        formula: None,
        paused: None,
        replicas: None,
    }
}

pub fn action(recurrence: &str, zone: Option<&str>, minimum: Option<u32>, maximum: Option<u32>) -> GroupAction {
    GroupAction {
        object: span(),
        recurrence: Some(text(recurrence)),
        zone: zone.map(text),
        start: None,
        end: None,
        minimum: minimum.map(count),
        maximum: maximum.map(count),
        desired: None,
    }
}

pub fn group(actions: Vec<GroupAction>) -> AutoScalingGroup {
    AutoScalingGroup {
        object: span(),
        minimum: count(2),
        maximum: count(20),
        actions,
        has_policy: true,
        reset_by: None,
    }
}

pub fn load(csv: &str, source: &Source) -> Result<Profile, Vec<ProfileProblem>> {
    read_profile(csv.as_bytes(), source)
}

/// A declared week with an hour a row: so many requests a second from one local hour until another on working days.
pub fn declared(zone: &str, busy: std::ops::Range<i64>, high: u32, low: u32) -> Profile {
    let monday = Zone::named(zone).map(|zone| zone.moments(Wall::at(2026, 6, 1, 0, 0, 0).unwrap_or(Wall(0)))[0]);
    let monday = monday.unwrap_or_else(|error| panic!("{error}"));
    let mut csv = "timestamp,rps\n".to_owned();
    for hour in 0..7 * 24 {
        let rate = if hour < 5 * 24 && busy.contains(&(hour % 24)) {
            high
        } else {
            low
        };
        let at = jiff::Timestamp::from_second(monday.plus(hour * 3600).unix()).map(|at| at.to_string());
        csv.push_str(&format!("{},{rate}\n", at.unwrap_or_default()));
    }
    load(&csv, &Source::default()).unwrap_or_else(|problems| panic!("{problems:?}"))
}

pub fn forty() -> Need {
    Need::per_replica(Ratio::parse("40").unwrap_or(Ratio::ONE))
}

pub fn business_hours(zone: &str, start: &str, end: &str, desired: &str) -> KedaScaledObject {
    let mut object = scaled_object(zone, start, end);
    object.minimum = Some(count(3));
    object.triggers[0].desired = text(desired);
    object
}
