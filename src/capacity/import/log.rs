//! A log and what was counted of it.

use crate::capacity::zone::Zone;

/// A log whose lines are requests.
#[derive(Clone, Debug, PartialEq)]
pub enum Log {
    /// nginx's and Apache's `combined`: `[10/Oct/2000:13:55:36 -0700]`, when nginx ended the request or Apache received it.
    Combined,
    /// HAProxy's HTTP log: `[06/Feb/2009:12:14:14.655]`, when the request came, in this zone.
    Haproxy(Zone),
    /// Envoy's default: `[2016-04-15T20:17:00.310Z]`, the beginning of the request in UTC.
    Envoy,
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
