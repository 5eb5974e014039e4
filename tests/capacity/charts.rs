//! The week, drawn.

use super::common::*;
use gatelint::capacity::Zone;
use gatelint::capacity::floor::requirement;
use gatelint::capacity::profile::week;
use gatelint::capacity::schedule::{Context, keda};

#[test]
fn a_week_is_drawn_for_eyes_and_for_machines() -> Outcome {
    use gatelint::report::chart::{Chart, Style, csv, draw, json, markdown, svg};
    let zone = Zone::named("America/New_York")?;
    let profile = declared(zone.name(), 8..20, 400, 100);
    let context = Context::year_from(utc("2026-06-01T12:00:00Z"));
    let object = business_hours(zone.name(), "0 9 * * 1-5", "0 19 * * 1-5", "12");
    let bounds = keda(&object, &context).bounds.map_err(|reason| reason.reason)?;
    let required = requirement(&week(&profile, &zone), &forty())
        .ok_or("a requirement")?
        .over(context.period);
    let chart = Chart::around(
        "shop/checkout",
        &bounds,
        Some(&required),
        &zone,
        context.spoken,
        utc("2026-06-09T12:00:00Z"),
    );
    for (width, ascii) in [(80, true), (80, false), (200, false)] {
        let text = draw(
            &chart,
            Style {
                width,
                color: false,
                ascii,
            },
        );
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
    assert!(colored.contains("\u{1b}[31;1m"));
    assert_eq!(csv(&chart).lines().count(), chart.points.len() + 1);
    assert_eq!(json(&chart)["points"][0]["needed"], 3);
    assert!(markdown(&chart).contains("| Tue 2026-06-09 | 12 | 3 | 2 h 00 min |"));
    let svg = svg(&chart);
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    Ok(())
}
