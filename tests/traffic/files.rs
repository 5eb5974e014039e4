//! Logs and exports on the command line.

use std::io::Write;
use std::process::Stdio;

use crate::common::Place;

/// A line each ten seconds for two hours.
fn combined() -> String {
    (0..720)
        .map(|n| {
            let (hour, minute, second) = (13 + n / 360, n / 6 % 60, n * 10 % 60);
            format!("10.0.0.1 - - [10/Oct/2025:{hour:02}:{minute:02}:{second:02} +0200] \"GET / HTTP/1.1\" 200 1 \"-\" \"-\"\n")
        })
        .collect()
}

fn packed(text: &str) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap()
}

fn import(place: &Place, arguments: &[&str]) -> crate::common::Said {
    place.run(&[&["traffic", "import"], arguments].concat())
}

#[test]
fn logs_become_a_profile() {
    let place = Place::without_git(&[("access.log", &combined())]);
    let said = import(&place, &["access.log"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(
        said.out.starts_with("timestamp,rps\n2025-10-10T11:00:00Z,0.1\n"),
        "{}",
        said.out
    );
    assert_eq!(said.out.lines().count(), 121);
    insta::assert_snapshot!(said.err, @r"
    120 samples, one every 1 min, from 2025-10-10T11:00Z to 2025-10-10T13:00Z
    note: it is shorter than two weeks, so it is a declared week: what it shows of each time of the week is taken for the demand
    ");
    // Packed, in two files, in steps of five minutes, into a packed file.
    let text = combined();
    let (first, second) = text.split_at(text.len() / 2);
    place.write("one.gz", packed(first));
    place.write("two.log", second);
    let said = import(&place, &["one.gz", "two.log", "--step", "5m", "-o", "profile.csv.gz"]);
    assert_eq!((said.code, said.out.as_str()), (Some(0), ""), "{}", said.err);
    assert!(said.err.ends_with("wrote profile.csv.gz\n"), "{}", said.err);
    let shown = place.run(&["traffic", "show", "profile.csv.gz"]);
    assert!(
        shown.out.contains("24 samples, one every 5 min"),
        "{}{}",
        shown.out,
        shown.err
    );
}

#[test]
fn standard_input_and_both_other_logs() {
    let place = Place::without_git(&[(
        "haproxy.log",
        "Feb  6 12:14:14 a haproxy[1]: 10.0.1.2:3 [06/Feb/2009:12:14:14.655] in b/c 1/0/3/6/9 200 1\nhaproxy: Proxy in started.\nFeb  6 12:15:14 a haproxy[1]: 10.0.1.2:3 [06/Feb/2009:12:15:14.655] in b/c 1/0/3/6/9 200 1\n",
    )]);
    let without = import(&place, &["haproxy.log"]);
    assert_eq!((without.code, without.out.as_str()), (Some(2), ""));
    insta::assert_snapshot!(without.err, @r"
    error: the times of haproxy.log name no zone
      Give the zone of the machine that wrote them with --zone, such as --zone Europe/Prague or --zone UTC.
    ");
    let with = import(&place, &["haproxy.log", "--zone", "Europe/Prague"]);
    assert!(
        with.out.contains("2009-02-06T11:14:00Z,0.016667\n"),
        "{}{}",
        with.out,
        with.err
    );
    assert!(
        with.err
            .contains("note: not counted in haproxy.log: 1 line without a time, the first is line 2"),
        "{}",
        with.err
    );

    let mut command = place.command(&["traffic", "import", "-"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let envoy = "[2016-04-15T20:17:00.310Z] \"POST / HTTP/2\" 204\n[2016-04-15T20:18:00.310Z] \"POST / HTTP/2\" 204\n";
    child.stdin.take().unwrap().write_all(&packed(envoy)).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "timestamp,rps\n2016-04-15T20:17:00Z,0.016667\n2016-04-15T20:18:00Z,0.016667\n"
    );
}

#[test]
fn an_export_has_the_step_of_its_period() {
    let place = Place::without_git(&[(
        "sums.csv",
        "Label,RequestCount\n2026/06/01 00:00:00,600\n2026/06/01 00:05:00,300\n2026/06/01 00:15:00,300\n",
    )]);
    let said = import(&place, &["sums.csv"]);
    assert_eq!(
        said.out,
        "timestamp,rps\n2026-06-01T00:00:00Z,2\n2026-06-01T00:05:00Z,1\n2026-06-01T00:10:00Z,0\n2026-06-01T00:15:00Z,1\n",
        "{}",
        said.err
    );
    let said = import(&place, &["sums.csv", "--step", "1m"]);
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("a row every 5 min"), "{}", said.err);
}

#[test]
fn an_output_is_never_replaced_by_accident() {
    let place = Place::without_git(&[("access.log", &combined()), ("profile.csv", "mine")]);
    let refused = import(&place, &["access.log", "-o", "profile.csv"]);
    assert_eq!((refused.code, refused.out.as_str()), (Some(2), ""));
    insta::assert_snapshot!(refused.err, @r"
    error: profile.csv exists
      Replace it with --force, or write elsewhere.
    ");
    assert_eq!(place.text("profile.csv"), "mine");
    let forced = import(&place, &["access.log", "-o", "profile.csv", "--force"]);
    assert_eq!(forced.code, Some(0), "{}", forced.err);
    assert!(place.text("profile.csv").starts_with("timestamp,rps\n"));
    assert_eq!(crate::common::files(&place.path("")).len(), 2);
    let nowhere = import(&place, &["access.log", "-o", "nowhere/profile.csv"]);
    assert!(nowhere.err.contains("there is no folder nowhere"), "{}", nowhere.err);
}

#[test]
fn every_mistake_says_what_to_do() {
    let place = Place::without_git(&[
        ("empty.log", ""),
        ("notes.txt", "nothing of the kind\n"),
        (
            "profile.csv",
            "timestamp,rps\n2026-06-01T00:00:00Z,1\n2026-06-01T00:01:00Z,1\n",
        ),
        (
            "once.log",
            "1 - - [10/Oct/2025:13:55:36 -0700] \"GET / HTTP/1.0\" 200 1\n",
        ),
        ("access.log", &combined()),
        ("sums.csv", "2026/06/01 00:00:00,600\n"),
        ("average.csv", "Statistic,Average\n2026/06/01 00:00:00,600\n"),
        ("cut.gz", "\u{1f}\u{8b}"),
    ]);
    place.write("cut.gz", &packed(&combined())[..200]);
    let cases: [(&[&str], &str); 14] = [
        (&[], "there is nothing to import"),
        (&["missing.log"], "missing.log does not exist"),
        (&["empty.log"], "there is not a single request"),
        (&["notes.txt"], "begins with no line of a known form"),
        (&["notes.txt", "--from", "combined"], "there is not a single request"),
        (&["profile.csv"], "a profile already"),
        (&["once.log"], "makes no profile: the profile has a single sample"),
        (&["access.log", "sums.csv"], "some files are logs and some are exports"),
        (&["average.csv"], "average.csv:1: the values are the statistic Average"),
        (&["cut.gz"], "cut.gz cannot be read"),
        (
            &["access.log", "--step", "7m"],
            "a day must hold a whole number of steps",
        ),
        (&["access.log", "--step", "30s"], "counted by the minute"),
        (
            &["access.log", "--zone", "Europe/Pragu"],
            "did you mean `Europe/Prague`?",
        ),
        (
            &["access.log", "--from", "json"],
            "possible values: combined, haproxy, envoy, cloudwatch",
        ),
    ];
    for (arguments, message) in cases {
        let said = import(&place, arguments);
        assert_eq!(
            (said.code, said.out.as_str()),
            (Some(2), ""),
            "{arguments:?}: {}",
            said.err
        );
        assert!(
            said.err.to_lowercase().contains(&message.to_lowercase()),
            "{arguments:?}: {}",
            said.err
        );
        assert!(said.err.lines().count() >= 2, "{arguments:?}: {}", said.err);
    }
}

#[test]
fn the_query_is_printed_for_where_the_data_is() {
    let place = Place::without_git(&[]);
    let said = import(
        &place,
        &[
            "--print-query",
            "promql",
            "--metric",
            "hits{app=\"a\"}",
            "--step",
            "15m",
        ],
    );
    assert_eq!(said.out, "max_over_time(sum(rate(hits{app=\"a\"}[5m]))[15m:1m])\n");
    let said = import(&place, &["--print-query", "clickhouse", "--weeks", "4"]);
    assert!(
        said.out.contains("INTERVAL 4 WEEK") && said.out.ends_with("FORMAT CSVWithNames\n"),
        "{}",
        said.out
    );
}
