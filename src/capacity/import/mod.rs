//! Profiles out of what is already there: access logs and exports, read as a stream and counted by the minute, and the
//! answers of a Prometheus. Memory does not grow with the log, only with the time it spans. Nothing here opens a file or
//! a connection.

mod bins;
mod cloudwatch;
mod form;
mod lines;
pub mod prometheus;
pub mod query;
mod stamp;
mod table;

use std::io::{self, BufRead, BufReader, Read};

use super::Zone;

pub use bins::{Bins, Stretch};
pub use cloudwatch::{cloudwatch, common_step};
pub use form::{Form, Guess, guess};
pub use table::table;

/// Bytes read ahead.
const BUFFER: usize = 1 << 16;

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

/// Counts a log's requests into bins. Packed logs are unpacked on the way. `progress` hears the bytes read so far, now
/// and then.
pub fn count(log: impl Read, format: &Log, bins: &mut Bins, progress: &mut dyn FnMut(u64)) -> io::Result<Counted> {
    lines::count(unpacked(log)?, format, bins, progress)
}

/// A stream as it is, or unpacked where it was packed with gzip. Its buffer is large enough to [`guess`] from.
pub fn unpacked<'r>(stream: impl Read + 'r) -> io::Result<Box<dyn BufRead + 'r>> {
    let mut stream = BufReader::with_capacity(BUFFER, stream);
    if !stream.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        return Ok(Box::new(stream));
    }
    let unpacked = flate2::bufread::MultiGzDecoder::new(stream);
    Ok(Box::new(BufReader::with_capacity(BUFFER, unpacked)))
}
