//! Schedules against a naive evaluation, minute by minute, with the products' own questions.

use super::common::*;
use gatelint::capacity::floor::{Need, requirement};
use gatelint::capacity::profile::week;
use gatelint::capacity::schedule::{Context, Downscaled, KedaCron, auto_scaling_group, downscaler, keda};
use gatelint::capacity::timeline::Timeline;
use gatelint::capacity::{Moment, Period, Zone};

use gatelint::capacity::cron::{Expression, GCP, KEDA, UNIX};
use gatelint::capacity::schedule::{GoogleAutoscaler, GoogleSchedule, google_autoscaler};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

const ZONES: [&str; 5] = [
    "UTC",
    "America/New_York",
    "Europe/Prague",
    "Australia/Lord_Howe",
    "America/Santiago",
];
const DAYS: i64 = 16;

fn cron() -> impl Strategy<Value = String> {
    let hours = prop_oneof![3 => (0i32..24).prop_map(|hour| hour.to_string()), 1 => Just("*/6".to_owned()), 1 => Just("8-10".to_owned())];
    let days = prop_oneof![4 => Just("*"), 1 => Just("1-5"), 1 => Just("6,0"), 1 => Just("3")];
    let dates = prop_oneof![6 => Just("*"), 1 => Just("*/2"), 1 => Just("1,15")];
    (0i32..60, hours, dates, days).prop_map(|(minute, hours, dates, days)| format!("{minute} {hours} {dates} * {days}"))
}

/// Sixteen days around one of the clock changes of New York, Prague, Lord Howe and Santiago.
fn period() -> impl Strategy<Value = Period> {
    prop_oneof![
        Just("2026-03-01T00:00:00Z"),
        Just("2026-03-25T00:00:00Z"),
        Just("2026-10-20T00:00:00Z"),
        Just("2026-08-28T00:00:00Z")
    ]
    .prop_map(|from| Period::new(utc(from), utc(from).plus(DAYS * 86_400)))
}

fn agree(timeline: &Timeline, period: Period, mut naive: impl FnMut(Moment) -> u32) -> Result<(), TestCaseError> {
    let mut at = period.from;
    while at < period.to {
        prop_assert_eq!(timeline.at(at).count, naive(at), "at {}", at);
        at = at.plus(60);
    }
    Ok(())
}

/// The firings of an expression, for asking minute by minute.
fn firings(
    text: &str,
    dialect: &'static gatelint::capacity::cron::Dialect,
    zone: &Zone,
    period: Period,
) -> Vec<Moment> {
    let reach = Period::new(period.from.plus(-400 * 86_400), period.to.plus(400 * 86_400));
    let expression = Expression::parse(text, dialect).unwrap_or_else(|error| panic!("{text}: {error}"));
    expression.within(zone, reach)
}

fn next(firings: &[Moment], at: Moment) -> Option<Moment> {
    firings.get(firings.partition_point(|firing| *firing <= at)).copied()
}

fn last(firings: &[Moment], at: Moment) -> Option<Moment> {
    firings
        .get(firings.partition_point(|firing| *firing <= at).checked_sub(1)?)
        .copied()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn keda_asks_which_comes_first(
        windows in prop::collection::vec((cron(), cron(), 1u32..9), 1..3),
        zone in 0..ZONES.len(), low in 0u32..3, period in period(),
    ) {
        prop_assume!(windows.iter().all(|(start, end, _)| start != end));
        let zone = Zone::named(ZONES[zone])?;
        let mut object = scaled_object(zone.name(), "", "");
        object.minimum = Some(count(low));
        object.triggers = windows.iter().map(|(start, end, desired)| KedaCron {
            zone: Some(text(zone.name())), start: text(start), end: text(end), desired: text(&desired.to_string()),
        }).collect();
        let evaluation = keda(&object, &Context::over(period));
        let fired: Vec<_> = windows.iter().map(|(start, end, desired)| {
            (firings(start, &KEDA, &zone, period), firings(end, &KEDA, &zone, period), *desired)
        }).collect();
        agree(minimum(&evaluation), period, |at| {
            let active = fired.iter().filter(|(starts, ends, _)| {
                matches!((next(starts, at), next(ends, at)), (Some(start), Some(end)) if end <= start)
            });
            active.map(|(_, _, desired)| *desired).max().unwrap_or(0).max(low)
        })?;
    }

    #[test]
    fn amazon_keeps_what_was_set_last(
        actions in prop::collection::vec((cron(), 0u32..9), 1..4), zone in 0..ZONES.len(), period in period(),
    ) {
        let zone = Zone::named(ZONES[zone])?;
        let given = actions.iter().map(|(cron, low)| action(cron, Some(zone.name()), Some(*low), None)).collect();
        let evaluation = auto_scaling_group(&group(given), &Context::over(period));
        let fired: Vec<_> = actions.iter().map(|(cron, low)| (firings(cron, &UNIX, &zone, period), *low)).collect();
        agree(minimum(&evaluation), period, |at| {
            let set = fired.iter().filter_map(|(firings, low)| Some((last(firings, at)?, std::cmp::Reverse(*low))));
            set.max().map_or(2, |(_, low)| low.0)
        })?;
    }

    #[test]
    fn google_takes_the_greatest_open_window(
        windows in prop::collection::vec((cron(), 5u32..3000, 0u32..9), 1..4), zone in 0..ZONES.len(), period in period(),
    ) {
        let zone = Zone::named(ZONES[zone])?;
        let schedules = windows.iter().map(|(cron, minutes, required)| GoogleSchedule {
            schedule: text(cron), zone: Some(text(zone.name())), seconds: count(minutes * 60),
            required: count(*required), disabled: false,
        });
        let autoscaler = GoogleAutoscaler {
            object: span(), minimum: count(2), maximum: count(7), schedules: schedules.collect(),
        };
        let evaluation = google_autoscaler(&autoscaler, &Context::over(period));
        let fired: Vec<_> = windows.iter().map(|(cron, minutes, required)| {
            (firings(cron, &GCP, &zone, period), i64::from(*minutes) * 60, *required)
        }).collect();
        agree(minimum(&evaluation), period, |at| {
            let open = fired.iter().filter(|(firings, length, _)| {
                last(firings, at).is_some_and(|opened| at.since(opened) < *length)
            });
            open.map(|(_, _, required)| *required).max().unwrap_or(0).clamp(2, 7)
        })?;
    }

    #[test]
    fn a_downscaler_asks_the_wall_clock(
        up in (0i64..24, 0i64..25), down in (0i64..24, 0i64..25), zone in 0..2usize, period in period(),
    ) {
        let name = ["America/New_York", "Europe/Prague"][zone];
        let zone = Zone::named(name)?;
        let spec = |(from, to): (i64, i64), days: &str| format!("{days} {from:02}:30-{to:02}:15 {name}");
        let target = Downscaled {
            object: span(), count: count(4), uptime: Some(text(&spec(up, "Sun-Fri"))),
            downtime: Some(text(&spec(down, "Fri-Sat"))), upscale_period: None, downscale_period: None,
            force_uptime: None, force_downtime: None, downtime_replicas: Some(text("25%")), excluded: false, zone: None,
        };
        let evaluation = downscaler(&target, &Context::over(period));
        agree(minimum(&evaluation), period, |at| {
            let wall = zone.wall(at);
            let minute = wall.second_of_day() / 60;
            let day = gatelint::capacity::moment::weekday(wall.day());
            let within = |(from, to): (i64, i64)| from * 60 + 30 <= minute && minute < to * 60 + 15;
            if day != 6 && within(up) && !(day >= 5 && within(down)) { 4 } else { 1 }
        })?;
    }

    #[test]
    fn the_floor_looks_ahead(
        rates in prop::collection::vec(0u32..500, 168), startup in prop_oneof![Just(0i64), Just(300), Just(7200)],
        period in period(), zone in 0..ZONES.len(),
    ) {
        let zone = Zone::named(ZONES[zone])?;
        let mut profile = declared("UTC", 0..24, 1, 1);
        for (value, rate) in profile.values.iter_mut().zip(&rates) {
            *value = u64::from(*rate) * 1_000_000_000;
        }
        let mut week = week(&profile, &zone);
        week.step = 60;
        let need = Need { startup, ..forty() };
        let required = requirement(&week, &need);
        let Some(requirement) = required else { return Err(TestCaseError::fail("no requirement")) };
        let laid = requirement.over(period);
        let now = |steps: &[(Moment, u32)], at: Moment| {
            steps[steps.partition_point(|(begin, _)| *begin <= at) - 1].1
        };
        let bucket = |at: Moment| (zone.wall(at).second_of_week() / requirement.width()) as usize;
        let mut at = period.from;
        while at < period.to {
            let ahead = (0..=startup / 60).map(|minute| requirement.floor[bucket(at.plus(minute * 60))]).max();
            prop_assert_eq!(Some(now(&laid.floor, at)), ahead, "at {}", at);
            prop_assert_eq!(now(&laid.single, at), 0, "a declared week, at {}", at);
            prop_assert_eq!(now(&laid.certain, at), requirement.certain[bucket(at)], "at {}", at);
            at = at.plus(900);
        }
    }
}
