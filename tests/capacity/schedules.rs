//! Sources whose semantics were run against the products' own code.

use super::common::*;
use gatelint::capacity::schedule::{Context, Deployer, Downscaled, NoteKind, auto_scaling_group, downscaler, keda};
use gatelint::capacity::{Moment, Period, Wall, Zone};

/// `Fri 2026-06-05 06:30 CEST active=1` in a zone; the abbreviation tells the two readings of a repeated time apart.
fn fact(line: &str, zone: &Zone) -> Option<(Moment, u32)> {
    let mut words = line.split_whitespace();
    let (_, date, time) = (words.next()?, words.next()?, words.next()?);
    let number = |text: &str, n: usize| text.split(['-', ':']).nth(n)?.parse::<i64>().ok();
    let wall = Wall::at(
        number(date, 0)?,
        number(date, 1)?,
        number(date, 2)?,
        number(time, 0)?,
        number(time, 1)?,
        0,
    )?;
    let shown = line.rsplit_once(" active=")?;
    let at = zone.moments(wall).into_iter().find(|at| zone.local(*at) == shown.0)?;
    Some((at, shown.1.parse().ok()?))
}

#[test]
fn keda_is_active_at_the_instants_of_the_facts() -> Outcome {
    let mut checked = 0;
    for block in include_str!("keda-cron-instants.txt").split("== ").skip(1) {
        let mut lines = block.lines();
        let header = lines.next().ok_or("no header")?;
        let part = |key: &str| header.split_once(key).and_then(|(_, rest)| rest.split('"').next());
        let zone = Zone::named(header.split(' ').next().unwrap_or_default())?;
        let (start, end) = (part("start=\"").ok_or("start")?, part("end=\"").ok_or("end")?);
        let facts: Vec<(Moment, u32)> = lines.map_while(|line| fact(line.trim(), &zone)).collect();
        let (first, last) = (facts.first().ok_or("no facts")?.0, facts.last().ok_or("no facts")?.0);
        let context = Context::over(Period::new(first, last.plus(1)));
        let evaluation = keda(&scaled_object(zone.name(), start, end), &context);
        let found: Vec<(Moment, u32)> = minimum(&evaluation)
            .steps()
            .iter()
            .map(|step| (step.at, step.count))
            .collect();
        // The facts begin with the state at the beginning of the walk and list changes from then on.
        assert_eq!(found, facts, "{header}");
        checked += facts.len();
    }
    assert_eq!(checked, 80, "all instants of the facts");
    Ok(())
}

#[test]
fn what_keda_refuses_is_not_evaluated_and_says_where() {
    let cases = [
        ("0 0 * * 7", NoteKind::CronInvalid, 108..109, "7 is not a day of week"),
        ("0 8 * * 5-1", NoteKind::CronInvalid, 108..111, "runs backwards"),
        ("@daily", NoteKind::CronInvalid, 100..106, "does not know `@daily`"),
        (
            "0 0 8 * * *",
            NoteKind::CronInvalid,
            110..111,
            "takes five fields, this has six",
        ),
        (
            "0 20 * * L",
            NoteKind::CronInvalid,
            109..110,
            "`L` is not a day of week",
        ),
        (
            "TZ=Asia/Calcuta 0 8 * * *",
            NoteKind::TimezoneInvalid,
            103..115,
            "`Asia/Calcuta`",
        ),
    ];
    for (start, kind, range, message) in cases {
        let object = scaled_object("UTC", start, "0 20 * * *");
        let evaluation = keda(&object, &context("2026-06-01T00:00:00Z", "2026-06-08T00:00:00Z"));
        assert!(evaluation.bounds.is_err(), "{start}");
        let note = &evaluation.notes[0];
        assert_eq!(note.kind, kind, "{start}");
        assert!(note.message.contains(message), "{start}: {}", note.message);
        assert_eq!(note.span.range(), range, "{start}");
        assert!(note.help.is_some(), "{start}");
    }
}

#[test]
fn a_downtime_over_midnight_never_matches_and_an_uptime_over_midnight_is_always_down() {
    let target = |uptime: Option<&str>, downtime: Option<&str>| Downscaled {
        object: span(),
        count: count(4),
        uptime: uptime.map(text),
        downtime: downtime.map(text),
        upscale_period: None,
        downscale_period: None,
        force_uptime: None,
        force_downtime: None,
        downtime_replicas: None,
        excluded: false,
        zone: None,
    };
    // Friday to Monday.
    let context = context("2026-06-05T00:00:00Z", "2026-06-08T00:00:00Z");
    let over_midnight = "Mon-Fri 22:00-06:00 Europe/Berlin";
    let up = downscaler(&target(None, Some(over_midnight)), &context);
    assert_eq!(steps(minimum(&up)), "2026-06-05T00:00Z=4");
    assert_eq!(up.notes[0].kind, NoteKind::WindowNeverMatches);
    let down = downscaler(&target(Some(over_midnight), None), &context);
    assert_eq!(steps(minimum(&down)), "2026-06-05T00:00Z=0");
    let to_midnight = downscaler(&target(None, Some("Mon-Fri 22:00-24:00 Europe/Berlin")), &context);
    assert_eq!(
        steps(minimum(&to_midnight)),
        "2026-06-05T00:00Z=4 2026-06-05T20:00Z=0 2026-06-05T22:00Z=4"
    );
    // Downtime wins where both match.
    let both = downscaler(
        &target(Some("Mon-Fri 06:00-20:00 UTC"), Some("Fri-Fri 12:00-13:00 UTC")),
        &context,
    );
    assert_eq!(
        steps(minimum(&both)),
        "2026-06-05T00:00Z=0 2026-06-05T06:00Z=4 2026-06-05T12:00Z=0 2026-06-05T13:00Z=4 2026-06-05T20:00Z=0"
    );
    let digits = downscaler(&target(Some("Mon-Fri 06:00-20:00 Etc/GMT+1"), None), &context);
    assert!(digits.bounds.is_err());
    assert_eq!(digits.notes[0].kind, NoteKind::TimezoneInvalid);
}

#[test]
fn sizes_that_an_action_sets_are_carried_over() {
    let up = action("0 8 * * 1-5", Some("Europe/Prague"), Some(10), None);
    let mut down = action("0 20 * * 5", Some("Europe/Prague"), Some(1), Some(1));
    let sunday = context("2026-06-07T00:00:00Z", "2026-06-09T00:00:00Z");
    let evaluation = auto_scaling_group(&group(vec![up.clone(), down.clone()]), &sunday);
    // Sunday still has what Friday evening set; the maximum of 1 was never raised again, so it caps Monday too.
    assert_eq!(steps(minimum(&evaluation)), "2026-06-07T00:00Z=1");
    down.maximum = None;
    let evaluation = auto_scaling_group(&group(vec![up, down.clone()]), &sunday);
    assert_eq!(steps(minimum(&evaluation)), "2026-06-07T00:00Z=1 2026-06-08T06:00Z=10");
    // A desired capacity alone does not raise what is guaranteed.
    let mut desired = action("0 8 * * *", None, None, None);
    desired.desired = Some(count(10));
    let evaluation = auto_scaling_group(&group(vec![desired]), &sunday);
    assert_eq!(steps(minimum(&evaluation)), "2026-06-07T00:00Z=2");
    let kinds: Vec<NoteKind> = evaluation.notes.iter().map(|note| note.kind).collect();
    assert_eq!(kinds, [NoteKind::DesiredWithoutMinimum, NoteKind::TimezoneMissing]);
    // An action that begins later has not fired yet, and one that has ended is not undone.
    let mut later = action("0 8 * * *", Some("UTC"), Some(5), None);
    later.start = Some(text("2026-06-08T12:00:00Z"));
    let evaluation = auto_scaling_group(&group(vec![later]), &sunday);
    assert_eq!(steps(minimum(&evaluation)), "2026-06-07T00:00Z=2 2026-06-08T12:00Z=5");
    let mut ended = action("0 8 * * *", Some("UTC"), Some(5), None);
    ended.end = Some(text("2026-05-01T00:00:00Z"));
    let evaluation = auto_scaling_group(&group(vec![ended]), &sunday);
    assert_eq!(steps(minimum(&evaluation)), "2026-06-07T00:00Z=5");
}

#[test]
fn amazon_fires_a_repeated_time_once_and_follows_the_clock() {
    let up = action("30 1 * * *", Some("America/New_York"), Some(9), None);
    let down = action("0 1 * * *", Some("America/New_York"), Some(3), None);
    let autumn = context("2026-11-01T04:00:00Z", "2026-11-02T08:00:00Z");
    let evaluation = auto_scaling_group(&group(vec![up, down]), &autumn);
    assert_eq!(
        steps(minimum(&evaluation)),
        "2026-11-01T04:00Z=9 2026-11-01T05:00Z=3 2026-11-01T05:30Z=9 2026-11-02T06:00Z=3 2026-11-02T06:30Z=9"
    );
}

#[test]
fn a_stack_update_sets_the_sizes_back() -> Outcome {
    let mut group = group(vec![action("0 8 * * *", Some("UTC"), Some(10), None)]);
    group.reset_by = Some(Deployer::CloudFormation);
    let evaluation = auto_scaling_group(&group, &context("2026-06-07T00:00:00Z", "2026-06-08T00:00:00Z"));
    let bounds = evaluation.bounds.map_err(|reason| reason.reason)?;
    assert_eq!(bounds.minimum.greatest(), 10);
    assert_eq!(bounds.after_update.map(|timeline| timeline.greatest()), Some(2));
    assert_eq!(evaluation.notes[0].kind, NoteKind::StackUpdateResets);
    Ok(())
}

#[test]
fn descents_are_one_and_stand_at_the_edge_that_takes_most() {
    use gatelint::capacity::cut::cuts;
    use gatelint::capacity::schedule::auto_scaling_group;
    let context = context("2026-06-01T00:00:00Z", "2026-06-15T00:00:00Z");
    let told = |steps: &[(&str, u32)]| {
        let actions = steps.iter().map(|(when, low)| action(when, None, Some(*low), None));
        let bounds = auto_scaling_group(&group(actions.collect()), &context).bounds;
        let bounds = bounds.unwrap_or_else(|reason| panic!("{}", reason.reason));
        let found = cuts(&bounds.minimum, context.spoken);
        let told = found
            .iter()
            .map(|cut| (cut.before, cut.after, cut.percent(), cut.windows.len()));
        told.collect::<Vec<_>>()
    };
    assert_eq!(told(&[("0 5 * * *", 14), ("0 17 * * *", 3)]), [(14, 3, 79, 14)]);
    // Down in two stages: from the top to the bottom, once a day.
    assert_eq!(
        told(&[("0 5 * * *", 14), ("0 17 * * *", 9), ("0 22 * * *", 5)]),
        [(14, 5, 65, 14)]
    );
    assert_eq!(told(&[("0 5 * * *", 14), ("0 17 * * *", 7)]), [(14, 7, 50, 14)]);
    // On Fridays it goes further; the other days go only so far.
    assert_eq!(
        told(&[("0 5 * * *", 14), ("0 17 * * 1-4", 12), ("0 17 * * 5", 2)]),
        [(14, 12, 15, 8), (14, 2, 86, 2)]
    );
    assert_eq!(told(&[]), []);
}
