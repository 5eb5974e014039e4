//! Logs and exports to profiles.

use super::common::*;
use gatelint::capacity::profile::Source;
use gatelint::capacity::{Period, Zone};

use gatelint::capacity::import::{Bins, Form, Guess, Log, Stamp, cloudwatch, common_step, count, guess};

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
    let (csv, passed_over, first) = counted(combined, &Log::Common)?;
    assert_eq!(
        csv,
        "timestamp,rps\n2000-10-10T20:55:00Z,0.033334\n2000-10-10T20:56:00Z,0\n2000-10-10T20:57:00Z,0\n2000-10-10T20:58:00Z,0.016667\n"
    );
    assert_eq!((passed_over, first), (1, Some(2)));
    // What is written is a profile.
    assert_eq!(load(&csv, &Source::default()).map(|profile| profile.step), Ok(60));
    let haproxy = "Feb  6 12:14:14 localhost haproxy[14389]: 10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750\n";
    let (csv, _, _) = counted(haproxy, &Log::Local(Zone::named("Europe/Prague")?))?;
    assert_eq!(csv, "timestamp,rps\n2009-02-06T11:14:00Z,0.016667\n");
    let envoy = "[2016-04-15T20:17:00.310Z] \"POST /api/v1/locations HTTP/2\" 204 - 154 0 226 100 \"10.0.35.28\"\n";
    let (csv, _, _) = counted(envoy, &Log::Iso)?;
    assert_eq!(csv, "timestamp,rps\n2016-04-15T20:17:00Z,0.016667\n");
    let (csv, passed_over, _) = counted("[2016-04-15T20:17:00+02:00] a\n[2016-04-15T20:17:00] b\n", &Log::Iso)?;
    assert_eq!(csv, "timestamp,rps\n2016-04-15T18:17:00Z,0.016667\n");
    assert_eq!(passed_over, 1);
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
    let counted = count(packed.finish()?.as_slice(), &Log::Common, &mut bins, &mut |_| {})?;
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
    count(log.as_bytes(), &Log::Iso, &mut bins, &mut |_| {})?;
    let (csv, missing) = bins.csv();
    assert_eq!(csv.lines().count(), 3);
    assert_eq!(
        missing,
        [Period::new(utc("2016-04-15T20:18:00Z"), utc("2016-04-15T22:17:00Z"))]
    );
    Ok(())
}

#[test]
fn cloudwatch_sums_become_rates_in_steps_of_their_period() -> Outcome {
    let csv = "Label,RequestCount\nPeriod,300\nStatistic,Sum\n2026/06/01 00:00:00,600.0\n2026-06-01T00:05:00Z,300\n";
    let rows = cloudwatch(csv).map_err(|problem| problem.message)?;
    assert_eq!(common_step(&rows), 5);
    let mut bins = Bins::of_minutes(5);
    for (at, sum) in rows {
        bins.add(at, sum);
    }
    assert_eq!(
        bins.csv().0,
        "timestamp,rps\n2026-06-01T00:00:00Z,2\n2026-06-01T00:05:00Z,1\n"
    );
    let wrong = [
        ("a,b\n", 1, "no row"),
        ("Statistic,Average\n2026/06/01 00:00:00,1\n", 1, "Average"),
        ("2026/06/01 00:00:00,1,2\n", 1, "more than one value"),
        ("2026/06/01 00:00:00,1\n2026/06/01 00:05:00,-\n", 2, "`-` is not a sum"),
    ];
    for (csv, line, message) in wrong {
        let problem = cloudwatch(csv).err().ok_or(csv)?;
        assert_eq!(problem.line, line, "{csv}");
        assert!(problem.message.contains(message), "{csv}: {}", problem.message);
    }
    Ok(())
}

#[test]
fn a_file_is_told_by_its_first_lines() {
    let cases = [
        (
            "1 - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.0\" 200 1",
            Guess::Form(Form::Lines(Stamp::Common)),
        ),
        (
            "starting [notice] up\n[::1] - - [10/Oct/2000:13:55:36 -0700] \"x\"",
            Guess::Form(Form::Lines(Stamp::Common)),
        ),
        (
            "Feb  6 12:14:14 a haproxy[1]: 10.0.1.2:3 [06/Feb/2009:12:14:14.655] in b/c",
            Guess::Form(Form::Lines(Stamp::Local)),
        ),
        (
            "[2016-04-15T20:17:00.310Z] \"POST / HTTP/2\" 204",
            Guess::Form(Form::Lines(Stamp::Iso)),
        ),
        (
            "Label,RequestCount\n2026/06/01 00:00:00,600.0",
            Guess::Form(Form::Cloudwatch),
        ),
        ("timestamp,rps\n2026-06-01T00:00:00Z,1", Guess::Profile),
        ("\"timestamp\",\"value\"\n2014-04-10 00:04:00,94.0", Guess::Profile),
        ("{\"time\": \"2026-06-01T00:00:00Z\"}", Guess::Unknown),
        ("", Guess::Unknown),
    ];
    for (text, expected) in cases {
        assert_eq!(guess(text.as_bytes()), expected, "{text}");
    }
}

#[test]
fn questions_to_a_prometheus_stay_below_its_limit() {
    use gatelint::capacity::import::prometheus::{halves, questions};
    let period = Period::new(utc("2026-06-01T00:00:00Z"), utc("2026-07-27T00:00:00Z"));
    for step in [1, 15, 60, 300, 3600] {
        let asked = questions(period, step);
        assert!(
            asked.iter().all(|question| question.seconds() / step <= 10_000),
            "{step}"
        );
        assert_eq!((asked[0].from, asked[asked.len() - 1].to), (period.from, period.to));
        assert!(asked.windows(2).all(|pair| pair[0].to == pair[1].from));
        let mut smallest = asked[0];
        while let Some([first, second]) = halves(smallest, step) {
            assert_eq!((first.to, second.to), (second.from, smallest.to));
            assert!(first.seconds() % step == 0 && first.seconds() > 0);
            smallest = first;
        }
    }
}

/// Pieces of the files that are read, and what may stand between them.
const PIECES: [&str; 24] = [
    "[10/Oct/2000:13:55:36 -0700]",
    "[06/Feb/2009:12:14:14.655]",
    "[2016-04-15T20:17:00.310Z]",
    "2026/06/01 00:00:00",
    "9223372036854775807/01/01 00:00",
    "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"values\":[",
    "[1e300,\"1\"],[1780272000,\"+Inf\"]",
    "]}]}}",
    "timestamp,rps",
    "Statistic,Sum",
    "[",
    "]",
    ",",
    "\"",
    "\n",
    "\r\n",
    " ",
    "-",
    "0",
    "99999999999999999999",
    "-0700",
    ".5",
    "Z",
    "\u{feff}é",
];

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

    /// Whatever is read, nothing panics, every line is counted or passed over, and what is written can be read.
    #[test]
    fn nothing_that_is_read_breaks_anything(picked in proptest::collection::vec(0..PIECES.len(), 0..40)) {
        use gatelint::capacity::import::{prometheus, table};
        let text: String = picked.iter().map(|piece| PIECES[*piece]).collect();
        guess(text.as_bytes());
        if let Ok(rows) = cloudwatch(&text) {
            proptest::prop_assert!(common_step(&rows) >= 1);
        }
        if let Ok(answer) = prometheus::answer(&text, 300) {
            table(&answer.samples);
        }
        let lines = text.split('\n').filter(|line| !matches!(*line, "" | "\r")).count() as u64;
        for log in [Log::Common, Log::Local(Zone::utc()), Log::Iso] {
            let mut bins = Bins::of_minutes(1);
            let counted = count(text.as_bytes(), &log, &mut bins, &mut |_| {})?;
            proptest::prop_assert_eq!(counted.requests + counted.passed_over, lines);
            let (csv, _) = bins.csv();
            proptest::prop_assert!(csv.lines().count() < 3 || load(&csv, &Source::default()).is_ok(), "{}", csv);
        }
    }
}
