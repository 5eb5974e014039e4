//! The week as data: CSV and JSON with one row per change, and Markdown with one row per day.

use std::fmt::Write as _;

use super::terminal::{Style, draw};
use super::week::Chart;
use crate::capacity::Period;
use crate::capacity::timeline::UNBOUNDED;

fn allowed(maximum: u32) -> Option<u32> {
    (maximum != UNBOUNDED).then_some(maximum)
}

fn needed(chart: &Chart, count: u32) -> Option<u32> {
    chart.has_traffic.then_some(count)
}

/// One row per change, in UTC and local time.
pub fn csv(chart: &Chart) -> String {
    let mut text = "time,local,needed,needed_by_traffic,guaranteed,maximum,short\n".to_owned();
    for point in &chart.points {
        let maximum = allowed(point.maximum)
            .map(|maximum| maximum.to_string())
            .unwrap_or_default();
        let _ = writeln!(
            text,
            "{},{},{},{},{},{maximum},{}",
            point.at,
            chart.zone.local(point.at),
            needed(chart, point.needed).map_or(String::new(), |count| count.to_string()),
            needed(chart, point.certain).map_or(String::new(), |count| count.to_string()),
            point.guaranteed,
            point.is_short()
        );
    }
    text
}

/// The same as one JSON object.
pub fn json(chart: &Chart) -> serde_json::Value {
    let points: Vec<serde_json::Value> = chart
        .points
        .iter()
        .map(|point| {
            serde_json::json!({
                "time": point.at.to_string(),
                "local": chart.zone.local(point.at),
                "needed": needed(chart, point.needed),
                "needed_by_traffic": needed(chart, point.certain),
                "guaranteed": point.guaranteed,
                "maximum": allowed(point.maximum),
                "short": point.is_short(),
            })
        })
        .collect();
    serde_json::json!({
        "target": chart.title,
        "timezone": chart.zone.name(),
        "from": chart.period.from.to_string(),
        "to": chart.period.to.to_string(),
        "points": points,
    })
}

/// The chart as text, and a row for each day, for a pull request.
pub fn markdown(chart: &Chart) -> String {
    let style = Style {
        width: 100,
        color: false,
        ascii: false,
    };
    let mut text = format!("```text\n{}```\n\n", draw(chart, style));
    text.push_str("| day | most needed | least guaranteed | short |\n|---|--:|--:|--:|\n");
    let days = chart.days();
    let ends = days.iter().skip(1).copied().chain([chart.period.to]);
    for (from, to) in days.iter().zip(ends) {
        let day = Period::new(*from, to);
        let (mut most, mut guaranteed, mut short) = (0, u32::MAX, 0);
        for (stretch, point) in chart.stretches() {
            let within = Period::new(stretch.from.max(day.from), stretch.to.min(day.to)).seconds();
            if within == 0 {
                continue;
            }
            most = most.max(point.needed);
            guaranteed = guaranteed.min(point.guaranteed);
            short += if point.is_short() { within } else { 0 };
        }
        let local = chart.zone.local(*from);
        let name = local.get(..14).unwrap_or(&local);
        let most = needed(chart, most).map_or("-".to_owned(), |most| most.to_string());
        let short = match short {
            0 => "-".to_owned(),
            short => format!("{} h {:02} min", short / 3600, short / 60 % 60),
        };
        let _ = writeln!(text, "| {name} | {most} | {guaranteed} | {short} |");
    }
    text
}
