//! Profiles out of what is already there: access logs and exports, read as a stream and counted by the minute, and the
//! answers of a Prometheus. Memory does not grow with the log, only with the time it spans. Nothing here opens a file or
//! a connection.

mod bins;
mod cloudwatch;
mod form;
mod lines;
mod log;
pub mod prometheus;
pub mod query;
mod stamp;
mod table;

use std::io::{self, BufRead, BufReader, Read};

pub use bins::{Bins, Stretch};
pub use cloudwatch::{cloudwatch, common_step};
pub use form::{Form, Guess, guess};
pub use log::{Counted, Log, Stamp};
pub use table::table;

/// Bytes read ahead.
const BUFFER: usize = 1 << 16;

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
