//! What the sources share: collecting fields and notes, reading cron expressions, zones and counts.

use super::bounds::{Bounds, Field, Role};
use super::evaluation::{Context, Evaluation, NotEvaluated, Note, NoteKind};
use super::given::Given;
use crate::capacity::cron::{CronError, Dialect, Expression, Fault};
use crate::capacity::moment::Moment;
use crate::capacity::timeline::{Place, Timeline};
use crate::capacity::zone::Zone;
use crate::repo::Span;

/// Collects what one evaluation says.
pub(super) struct Builder {
    object: Span,
    /// The zone that is meant where UTC is written.
    utc_means: Option<Zone>,
    fields: Vec<Field>,
    notes: Vec<Note>,
    failure: Option<NotEvaluated>,
}

impl Builder {
    pub fn new(object: Span, context: &Context) -> Self {
        Self {
            object,
            utc_means: context.meant.zone.clone(),
            fields: Vec::new(),
            notes: Vec::new(),
            failure: None,
        }
    }

    /// A written field.
    pub fn field(&mut self, role: Role, span: Span) -> Place {
        self.push(role, span, true)
    }

    /// A field the product fills in.
    pub fn default(&mut self, role: Role) -> Place {
        self.push(role, self.object, false)
    }

    fn push(&mut self, role: Role, span: Span, written: bool) -> Place {
        self.fields.push(Field { role, span, written });
        Place(self.fields.len() as u32 - 1)
    }

    /// A field of an entry that the entry leaves out.
    pub fn left_out(&mut self, role: Role, entry: Span) -> Place {
        self.push(role, entry, false)
    }

    /// A count that may be written, or the product's default.
    pub fn count(&mut self, role: Role, given: Option<&Given<u32>>, default: u32) -> (u32, Place) {
        match given {
            Some(given) => (given.value, self.field(role, given.span)),
            None => (default, self.default(role)),
        }
    }

    pub fn note(&mut self, kind: NoteKind, span: Span, message: impl Into<String>, help: Option<&str>) {
        self.notes.push(Note {
            kind,
            span,
            message: message.into(),
            help: help.map(str::to_owned),
        });
    }

    /// Where a field stands.
    pub fn span_of(&self, place: Place) -> Span {
        self.fields
            .get(place.0 as usize)
            .map_or(self.object, |field| field.span)
    }

    pub fn add(&mut self, note: Note) {
        self.notes.push(note);
    }

    /// Remembers the first reason for which nothing can be said.
    pub fn fail(&mut self, span: Span, reason: impl Into<String>) {
        let reason = reason.into();
        self.failure.get_or_insert(NotEvaluated { reason, span });
    }

    /// A value the product refuses: said, and nothing is evaluated.
    pub fn refuse(&mut self, kind: NoteKind, span: Span, message: impl Into<String>, help: Option<&str>) {
        let message = message.into();
        self.fail(span, message.clone());
        self.note(kind, span, message, help);
    }

    /// Reads an expression. What never fires is said and kept.
    pub fn cron(&mut self, given: &Given<String>, dialect: &'static Dialect) -> Option<Expression> {
        self.cron_part(given, 0..given.value.len(), dialect)
    }

    /// Reads an expression that stands within a text, such as `cron(…)`.
    pub fn cron_part(
        &mut self,
        given: &Given<String>,
        part: std::ops::Range<usize>,
        dialect: &'static Dialect,
    ) -> Option<Expression> {
        let base = part.start;
        let span = |error: &CronError| given.part(base + error.at.start..base + error.at.end);
        match Expression::parse(given.value.get(part).unwrap_or_default(), dialect) {
            Ok(expression) => {
                if let Some(error) = expression.never_fires() {
                    let help = error.help.as_deref();
                    self.note(NoteKind::CronNeverFires, span(&error), error.message.clone(), help);
                }
                Some(expression)
            }
            Err(error) => {
                let kind = match error.fault {
                    Fault::Zone => NoteKind::TimezoneInvalid,
                    Fault::InvalidSince(version) => NoteKind::CronUnsupported(version),
                    _ => NoteKind::CronInvalid,
                };
                let at = span(&error);
                if error.fault == Fault::NoPhase {
                    self.fail(at, error.message.clone());
                } else {
                    self.refuse(kind, at, error.message.clone(), error.help.as_deref());
                }
                None
            }
        }
    }

    /// Reads a zone's name.
    pub fn zone(&mut self, given: &Given<String>) -> Option<Zone> {
        match Zone::named(&given.value) {
            Ok(zone) if zone.is_utc() => Some(self.utc_means.clone().unwrap_or(zone)),
            Ok(zone) => Some(zone),
            Err(error) => {
                self.refuse(NoteKind::TimezoneInvalid, given.span, error.message, Some(&error.help));
                None
            }
        }
    }

    /// Reads a zone's name, or takes the default and says that none is written.
    pub fn zone_or(&mut self, given: Option<&Given<String>>, default: &Zone, edge: Span) -> Option<Zone> {
        match given {
            Some(given) => self.zone(given),
            None => {
                self.note(
                    NoteKind::TimezoneMissing,
                    edge,
                    "no time zone is named, so this is read in UTC",
                    Some("name the time zone"),
                );
                Some(default.clone())
            }
        }
    }

    /// Reads an instant of RFC 3339.
    pub fn instant(&mut self, given: &Given<String>) -> Option<Moment> {
        match given.value.trim().parse::<jiff::Timestamp>() {
            Ok(timestamp) => Some(Moment::from_unix(timestamp.as_second())),
            Err(_) => {
                let message = format!("`{}` is not an instant", given.value);
                let help = "write it like 2026-12-01T08:00:00Z";
                self.refuse(NoteKind::ValueInvalid, given.span, message, Some(help));
                None
            }
        }
    }

    /// Says so where the least count exceeds the greatest.
    pub fn check_bounds(&mut self, minimum: (u32, Place), maximum: (u32, Place)) {
        if minimum.0 > maximum.0 {
            let span = self.fields[minimum.1.0 as usize].span;
            self.note(
                NoteKind::BoundsInverted,
                span,
                format!("the minimum {} exceeds the maximum {}", minimum.0, maximum.0),
                Some("raise the maximum or lower the minimum"),
            );
        }
    }

    /// The outcome.
    pub fn finish(self, minimum: Timeline, maximum: Timeline) -> Evaluation {
        self.finish_with(minimum, maximum, None)
    }

    pub fn finish_with(self, minimum: Timeline, maximum: Timeline, after_update: Option<Timeline>) -> Evaluation {
        let bounds = match self.failure {
            Some(failure) => Err(failure),
            None => Ok(Bounds {
                minimum: minimum.min(&maximum),
                maximum,
                after_update,
                fields: self.fields,
            }),
        };
        Evaluation {
            bounds,
            notes: self.notes,
        }
    }

    /// The outcome where nothing could be evaluated.
    pub fn failed(mut self) -> Evaluation {
        let object = self.object;
        self.fail(object, "the schedule could not be read");
        let reason = self.failure.unwrap_or(NotEvaluated {
            reason: String::new(),
            span: object,
        });
        Evaluation {
            bounds: Err(reason),
            notes: self.notes,
        }
    }

    pub fn has_failed(&self) -> bool {
        self.failure.is_some()
    }
}
