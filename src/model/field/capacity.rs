//! What is scaled, what the traffic needs, and when too little is guaranteed.

use crate::model::key::fields;

fields! { autoscaler, Kind::Autoscaler;
    NAME: Arc<str> = "name", "Its name.";
    KIND: Arc<str> = "kind", "`HorizontalPodAutoscaler`, `ScaledObject`, `CronJob`, `Auto Scaling group`, …";
    LEAST: i64 = "least", "The least number of replicas.";
    MOST: i64 = "most", "The largest number of replicas.";
    TARGET: Arc<str> = "target", "What it scales, in words, such as `Deployment shop/api`.";
    TARGET_FOUND: bool = "target_found", "Whether what it scales is in the repository; unknown where not everything was read.";
    TARGET_NEAREST: Arc<str> = "target_nearest", "The workload whose name is most like a target that is not found.";
    OTHERS: Arc<str> = "others", "What else writes the number of the same target and knows nothing of this one, in words; absent where nothing does.";
    SCALES_TO_ZERO: bool = "scales_to_zero", "Whether it may take the target down to 0 replicas by itself.";
    ROUTED_BY: Arc<str> = "routed_by", "The gateway whose requests reach its target; absent where none is known to.";
    GATEWAY: Arc<str> = "gateway", "The product its target is, where that passes requests on: `nginx`, `haproxy`, `envoy`.";
    GAP: Arc<str> = "gap", "A gap of at most an hour between two windows of its schedule, in words; absent where there is none.";
    UTILIZATION: Arc<str> = "utilization", "The resource whose utilization it aims at (`cpu`, `memory`); absent where it aims at none.";
    UNREQUESTED: Arc<str> = "unrequested", "The first container of the target that requests none of that resource; absent where all do.";
    SCALE_DOWN_WAIT: Duration = "scale_down_wait", "How long the count must have been too high before it is lowered.";
    SCALE_DOWN_FREES: bool = "scale_down_frees", "Whether one step may take away half of the replicas or more within a minute.";
    => WORKLOAD: Workload = "workload", "The workload it scales.";
    => PROFILE: Profile = "profile", "The traffic its target is configured to serve.";
}

fields! { schedule, Kind::Schedule;
    NAME: Arc<str> = "name", "Its name, or its number.";
    KIND: Arc<str> = "kind", "What it is in the product's own words: `cron trigger`, `scheduled action`, `CronJob`, `scaling schedule`.";
    START: Arc<str> = "start", "When it begins or fires, as written.";
    END: Arc<str> = "end", "When it ends, as written.";
    TIMEZONE: Arc<str> = "timezone", "The time zone it names; absent where it names none.";
    COUNT: i64 = "count", "The number of replicas it asks for.";
    MINIMUM: i64 = "minimum", "The least number of replicas it sets.";
    MAXIMUM: i64 = "maximum", "The largest number of replicas it sets.";
    ACTIVE_HOURS: i64 = "active_hours", "How many hours of a week it is active, rounded; absent for what only fires.";
    MEANT_HOURS: i64 = "meant_hours", "How many hours of a week start and end describe, each start taken with the next end after it; absent for what only fires.";
    SURPRISE: Arc<str> = "surprise", "How the computed window differs from the one that start and end describe, in words; absent where it does not.";
    DAYLIGHT: Arc<str> = "daylight", "A time of day at which it starts or ends that a clock change takes away or gives twice, in words; absent where there is none.";
    => AUTOSCALER: Autoscaler = "autoscaler", "What it belongs to.";
}

fields! { profile, Kind::Profile;
    NAME: Arc<str> = "name", "Its file.";
    TARGET: Arc<str> = "target", "What serves the traffic.";
    IS_HISTORY: bool = "is_history", "Whether it is two weeks or more of recorded traffic; else a declared week.";
    PEAK: Arc<str> = "peak", "The most requests per second of its week, in words.";
    RPS_PER_REPLICA: Arc<str> = "rps_per_replica", "How many requests per second one replica serves.";
    NEEDED: i64 = "needed", "The most replicas that are needed at any time of the week, with headroom, growth, spares and zones.";
    CERTAIN: i64 = "certain", "The most replicas that the traffic alone needs.";
}

fields! { shortfall, Kind::Shortfall;
    NAME: Arc<str> = "name", "The target and the field that causes it.";
    TARGET: Arc<str> = "target", "What is scaled.";
    BOUND: Arc<str> = "bound", "Which bound is too low: `guaranteed`, `maximum`, or `after_update` (what a deployment resets it to).";
    CAUSE: Arc<str> = "cause", "`count` (the number itself), `opens` (an edge lowers it too early), `too_late` (an edge raises it too late); or the schedule as it seems to be meant would do: `missing_zone` and `other_zone` (in the zone of the traffic), `weekdays` (numbered as crontab does it), `desired_alone` (a desired capacity that holds), `forbidden` (a job that may write), `overruled` (a count that no autoscaler owns), `healed` (a count that no deployer puts back).";
    LEVEL: Arc<str> = "level", "`error` below the traffic itself, `warning` below the floor; one step lower where metrics can make up for it in time.";
    BECAUSE: Arc<str> = "because", "What makes it too low, in words.";
    SCHEDULED: bool = "scheduled", "Whether the bound that is too low was set by a schedule, rather than being constant.";
    FIELD: Arc<str> = "field", "The field that states the count that is too low, as the product calls it.";
    COUNT: i64 = "count", "The count that is too low.";
    EDGE: Arc<str> = "edge", "The time expression of the edge that causes it, as written; absent where a count does.";
    EDGE_WOULD_DO: Arc<str> = "edge_would_do", "That expression moved just far enough; absent where moving it is not enough, or no plain expression says it.";
    WOULD_DO: i64 = "would_do", "The least count that would do.";
    GUARANTEED: i64 = "guaranteed", "How many replicas are guaranteed, or allowed, where most are lacking.";
    NEEDED: i64 = "needed", "How many are needed then, with headroom.";
    CERTAIN: i64 = "certain", "How many the traffic alone needs then.";
    CERTAIN_FROM: Arc<str> = "certain_from", "Since when the traffic alone needs more than there is, in local time; absent where it does from the beginning of the first window, or never does.";
    WORST: Arc<str> = "worst", "When most are lacking, in local time; absent where that is in the first window, whose need the others then do not exceed.";
    MISREAD: Arc<str> = "misread", "What is read otherwise than it seems to be meant, as written: a time zone, days of the week, a desired capacity; absent where nothing is.";
    REMEDY: Arc<str> = "remedy", "What to do about a misreading; absent where nothing is misread.";
    SINGLE: Arc<str> = "single", "When a single week of history made it too low, in local time; absent where more than one week does.";
    WEEKS: i64 = "weeks", "How many weeks of history there are; 0 for a declared week.";
    WINDOWS: i64 = "windows", "How many such windows there are within the 53 weeks.";
    LONGEST: Arc<str> = "longest", "How long the longest of them lasts, in words.";
    FIRST: Arc<str> = "first", "The first window, in local time and in UTC.";
    MORE: Arc<str> = "more", "The next windows, at most two, in local time; absent where there are none.";
    ZONE: Arc<str> = "zone", "The zone in which the traffic's week repeats.";
    => AUTOSCALER: Autoscaler = "autoscaler", "What sets the bound.";
    => SCHEDULE: Schedule = "schedule", "The entry of a schedule that causes it; absent where a constant bound does.";
    => PROFILE: Profile = "profile", "The traffic that needs more.";
    => WORKLOAD: Workload = "workload", "The workload that is scaled.";
}

fields! { cut, Kind::Cut;
    TARGET: Arc<str> = "target", "What is scaled.";
    ASKED: Arc<str> = "asked", "How `traffic` in the configuration names it.";
    BEFORE: i64 = "before", "How many replicas are guaranteed before.";
    AFTER: i64 = "after", "How many are guaranteed after it.";
    PERCENT: i64 = "percent", "The part of them that is taken away, in percent, rounded up.";
    EDGE: Arc<str> = "edge", "What says when, as written.";
    BY: Arc<str> = "by", "The same in words.";
    HOURS: Arc<str> = "hours", "When the lower count holds, in local time.";
    FIRST: Arc<str> = "first", "The first time, in local time and in UTC.";
    STAGE: Arc<str> = "stage", "What its path, its environment or its namespace says it is, `development` or `staging`; absent where nothing says so.";
    FOLLOWS: Arc<str> = "follows", "What raises the count by the load all the same, in words; absent where nothing that is read does.";
    => AUTOSCALER: Autoscaler = "autoscaler", "What lowers it.";
    => SCHEDULE: Schedule = "schedule", "The entry of a schedule that lowers it.";
    => WORKLOAD: Workload = "workload", "The workload that is scaled.";
}

fields! { note, Kind::Note;
    NAME: Arc<str> = "name", "What it is about.";
    ABOUT: Arc<str> = "about", "The rule it belongs to, such as `cron-invalid`.";
    SAYS: Arc<str> = "says", "What is wrong.";
    REMEDY: Arc<str> = "remedy", "What to do.";
    SINCE: Arc<str> = "since", "The version from which on the product refuses it; absent where every version does.";
    TEXT: Arc<str> = "text", "The text it stands on, as written.";
    BETTER: Arc<str> = "better", "What the text should be; absent where that is not certain.";
    OTHER_ZONE: Arc<str> = "other_zone", "The zone that other schedules of the same target or file name; absent where none or several are named.";
    HINT: Arc<str> = "hint", "Why another zone than UTC is probably meant, in words; absent where nothing says so.";
    => AUTOSCALER: Autoscaler = "autoscaler", "What the schedule belongs to.";
    => SCHEDULE: Schedule = "schedule", "The entry it concerns.";
    => WORKLOAD: Workload = "workload", "The workload that is scaled.";
}

fields! { disruption_budget, Kind::DisruptionBudget;
    NAME: Arc<str> = "name", "Its name.";
    BOUND: Arc<str> = "bound", "Its bound as written, such as `minAvailable 2`.";
    PODS: i64 = "pods", "How many pods its workload has at least.";
    ALLOWED: i64 = "allowed", "How many of them it lets go at once.";
    => WORKLOAD: Workload = "workload", "The workload whose pods it counts.";
}
