//! CSV of CloudWatch: rows of a time in UTC and the sum of a period. Rows above the first time describe the metric.

use super::Bins;
use crate::capacity::profile::ProfileProblem;
use crate::capacity::{Moment, Wall};

/// Counts the sums of a CSV file into bins. A load balancer without requests has no row, which is no gap.
pub fn cloudwatch(csv: &str, bins: &mut Bins) -> Result<usize, ProfileProblem> {
    let mut rows = 0;
    for (number, line) in csv.lines().enumerate() {
        let mut fields = line.split(',').map(|field| field.trim().trim_matches('"'));
        let Some(at) = fields.next().and_then(time) else {
            continue;
        };
        let value = fields.next().unwrap_or_default();
        if value.is_empty() {
            continue;
        }
        match value.parse::<f64>() {
            Ok(sum) if sum >= 0.0 && sum < 1e15 => {
                bins.add(at, sum.ceil() as u64);
                rows += 1;
            }
            _ => {
                return Err(ProfileProblem {
                    line: number as u32 + 1,
                    message: format!("`{value}` is not a sum of requests"),
                    help: "export the statistic Sum of RequestCount".to_owned(),
                });
            }
        }
    }
    if rows == 0 {
        return Err(ProfileProblem {
            line: 1,
            message: "the file has no row with a time and a value".to_owned(),
            help: "export the metric's graph as CSV, with the statistic Sum".to_owned(),
        });
    }
    Ok(rows)
}

/// `2026/06/01 00:00:00`, `2026-06-01T00:00:00.000Z`
fn time(text: &str) -> Option<Moment> {
    let mut parts = text.split(|c: char| !c.is_ascii_digit());
    let mut next = || parts.next()?.parse::<i64>().ok();
    let date = (next()?, next()?, next()?);
    let (hour, minute) = (next()?, next()?);
    Some(Wall::at(date.0, date.1, date.2, hour, minute, next().unwrap_or(0))?.moment(0))
}
