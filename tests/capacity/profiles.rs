//! Profiles: every bad input, and both files of real traffic.
#![allow(clippy::print_stderr)]

use super::common::*;
use gatelint::capacity::Zone;
use gatelint::capacity::profile::{Columns, ProfileProblem, Source, Unit, read_profile, week};
use gatelint::capacity::ratio::Ratio;

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
    let unpacked =
        read_profile(&packed.finish()?, &Source::default()).map_err(|problems| problems[0].message.clone())?;
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
        read_profile(&bytes, &source)
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
        let peak = world_cup
            .peak()
            .map(|(at, value)| (at.to_string(), world_cup.rate(value).round() as u64));
        assert_eq!(peak, Some(("1998-07-07T21:41Z".to_owned(), 3824)));
        assert_eq!(world_cup.gaps.len(), 7);
        let week = week(&world_cup, &Zone::utc());
        assert_eq!(week.weeks, 12);
        assert_eq!(week.growth, Ratio::new(2, 1).ok_or("a ratio")?);
    }
    Ok(())
}
