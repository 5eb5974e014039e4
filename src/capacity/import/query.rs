//! Queries that make a profile where the data already is, for what outgrows one machine.

/// PromQL for the requests per second of a counter's series together: the rate over five minutes, looked at every minute,
/// and the highest of each step. `metric` is a selector such as `http_requests_total{service="checkout"}`; `step` is in
/// seconds. Scrapes may be two minutes apart: a rate needs two samples in its window.
pub fn promql(metric: &str, step: i64) -> String {
    format!("max_over_time(sum(rate({metric}[5m]))[{}:1m])", duration(step))
}

/// SQL for ClickHouse that gives a profile as CSV: the highest minute of each step of so many minutes, over so many
/// whole days. Steps without requests have no row.
pub fn clickhouse(minutes: i64, weeks: u32) -> String {
    let step = minutes * 60;
    format!(
        "\
-- Replace `access_log` by your table, and `time` by its column with the time of each request.
SELECT
    formatDateTime(toDateTime(intDiv(toUnixTimestamp(minute), {step}) * {step}), '%FT%TZ', 'UTC') AS timestamp,
    ceil(max(requests) / 60, 6) AS rps
FROM
(
    SELECT toStartOfMinute(time) AS minute, count() AS requests
    FROM access_log
    WHERE time >= toStartOfDay(now()) - INTERVAL {weeks} WEEK AND time < toStartOfDay(now())
    GROUP BY minute
)
GROUP BY timestamp
ORDER BY timestamp
FORMAT CSVWithNames
"
    )
}

/// Seconds as PromQL writes them.
fn duration(seconds: i64) -> String {
    match seconds {
        whole if whole % 3600 == 0 => format!("{}h", whole / 3600),
        whole if whole % 60 == 0 => format!("{}m", whole / 60),
        other => format!("{other}s"),
    }
}
