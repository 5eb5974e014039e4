//! Profiles out of what is already there: access logs and exports, read as a stream and counted by the minute. Memory
//! does not grow with the log, only with the time it spans.

mod bins;
mod cloudwatch;
mod lines;
mod stamp;

use std::io::{self, BufRead, BufReader, Read};

use super::Zone;

pub use bins::{Bins, Stretch};
pub use cloudwatch::cloudwatch;

/// A log whose lines are requests.
#[derive(Clone, Debug, PartialEq)]
pub enum Log {
    /// nginx's and Apache's `combined`: `[10/Oct/2000:13:55:36 -0700]`, the end of the request.
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

/// Counts a log's requests into bins. Packed logs are unpacked on the way. `progress` hears the bytes read so far, now
/// and then.
pub fn count(log: impl Read, format: &Log, bins: &mut Bins, progress: &mut dyn FnMut(u64)) -> io::Result<Counted> {
    let mut log = BufReader::with_capacity(1 << 16, log);
    if log.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        lines::count(flate2::bufread::MultiGzDecoder::new(log), format, bins, progress)
    } else {
        lines::count(log, format, bins, progress)
    }
}
