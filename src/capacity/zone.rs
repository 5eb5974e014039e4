//! Time zones by IANA name, as stretches of constant offset. The database is bundled: the same on every machine.

use std::fmt;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::moment::{Moment, Wall};

fn database() -> &'static TimeZoneDatabase {
    static DATABASE: OnceLock<TimeZoneDatabase> = OnceLock::new();
    DATABASE.get_or_init(TimeZoneDatabase::bundled)
}

/// A time zone.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    name: Arc<str>,
    zone: TimeZone,
}

/// A name that is not a time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneError {
    /// What is wrong, without a full stop.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

impl fmt::Display for ZoneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.message, self.help)
    }
}

impl std::error::Error for ZoneError {}

/// A stretch in which a zone's offset does not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offset {
    /// When it begins; a clock change unless `before` is `None`.
    pub from: Moment,
    /// When it ends; a clock change unless `after` is `None`.
    pub to: Moment,
    /// Seconds ahead of UTC.
    pub seconds: i64,
    /// The offset until `from`.
    pub before: Option<i64>,
    /// The offset from `to`.
    pub after: Option<i64>,
}

impl Zone {
    /// Coordinated universal time.
    pub fn utc() -> Self {
        Self {
            name: Arc::from("UTC"),
            zone: TimeZone::UTC,
        }
    }

    /// The zone with an IANA name. Upper and lower case count: products look the name up as a file.
    pub fn named(name: &str) -> Result<Self, ZoneError> {
        let found = database().get(name).ok();
        let exact = found.as_ref().and_then(TimeZone::iana_name);
        match (found.clone(), exact) {
            (Some(zone), Some(exact)) if exact == name => Ok(Self {
                name: Arc::from(name),
                zone,
            }),
            (_, Some(exact)) => Err(ZoneError {
                message: format!("`{name}` is not a time zone: upper and lower case count"),
                help: format!("write `{exact}`"),
            }),
            _ => Err(unknown(name)),
        }
    }

    /// Whether it is UTC, by any of its names.
    pub fn is_utc(&self) -> bool {
        let bare = self.name.strip_prefix("Etc/").unwrap_or(&self.name);
        matches!(
            bare,
            "UTC" | "UCT" | "Universal" | "Zulu" | "GMT" | "GMT0" | "GMT+0" | "GMT-0" | "Greenwich"
        )
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Seconds ahead of UTC at an instant.
    pub fn offset(&self, at: Moment) -> i64 {
        i64::from(self.zone.to_offset(timestamp(at)).seconds())
    }

    /// What a clock in the zone shows at an instant.
    pub fn wall(&self, at: Moment) -> Wall {
        at.wall(self.offset(at))
    }

    /// The stretches of constant offset that cover `from` until `to`, in order; the first and last reach beyond it.
    pub fn offsets(&self, from: Moment, to: Moment) -> Vec<Offset> {
        const FAR: i64 = 400 * 86_400;
        let mut seconds = self.offset(from.plus(-FAR));
        let mut all: Vec<Offset> = vec![Offset {
            from: from.plus(-FAR),
            to: to.plus(FAR),
            seconds,
            before: None,
            after: None,
        }];
        for transition in self.zone.following(timestamp(from.plus(-FAR))) {
            let at = Moment::from_unix(transition.timestamp().as_second());
            if at > to.plus(FAR) {
                break;
            }
            let next = i64::from(transition.offset().seconds());
            // Some transitions change only the abbreviation.
            if next == seconds {
                continue;
            }
            if let Some(last) = all.last_mut() {
                last.to = at;
                last.after = Some(next);
            }
            all.push(Offset {
                from: at,
                to: to.plus(FAR),
                seconds: next,
                before: Some(seconds),
                after: None,
            });
            seconds = next;
            if at >= to {
                break;
            }
        }
        all.retain(|offset| offset.to > from && offset.from < to);
        all
    }

    /// The instants at which a clock in the zone shows `wall`: none in a gap, two where the clock is set back.
    pub fn moments(&self, wall: Wall) -> Vec<Moment> {
        let near = Moment::from_unix(wall.0);
        let mut found: Vec<Moment> = Vec::new();
        for offset in self.offsets(near.plus(-2 * 86_400), near.plus(2 * 86_400)) {
            let moment = wall.moment(offset.seconds);
            if offset.from <= moment && moment < offset.to && !found.contains(&moment) {
                found.push(moment);
            }
        }
        found
    }

    /// An instant as people of the zone write it, such as `Sun 2026-03-08 18:00 EDT`.
    pub fn local(&self, at: Moment) -> String {
        let zoned = timestamp(at).to_zoned(self.zone.clone());
        zoned.strftime("%a %Y-%m-%d %H:%M %Z").to_string()
    }
}

/// Instants beyond the years of the database are held at its ends.
fn timestamp(at: Moment) -> Timestamp {
    let last = if at.unix() < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_second(at.unix()).unwrap_or(last)
}

fn unknown(name: &str) -> ZoneError {
    let message = format!("`{name}` is not a time zone");
    let help = match name {
        "" => "write an IANA name such as `Europe/Prague`".to_owned(),
        _ if name.contains("Standard Time") => {
            "this is a Windows name; write an IANA name such as `America/Los_Angeles`".to_owned()
        }
        _ => match nearest(name) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "write an IANA name such as `Europe/Prague` or `UTC`".to_owned(),
        },
    };
    ZoneError { message, help }
}

fn nearest(name: &str) -> Option<String> {
    let wanted = name.to_ascii_lowercase();
    // Longer names are not worth the comparison.
    if wanted.len() > 40 {
        return None;
    }
    let city = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
    database()
        .available()
        .map(|known| {
            let known = known.as_str().to_owned();
            let lower = known.to_ascii_lowercase();
            let distance =
                strsim::levenshtein(&lower, &wanted).min(1 + strsim::levenshtein(&city(&lower), &city(&wanted)));
            (distance, known)
        })
        .min()
        .filter(|(distance, _)| *distance <= 2)
        .map(|(_, known)| known)
}
