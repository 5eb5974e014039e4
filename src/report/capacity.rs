//! The week of each target, drawn or as data, with what is short and the number that would do.

use std::fmt::Write as _;

use super::describe::{counted, span};
use crate::capacity::floor::{Bound, Severity, Window};
use crate::capacity::timeline::UNBOUNDED;
use crate::capacity::{Period, Zone};
use crate::report::chart;
use crate::report::chart::{Chart, Style};
use crate::terminal::{escape, escape_json};

/// One target as it is shown.
#[derive(Clone, Debug)]
pub struct Shown {
    /// What it is called.
    pub target: String,
    /// The same, with its environments where those differ.
    pub title: String,
    /// The environments in which it comes to the same.
    pub environments: Vec<String>,
    /// Where it is declared.
    pub place: Place,
    /// The traffic it must serve, in words; `None` where none is named.
    pub traffic: Option<String>,
    /// Its week.
    pub outcome: Outcome,
}

impl Shown {
    /// Its week, if it is one in which something at this place causes too little.
    pub(super) fn short_at(&self, file: &str, line: usize) -> Option<&Chart> {
        let Outcome::Week { chart, short, .. } = &self.outcome else {
            return None;
        };
        let is_here = |short: &Short| short.place.file == file && short.place.line == line;
        short.iter().any(is_here).then_some(chart)
    }
}

/// What is known of a target.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Its week, and when it is short.
    Week {
        /// The week that is shown.
        chart: Box<Chart>,
        /// When too little is guaranteed, over all that was walked.
        short: Vec<Short>,
        /// What was walked.
        walked: Period,
    },
    /// Why nothing can be said.
    NotEvaluated {
        /// The reason, without a full stop.
        reason: String,
        /// Where it lies.
        place: Place,
    },
}

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, relative to the repository's root.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}

/// Too little, by the field that causes it.
#[derive(Clone, Debug)]
pub struct Short {
    /// How bad it is.
    pub severity: Severity,
    /// Which bound is too low.
    pub bound: Bound,
    /// The field that causes it.
    pub place: Place,
    /// Whether only a single week of history makes it so.
    pub single: bool,
    /// How often.
    pub windows: usize,
    /// How long altogether, in seconds.
    pub seconds: i64,
    /// The first times.
    pub first: Vec<Window>,
    /// The least count that would do.
    pub would_do: u32,
}

/// What to do where the configuration names no traffic at all.
pub const NO_TRAFFIC: &str = "
Nothing is compared: no traffic is named. Record it with `gatelint traffic import`, and name it under `traffic` in
.gatelint.yaml. `gatelint capacity NAME` draws a week without it.
";

/// For people: the charts, what is short below each, and a line for each target that has none. Those without traffic are
/// drawn where they were `asked` for.
pub fn text(all: &[Shown], style: Style, asked: bool) -> String {
    if all.is_empty() {
        return "nothing here is scaled by a schedule or an autoscaler, and no traffic is named\n".to_owned();
    }
    let mut parts = Vec::new();
    let mut lines = String::new();
    for shown in all {
        match drawn(shown, asked) {
            Ok((chart, short, walked)) => parts.push(week(shown, chart, short, walked, style)),
            Err(why) => {
                let _ = writeln!(lines, "{}", escape(&why));
            }
        }
    }
    if !lines.is_empty() {
        parts.push(lines);
    }
    parts.join("\n")
}

/// The week of a target, what is short, and what was walked; or a line that says why it is not drawn.
fn drawn(shown: &Shown, asked: bool) -> Result<(&Chart, &[Short], Period), String> {
    match &shown.outcome {
        Outcome::Week { chart, short, walked } if asked || shown.traffic.is_some() => Ok((chart, short, *walked)),
        Outcome::Week { chart, .. } => Err(format!(
            "{}: {}, no traffic is named for it ({}:{})",
            shown.title,
            range(chart),
            shown.place.file,
            shown.place.line
        )),
        Outcome::NotEvaluated { reason, place } => Err(format!(
            "{} is not evaluated: {reason} ({}:{})",
            shown.title, place.file, place.line
        )),
    }
}

/// What is guaranteed over a week, and what is allowed.
fn range(chart: &Chart) -> String {
    let guaranteed = chart.points.iter().map(|point| point.guaranteed);
    let (least, greatest) = (guaranteed.clone().min().unwrap_or(0), guaranteed.max().unwrap_or(0));
    let maximum = chart
        .points
        .iter()
        .map(|point| point.maximum)
        .max()
        .unwrap_or(UNBOUNDED);
    let mut text = if least == greatest {
        format!("{least} guaranteed")
    } else {
        format!("{least} to {greatest} guaranteed")
    };
    if maximum != UNBOUNDED {
        let _ = write!(text, ", at most {maximum}");
    }
    text
}

fn week(shown: &Shown, chart: &Chart, short: &[Short], walked: Period, style: Style) -> String {
    let mut text = chart::draw(chart, style);
    let traffic = shown.traffic.as_deref().unwrap_or("no traffic is named for it");
    let _ = writeln!(text, "{}", escape(traffic));
    for found in short {
        text.push_str(&lines(found, &chart.zone, style));
    }
    if short.is_empty() && shown.traffic.is_some() {
        let _ = writeln!(text, "enough from {} to {}", day(walked, true), day(walked, false));
    }
    text
}

fn title(shown: &Shown) -> String {
    escape(&shown.title).into_owned()
}

/// A target with the environments it belongs to.
pub fn named(target: &str, environments: &[String]) -> String {
    match environments {
        [] => target.to_owned(),
        environments => format!("{target} in {}", environments.join(", ")),
    }
}

fn at(place: &Place) -> String {
    format!("{}:{}", escape(&place.file), place.line)
}

fn day(period: Period, first: bool) -> String {
    let at = if first { period.from } else { period.to };
    at.to_string().get(..10).unwrap_or_default().to_owned()
}

/// What is short because of one field: how much, how often, and its first times.
fn lines(short: &Short, zone: &Zone, style: Style) -> String {
    let (severity, color) = match short.severity {
        Severity::Error => ("error", "31;1"),
        Severity::Warning => ("warning", "33;1"),
        Severity::Information => ("info", "34;1"),
    };
    let severity = if style.color {
        format!("\x1b[{color}m{severity}\x1b[0m")
    } else {
        severity.to_owned()
    };
    if short.single {
        return format!(
            "{severity} {}\n  {} for what a single week of history asked; {} would do\n",
            at(&short.place),
            what(short.bound),
            short.would_do
        );
    }
    let mut text = format!(
        "{severity} {}\n  {} {}, {:.0} h within 53 weeks; {} would do\n",
        at(&short.place),
        what(short.bound),
        counted(short.windows as u64, "time"),
        (short.seconds as f64 / 3600.0).ceil(),
        short.would_do,
    );
    for window in &short.first {
        let _ = writeln!(
            text,
            "  {} ({}) for {}: {} of {} needed",
            zone.local(window.period.from),
            window.period.from,
            span(window.period.seconds()),
            window.guaranteed,
            window.needed,
        );
    }
    text
}

fn what(bound: Bound) -> &'static str {
    match bound {
        Bound::Guaranteed => "too few are guaranteed",
        Bound::Maximum => "too few are allowed",
        Bound::AfterUpdate => "too few are guaranteed after a stack update",
    }
}

/// For a pull request.
pub fn markdown(all: &[Shown], asked: bool) -> String {
    let style = Style {
        width: 100,
        color: false,
        ascii: false,
    };
    let mut text = String::new();
    let mut rest = String::new();
    for shown in all {
        let (chart, short, _) = match drawn(shown, asked) {
            Ok(drawn) => drawn,
            Err(why) => {
                let _ = writeln!(rest, "- {}", escape(&why));
                continue;
            }
        };
        let _ = writeln!(text, "### {}\n", title(shown));
        if let Some(traffic) = &shown.traffic {
            let _ = writeln!(text, "{}\n", escape(traffic));
        }
        text.push_str(&chart::markdown(chart));
        text.push('\n');
        for found in short {
            let lines = lines(found, &chart.zone, style);
            let _ = write!(text, "- {}", lines.replace("\n  ", "\n  - "));
        }
        if !short.is_empty() {
            text.push('\n');
        }
    }
    text.push_str(&rest);
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// The changes of every week that is drawn, with the target before them.
pub fn csv(all: &[Shown], asked: bool) -> String {
    let mut text = String::new();
    for shown in all {
        let Ok((chart, _, _)) = drawn(shown, asked) else {
            continue;
        };
        let own = chart::csv(chart);
        let mut rows = own.lines();
        let header = rows.next().unwrap_or_default();
        if text.is_empty() {
            let _ = writeln!(text, "target,{header}");
        }
        for row in rows {
            let _ = writeln!(text, "\"{}\",{row}", shown.target.replace('"', "\"\""));
        }
    }
    text
}

/// One JSON document: what was walked, and each target.
pub fn json(all: &[Shown], walked: Period) -> String {
    let targets: Vec<serde_json::Value> = all.iter().map(target).collect();
    let document = serde_json::json!({
        "version": 1,
        "from": walked.from.to_string(),
        "to": walked.to.to_string(),
        "targets": targets,
    });
    escape_json(format!("{document:#}\n"))
}

fn target(shown: &Shown) -> serde_json::Value {
    let mut value = serde_json::json!({
        "target": shown.target,
        "environments": shown.environments,
        "file": shown.place.file,
        "line": shown.place.line,
        "traffic": shown.traffic,
        "not_evaluated": null,
        "week": null,
        "shortfalls": [],
    });
    match &shown.outcome {
        Outcome::Week { chart, short, .. } => {
            value["week"] = chart::json(chart);
            value["shortfalls"] = short.iter().map(shortfall).collect();
        }
        Outcome::NotEvaluated { reason, place } => {
            value["not_evaluated"] = serde_json::json!({ "reason": reason, "file": place.file, "line": place.line });
        }
    }
    value
}

fn shortfall(short: &Short) -> serde_json::Value {
    let first: Vec<serde_json::Value> = short
        .first
        .iter()
        .map(|window| {
            serde_json::json!({
                "from": window.period.from.to_string(),
                "to": window.period.to.to_string(),
                "count": (window.guaranteed != UNBOUNDED).then_some(window.guaranteed),
                "needed": window.needed,
                "needed_by_traffic": window.certain,
            })
        })
        .collect();
    serde_json::json!({
        "severity": match short.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Information => "info",
        },
        "bound": match short.bound {
            Bound::Guaranteed => "guaranteed",
            Bound::Maximum => "maximum",
            Bound::AfterUpdate => "guaranteed_after_update",
        },
        "file": short.place.file,
        "line": short.place.line,
        "single": short.single,
        "windows": short.windows,
        "seconds": short.seconds,
        "first": first,
        "would_do": short.would_do,
    })
}
