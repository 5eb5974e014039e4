//! A chart in columns of equal length, each with the worst of its stretch.

use super::week::Chart;
use crate::capacity::Period;

/// What one column shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Column {
    /// The greatest need.
    pub needed: u32,
    /// The least guarantee.
    pub guaranteed: u32,
    /// The least maximum.
    pub maximum: u32,
    /// Whether there is an instant at which less is guaranteed than needed.
    pub short: bool,
}

/// Cuts a stretch of the chart into columns.
pub(super) fn columns(chart: &Chart, period: Period, count: usize) -> Vec<Column> {
    let length = period.seconds();
    let edge = |n: usize| period.from.plus(length * n as i64 / count.max(1) as i64);
    (0..count)
        .map(|n| {
            let own = Period::new(edge(n), edge(n + 1));
            let mut column = Column {
                needed: 0,
                guaranteed: u32::MAX,
                maximum: u32::MAX,
                short: false,
            };
            let within = chart
                .stretches()
                .filter(|(stretch, _)| stretch.from < own.to && own.from < stretch.to);
            for (_, point) in within {
                column.needed = column.needed.max(point.needed);
                column.guaranteed = column.guaranteed.min(point.guaranteed);
                column.maximum = column.maximum.min(point.maximum);
                column.short |= point.is_short();
            }
            column
        })
        .collect()
}
