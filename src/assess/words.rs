//! Shortfalls in words: why a count is too low, since when, and for how long.

use crate::assess::misread::weekdays;
use crate::capacity::Zone;
use crate::capacity::floor::{Bound, Cause, Misreading, Shortfall, Window};

/// What a shortfall is put into words from.
pub(super) struct Words<'w> {
    /// The field that states the count, as the product calls it.
    pub field: &'w str,
    /// The text it points at, as written.
    pub text: String,
    /// The time expression of the entry it belongs to.
    pub edge: String,
    /// The zone of the traffic.
    pub zone: &'w str,
    /// Which right is missing, in words.
    pub refused: &'w str,
    /// What puts back what jobs set.
    pub healer: &'w str,
    /// The shortfall.
    pub found: &'w Shortfall,
}

impl Words<'_> {
    /// The text without its quotes.
    pub fn bare(&self) -> &str {
        &self.text
    }

    /// Why too few are there.
    pub fn because(&self) -> String {
        let (field, text, edge) = (self.field, self.bare(), &self.edge);
        let stated = self.found.worst.guaranteed;
        let replicas = if stated == 1 { "replica" } else { "replicas" };
        let maximum = self.found.bound == Bound::Maximum;
        match self.found.cause {
            Cause::Count if maximum => format!("{field} allows {stated} {replicas}"),
            Cause::Count => format!("{field} guarantees {stated} {replicas}"),
            Cause::Opens if maximum => format!("`{text}` allows {stated} {replicas}"),
            Cause::Opens => format!("`{text}` leaves {stated} {replicas}"),
            Cause::TooLate => format!("`{text}` comes too late, and until then there are {stated} {replicas}"),
            Cause::Misread(Misreading::MissingZone) => format!(
                "`{text}` names no time zone and is read in UTC, which leaves {stated} {replicas}; in {} it would do",
                self.zone
            ),
            Cause::Misread(Misreading::OtherZone) if text.contains(' ') => format!(
                "`{text}` is in UTC, which leaves {stated} {replicas}; in {} it would do",
                self.zone
            ),
            Cause::Misread(Misreading::OtherZone) => format!(
                "`{edge}` is in {text}, which leaves {stated} {replicas}; in {} it would do",
                self.zone
            ),
            Cause::Misread(Misreading::Weekdays) => {
                let (own, meant) = weekdays(text).unwrap_or_default();
                format!("`{text}` is {own} here, where Sunday is 1, which leaves {stated} {replicas}; {meant} would do")
            }
            Cause::Misread(Misreading::DesiredAlone) => format!(
                "`{edge}` raises only the desired capacity, to {text}, which guarantees nothing: {field} guarantees {stated} {replicas}"
            ),
            Cause::Misread(Misreading::Forbidden) => format!(
                "{}, so the count stays as it is: {field} guarantees {stated} {replicas}",
                self.refused
            ),
            Cause::Misread(Misreading::Healed) => format!(
                "{} sets {field} back to {text} as soon as a job has changed it, and so there are {stated} {replicas}",
                self.healer
            ),
            Cause::Misread(Misreading::Overruled) => format!(
                "`{edge}` sets the count, which the autoscaler of the same workload owns and takes down again: {field} \
                 guarantees {stated} {replicas}"
            ),
        }
    }

    /// What to do about a misreading.
    pub fn remedy(&self) -> Option<String> {
        Some(match self.found.cause {
            Cause::Misread(Misreading::MissingZone | Misreading::OtherZone) => {
                format!(
                    "Name the zone that is meant, {}, in every entry of the schedule",
                    self.zone
                )
            }
            Cause::Misread(Misreading::Weekdays) => {
                "Name the days, as in MON-FRI: names mean the same everywhere".to_owned()
            }
            Cause::Misread(Misreading::DesiredAlone) => {
                "Set the minimum of the action too: only the minimum holds".to_owned()
            }
            Cause::Misread(Misreading::Forbidden) => "Add the resource and the verb to the role".to_owned(),
            Cause::Misread(Misreading::Healed) => {
                "Leave it out of the manifest, or let what deploys it ignore it".to_owned()
            }
            Cause::Misread(Misreading::Overruled) => {
                "Let the job change the autoscaler's minimum instead of the count".to_owned()
            }
            _ => return None,
        })
    }
}

/// A text as a sentence quotes it: without its quotes; a bare list says what it is a list of.
pub(super) fn quoted(text: &str) -> String {
    match text.starts_with('[') {
        true => format!("hours = {text}"),
        false => text.trim_matches(['"', '\'']).to_owned(),
    }
}

/// The word of a cause in the model.
pub(super) fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Opens => "opens",
        Cause::TooLate => "too_late",
        Cause::Count => "count",
        Cause::Misread(Misreading::MissingZone) => "missing_zone",
        Cause::Misread(Misreading::OtherZone) => "other_zone",
        Cause::Misread(Misreading::Weekdays) => "weekdays",
        Cause::Misread(Misreading::DesiredAlone) => "desired_alone",
        Cause::Misread(Misreading::Forbidden) => "forbidden",
        Cause::Misread(Misreading::Overruled) => "overruled",
        Cause::Misread(Misreading::Healed) => "healed",
    }
}

/// A window in local time, its beginning in UTC too.
pub(super) fn window(window: &Window, zone: &Zone) -> String {
    let from = zone.local(window.period.from);
    let to = zone.local(window.period.to);
    let same_day = from.get(..14) == to.get(..14);
    let to = if same_day { to.get(15..20).unwrap_or(&to) } else { &to };
    format!("{from} ({}) until {to}", window.period.from)
}

/// A plain expression such as `30 7 * * 1-5`, moved so many seconds earlier; `None` where that leaves the day.
pub(super) fn earlier(expression: &str, seconds: i64) -> Option<String> {
    let (minute, rest) = expression.split_once(' ')?;
    let (hour, days) = rest.trim_start().split_once(' ')?;
    let (minute, hour): (i64, i64) = (minute.parse().ok()?, hour.parse().ok()?);
    let at = hour * 60 + minute - (seconds + 59) / 60;
    (at >= 0).then(|| format!("{} {} {}", at % 60, at / 60, days.trim_start()))
}

pub(super) fn length(seconds: i64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, (seconds + 59) / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, 0, _) => format!("{days} d"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::{earlier, length};

    #[test]
    fn edges_move_within_their_day() {
        assert_eq!(earlier("30 7 * * 1-5", 45 * 60).as_deref(), Some("45 6 * * 1-5"));
        assert_eq!(earlier("10 0 * * *", 15 * 60), None);
        assert_eq!(earlier("*/5 7 * * *", 60), None);
        assert_eq!(earlier("0 8 * * 1", 61).as_deref(), Some("58 7 * * 1"));
    }

    #[test]
    fn lengths_in_words() {
        let cases = [
            (900, "15 min"),
            (7200, "2 h"),
            (9000, "2 h 30 min"),
            (90_000, "1 d 1 h"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(length(seconds), expected);
        }
    }
}
