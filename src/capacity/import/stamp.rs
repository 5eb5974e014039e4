//! The time of a log line. Lines come many to a minute, so the bytes up to the minute are compared with the last line's
//! before they are read.

use super::log::{Log, Stamp};
use crate::capacity::moment::{Moment, Wall};
use crate::capacity::zone::Zone;

const MONTHS: [&[u8; 3]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];

/// Brackets of a line that are looked at; names and addresses before the time may hold some.
pub(super) const BRACKETS: usize = 8;
/// Bytes of `10/Oct/2000:13:55`.
const CLF: usize = 17;
/// Bytes of `2016-04-15T20:17`.
const ISO: usize = 16;

/// Reads times of one form.
pub(super) struct Stamps<'f> {
    format: &'f Log,
    /// The text of the last line's minute, and of its offset.
    minute: [u8; CLF],
    offset: [u8; 5],
    moment: Moment,
}

impl<'f> Stamps<'f> {
    pub fn new(format: &'f Log) -> Self {
        Self {
            format,
            minute: [0; CLF],
            offset: [0; 5],
            moment: Moment::from_unix(0),
        }
    }

    /// The minute of a line's time.
    pub fn moment(&mut self, line: &[u8]) -> Option<Moment> {
        memchr::memchr_iter(b'[', line)
            .take(BRACKETS)
            .find_map(|at| self.at(line.get(at + 1..)?))
    }

    fn at(&mut self, text: &[u8]) -> Option<Moment> {
        match self.format {
            Log::Common => {
                let minute: &[u8; CLF] = text.first_chunk()?;
                let offset: &[u8; 5] = text.get(CLF + 4..)?.first_chunk()?;
                if *minute != self.minute || *offset != self.offset {
                    let wall = clf(minute)?;
                    self.moment = wall.moment(offset_of(offset)?);
                    (self.minute, self.offset) = (*minute, *offset);
                }
                Some(self.moment)
            }
            Log::Local(zone) => {
                let minute: &[u8; CLF] = text.first_chunk()?;
                if *minute != self.minute {
                    self.moment = local(zone, clf(minute)?, self.moment)?;
                    self.minute = *minute;
                }
                Some(self.moment)
            }
            Log::Iso => {
                let minute: &[u8; ISO] = text.first_chunk()?;
                if minute[..] != self.minute[..ISO] {
                    self.moment = iso(minute)?.moment(0);
                    self.minute[..ISO].copy_from_slice(minute);
                }
                Some(self.moment.plus(-iso_offset(text.get(ISO..)?)?))
            }
        }
    }
}

/// How the time after a bracket is written.
pub(super) fn written(text: &[u8]) -> Option<Stamp> {
    let in_iso = text.first_chunk().and_then(iso).is_some();
    if in_iso && iso_offset(text.get(ISO..)?).is_some() {
        return Some(Stamp::Iso);
    }
    text.first_chunk().and_then(clf)?;
    match text.get(CLF + 3)? {
        b' ' => Some(Stamp::Common),
        b'.' => Some(Stamp::Local),
        _ => None,
    }
}

/// Of a repeated reading the one nearest to the line before; a skipped one is no time.
fn local(zone: &Zone, wall: Wall, last: Moment) -> Option<Moment> {
    let found = zone.moments(wall);
    found.into_iter().min_by_key(|moment| moment.since(last).abs())
}

fn number(text: &[u8]) -> Option<i64> {
    text.iter().try_fold(0, |number, byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit < 10).then(|| number * 10 + i64::from(digit))
    })
}

fn clf(text: &[u8; CLF]) -> Option<Wall> {
    let separators = (text[2], text[6], text[11], text[14]);
    let month = MONTHS.iter().position(|name| name[..] == text[3..6])?;
    let month = i64::try_from(month).ok()? + 1;
    if separators != (b'/', b'/', b':', b':') {
        return None;
    }
    Wall::at(
        number(&text[7..11])?,
        month,
        number(&text[..2])?,
        number(&text[12..14])?,
        number(&text[15..17])?,
        0,
    )
}

fn iso(text: &[u8; ISO]) -> Option<Wall> {
    let separators = (text[4], text[7], text[10], text[13]);
    if separators != (b'-', b'-', b'T', b':') {
        return None;
    }
    let date = (number(&text[..4])?, number(&text[5..7])?, number(&text[8..10])?);
    Wall::at(
        date.0,
        date.1,
        date.2,
        number(&text[11..13])?,
        number(&text[14..16])?,
        0,
    )
}

/// Seconds of the offset that ends `:00.310Z`, `:00+02:00`.
fn iso_offset(text: &[u8]) -> Option<i64> {
    let end = text.iter().position(|byte| matches!(byte, b'Z' | b'+' | b'-'))?;
    let (seconds, zone) = text.split_at(end);
    if end > 12
        || !seconds
            .iter()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'))
    {
        return None;
    }
    match zone {
        [b'Z', ..] => Some(0),
        [sign, h, i, b':', m, n, ..] => offset_of(&[*sign, *h, *i, *m, *n]),
        _ => None,
    }
}

/// Seconds of `-0700`.
fn offset_of(text: &[u8; 5]) -> Option<i64> {
    let seconds = number(&text[1..3])? * 3600 + number(&text[3..5])? * 60;
    match text[0] {
        b'+' => Some(seconds),
        b'-' => Some(-seconds),
        _ => None,
    }
}
