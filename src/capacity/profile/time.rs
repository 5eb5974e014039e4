//! Timestamps of a profile: RFC 3339 with `T` or a space, with or without an offset.

use crate::capacity::moment::{Moment, Wall};
use crate::capacity::zone::{Offset, Zone};

/// A timestamp as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stamp {
    /// With an offset.
    Known(Moment),
    /// A reading of a wall clock.
    Local(Wall),
}

/// Reads `2026-06-05T08:00:00Z`, `2026-06-05 08:00:00.250+02:00`, `2026-06-05 08:00`. Parts of a second are dropped.
pub(super) fn stamp(text: &str) -> Option<Stamp> {
    let bytes = text.as_bytes();
    let digits = |from: usize, count: usize| {
        let mut number = 0;
        for byte in bytes.get(from..from + count)? {
            number = number * 10 + i64::from(byte.checked_sub(b'0').filter(|digit| *digit < 10)?);
        }
        Some(number)
    };
    let is = |at: usize, wanted: &[u8]| bytes.get(at).is_some_and(|byte| wanted.contains(byte));
    if !(is(4, b"-") && is(7, b"-") && is(10, b"T t") && is(13, b":")) {
        return None;
    }
    let mut at = 16;
    let mut second = 0;
    if is(16, b":") {
        second = digits(17, 2)?;
        at = 19;
        if is(19, b".,") {
            at = 20 + bytes.get(20..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
        }
    }
    // A leap second is read as the second before it.
    let second = if second == 60 { 59 } else { second };
    let wall = Wall::at(
        digits(0, 4)?,
        digits(5, 2)?,
        digits(8, 2)?,
        digits(11, 2)?,
        digits(14, 2)?,
        second,
    )?;
    let zone = text.get(at..)?.trim_start();
    let sign = match zone.as_bytes() {
        [] => return Some(Stamp::Local(wall)),
        [b'Z' | b'z'] => return Some(Stamp::Known(wall.moment(0))),
        [b'+', ..] => 1,
        [b'-', ..] => -1,
        _ => return (zone == "UTC").then_some(Stamp::Known(wall.moment(0))),
    };
    let from = at + text.get(at..)?.len() - zone.len() + 1;
    let hours = digits(from, 2)?;
    let minutes = match bytes.get(from + 2..)? {
        [] => 0,
        [b':', rest @ ..] if rest.len() == 2 => digits(from + 3, 2)?,
        rest if rest.len() == 2 => digits(from + 2, 2)?,
        _ => return None,
    };
    Some(Stamp::Known(wall.moment(sign * (hours * 3600 + minutes * 60))))
}

/// Turns readings of a wall clock into instants, in order: a repeated reading is the later one once its first has passed.
pub(super) struct Clock {
    zone: Zone,
    stretches: Vec<Offset>,
    at: usize,
}

impl Clock {
    pub fn new(zone: Zone) -> Self {
        Self {
            zone,
            stretches: Vec::new(),
            at: 0,
        }
    }

    /// The instant of a reading after `previous`; `None` for one that the clock skips.
    pub fn moment(&mut self, wall: Wall, previous: Option<Moment>) -> Option<Moment> {
        let later = |moment: &Moment| previous.is_none_or(|previous| *moment > previous);
        if let Some(stretch) = self.stretches.get(self.at) {
            let moment = wall.moment(stretch.seconds);
            // Far enough from both ends that no other reading is possible.
            if stretch.from.plus(86_400) <= moment && moment.plus(86_400) < stretch.to {
                return Some(moment);
            }
        }
        let near = Moment::from_unix(wall.0);
        self.stretches = self.zone.offsets(near.plus(-3 * 86_400), near.plus(3 * 86_400));
        self.at = self.stretches.iter().position(|stretch| stretch.to > near).unwrap_or(0);
        let both = self.zone.moments(wall);
        both.iter().copied().find(later).or(both.last().copied())
    }
}
