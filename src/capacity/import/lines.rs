//! A stream as lines: one buffer, whole lines counted where they stand, the rest moved to the front.

use std::io::{self, Read};

use super::bins::Bins;
use super::log::{Counted, Log};
use super::stamp::Stamps;

const BUFFER: usize = 1 << 18;
/// Lines longer than the buffer are cut; their time stands near the beginning.
const PROGRESS: u64 = 64 << 20;

pub(super) fn count(
    mut log: impl Read,
    format: &Log,
    bins: &mut Bins,
    progress: &mut dyn FnMut(u64),
) -> io::Result<Counted> {
    let mut stamps = Stamps::new(format);
    let mut counted = Counted::default();
    let mut number = 0;
    let mut buffer = vec![0; BUFFER];
    let mut filled = 0;
    // Whether the buffer begins within a line that was counted already.
    let mut within = false;
    let mut told = 0;
    loop {
        let read = match log.read(&mut buffer[filled..]) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        filled += read;
        counted.bytes += read as u64;
        let mut from = 0;
        let mut line = |line: &[u8]| {
            number += 1;
            if matches!(line, [] | [b'\r']) {
                return;
            }
            match stamps.moment(line) {
                Some(at) => {
                    bins.add(at, 1);
                    counted.requests += 1;
                }
                None => {
                    counted.passed_over += 1;
                    counted.first_passed_over.get_or_insert(number);
                }
            }
        };
        for end in memchr::memchr_iter(b'\n', &buffer[..filled]) {
            if !std::mem::take(&mut within) {
                line(&buffer[from..end]);
            }
            from = end + 1;
        }
        let full = from == 0 && filled == buffer.len();
        if (read == 0 || full) && from < filled {
            if !within {
                line(&buffer[from..filled]);
            }
            within = full;
            from = filled;
        }
        buffer.copy_within(from..filled, 0);
        filled -= from;
        if counted.bytes - told >= PROGRESS {
            told = counted.bytes;
            progress(told);
        }
        if read == 0 {
            return Ok(counted);
        }
    }
}
