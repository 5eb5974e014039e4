//! A traffic profile in words, for people and programs.

use std::fmt::Write as _;

use crate::capacity::profile::{Gap, Profile, Week};
use crate::capacity::ratio::Ratio;
use crate::report::chart::{Style, demand, rate};

/// A count of things: `1 line`, `2 lines`, `3 stretches`.
pub fn counted(count: u64, thing: &str) -> String {
    let ending = match count {
        1 => "",
        _ if thing.ends_with("ch") => "es",
        _ => "s",
    };
    format!("{count} {thing}{ending}")
}

/// What was imported, in one to three lines.
pub fn imported(profile: &Profile) -> String {
    let mut text = format!("{}\n", coverage(profile));
    if !profile.is_history() {
        text.push_str(
            "note: it is shorter than two weeks, so it is a declared week: what it shows of each time of the week is taken for \
             the demand\n",
        );
    }
    if let Some(gaps) = gaps(&profile.gaps) {
        let _ = writeln!(text, "note: {gaps}");
    }
    text
}

fn coverage(profile: &Profile) -> String {
    let period = profile.period();
    format!(
        "{}, one every {}, from {} to {}",
        counted(profile.times.len() as u64, "sample"),
        span(profile.step),
        period.from,
        period.to
    )
}

fn gaps(gaps: &[Gap]) -> Option<String> {
    let longest = gaps.iter().max_by_key(|gap| gap.to.since(gap.from))?;
    Some(format!(
        "{} missing, the longest {} from {}",
        counted(gaps.len() as u64, "stretch"),
        span(longest.to.since(longest.from)),
        longest.from
    ))
}

/// Seconds as people say them: `5 min`, `1 h 30 min`, `2 d 4 h`.
pub fn span(seconds: i64) -> String {
    let (days, hours, minutes, rest) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let parts = [(days, "d"), (hours, "h"), (minutes, "min"), (rest, "s")];
    let shown: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .take(2)
        .map(|(count, unit)| format!("{count} {unit}"))
        .collect();
    if shown.is_empty() {
        "0 s".to_owned()
    } else {
        shown.join(" ")
    }
}

/// A profile and the week it makes in a zone.
pub struct Described<'p> {
    /// What it is called.
    pub name: String,
    /// Its samples.
    pub profile: &'p Profile,
    /// Its week.
    pub week: &'p Week,
}

impl Described<'_> {
    /// For people.
    pub fn text(&self, style: Style) -> String {
        let (profile, week) = (self.profile, self.week);
        let mut text = format!("{}\n", self.name);
        let _ = writeln!(text, "  covers  {}", coverage(profile));
        // Rounded down: what lacks a sample is not all of it.
        let measured = (1000.0 * profile.times.len() as f64 / self.expected() as f64).floor() / 10.0;
        let _ = match gaps(&profile.gaps) {
            Some(gaps) => writeln!(text, "          {measured:.1} % of it: {gaps}"),
            None => writeln!(text, "          all of it"),
        };
        if let Some((at, value)) = profile.peak() {
            let peak = rate(profile.rate(value));
            let _ = writeln!(text, "  peak    {peak} requests/s on {}", week.zone.local(at));
        }
        let _ = writeln!(text, "  mean    {} requests/s", rate(self.mean()));
        let _ = writeln!(text, "  growth  {}", self.growth());
        let _ = writeln!(text, "  demand  {}\n", self.kind());
        text.push_str(&demand(week, style));
        if !week.borrowed.buckets.is_empty() {
            let part = span(week.width);
            let _ = writeln!(
                text,
                "{} of {part} had too few samples: their neighbours stand in",
                counted(week.borrowed.buckets.len() as u64, "part")
            );
        }
        text
    }

    fn expected(&self) -> i64 {
        (self.profile.period().seconds() / self.profile.step.max(1)).max(1)
    }

    fn mean(&self) -> f64 {
        let sum: f64 = self.profile.values.iter().map(|value| self.profile.rate(*value)).sum();
        sum / self.profile.values.len().max(1) as f64
    }

    fn growth(&self) -> String {
        match self.week.weeks {
            0..=5 => "not told from less than six complete weeks".to_owned(),
            weeks if self.week.growth == Ratio::ONE => format!("none, by the peaks of {weeks} weeks"),
            weeks => format!(
                "times {} within four weeks, by the peaks of {weeks} weeks",
                self.week.growth
            ),
        }
    }

    fn kind(&self) -> String {
        match self.week.weeks {
            0 => "a declared week (shorter than two): its highest value at each time".to_owned(),
            weeks => format!("history: the 98th percentile of {weeks} weeks at each time"),
        }
    }

    /// For programs.
    pub fn json(&self) -> serde_json::Value {
        let (profile, week) = (self.profile, self.week);
        let period = profile.period();
        let gaps: Vec<_> = profile
            .gaps
            .iter()
            .map(|gap| serde_json::json!({ "line": gap.line, "from": gap.from.to_string(), "to": gap.to.to_string() }))
            .collect();
        let peak = profile
            .peak()
            .map(|(at, value)| serde_json::json!({ "time": at.to_string(), "rps": profile.rate(value) }));
        serde_json::json!({
            "profile": self.name,
            "from": period.from.to_string(),
            "to": period.to.to_string(),
            "step_seconds": profile.step,
            "samples": profile.times.len(),
            "expected_samples": self.expected(),
            "gaps": gaps,
            "peak": peak,
            "mean_rps": self.mean(),
            "history": week.weeks > 0,
            "weeks": week.weeks,
            "growth": week.growth.to_f64(),
            "timezone": week.zone.name(),
            "bucket_seconds": week.width,
            "borrowed_buckets": week.borrowed.buckets,
            "demand_rps": week.demand.iter().map(|value| profile.rate(*value)).collect::<Vec<_>>(),
        })
    }

    /// The demand of each part of the week.
    pub fn csv(&self) -> String {
        let week = self.week;
        let mut text = "day,time,rps,borrowed\n".to_owned();
        let borrowed: std::collections::HashSet<usize> = week.borrowed.buckets.iter().copied().collect();
        for (bucket, value) in week.demand.iter().enumerate() {
            let second = bucket as i64 * week.width;
            let day = DAYS.get((second / 86_400) as usize).copied().unwrap_or_default();
            let (hour, minute) = (second / 3600 % 24, second / 60 % 60);
            let _ = writeln!(
                text,
                "{day},{hour:02}:{minute:02},{},{}",
                self.profile.rate(*value),
                borrowed.contains(&bucket)
            );
        }
        text
    }
}

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
