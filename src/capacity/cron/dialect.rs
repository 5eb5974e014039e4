//! The dialects, as data: which fields in which order, and what each product makes of the odd cases.

/// A field of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Slot {
    /// 0 to 59.
    Second,
    /// 0 to 59.
    Minute,
    /// 0 to 23.
    Hour,
    /// Day of the month, 1 to 31.
    Day,
    /// 1 to 12, or JAN to DEC.
    Month,
    /// Day of the week, SUN to SAT, numbered as the dialect does.
    Weekday,
    /// 1970 to 2199.
    Year,
}

impl Slot {
    /// The field in words.
    pub fn name(self) -> &'static str {
        match self {
            Slot::Second => "second",
            Slot::Minute => "minute",
            Slot::Hour => "hour",
            Slot::Day => "day of month",
            Slot::Month => "month",
            Slot::Weekday => "day of week",
            Slot::Year => "year",
        }
    }
}

/// What `?` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Not allowed.
    Refused,
    /// The same as `*`, in any field.
    Star,
    /// One of the two day fields must be `?`, the other must not.
    OneDayField,
}

/// What `TZ=` or `CRON_TZ=` before an expression means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZonePrefix {
    /// The zone, whatever is written beside the expression.
    Read,
    /// It is not allowed.
    Refused,
    /// It is not allowed since this version of the product; before, it was read.
    RefusedSince(&'static str),
}

/// When a day field counts as unrestricted, so that the other alone decides; else either may match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Star {
    /// When it holds `*`, also within a list, but not `*/2` (robfig/cron v3).
    Whole,
    /// When it begins with `*`, also `*/2` (Vixie cron).
    Leading,
}

/// What happens to a time that the clock skips.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// It does not fire.
    Skip,
    /// It fires as much later as the clock was set forward (02:30 fires at 03:30), as `time.Date` of Go computes.
    Later,
    /// It fires when the clock is set forward.
    AtChange,
}

/// What happens to a time that the clock shows twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// It fires twice.
    Both,
    /// It fires the first time, unless it fires in every hour anyway.
    First,
    /// It fires the second time, unless it fires in every hour anyway.
    Second,
}

/// What a clock change does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DaylightSaving {
    /// Times that are skipped.
    pub gap: Gap,
    /// Times that occur twice.
    pub fold: Fold,
}

/// How a product reads cron expressions.
#[derive(Debug)]
pub struct Dialect {
    /// The product in words, for messages.
    pub name: &'static str,
    /// The fields, in order.
    pub slots: &'static [Slot],
    /// Whether a year may follow.
    pub optional_year: bool,
    /// Whether `TZ=` or `CRON_TZ=` may come first.
    pub zone_prefix: ZonePrefix,
    /// Whether `@daily` and the like are read.
    pub descriptors: bool,
    /// What `?` means.
    pub question: Question,
    /// The number of Sunday.
    pub sunday: i64,
    /// Whether 7 is Sunday too.
    pub seven: bool,
    /// Whether a range may run over the end, as in `5-1`.
    pub wraps: bool,
    /// Whether `L`, `W` and `#` are read in the day fields.
    pub special: bool,
    /// When a day field is unrestricted.
    pub star: Star,
    /// What clock changes do.
    pub daylight: DaylightSaving,
    /// The search for the next firing gives up at the end of this many years after the present one.
    pub years: i64,
}

impl PartialEq for Dialect {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

const FIVE: &[Slot] = &[Slot::Minute, Slot::Hour, Slot::Day, Slot::Month, Slot::Weekday];

const ROBFIG: Dialect = Dialect {
    name: "robfig/cron",
    slots: FIVE,
    optional_year: false,
    zone_prefix: ZonePrefix::Read,
    descriptors: false,
    question: Question::Star,
    sunday: 0,
    seven: false,
    wraps: false,
    special: false,
    star: Star::Whole,
    daylight: DaylightSaving {
        gap: Gap::Skip,
        fold: Fold::Both,
    },
    years: 5,
};

/// KEDA's cron trigger: robfig/cron v3 without descriptors (keda 8b4f083c, pkg/scalers/cron_scaler.go).
pub static KEDA: Dialect = Dialect { name: "KEDA", ..ROBFIG };

/// A CronJob of Kubernetes: robfig/cron v3 `ParseStandard`, with descriptors. The library would read a zone before it, but
/// the API server lets no such CronJob be created, from 1.29 on (kubernetes/kubernetes#116252; "Unsupported TimeZone
/// specification").
pub static KUBERNETES: Dialect = Dialect {
    name: "a CronJob",
    descriptors: true,
    zone_prefix: ZonePrefix::RefusedSince("Kubernetes 1.29"),
    ..ROBFIG
};

/// robfig/cron with seconds first, as the CronHPA controllers of Alibaba read it.
pub static ROBFIG_SECONDS: Dialect = Dialect {
    name: "cron with seconds",
    slots: &[
        Slot::Second,
        Slot::Minute,
        Slot::Hour,
        Slot::Day,
        Slot::Month,
        Slot::Weekday,
    ],
    descriptors: true,
    ..ROBFIG
};

/// Clock changes at Amazon: a skipped time does not fire, a repeated one fires once (EventBridge Scheduler User Guide,
/// "Daylight savings time").
const AMAZON: DaylightSaving = DaylightSaving {
    gap: Gap::Skip,
    fold: Fold::First,
};

/// Amazon EC2 Auto Scaling: the traditional five fields (API_PutScheduledUpdateGroupAction, `Recurrence`).
pub static UNIX: Dialect = Dialect {
    name: "Amazon EC2 Auto Scaling",
    slots: FIVE,
    optional_year: false,
    zone_prefix: ZonePrefix::Refused,
    descriptors: false,
    question: Question::Refused,
    sunday: 0,
    seven: true,
    wraps: false,
    special: false,
    star: Star::Leading,
    daylight: AMAZON,
    years: 40,
};

/// Application Auto Scaling and EventBridge: six fields with the year, `?` in one day field, `L`, `W` and `#`, Sunday is 1.
pub static AWS_SIX: Dialect = AWS_SIX_FIELDS;

const AWS_SIX_FIELDS: Dialect = Dialect {
    name: "Application Auto Scaling",
    slots: &[
        Slot::Minute,
        Slot::Hour,
        Slot::Day,
        Slot::Month,
        Slot::Weekday,
        Slot::Year,
    ],
    optional_year: false,
    zone_prefix: ZonePrefix::Refused,
    descriptors: false,
    question: Question::OneDayField,
    sunday: 1,
    seven: false,
    wraps: true,
    special: true,
    star: Star::Leading,
    daylight: AMAZON,
    years: 40,
};

/// [`AWS_SIX`] with the days of the week numbered as crontab does it: what `1-5` is often meant to be there.
pub static AWS_SIX_AS_CRONTAB: Dialect = Dialect {
    sunday: 0,
    seven: true,
    ..AWS_SIX_FIELDS
};

/// Scaling schedules of managed instance groups: five fields and an optional year.
pub static GCP: Dialect = Dialect {
    name: "a scaling schedule of Google Cloud",
    slots: FIVE,
    optional_year: true,
    zone_prefix: ZonePrefix::Refused,
    descriptors: false,
    question: Question::Refused,
    sunday: 0,
    seven: true,
    wraps: false,
    special: false,
    star: Star::Leading,
    // Not documented; the reading under which a window that opens once guarantees least.
    daylight: DaylightSaving {
        gap: Gap::Skip,
        fold: Fold::First,
    },
    years: 40,
};
