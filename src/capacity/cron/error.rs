//! What can be wrong with an expression, with the bytes it is about.

use std::fmt;
use std::ops::Range;

/// Why an expression cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The product refuses it.
    Invalid,
    /// The product refuses it since this version.
    InvalidSince(&'static str),
    /// The zone before it does not exist.
    Zone,
    /// It is accepted and never fires.
    NeverFires,
    /// It fires at a distance from an instant that no one can know here (`@every 1h`).
    NoPhase,
}

/// What is wrong with an expression, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronError {
    /// What kind of mistake it is.
    pub fault: Fault,
    /// The bytes of the expression that are wrong.
    pub at: Range<usize>,
    /// What is wrong, without a full stop.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl fmt::Display for CronError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

pub(super) fn invalid(at: Range<usize>, message: impl Into<String>) -> CronError {
    CronError {
        fault: Fault::Invalid,
        at,
        message: message.into(),
        help: None,
    }
}

impl CronError {
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

pub(super) fn never(at: Range<usize>) -> CronError {
    CronError {
        fault: Fault::NeverFires,
        at,
        message: "no date ever matches, so this never fires".to_owned(),
        help: Some("choose a day that the month has".to_owned()),
    }
}

impl std::error::Error for CronError {}
