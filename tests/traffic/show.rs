//! `gatelint traffic show`.

use crate::common::Place;

/// Eight weeks of quarters of an hour: busy from 8 to 20 on working days, a tenth more each week, two hours missing.
fn growing() -> String {
    let monday = 1_775_433_600; // 2026-04-06T00:00:00Z
    let mut csv = "timestamp,rps\n".to_owned();
    for quarter in 0..8 * 7 * 96 {
        let (day, hour) = (quarter / 96 % 7, quarter / 4 % 24);
        if (4000..4008).contains(&quarter) {
            continue;
        }
        let busy = day < 5 && (8..20).contains(&hour);
        let rate = if busy {
            100.0 * 1.1_f64.powi(quarter / 672)
        } else {
            10.0
        };
        let at = jiff::Timestamp::from_second(monday + i64::from(quarter) * 900).unwrap();
        csv.push_str(&format!("{at},{rate:.3}\n"));
    }
    csv
}

#[test]
fn a_profile_is_described_for_people_and_programs() {
    let place = Place::without_git(&[("shop.csv", &growing())]);
    let show = |arguments: &[&str]| {
        let said = place.run(&[&["traffic", "show", "shop.csv"], arguments].concat());
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
        said.out
    };
    insta::assert_snapshot!("show", show(&[]));
    let plain = show(&["--ascii", "--zone", "America/New_York"]);
    assert!(plain.is_ascii());
    insta::assert_snapshot!("show_ascii", plain);
    let json: serde_json::Value = serde_json::from_str(&show(&["--format", "json"])).unwrap();
    assert_eq!(
        (&json["samples"], &json["expected_samples"]),
        (&5368.into(), &5376.into())
    );
    assert_eq!((&json["weeks"], &json["growth"]), (&8.into(), &1.4641.into()));
    assert_eq!(json["gaps"][0]["from"], "2026-05-17T16:00Z");
    let csv = show(&["--format", "csv"]);
    assert_eq!(csv.lines().count(), 673);
    assert!(csv.contains("\nMon,08:00,194.872,false\n"), "{csv}");
}

#[test]
fn mistakes_point_at_their_line() {
    let place = Place::without_git(&[
        ("shop.csv", "time,hits\n2026-06-01 00:00:00,60\n2026-06-01 00:01:00,x\n"),
        ("later.csv", "timestamp,rps\n2999-06-01T00:00:00Z,60\n"),
    ]);
    let said = place.run(&["traffic", "show", "shop.csv"]);
    assert_eq!(said.code, Some(2));
    insta::assert_snapshot!(said.err, @r"
    error: shop.csv:1: there is no column `timestamp`; the header names `time`, `hits`
      Name the column: `columns: { time: … }` in the configuration, --time-column on the command line.
    error: shop.csv:1: there is no column `rps`; the header names `time`, `hits`
      Name the column: `columns: { value: … }` in the configuration, --value-column on the command line.
    ");
    let columns = ["--time-column", "time", "--value-column", "hits", "--unit", "requests"];
    let said = place.run(&[&["traffic", "show", "shop.csv"], &columns[..]].concat());
    assert!(
        said.err.starts_with("error: shop.csv:3: `x` is not a number"),
        "{}",
        said.err
    );
    let said = place.run(&["traffic", "show", "later.csv"]);
    assert!(
        said.err.contains("later.csv:2: 2999-06-01T00:00Z lies in the future"),
        "{}",
        said.err
    );
    let said = place.run(&["traffic", "show", "none.csv"]);
    assert!(said.err.contains("`gatelint traffic import` makes one"), "{}", said.err);
}
