//! What each kind of schedule guarantees as a function of time. One function per source, from typed inputs with spans;
//! reading those inputs out of files is the dialects' business.

mod application;
mod autoscaling;
mod build;
mod carry;
mod cronjob;
mod deployer;
mod downscaler;
mod google;
mod horizontal;
mod keda;
mod kubectl;
mod window;
mod zalando;

use crate::repo::Span;

use super::timeline::{Place, Timeline};
use super::{Period, Zone};

pub use application::{ApplicationAction, ScalableTarget, application_auto_scaling};
pub use autoscaling::{AutoScalingGroup, GroupAction, auto_scaling_group};
pub use cronjob::{Job, JobTarget, cron_jobs};
pub use deployer::Deployer;
pub use downscaler::{Downscaled, downscaler};
pub use google::{GoogleAutoscaler, GoogleSchedule, google_autoscaler};
pub use horizontal::{HorizontalAutoscaler, horizontal_autoscaler};
pub use keda::{KedaCron, KedaScaledObject, Paused, keda};
pub use kubectl::{KubectlWrite, Named, kubectl_writes};
pub use zalando::{ZalandoEntry, ZalandoSchedule, ZalandoWhen, zalando};

/// A value as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given<T> {
    /// The value.
    pub value: T,
    /// Where it stands; quotes may be included.
    pub span: Span,
}

impl<T> Given<T> {
    /// A value and where it stands.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

impl Given<String> {
    /// Where a part of the text stands; the whole where escapes or folding make that unknown.
    pub fn part(&self, range: std::ops::Range<usize>) -> Span {
        let quotes = match (self.span.len() as usize).checked_sub(self.value.len()) {
            Some(0) => 0,
            Some(2) => 1,
            _ => return self.span,
        };
        let start = self.span.start + quotes + range.start as u32;
        let end = self.span.start + quotes + range.end as u32;
        Span::new(self.span.source, start.min(self.span.end), end.min(self.span.end))
    }
}

/// What a field of a schedule says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The least number of replicas.
    Minimum,
    /// The greatest number of replicas.
    Maximum,
    /// The number of replicas while a schedule is active, or once it fires.
    Count,
    /// When a count begins to hold.
    Start,
    /// When it ceases to hold.
    End,
    /// How long it holds.
    Length,
}

/// A field that a timeline refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// What it says.
    pub role: Role,
    /// Where it stands; the object, where it is a default.
    pub span: Span,
    /// Whether it is written, rather than the product's default.
    pub written: bool,
}

/// What is guaranteed, and what is allowed at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The count that is there whatever the metrics do.
    pub minimum: Timeline,
    /// The count that is never exceeded.
    pub maximum: Timeline,
    /// The minimum that holds after a deployment has reset the sizes, where one does (CloudFormation without
    /// `IgnoreUnmodifiedGroupSizeProperties`).
    pub after_update: Option<Timeline>,
    /// The fields that the timelines' places number.
    pub fields: Vec<Field>,
}

impl Bounds {
    /// The field at a place.
    pub fn field(&self, place: Place) -> Option<&Field> {
        self.fields.get(place.0 as usize)
    }

    /// Several writers of one target: no one knows who writes last, so the least of their guarantees holds.
    #[must_use]
    pub fn with_other_writer(mut self, other: Bounds) -> Self {
        let first = self.fields.len() as u32;
        self.fields.extend(other.fields);
        self.minimum = self.minimum.min(&other.minimum.renumbered(first));
        self.maximum = self.maximum.min(&other.maximum.renumbered(first));
        self.after_update = match (self.after_update, other.after_update) {
            (Some(own), Some(other)) => Some(own.min(&other.renumbered(first))),
            (own, other) => own.or(other.map(|other| other.renumbered(first))),
        };
        self
    }
}

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
}

impl Context {
    /// A period without margins, in UTC where no zone is named.
    pub fn of(period: Period) -> Self {
        Self {
            period,
            spoken: period,
            default_zone: Zone::utc(),
            meant: Meant::default(),
        }
    }

    /// A year from an instant, in UTC where no zone is named.
    pub fn year_from(from: super::Moment) -> Self {
        let spoken = Period::year_from(from);
        Self {
            spoken,
            ..Self::of(spoken.with_margins())
        }
    }
}

/// A source that is recognised and whose semantics are not modelled.
pub fn not_modelled(product: &str, why: &str, span: Span) -> Evaluation {
    Evaluation {
        bounds: Err(NotEvaluated {
            reason: format!("{product} is not evaluated: {why}"),
            span,
        }),
        notes: Vec::new(),
    }
}

/// Alibaba's CronHorizontalPodAutoscaler: with an autoscaler as its target, a scale-up may leave the minimum low.
pub fn alibaba(span: Span) -> Evaluation {
    not_modelled(
        "CronHorizontalPodAutoscaler",
        "what a job leaves behind depends on the count at that moment, and its zone is the controller's own",
        span,
    )
}

/// Azure's autoscale settings: Windows time zones, and profiles that last until another begins.
pub fn azure(span: Span) -> Evaluation {
    not_modelled(
        "an autoscale setting of Azure",
        "its profiles name Windows time zones and have no end of their own",
        span,
    )
}

/// Knative's autoscaler: its minimum may come from the cluster's own configuration.
pub fn knative(span: Span) -> Evaluation {
    not_modelled(
        "Knative autoscaling",
        "its minimum may come from the cluster's `config-autoscaler`",
        span,
    )
}
