//! CSV of CloudWatch: rows of a time in UTC and the sum of a period. Rows above the first time describe the metric.

use crate::capacity::moment::{Moment, Wall};
use crate::capacity::profile::ProfileProblem;

/// The sums of a CSV file, each with the beginning of its period. A load balancer without requests has no row, which is
/// no gap.
pub fn cloudwatch(csv: &str) -> Result<Vec<(Moment, u64)>, ProfileProblem> {
    let csv = csv.strip_prefix('\u{feff}').unwrap_or(csv);
    let mut rows = Vec::new();
    for (number, line) in (1..).zip(csv.lines()) {
        let mut fields = line.split(',').map(|field| field.trim().trim_matches('"'));
        let first = fields.next().unwrap_or_default();
        let value = fields.next().unwrap_or_default();
        let Some(at) = time(first) else {
            statistic(number, first, value)?;
            continue;
        };
        if fields.any(|more| !more.is_empty()) {
            let message = "the row has more than one value".to_owned();
            return Err(problem(number, message, "export one metric at a time"));
        }
        if value.is_empty() {
            continue;
        }
        match value.parse::<f64>() {
            Ok(sum) if (0.0..1e15).contains(&sum) => rows.push((at, sum.ceil() as u64)),
            _ => {
                let message = format!("`{value}` is not a sum of requests");
                return Err(problem(number, message, "export the statistic Sum of RequestCount"));
            }
        }
    }
    if rows.is_empty() {
        let message = "the file has no row with a time and a value".to_owned();
        let help = "export the metric's graph as CSV, with the statistic Sum";
        return Err(problem(1, message, help));
    }
    Ok(rows)
}

/// Refuses a description that says the values are no sums.
fn statistic(line: u32, name: &str, value: &str) -> Result<(), ProfileProblem> {
    if !name.eq_ignore_ascii_case("statistic") || value.eq_ignore_ascii_case("sum") {
        return Ok(());
    }
    let message = format!("the values are the statistic {value}, not sums");
    Err(problem(line, message, "export the statistic Sum of RequestCount"))
}

fn problem(line: u32, message: String, help: &str) -> ProfileProblem {
    ProfileProblem {
        line,
        message,
        help: help.to_owned(),
    }
}

/// Whether a line is a row of such a file.
pub(super) fn is_row(line: &str) -> bool {
    let mut fields = line.split(',').map(|field| field.trim().trim_matches('"'));
    let at = fields.next().and_then(time);
    at.is_some() && fields.next().is_some_and(|value| value.parse::<f64>().is_ok())
}

/// Minutes from one row to the next: the most frequent distance, of several the shortest. 1 where that is less, or where
/// there is a single row.
pub fn common_step(rows: &[(Moment, u64)]) -> i64 {
    let mut times: Vec<i64> = rows.iter().map(|(at, _)| at.unix()).collect();
    times.sort_unstable();
    times.dedup();
    let mut steps: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    steps.sort_unstable();
    let runs = steps.chunk_by(|one, other| one == other);
    let longest = runs.fold((0, 60), |(most, step), run| {
        if run.len() > most {
            (run.len(), run[0])
        } else {
            (most, step)
        }
    });
    (longest.1 / 60).max(1)
}

/// `2026/06/01 00:00:00`, `2026-06-01T00:00:00.000Z`
fn time(text: &str) -> Option<Moment> {
    let mut parts = text.split(|c: char| !c.is_ascii_digit());
    let mut next = || parts.next()?.parse::<i64>().ok();
    let date = (next()?, next()?, next()?);
    if !(1970..10_000).contains(&date.0) {
        return None;
    }
    let (hour, minute) = (next()?, next()?);
    Some(Wall::at(date.0, date.1, date.2, hour, minute, next().unwrap_or(0))?.moment(0))
}
