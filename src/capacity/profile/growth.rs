//! How traffic grows: the Theil–Sen slope of the logarithm of weekly peaks, four weeks ahead.

use crate::capacity::ratio::Ratio;

/// Weeks of history from which growth is told.
pub(super) const LEAST_WEEKS: usize = 6;
/// A growth beyond doubling is an event, not a trend.
const GREATEST: f64 = 2.0;
/// Weeks that the trend is carried on.
const LEAD: f64 = 4.0;

/// The factor by which demand exceeds what was measured, between 1 and 2, in steps of a ten-thousandth. `peaks` are those
/// of consecutive weeks.
pub(super) fn growth(peaks: &[u64]) -> Option<Ratio> {
    if peaks.len() < LEAST_WEEKS {
        return None;
    }
    let points: Vec<(f64, f64)> = peaks
        .iter()
        .enumerate()
        .filter(|(_, peak)| **peak > 0)
        .map(|(week, peak)| (week as f64, (*peak as f64).ln()))
        .collect();
    let mut slopes: Vec<f64> = Vec::new();
    for (n, (week, peak)) in points.iter().enumerate() {
        slopes.extend(
            points[n + 1..]
                .iter()
                .map(|(later, higher)| (higher - peak) / (later - week)),
        );
    }
    slopes.sort_by(f64::total_cmp);
    let middle = slopes.len() / 2;
    let slope = match slopes.len() {
        0 => 0.0,
        n if n % 2 == 0 => (slopes[middle - 1] + slopes[middle]) / 2.0,
        _ => slopes[middle],
    };
    let factor = (slope * LEAD).exp().clamp(1.0, GREATEST);
    // Rounded once, so that all that follows is exact.
    Ratio::new((factor * 10_000.0).round() as u128, 10_000)
}
