//! What comes of evaluating one source of a schedule, and against what it is evaluated.

use super::bounds::Bounds;
use crate::capacity::moment::{Moment, Period};
use crate::capacity::zone::Zone;
use crate::repo::Span;

/// What is wrong with a schedule, apart from guaranteeing too little. Each kind is the subject of one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoteKind {
    /// `cron-invalid`
    CronInvalid,
    /// `cron-invalid`: what the product refuses from this version on.
    CronUnsupported(&'static str),
    /// `cron-never-fires`
    CronNeverFires,
    /// `timezone-invalid`
    TimezoneInvalid,
    /// `timezone-missing`
    TimezoneMissing,
    /// `cron-window-shape`: start and end are the same.
    StartEqualsEnd,
    /// A value the product refuses.
    ValueInvalid,
    /// A value that the product refuses from this version on.
    ValueUnsupported(&'static str),
    /// `bounds-inverted`
    BoundsInverted,
    /// `replicas-fight-autoscaler`
    ReplicasFight,
    /// `desired-without-minimum`
    DesiredWithoutMinimum,
    /// `stack-update-resets-capacity`
    StackUpdateResets,
    /// `downtime-window-never-matches`
    WindowNeverMatches,
    /// `scale-forbidden`
    ScaleForbidden,
    /// `scale-overruled`
    ScaleOverruled,
}

/// A note on one place of a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Which rule it belongs to.
    pub kind: NoteKind,
    /// Where.
    pub span: Span,
    /// What, without a full stop.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// Why nothing can be said about a target's capacity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotEvaluated {
    /// The reason, without a full stop.
    pub reason: String,
    /// Where it lies.
    pub span: Span,
}

/// The outcome for one source: never a pass where something could not be resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    /// What is guaranteed.
    pub bounds: Result<Bounds, NotEvaluated>,
    /// What is wrong besides.
    pub notes: Vec<Note>,
}

/// What every source is evaluated against.
#[derive(Clone, Debug)]
pub struct Context {
    /// The period that is walked.
    pub period: Period,
    /// The part of it that is spoken of: all but a week at either end, so that no finding is made by the ends.
    pub spoken: Period,
    /// The zone of schedules that name none. The products' own default is UTC; another zone answers what would be if
    /// the zone were written.
    pub default_zone: Zone,
    /// What else may have been meant than what the product reads.
    pub meant: Meant,
}

/// How a schedule may have been meant: answers whether it would then do.
#[derive(Clone, Debug, Default)]
pub struct Meant {
    /// Times that are written in UTC are those of this zone.
    pub zone: Option<Zone>,
    /// Days of the week are numbered as crontab does it, from Sunday as 0.
    pub crontab_weekdays: bool,
    /// A desired capacity that a scheduled action sets is kept like a minimum.
    pub desired_holds: bool,
    /// A job has the rights that it needs.
    pub allowed: bool,
    /// What a job sets is kept, though a deployer puts it back.
    pub kept: bool,
    /// A count that a job sets is kept, though an autoscaler owns it.
    pub counts_hold: bool,
}

impl Context {
    /// A period without margins, in UTC where no zone is named.
    pub fn over(period: Period) -> Self {
        Self {
            period,
            spoken: period,
            default_zone: Zone::utc(),
            meant: Meant::default(),
        }
    }

    /// A year from an instant, in UTC where no zone is named.
    pub fn year_from(from: Moment) -> Self {
        let spoken = Period::year_from(from);
        Self {
            spoken,
            ..Self::over(spoken.with_margins())
        }
    }
}
