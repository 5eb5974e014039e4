//! The week as a picture that stands alone: no script, no font of its own, readable on light and dark ground.

use std::fmt::Write as _;

use super::week::{Chart, Point};
use crate::capacity::Moment;
use crate::capacity::timeline::UNBOUNDED;

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 320.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 46.0;

/// Draws the week.
pub fn svg(chart: &Chart) -> String {
    let top = f64::from(chart.top()) * 1.05;
    let length = chart.period.seconds().max(1) as f64;
    let x = |at: Moment| LEFT + (WIDTH - LEFT - RIGHT) * at.since(chart.period.from) as f64 / length;
    let y = |count: u32| HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (f64::from(count) / top).min(1.0);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n"
    );
    let title = escape(&chart.title);
    let date = chart.zone.local(chart.period.from);
    let week = escape(date.get(4..14).unwrap_or_default());
    let zone = escape(chart.zone.name());
    let _ = writeln!(
        text,
        "<title>{title}: needed and guaranteed, week of {week}, {zone}</title>"
    );
    text.push_str("<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
    let _ = writeln!(
        text,
        "<text x=\"{LEFT}\" y=\"18\" font-weight=\"bold\" fill=\"#222222\">{title}</text>\n\
         <text x=\"{}\" y=\"18\" text-anchor=\"end\" fill=\"#666666\">week of {week}, {zone}</text>",
        WIDTH - RIGHT
    );
    grid(&mut text, chart, &x, &y);
    let area = path(chart, &x, &y, |point| point.guaranteed);
    let (right, base) = (x(chart.period.to), y(0));
    let _ = writeln!(
        text,
        "<path d=\"{area} L{right:.1},{base:.1} L{LEFT},{base:.1} Z\" fill=\"#cfe8d5\"/>"
    );
    for (period, point) in chart.stretches().filter(|(_, point)| point.is_short()) {
        let (from, to) = (x(period.from), x(period.to));
        let (high, low) = (y(point.needed), y(point.guaranteed));
        let _ = writeln!(
            text,
            "<rect x=\"{from:.1}\" y=\"{high:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"#e5484d\" fill-opacity=\"0.75\"/>",
            to - from,
            low - high
        );
    }
    let _ = writeln!(
        text,
        "<path d=\"{area}\" fill=\"none\" stroke=\"#2f7d46\" stroke-width=\"1.5\"/>"
    );
    if chart.has_traffic {
        let needed = path(chart, &x, &y, |point| point.needed);
        let _ = writeln!(
            text,
            "<path d=\"{needed}\" fill=\"none\" stroke=\"#222222\" stroke-width=\"1.5\"/>"
        );
    }
    let shows_maximum = chart
        .points
        .iter()
        .all(|point| point.maximum != UNBOUNDED && f64::from(point.maximum) <= top);
    if shows_maximum {
        let maximum = path(chart, &x, &y, |point| point.maximum);
        let _ = writeln!(
            text,
            "<path d=\"{maximum}\" fill=\"none\" stroke=\"#888888\" stroke-dasharray=\"4 3\"/>"
        );
    }
    legend(&mut text, chart, shows_maximum);
    text.push_str("</svg>\n");
    text
}

/// A step function as a path.
fn path(chart: &Chart, x: &impl Fn(Moment) -> f64, y: &impl Fn(u32) -> f64, count: impl Fn(&Point) -> u32) -> String {
    let mut path = String::new();
    let mut last = None;
    for (period, point) in chart.stretches() {
        let height = y(count(point));
        match last {
            None => {
                let _ = write!(path, "M{:.1},{height:.1}", x(period.from));
            }
            Some(last) if last != height => {
                let at = x(period.from);
                let _ = write!(path, " L{at:.1},{last:.1} L{at:.1},{height:.1}");
            }
            Some(_) => {}
        }
        last = Some(height);
    }
    if let Some(last) = last {
        let _ = write!(path, " L{:.1},{last:.1}", x(chart.period.to));
    }
    path
}

fn grid(text: &mut String, chart: &Chart, x: &impl Fn(Moment) -> f64, y: &impl Fn(u32) -> f64) {
    let top = chart.top();
    for count in [0, top / 2, top] {
        let height = y(count);
        let _ = writeln!(
            text,
            "<line x1=\"{LEFT}\" x2=\"{}\" y1=\"{height:.1}\" y2=\"{height:.1}\" stroke=\"#dddddd\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#666666\">{count}</text>",
            WIDTH - RIGHT,
            LEFT - 6.0,
            height + 4.0
        );
    }
    for day in chart.days() {
        let at = x(day);
        let local = chart.zone.local(day);
        let name = escape(local.get(..14).unwrap_or(&local));
        let _ = writeln!(
            text,
            "<line x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{TOP}\" y2=\"{:.1}\" stroke=\"#dddddd\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" fill=\"#666666\">{name}</text>",
            HEIGHT - BOTTOM,
            at + 4.0,
            HEIGHT - BOTTOM + 16.0
        );
    }
}

fn legend(text: &mut String, chart: &Chart, shows_maximum: bool) {
    let y = HEIGHT - 10.0;
    let is_short = chart.points.iter().any(Point::is_short);
    let entries = [
        (chart.has_traffic, "#222222", "needed"),
        (true, "#2f7d46", "guaranteed"),
        (is_short, "#e5484d", "short"),
        (shows_maximum, "#888888", "maximum"),
    ];
    let mut x = LEFT;
    for (_, color, name) in entries.iter().filter(|(shown, _, _)| *shown) {
        let _ = writeln!(
            text,
            "<rect x=\"{x}\" y=\"{}\" width=\"12\" height=\"8\" fill=\"{color}\"/><text x=\"{}\" y=\"{y}\" fill=\"#444444\">{name}</text>",
            y - 8.0,
            x + 18.0
        );
        x += 18.0 + 7.0 * name.len() as f64 + 20.0;
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
