//! Schedules, profiles and the floor: the products' own surprises, at the instants the products were seen to have them.

mod keda_facts {
    pub const INSTANTS: &str = r#"== Europe/Prague start="30 6 * * 1-5" end="10 22 * * *"
  Mon 2026-06-01 02:00 CEST active=0
  Mon 2026-06-01 06:30 CEST active=1
  Mon 2026-06-01 22:10 CEST active=0
  Tue 2026-06-02 06:30 CEST active=1
  Tue 2026-06-02 22:10 CEST active=0
  Wed 2026-06-03 06:30 CEST active=1
  Wed 2026-06-03 22:10 CEST active=0
  Thu 2026-06-04 06:30 CEST active=1
  Thu 2026-06-04 22:10 CEST active=0
  Fri 2026-06-05 06:30 CEST active=1
  Sun 2026-06-07 22:10 CEST active=0
  Mon 2026-06-08 06:30 CEST active=1
  Mon 2026-06-08 22:10 CEST active=0
== America/New_York start="0 18 * * *" end="30 2 * * *"
  Wed 2026-03-04 19:00 EST active=1
  Thu 2026-03-05 02:30 EST active=0
  Thu 2026-03-05 18:00 EST active=1
  Fri 2026-03-06 02:30 EST active=0
  Fri 2026-03-06 18:00 EST active=1
  Sat 2026-03-07 02:30 EST active=0
  Sun 2026-03-08 18:00 EDT active=1
  Mon 2026-03-09 02:30 EDT active=0
  Mon 2026-03-09 18:00 EDT active=1
  Tue 2026-03-10 02:30 EDT active=0
  Tue 2026-03-10 18:00 EDT active=1
== America/New_York start="30 2 * * *" end="0 20 * * *"
  Thu 2026-03-05 19:00 EST active=1
  Thu 2026-03-05 20:00 EST active=0
  Fri 2026-03-06 02:30 EST active=1
  Fri 2026-03-06 20:00 EST active=0
  Sat 2026-03-07 02:30 EST active=1
  Sun 2026-03-08 20:00 EDT active=0
  Mon 2026-03-09 02:30 EDT active=1
  Mon 2026-03-09 20:00 EDT active=0
  Tue 2026-03-10 02:30 EDT active=1
== America/New_York start="30 1 * * *" end="0 20 * * *"
  Thu 2026-10-29 20:00 EDT active=0
  Fri 2026-10-30 01:30 EDT active=1
  Fri 2026-10-30 20:00 EDT active=0
  Sat 2026-10-31 01:30 EDT active=1
  Sat 2026-10-31 20:00 EDT active=0
  Sun 2026-11-01 01:30 EST active=1
  Sun 2026-11-01 20:00 EST active=0
  Mon 2026-11-02 01:30 EST active=1
== America/New_York start="0 18 * * *" end="30 1 * * *"
  Thu 2026-10-29 20:00 EDT active=1
  Fri 2026-10-30 01:30 EDT active=0
  Fri 2026-10-30 18:00 EDT active=1
  Sat 2026-10-31 01:30 EDT active=0
  Sat 2026-10-31 18:00 EDT active=1
  Sun 2026-11-01 01:30 EST active=0
  Sun 2026-11-01 18:00 EST active=1
  Mon 2026-11-02 01:30 EST active=0
  Mon 2026-11-02 18:00 EST active=1
== UTC start="0 8 * * 1-5" end="0 8 * * 6"
  Mon 2026-06-01 00:00 UTC active=0
  Fri 2026-06-05 08:00 UTC active=1
  Sat 2026-06-06 08:00 UTC active=0
== UTC start="0 8-10 * * *" end="0 20 * * *"
  Mon 2026-06-01 00:00 UTC active=0
  Mon 2026-06-01 10:00 UTC active=1
  Mon 2026-06-01 20:00 UTC active=0
  Tue 2026-06-02 10:00 UTC active=1
  Tue 2026-06-02 20:00 UTC active=0
== UTC start="0 8 * * *" end="0 12,20 * * *"
  Mon 2026-06-01 00:00 UTC active=0
  Mon 2026-06-01 08:00 UTC active=1
  Mon 2026-06-01 20:00 UTC active=0
  Tue 2026-06-02 08:00 UTC active=1
  Tue 2026-06-02 20:00 UTC active=0
== UTC start="0 8 */2 * 1" end="0 20 */2 * 1"
  Mon 2026-06-01 00:00 UTC active=0
  Mon 2026-06-01 08:00 UTC active=1
  Mon 2026-06-01 20:00 UTC active=0
  Wed 2026-06-03 08:00 UTC active=1
  Wed 2026-06-03 20:00 UTC active=0
  Fri 2026-06-05 08:00 UTC active=1
  Fri 2026-06-05 20:00 UTC active=0
  Sun 2026-06-07 08:00 UTC active=1
  Sun 2026-06-07 20:00 UTC active=0
  Mon 2026-06-08 08:00 UTC active=1
  Mon 2026-06-08 20:00 UTC active=0
  Tue 2026-06-09 08:00 UTC active=1
  Tue 2026-06-09 20:00 UTC active=0
start="0 0 * * 7" ERR end of range (7) above maximum (6): 7
start="0 8 * * 5-1" ERR beginning of range (5) beyond end of range (1): 5-1
start="@daily" ERR parser does not accept descriptors: @daily
start="0 0 8 * * *" ERR expected exactly 5 fields, found 6: [0 0 8 * * *]
start="0 20 * * L" ERR failed to parse int from L: strconv.Atoi: parsing "L": invalid syntax
== UTC start="TZ=Asia/Tokyo 0 8 * * *" end="TZ=Asia/Tokyo 0 20 * * *"
  Mon 2026-06-01 00:00 UTC active=1
  Mon 2026-06-01 11:00 UTC active=0
  Mon 2026-06-01 23:00 UTC active=1
== UTC start="0 0 30 2 *" end="0 20 * * *"
  Mon 2026-06-01 00:00 UTC active=0
Asia/Calcuta TZERR unknown time zone Asia/Calcuta
"#;
}

use gatelint::capacity::floor::{Bound, Cause, Need, Reactive, Severity, requirement, shortfalls};
use gatelint::capacity::profile::{Columns, Profile, ProfileProblem, Source, Unit, read, week};
use gatelint::capacity::ratio::Ratio;
use gatelint::capacity::schedule::{
    AutoScalingGroup, Context, Downscaled, Evaluation, Given, GroupAction, KedaCron, KedaScaledObject, NoteKind,
    auto_scaling_group, downscaler, keda,
};
use gatelint::capacity::timeline::Timeline;
use gatelint::capacity::{Moment, Period, Wall, Zone};
use gatelint::repo::{SourceId, Span};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn span() -> Span {
    Span::new(SourceId(0), 0, 0)
}

fn text(value: &str) -> Given<String> {
    Given::new(value.to_owned(), Span::new(SourceId(0), 100, 100 + value.len() as u32))
}

fn count(value: u32) -> Given<u32> {
    Given::new(value, span())
}

fn utc(text: &str) -> Moment {
    let timestamp: jiff::Timestamp = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    Moment::from_unix(timestamp.as_second())
}

fn context(from: &str, to: &str) -> Context {
    Context {
        period: Period::new(utc(from), utc(to)),
        default_zone: Zone::utc(),
    }
}

fn minimum(evaluation: &Evaluation) -> &Timeline {
    match &evaluation.bounds {
        Ok(bounds) => &bounds.minimum,
        Err(reason) => panic!("not evaluated: {}", reason.reason),
    }
}

/// `2026-03-05T08:00Z=3 …`
fn steps(timeline: &Timeline) -> String {
    let steps: Vec<String> = timeline
        .steps()
        .iter()
        .map(|step| format!("{}={}", step.at, step.count))
        .collect();
    steps.join(" ")
}

fn scaled_object(zone: &str, start: &str, end: &str) -> KedaScaledObject {
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
    }
}

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
    for block in keda_facts::INSTANTS.split("== ").skip(1) {
        let mut lines = block.lines();
        let header = lines.next().ok_or("no header")?;
        let part = |key: &str| header.split_once(key).and_then(|(_, rest)| rest.split('"').next());
        let zone = Zone::named(header.split(' ').next().unwrap_or_default())?;
        let (start, end) = (part("start=\"").ok_or("start")?, part("end=\"").ok_or("end")?);
        let facts: Vec<(Moment, u32)> = lines.map_while(|line| fact(line.trim(), &zone)).collect();
        let (first, last) = (facts.first().ok_or("no facts")?.0, facts.last().ok_or("no facts")?.0);
        let context = Context {
            period: Period::new(first, last.plus(1)),
            default_zone: Zone::utc(),
        };
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

fn action(recurrence: &str, zone: Option<&str>, minimum: Option<u32>, maximum: Option<u32>) -> GroupAction {
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

fn group(actions: Vec<GroupAction>) -> AutoScalingGroup {
    AutoScalingGroup {
        object: span(),
        minimum: count(2),
        maximum: count(20),
        actions,
        update_resets: false,
    }
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
    group.update_resets = true;
    let evaluation = auto_scaling_group(&group, &context("2026-06-07T00:00:00Z", "2026-06-08T00:00:00Z"));
    let bounds = evaluation.bounds.map_err(|reason| reason.reason)?;
    assert_eq!(bounds.minimum.greatest(), 10);
    assert_eq!(bounds.after_update.map(|timeline| timeline.greatest()), Some(2));
    assert_eq!(evaluation.notes[0].kind, NoteKind::StackUpdateResets);
    Ok(())
}

fn load(csv: &str, source: &Source) -> Result<Profile, Vec<ProfileProblem>> {
    read(csv.as_bytes(), source)
}

#[test]
fn every_bad_profile_names_its_line_and_what_to_do() {
    let now = Source {
        now: Some(utc("2026-06-10T00:00:00Z")),
        ..Source::default()
    };
    let cases = [
        ("", 1, "is empty"),
        ("timestamp,rps\n", 1, "no samples"),
        (
            "time,rps\n2026-06-01T00:00:00Z,1\n",
            1,
            "no column `timestamp`; the header names `time`, `rps`",
        ),
        (
            "timestamp,rps\n2026-06-01T00:01:00Z,1\n2026-06-01T00:00:00Z,1\n",
            3,
            "comes after a later one in line 2",
        ),
        (
            "timestamp,rps\n2026-06-01T00:00:00Z,1\n2026-06-01T00:00:00Z,2\n",
            3,
            "occurs twice, first in line 2",
        ),
        (
            "timestamp,rps\n2026-06-01T00:00:00Z,1\n2026-07-01T00:00:00Z,2\n",
            3,
            "lies in the future",
        ),
        ("timestamp,rps\n2026-06-01T00:00:00,1\n", 2, "names no zone"),
        (
            "timestamp,rps\n2026-06-01T00:00:00Z,NaN\n",
            2,
            "`NaN` is not a measurement",
        ),
        (
            "timestamp,rps\n2026-06-01T00:00:00Z,+Inf\n",
            2,
            "`+Inf` is not a measurement",
        ),
        ("timestamp,rps\n2026-06-01T00:00:00Z,-3\n", 2, "`-3` is below zero"),
        (
            "timestamp,rps\n2026-06-01T00:00:00Z,many\n",
            2,
            "`many` is not a number",
        ),
        ("timestamp,rps\n2026-06-31T00:00:00Z,1\n", 2, "is not a time"),
        ("timestamp,rps\n2026-06-01T00:00:00Z\n", 2, "too few fields"),
    ];
    for (csv, line, message) in cases {
        let problems = load(csv, &now).err().unwrap_or_default();
        assert!(!problems.is_empty(), "{csv}");
        assert_eq!(problems[0].line, line, "{csv}: {problems:?}");
        assert!(problems[0].message.contains(message), "{csv}: {problems:?}");
        assert!(!problems[0].help.is_empty(), "{csv}");
    }
    let berlin = Source {
        zone: Zone::named("Europe/Berlin").ok(),
        ..Source::default()
    };
    let skipped = load("timestamp,rps\n2026-03-29 01:30:00,1\n2026-03-29 02:30:00,1\n", &berlin);
    assert!(skipped.is_err_and(|problems| problems[0].line == 3 && problems[0].message.contains("set forward")));
}

#[test]
fn a_repeated_hour_without_offsets_is_read_twice_and_a_gap_is_no_zero() -> Result<(), Vec<ProfileProblem>> {
    let berlin = Source {
        zone: Zone::named("Europe/Berlin").ok(),
        ..Source::default()
    };
    let csv = "timestamp,rps\n2026-10-25 01:00:00,1\n2026-10-25 02:00:00,2\n2026-10-25 02:00:00,3\n2026-10-25 03:00:00,\n2026-10-25 04:00:00,5\n";
    let profile = load(csv, &berlin)?;
    let times: Vec<String> = profile.times.iter().map(ToString::to_string).collect();
    assert_eq!(
        times,
        [
            "2026-10-24T23:00Z",
            "2026-10-25T00:00Z",
            "2026-10-25T01:00Z",
            "2026-10-25T03:00Z"
        ]
    );
    assert_eq!(profile.gaps.len(), 1);
    assert_eq!(profile.gaps[0].line, 6);
    assert_eq!(profile.gaps[0].from, utc("2026-10-25T02:00:00Z"));
    Ok(())
}

#[test]
fn a_compressed_profile_is_the_same() -> Outcome {
    use std::io::Write;
    let csv = "timestamp,rps\r\n\"2026-06-01T00:00:00Z\",1.5\r\n2026-06-01 00:01:00+00:00,2e1\r\n";
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(csv.as_bytes())?;
    let plain = load(csv, &Source::default()).map_err(|problems| problems[0].message.clone())?;
    let unpacked = read(&packed.finish()?, &Source::default()).map_err(|problems| problems[0].message.clone())?;
    assert_eq!(plain, unpacked);
    assert_eq!(plain.values, [1_500_000_000, 20_000_000_000]);
    Ok(())
}

#[test]
fn real_traffic_loads_through_its_columns() -> Outcome {
    let load = |name: &str, time: &str, value: &str| {
        let path = format!("{}/../shared/traffic/{name}", env!("CARGO_MANIFEST_DIR"));
        let Ok(bytes) = std::fs::read(&path) else {
            eprintln!("skipped: there is no {path}");
            return Ok(None);
        };
        let source = Source {
            columns: Columns {
                time: time.to_owned(),
                value: value.to_owned(),
                unit: Unit::PerSample,
            },
            zone: Some(Zone::utc()),
            now: None,
        };
        read(&bytes, &source)
            .map(Some)
            .map_err(|problems| format!("{problems:?}"))
    };
    if let Some(nab) = load("nab_elb_request_count_8c0756.csv", "timestamp", "value")? {
        assert_eq!((nab.times.len(), nab.step, nab.divisor), (4032, 300, 300));
        let week = week(&nab, &Zone::utc());
        assert_eq!((week.weeks, week.width, week.demand.len()), (2, 900, 672));
        assert_eq!(week.growth, Ratio::ONE);
    }
    if let Some(world_cup) = load("worldcup98_per_minute.csv", "period", "count")? {
        assert_eq!((world_cup.times.len(), world_cup.step), (125_300, 60));
        let (at, value) = world_cup.peak().ok_or("a peak")?;
        eprintln!(
            "World Cup: peak {:.0} a second at {at}, {} gaps",
            world_cup.rate(value),
            world_cup.gaps.len()
        );
        let week = week(&world_cup, &Zone::utc());
        assert_eq!(week.weeks, 12);
        assert_eq!(week.growth, Ratio::new(2, 1).ok_or("a ratio")?);
    }
    Ok(())
}

/// A declared week with an hour a row: so many requests a second from one local hour until another on working days.
fn declared(zone: &str, busy: std::ops::Range<i64>, high: u32, low: u32) -> Profile {
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

fn forty() -> Need {
    Need::of(Ratio::parse("40").unwrap_or(Ratio::ONE))
}

fn judged(
    object: &KedaScaledObject,
    profile: &Profile,
    zone: &str,
    need: &Need,
) -> Vec<gatelint::capacity::floor::Shortfall> {
    let context = Context::year_from(utc("2026-06-01T12:00:00Z"));
    let zone = Zone::named(zone).unwrap_or_else(|error| panic!("{error}"));
    let required = requirement(&week(profile, &zone), need).map(|requirement| requirement.over(context.period));
    let evaluation = keda(object, &context);
    let bounds = evaluation.bounds.unwrap_or_else(|reason| panic!("{}", reason.reason));
    required.map_or_else(
        || panic!("no requirement"),
        |required| shortfalls(&bounds, None, &required, None, need.startup),
    )
}

fn business_hours(zone: &str, start: &str, end: &str, desired: &str) -> KedaScaledObject {
    let mut object = scaled_object(zone, start, end);
    object.minimum = Some(count(3));
    object.triggers[0].desired = text(desired);
    object
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
        let found = shortfalls(&bounds, None, &required, reactive, 300);
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
        ..Need::of(Ratio::parse("0.66").ok_or("a ratio")?)
    };
    // 400 * 1.1 / 0.66 * 3/2 is 1000 exactly.
    let requirement = requirement(&week(&profile, &Zone::utc()), &need).ok_or("a requirement")?;
    assert_eq!(requirement.floor[0], 1001);
    assert_eq!(requirement.certain[0], 607);
    Ok(())
}

/// Schedules against a naive evaluation, minute by minute, with the products' own questions.
mod minute_by_minute {
    use super::*;
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
        (0i32..60, hours, dates, days)
            .prop_map(|(minute, hours, dates, days)| format!("{minute} {hours} {dates} * {days}"))
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
            let evaluation = keda(&object, &Context { period, default_zone: Zone::utc() });
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
            let evaluation = auto_scaling_group(&group(given), &Context { period, default_zone: Zone::utc() });
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
            let evaluation = google_autoscaler(&autoscaler, &Context { period, default_zone: Zone::utc() });
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
            let evaluation = downscaler(&target, &Context { period, default_zone: Zone::utc() });
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
                prop_assert_eq!(now(&laid.certain, at), requirement.certain[bucket(at)], "at {}", at);
                at = at.plus(900);
            }
        }
    }
}

#[test]
fn a_week_is_drawn_for_eyes_and_for_machines() -> Outcome {
    use gatelint::capacity::chart::{Chart, Style, csv, draw, json, markdown, svg};
    let zone = Zone::named("America/New_York")?;
    let profile = declared(zone.name(), 8..20, 400, 100);
    let context = Context::year_from(utc("2026-06-01T12:00:00Z"));
    let object = business_hours(zone.name(), "0 9 * * 1-5", "0 19 * * 1-5", "12");
    let bounds = keda(&object, &context).bounds.map_err(|reason| reason.reason)?;
    let required = requirement(&week(&profile, &zone), &forty())
        .ok_or("a requirement")?
        .over(context.period);
    let chart = Chart::of("shop/checkout", &bounds, &required, &zone, utc("2026-06-09T12:00:00Z"));
    for (width, ascii) in [(80, true), (80, false), (200, false)] {
        let text = draw(
            &chart,
            Style {
                width,
                color: false,
                ascii,
            },
        );
        eprintln!("{text}");
        assert!(text.lines().all(|line| line.chars().count() <= width), "{text}");
        assert!(!ascii || text.is_ascii());
        assert!(text.contains("10.0 h this week"), "{text}");
    }
    let colored = draw(
        &chart,
        Style {
            width: 80,
            color: true,
            ascii: false,
        },
    );
    assert!(colored.contains("\u{1b}[31m"));
    assert_eq!(csv(&chart).lines().count(), chart.points.len() + 1);
    assert_eq!(json(&chart)["points"][0]["needed"], 3);
    assert!(markdown(&chart).contains("| Tue 2026-06-09 | 12 | 3 | 2 h 00 min |"));
    let svg = svg(&chart);
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    if let Ok(path) = std::env::var("GATELINT_WRITE_SVG") {
        std::fs::write(path, svg)?;
    }
    Ok(())
}

mod imports {
    use super::*;
    use gatelint::capacity::import::{Bins, Log, cloudwatch, count};

    fn counted(log: &str, format: &Log) -> Result<(String, u64, Option<u64>), Box<dyn std::error::Error>> {
        let mut bins = Bins::of_minutes(1);
        let counted = count(log.as_bytes(), format, &mut bins, &mut |_| {})?;
        assert_eq!(bins.total(), counted.requests);
        Ok((bins.csv().0, counted.passed_over, counted.first_passed_over))
    }

    #[test]
    fn logs_are_counted_by_the_minute_in_utc() -> Outcome {
        let combined = "10.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.0\" 200 2326 \"-\" \"a [b] c\"\n\
            not a request\n\
            10.0.0.1 - - [10/Oct/2000:13:55:59 -0700] \"GET / HTTP/1.0\" 503 0 \"-\" \"-\"\n\
            10.0.0.1 - - [10/Oct/2000:22:58:00 +0200] \"GET / HTTP/1.0\" 200 0 \"-\" \"-\"";
        let (csv, passed_over, first) = counted(combined, &Log::Combined)?;
        assert_eq!(
            csv,
            "timestamp,rps\n2000-10-10T20:55:00Z,0.033334\n2000-10-10T20:56:00Z,0\n2000-10-10T20:57:00Z,0\n2000-10-10T20:58:00Z,0.016667\n"
        );
        assert_eq!((passed_over, first), (1, Some(2)));
        // What is written is a profile.
        assert_eq!(load(&csv, &Source::default()).map(|profile| profile.step), Ok(60));
        let haproxy = "Feb  6 12:14:14 localhost haproxy[14389]: 10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750\n";
        let (csv, _, _) = counted(haproxy, &Log::Haproxy(Zone::named("Europe/Prague")?))?;
        assert_eq!(csv, "timestamp,rps\n2009-02-06T11:14:00Z,0.016667\n");
        let envoy = "[2016-04-15T20:17:00.310Z] \"POST /api/v1/locations HTTP/2\" 204 - 154 0 226 100 \"10.0.35.28\"\n";
        let (csv, _, _) = counted(envoy, &Log::Envoy)?;
        assert_eq!(csv, "timestamp,rps\n2016-04-15T20:17:00Z,0.016667\n");
        Ok(())
    }

    #[test]
    fn a_packed_log_and_lines_longer_than_the_buffer_are_counted_once() -> Outcome {
        use std::io::Write;
        let long = "x".repeat(700_000);
        let log = format!("1 - - [10/Oct/2000:13:55:36 -0700] \"{long}\"\n1 - - [10/Oct/2000:13:55:37 -0700] \"-\"\n");
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(log.as_bytes())?;
        let mut bins = Bins::of_minutes(1);
        let counted = count(packed.finish()?.as_slice(), &Log::Combined, &mut bins, &mut |_| {})?;
        assert_eq!(
            (counted.requests, counted.passed_over, counted.bytes),
            (2, 0, log.len() as u64)
        );
        Ok(())
    }

    #[test]
    fn a_long_silence_is_left_out_and_said() -> Outcome {
        let log = "[2016-04-15T20:17:00.310Z] a\n[2016-04-15T22:17:00.310Z] b\n";
        let mut bins = Bins::of_minutes(1);
        count(log.as_bytes(), &Log::Envoy, &mut bins, &mut |_| {})?;
        let (csv, missing) = bins.csv();
        assert_eq!(csv.lines().count(), 3);
        assert_eq!(
            missing,
            [Period::new(utc("2016-04-15T20:18:00Z"), utc("2016-04-15T22:17:00Z"))]
        );
        Ok(())
    }

    #[test]
    fn cloudwatch_sums_become_rates() -> Outcome {
        let mut bins = Bins::of_minutes(5);
        let csv = "Label,RequestCount\nPeriod,300\n2026/06/01 00:00:00,600.0\n2026-06-01T00:05:00Z,300\n";
        cloudwatch(csv, &mut bins).map_err(|problem| problem.message)?;
        assert_eq!(
            bins.csv().0,
            "timestamp,rps\n2026-06-01T00:00:00Z,2\n2026-06-01T00:05:00Z,1\n"
        );
        assert!(cloudwatch("a,b\n", &mut Bins::of_minutes(5)).is_err());
        Ok(())
    }
}
