//! CSV to profile. Every mistake names its line and what to do; what is missing stays missing.

use std::io::Read;

use super::table::{fields, lines};
use super::time::{Clock, Stamp, stamp};
use super::{Gap, Profile, ProfileProblem};
use crate::capacity::moment::Moment;
use crate::capacity::ratio::{NumberFault, nanos};
use crate::capacity::zone::Zone;
use crate::repo::open::PROFILE;

/// What a value counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// Requests per second.
    #[default]
    PerSecond,
    /// Requests per sample.
    PerSample,
}

/// Which columns of a file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    /// The column of timestamps.
    pub time: String,
    /// The column of values.
    pub value: String,
    /// What they count.
    pub unit: Unit,
}

impl Default for Columns {
    fn default() -> Self {
        Self {
            time: "timestamp".to_owned(),
            value: "rps".to_owned(),
            unit: Unit::PerSecond,
        }
    }
}

/// How to read a file.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// Its columns.
    pub columns: Columns,
    /// The zone of times that have none.
    pub zone: Option<Zone>,
    /// The present, after which no traffic can have been recorded.
    pub now: Option<Moment>,
}

/// Problems listed of one file; a file that is wrong in one way is often wrong in that way on every line.
const LISTED: usize = 10;
/// What a profile may hold, compressed or not: years of one-minute samples. A packed one may be a thousand times its size.
const LARGEST: u64 = PROFILE;

/// Reads a profile from the bytes of a CSV file, compressed with gzip or not.
pub fn read_profile(bytes: &[u8], source: &Source) -> Result<Profile, Vec<ProfileProblem>> {
    let whole = |message: String, help: &str| {
        vec![ProfileProblem {
            line: 1,
            message,
            help: help.to_owned(),
        }]
    };
    let unpacked = match bytes {
        [0x1f, 0x8b, ..] => {
            let mut unpacked = Vec::new();
            let mut reader = flate2::read::MultiGzDecoder::new(bytes).take(LARGEST + 1);
            if let Err(error) = reader.read_to_end(&mut unpacked) {
                return Err(whole(
                    format!("the file cannot be unpacked: {error}"),
                    "compress it with gzip again",
                ));
            }
            if unpacked.len() as u64 > LARGEST {
                return Err(whole(
                    format!("the file holds more than {} MB", LARGEST >> 20),
                    "keep one sample a minute",
                ));
            }
            Some(unpacked)
        }
        _ => None,
    };
    let text = std::str::from_utf8(unpacked.as_deref().unwrap_or(bytes));
    let text = text.map_err(|_| whole("the file is not text in UTF-8".to_owned(), "save it as CSV in UTF-8"))?;
    Reader::new(source).read(text)
}

/// The text of a profile, for showing its lines: unpacked where it is compressed; `None` where that fails.
pub fn unpacked(bytes: &[u8]) -> Option<Vec<u8>> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Some(bytes.to_vec());
    }
    let mut unpacked = Vec::new();
    let mut reader = flate2::read::MultiGzDecoder::new(bytes).take(LARGEST);
    reader.read_to_end(&mut unpacked).ok().map(|_| unpacked)
}

struct Reader<'s> {
    source: &'s Source,
    clock: Option<Clock>,
    times: Vec<Moment>,
    values: Vec<u64>,
    /// The line of each sample.
    rows: Vec<u32>,
    problems: Vec<ProfileProblem>,
    more: usize,
}

impl<'s> Reader<'s> {
    fn new(source: &'s Source) -> Self {
        Self {
            source,
            clock: source.zone.clone().map(Clock::new),
            times: Vec::new(),
            values: Vec::new(),
            rows: Vec::new(),
            problems: Vec::new(),
            more: 0,
        }
    }

    fn problem(&mut self, line: u32, message: impl Into<String>, help: impl Into<String>) {
        if self.problems.len() == LISTED {
            self.more += 1;
            return;
        }
        self.problems.push(ProfileProblem {
            line,
            message: message.into(),
            help: help.into(),
        });
    }

    fn read(mut self, text: &str) -> Result<Profile, Vec<ProfileProblem>> {
        let mut lines = lines(text);
        let Some((header_line, header)) = lines.next() else {
            self.problem(
                1,
                "the profile is empty",
                "write a header such as `timestamp,rps`, then one row a sample",
            );
            return Err(self.problems);
        };
        let Some((time, value)) = self.header(header_line, header) else {
            return Err(self.problems);
        };
        for (line, row) in lines {
            let mut found = (None, None);
            for (n, field) in fields(row).enumerate() {
                if n == time {
                    found.0 = Some(field);
                }
                if n == value {
                    found.1 = Some(field);
                }
            }
            match found {
                (Some(time), Some(value)) => self.row(line, time, value),
                _ => self.problem(
                    line,
                    "the row has too few fields",
                    "give every row the header's columns",
                ),
            }
        }
        if self.problems.is_empty() && self.times.len() < 2 {
            let help = "give at least two samples, so that their distance is known";
            let message = match self.times.len() {
                0 => "the profile has a header and no samples",
                _ => "the profile has a single sample",
            };
            self.problem(header_line, message, help);
        }
        if !self.problems.is_empty() {
            if let (Some(last), more @ 1..) = (self.problems.last_mut(), self.more) {
                last.message.push_str(&format!(" (and {more} more such lines)"));
            }
            return Err(self.problems);
        }
        Ok(self.finish())
    }

    fn header(&mut self, line: u32, header: &str) -> Option<(usize, usize)> {
        let columns = &self.source.columns;
        let names: Vec<&str> = fields(header).collect();
        let place = |wanted: &str| names.iter().position(|name| *name == wanted);
        let (time, value) = (place(&columns.time), place(&columns.value));
        if let (Some(time), Some(value)) = (time, value) {
            return Some((time, value));
        }
        for (found, name, key) in [(time, &columns.time, "time"), (value, &columns.value, "value")] {
            if found.is_none() {
                let message = format!("there is no column `{name}`; the header names {}", listed(&names));
                let help = format!(
                    "name the column: `columns: {{ {key}: … }}` in the configuration, --{key}-column on the command line"
                );
                self.problem(line, message, help);
            }
        }
        None
    }

    fn row(&mut self, line: u32, time: &str, value: &str) {
        let previous = self.times.last().copied();
        let Some(at) = self.time(line, time, previous) else {
            return;
        };
        if let Some(now) = self.source.now.filter(|now| at > *now) {
            let message = format!("{at} lies in the future: it is {now}");
            return self.problem(
                line,
                message,
                "check the clock that wrote the file, and the zone of its times",
            );
        }
        if let Some(previous) = previous {
            let before = self.rows.last().copied().unwrap_or(line);
            if at == previous {
                let message = format!("the time {time} occurs twice, first in line {before}");
                return self.problem(line, message, "keep one row for each time: the sum over all instances");
            }
            if at < previous {
                let message = format!("the time {time} comes after a later one in line {before}");
                return self.problem(line, message, "sort the rows by time");
            }
        }
        // A sample without a value is missing, like one without a row.
        if value.is_empty() {
            return;
        }
        match nanos(value) {
            Ok(value) => {
                self.times.push(at);
                self.values.push(value);
                self.rows.push(line);
            }
            Err(fault) => {
                let (message, help) = match fault {
                    NumberFault::Malformed => ("is not a number", "write a decimal number such as `12.5`"),
                    NumberFault::NotFinite => (
                        "is not a measurement",
                        "leave the row out: what is missing is never taken for zero",
                    ),
                    NumberFault::Negative => ("is below zero", "export the rate, not its change"),
                    NumberFault::TooLarge => ("is too large", "check the column and its unit"),
                };
                self.problem(line, format!("`{value}` {message}"), help);
            }
        }
    }

    fn time(&mut self, line: u32, text: &str, previous: Option<Moment>) -> Option<Moment> {
        match stamp(text) {
            Some(Stamp::Known(at)) => Some(at),
            Some(Stamp::Local(wall)) => {
                let Some(clock) = &mut self.clock else {
                    let message = format!("the time {text} names no zone");
                    self.problem(
                        line,
                        message,
                        "name the zone in the configuration: `columns: { zone: UTC }`",
                    );
                    return None;
                };
                let at = clock.moment(wall, previous);
                if at.is_none() {
                    let zone = self.source.zone.as_ref().map_or("", Zone::name);
                    let message = format!("{text} does not exist in {zone}: the clock is set forward over it");
                    self.problem(line, message, "check the zone of the file's times");
                }
                at
            }
            None => {
                let message = format!("`{text}` is not a time");
                self.problem(line, message, "write it like 2026-06-05T08:00:00Z");
                None
            }
        }
    }

    fn finish(self) -> Profile {
        let step = step(&self.times);
        let pairs = self.times.windows(2).zip(self.rows.iter().skip(1));
        let gaps = pairs.filter_map(|(pair, line)| {
            let [from, to] = [pair[0], pair[1]];
            // Clocks wander; a sample that comes half a step late is not missing.
            (2 * to.since(from) > 3 * step).then_some(Gap {
                line: *line,
                from: from.plus(step),
                to,
            })
        });
        let gaps = gaps.collect();
        Profile {
            step,
            divisor: match self.source.columns.unit {
                Unit::PerSecond => 1,
                Unit::PerSample => step,
            },
            gaps,
            times: self.times,
            values: self.values,
        }
    }
}

/// The most frequent distance between samples; of several the shortest.
fn step(times: &[Moment]) -> i64 {
    let mut steps: Vec<i64> = times.windows(2).map(|pair| pair[1].since(pair[0])).collect();
    steps.sort_unstable();
    let mut best = (0, 1);
    let mut from = 0;
    while let Some(step) = steps.get(from) {
        let count = steps[from..].partition_point(|other| other == step);
        if count > best.0 {
            best = (count, *step);
        }
        from += count;
    }
    best.1
}

fn listed(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().take(8).map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
