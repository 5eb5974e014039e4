//! Which kind of file traffic is read from, and telling it from the file's first lines.

use super::log::{Log, Stamp};
use super::{cloudwatch, stamp};
use crate::capacity::zone::Zone;

/// A kind of file that traffic is imported from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// A log whose lines are requests.
    Lines(Stamp),
    /// A metric that CloudWatch exported as CSV, with the statistic Sum.
    Cloudwatch,
}

impl Form {
    /// All forms.
    pub const ALL: [Form; 4] = [
        Form::Lines(Stamp::Common),
        Form::Lines(Stamp::Local),
        Form::Lines(Stamp::Iso),
        Form::Cloudwatch,
    ];

    /// The log to count lines of. `None` for what is no log, and where the zone is needed and not given.
    pub fn log(self, zone: Option<&Zone>) -> Option<Log> {
        match self {
            Form::Lines(Stamp::Common) => Some(Log::Common),
            Form::Lines(Stamp::Local) => zone.cloned().map(Log::Local),
            Form::Lines(Stamp::Iso) => Some(Log::Iso),
            Form::Cloudwatch => None,
        }
    }
}

/// What a file seems to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guess {
    /// One of the forms.
    Form(Form),
    /// CSV with a column of timestamps: a profile already.
    Profile,
    /// None of them.
    Unknown,
}

/// Lines looked at.
const LINES: usize = 100;

/// Tells a file by its beginning: the form that most of its first lines have.
pub fn guess(beginning: &[u8]) -> Guess {
    let text = String::from_utf8_lossy(beginning);
    let text = text.trim_start_matches('\u{feff}');
    let header = text.lines().next().unwrap_or_default();
    let mut columns = header.split(',').map(|name| name.trim().trim_matches('"'));
    if header.contains(',') && columns.any(|name| name.eq_ignore_ascii_case("timestamp")) {
        return Guess::Profile;
    }
    let mut votes = [0_usize; Form::ALL.len()];
    for line in text.lines().take(LINES) {
        let found = form_of(line).and_then(|form| Form::ALL.iter().position(|known| *known == form));
        if let Some(found) = found {
            votes[found] += 1;
        }
    }
    let best = Form::ALL.into_iter().zip(votes).max_by_key(|(_, votes)| *votes);
    match best {
        Some((form, 1..)) => Guess::Form(form),
        _ => Guess::Unknown,
    }
}

fn form_of(line: &str) -> Option<Form> {
    let logged = memchr::memchr_iter(b'[', line.as_bytes())
        .take(stamp::BRACKETS)
        .find_map(|at| stamp::written(line.as_bytes().get(at + 1..)?));
    logged
        .map(Form::Lines)
        .or_else(|| cloudwatch::is_row(line).then_some(Form::Cloudwatch))
}
