//! The floor, and who is told what of a shortfall.

use super::common::*;
use gatelint::capacity::Zone;
use gatelint::capacity::floor::{
    Bound, Cause, Misreading, Need, Question, Reactive, Required, Severity, Shortfall, misread, requirement,
};
use gatelint::capacity::profile::{Profile, week};
use gatelint::capacity::ratio::Ratio;
use gatelint::capacity::schedule::{Context, KedaScaledObject, auto_scaling_group, keda};

fn question<'q>(required: &'q Required, context: &Context, reactive: Option<&'q Reactive>) -> Question<'q> {
    Question {
        required,
        spoken: context.spoken,
        reactive,
        startup: 300,
    }
}

fn judged(object: &KedaScaledObject, profile: &Profile, zone: &str, need: &Need) -> Vec<Shortfall> {
    let context = Context::year_from(utc("2026-06-01T12:00:00Z"));
    let zone = Zone::named(zone).unwrap_or_else(|error| panic!("{error}"));
    let required = requirement(&week(profile, &zone), need).map(|requirement| requirement.over(context.period));
    let evaluation = keda(object, &context);
    let bounds = evaluation.bounds.unwrap_or_else(|reason| panic!("{}", reason.reason));
    required.map_or_else(
        || panic!("no requirement"),
        |required| question(&required, &context, None).shortfalls(&bounds),
    )
}

#[test]
fn a_schedule_that_just_suffices_is_silent_over_clock_changes_and_one_replica_less_is_not() {
    // 400 a second plus a fifth, divided by 40: 12 replicas; 100 at night need 3.
    let profile = declared("America/New_York", 8..20, 400, 100);
    let zone = "America/New_York";
    let just = business_hours(zone, "0 8 * * 1-5", "0 20 * * 1-5", "12");
    assert_eq!(judged(&just, &profile, zone, &forty()), []);
    let less = business_hours(zone, "0 8 * * 1-5", "0 20 * * 1-5", "11");
    let found = judged(&less, &profile, zone, &forty());
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].severity, found[0].cause, found[0].would_do),
        (Severity::Warning, Cause::Count, 12)
    );
    assert_eq!(found[0].first[0].guaranteed, 11);
    // 53 weeks from a Monday noon in UTC: the last Monday is cut at its noon, 08:00 in New York.
    assert_eq!(found[0].windows, 53 * 5);
    let far_less = business_hours(zone, "0 8 * * 1-5", "0 20 * * 1-5", "9");
    assert_eq!(judged(&far_less, &profile, zone, &forty())[0].severity, Severity::Error);
}

#[test]
fn the_edge_that_opens_and_the_edge_that_comes_too_late_are_told_apart() {
    let zone = "America/New_York";
    let profile = declared(zone, 8..20, 400, 100);
    let object = business_hours(zone, "0 9 * * 1-5", "0 19 * * 1-5", "12");
    let mut found = judged(&object, &profile, zone, &forty());
    found.sort_by_key(|shortfall| shortfall.cause);
    let told: Vec<_> = found
        .iter()
        .map(|shortfall| (shortfall.cause, shortfall.bound, shortfall.longest))
        .collect();
    assert_eq!(
        told,
        [
            (Cause::Opens, Bound::Guaranteed, 3600),
            (Cause::TooLate, Bound::Guaranteed, 3600)
        ]
    );
    assert_eq!(found[0].first[0].period.from, utc("2026-06-01T23:00:00Z"));
    assert_eq!(found[0].severity, Severity::Error);
    // In UTC the same hours are four and five hours off.
    let utc_hours = business_hours("UTC", "0 8 * * 1-5", "0 20 * * 1-5", "12");
    let found = judged(&utc_hours, &profile, zone, &forty());
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].cause, found[0].longest), (Cause::Opens, 5 * 3600));
}

#[test]
fn an_autoscaler_that_reaches_the_floor_in_time_lowers_one_step() {
    let zone = "America/New_York";
    let profile = declared(zone, 8..20, 400, 100);
    let context = Context::year_from(utc("2026-06-01T12:00:00Z"));
    let required = Zone::named(zone)
        .ok()
        .and_then(|zone| requirement(&week(&profile, &zone), &forty()));
    let Some(required) = required.map(|requirement| requirement.over(context.period)) else {
        panic!("no requirement");
    };
    let mut object = business_hours(zone, "0 8 * * 1-5", "0 20 * * 1-5", "9");
    let severity = |object: &KedaScaledObject, reactive: Option<&Reactive>| {
        let bounds = keda(object, &context)
            .bounds
            .unwrap_or_else(|reason| panic!("{}", reason.reason));
        let found = question(&required, &context, reactive).shortfalls(&bounds);
        found
            .iter()
            .map(|shortfall| (shortfall.bound, shortfall.severity))
            .collect::<Vec<_>>()
    };
    assert_eq!(severity(&object, None), [(Bound::Guaranteed, Severity::Error)]);
    assert_eq!(
        severity(&object, Some(&Reactive::default())),
        [(Bound::Guaranteed, Severity::Warning)]
    );
    object.maximum = Some(count(11));
    assert_eq!(
        severity(&object, Some(&Reactive::default())),
        [
            (Bound::Guaranteed, Severity::Error),
            (Bound::Maximum, Severity::Warning)
        ]
    );
}

#[test]
fn the_floor_is_exact() -> Outcome {
    // 0.1 + 0.2 of headroom and thirds of a zone have no exact binary form.
    let mut profile = declared("UTC", 0..24, 400, 400);
    profile.step = 60;
    let need = Need {
        burst_headroom: Ratio::parse("0.1").ok_or("a ratio")?,
        zones: 3,
        spare_replicas: 1,
        ..Need::per_replica(Ratio::parse("0.66").ok_or("a ratio")?)
    };
    // 400 * 1.1 / 0.66 * 3/2 is 1000 exactly.
    let requirement = requirement(&week(&profile, &Zone::utc()), &need).ok_or("a requirement")?;
    assert_eq!(requirement.floor[0], 1001);
    assert_eq!(requirement.certain[0], 607);
    Ok(())
}

#[test]
fn a_schedule_without_zone_that_would_do_in_the_zone_of_the_traffic() {
    let zone = "America/New_York";
    let profile = declared(zone, 8..20, 400, 100);
    let mut context = Context::year_from(utc("2026-06-01T12:00:00Z"));
    let mut group = group(vec![
        action("0 8 * * 1-5", None, Some(12), None),
        action("0 20 * * 1-5", None, Some(3), None),
    ]);
    group.minimum = count(3);
    let bounds = |context: &Context| {
        let evaluation = auto_scaling_group(&group, context);
        evaluation.bounds.unwrap_or_else(|reason| panic!("{}", reason.reason))
    };
    let in_utc = bounds(&context);
    let Ok(zone) = Zone::named(zone) else { panic!("a zone") };
    context.default_zone = zone.clone();
    let in_zone = bounds(&context);
    let Some(requirement) = requirement(&week(&profile, &zone), &forty()) else {
        panic!("a requirement")
    };
    let required = requirement.over(context.period);
    let question = question(&required, &context, None);
    assert!(question.is_met(&in_zone) && !question.is_met(&in_utc));
    assert_eq!(question.shortfalls(&in_zone), []);
    let found = misread(question.shortfalls(&in_utc), Misreading::MissingZone);
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].cause, found[0].severity),
        (Cause::Misread(Misreading::MissingZone), Severity::Error)
    );
}

/// Three weeks of an hour a row, each with so many requests a second on Wednesday at ten, and 100 at all other times.
fn history(wednesdays: [u32; 3]) -> Profile {
    let mut csv = "timestamp,rps\n".to_owned();
    let monday = utc("2026-05-04T00:00:00Z");
    for hour in 0..3 * 7 * 24 {
        let (week, hour_of_week) = (hour / 168, hour % 168);
        let rate = if hour_of_week == 58 {
            wednesdays[week as usize]
        } else {
            100
        };
        csv.push_str(&format!("{},{rate}\n", monday.plus(hour * 3600)));
    }
    load(&csv, &Default::default()).unwrap_or_else(|problems| panic!("{problems:?}"))
}

#[test]
fn what_most_weeks_reach_is_an_error_what_two_reach_a_warning_and_what_came_once_no_weekly_need() {
    // 100 a second plus a fifth, divided by 40: 3 replicas, which are always there; 400 need 12.
    let always = || scaled_object("UTC", "0 0 * * *", "0 1 * * *");
    let told = |wednesdays| {
        let mut object = always();
        object.minimum = Some(count(3));
        let found = judged(&object, &history(wednesdays), "UTC", &forty());
        let told = found.iter().map(|one| (one.single, one.severity, one.would_do));
        told.collect::<Vec<_>>()
    };
    assert_eq!(told([400, 400, 400]), [(false, Severity::Error, 12)]);
    assert_eq!(told([100, 400, 400]), [(false, Severity::Error, 12)]);
    // What came once is taken as it was: 400 divided by 40.
    assert_eq!(told([100, 100, 400]), [(true, Severity::Warning, 10)]);
    // Of two weeks with more than usual the lesser one is the need, and the greater came once.
    assert_eq!(
        told([100, 200, 400]),
        [(false, Severity::Error, 6), (true, Severity::Warning, 10)]
    );
    assert_eq!(told([100, 100, 100]), []);
}

#[test]
fn the_hour_before_is_not_by_the_traffic_alone() {
    // The floor spreads a peak over its neighbours, because traffic does not keep to the minute.
    let mut object = scaled_object("UTC", "0 10 * * *", "0 11 * * *");
    object.minimum = Some(count(3));
    object.triggers[0].desired = text("12");
    let found = judged(&object, &history([400, 400, 400]), "UTC", &forty());
    let told: Vec<_> = found
        .iter()
        .map(|one| (one.cause, one.severity, one.worst.certain))
        .collect();
    assert_eq!(
        told,
        [
            (Cause::Opens, Severity::Warning, 3),
            (Cause::TooLate, Severity::Warning, 3)
        ]
    );
}
