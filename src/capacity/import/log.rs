//! A log and what was counted of it.

use crate::capacity::zone::Zone;

/// How the lines of a log write the time of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stamp {
    /// `[10/Oct/2000:13:55:36 -0700]`: the common log format.
    Common,
    /// `[06/Feb/2009:12:14:14.655]`: the same to the millisecond, in a zone that the log does not name.
    Local,
    /// `[2016-04-15T20:17:00.310Z]`: ISO 8601.
    Iso,
}

/// A log whose lines are requests, by how they write the time.
#[derive(Clone, Debug, PartialEq)]
pub enum Log {
    /// [`Stamp::Common`].
    Common,
    /// [`Stamp::Local`], in this zone.
    Local(Zone),
    /// [`Stamp::Iso`].
    Iso,
}

/// What a log held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Bytes read, unpacked.
    pub bytes: u64,
    /// Requests counted.
    pub requests: u64,
    /// Lines without a time of the expected form, which were not counted.
    pub passed_over: u64,
    /// The first such line; the first of a log is 1.
    pub first_passed_over: Option<u64>,
}
