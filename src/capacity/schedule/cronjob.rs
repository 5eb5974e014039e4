//! CronJobs that run `kubectl`: each sets a count, which holds until the next one sets another.

use super::bounds::Role;
use super::build::Builder;
use super::carry::{Firings, Set, carried};
use super::evaluation::{Context, Evaluation, NoteKind};
use super::given::Given;
use super::kubectl::KubectlWrite;
use crate::capacity::cron::KUBERNETES;
use crate::capacity::timeline::{Place, UNBOUNDED};
use crate::repo::Span;

/// A workload that CronJobs scale, with its autoscaler where it has one.
#[derive(Clone, Debug)]
pub struct JobTarget {
    /// The workload.
    pub object: Span,
    /// Its `replicas`; 1 where they are absent.
    pub replicas: Option<Given<u32>>,
    /// What becomes of a count that a job sets.
    pub count_upkeep: Upkeep,
    /// What becomes of an autoscaler's bounds that a job sets.
    pub bounds_upkeep: Upkeep,
    /// Its autoscaler's least (1 where absent) and greatest count.
    pub autoscaler: Option<(Option<Given<u32>>, Given<u32>)>,
    /// The jobs.
    pub jobs: Vec<Job>,
}

/// What a deployer does about a field of a manifest that differs in the cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Upkeep {
    /// Nothing: it is not written, or left alone.
    #[default]
    LeftAlone,
    /// Every sync of this writes it again.
    Synced(&'static str),
    /// This writes it again within seconds or minutes.
    Healed(&'static str),
}

/// A CronJob and what it writes to this target.
#[derive(Clone, Debug)]
pub struct Job {
    /// `spec.schedule`
    pub schedule: Given<String>,
    /// `spec.timeZone`; without it the controller manager's own zone holds, which is nearly always UTC.
    pub zone: Option<Given<String>>,
    /// `spec.suspend`
    pub suspended: bool,
    /// Its writes to the workload or its autoscaler, in order.
    pub writes: Vec<KubectlWrite>,
}

/// What the jobs guarantee.
pub fn cron_jobs(target: &JobTarget, context: &Context) -> Evaluation {
    let period = context.period;
    let mut build = Builder::new(target.object, context);
    let mut fired: Vec<(Firings, &Job, Place)> = Vec::new();
    for job in target.jobs.iter().filter(|job| !job.suspended) {
        let expression = build.cron(&job.schedule, &KUBERNETES);
        let Some(expression) = expression else { continue };
        let zone = build.zone_or(job.zone.as_ref(), &context.default_zone, job.schedule.span);
        let edge = build.field(Role::Start, job.schedule.span);
        if let Some(zone) = zone {
            fired.push((Firings::recurring(&expression, &zone, period, None, None), job, edge));
        }
    }
    if build.has_failed() {
        return build.failed();
    }
    let mut counts = Vec::new();
    let mut minima = Vec::new();
    let mut maxima = Vec::new();
    for (firings, job, edge) in &fired {
        for refusal in job.writes.iter().filter_map(|write| write.refused.as_ref()) {
            let message = format!("{}, so the job changes nothing", refusal.says);
            let help = "add the resource and the verb to the role";
            build.note(NoteKind::ScaleForbidden, refusal.span, message, Some(help));
        }
        let allowed = |write: &&KubectlWrite| write.refused.is_none() || context.meant.allowed;
        // Of several writes of one job the last holds.
        let last =
            |field: fn(&KubectlWrite) -> Option<&Given<u32>>| job.writes.iter().filter(allowed).rev().find_map(field);
        let mut set = |given: &Given<u32>, role| Set {
            firings,
            count: given.value,
            by: build.field(role, given.span),
            edge: *edge,
        };
        counts.extend(last(|write| write.replicas.as_ref()).map(|given| set(given, Role::Count)));
        minima.extend(last(|write| write.minimum.as_ref()).map(|given| set(given, Role::Minimum)));
        maxima.extend(last(|write| write.maximum.as_ref()).map(|given| set(given, Role::Maximum)));
    }
    if target.autoscaler.is_none() && minima.is_empty() {
        let own = build.count(Role::Count, target.replicas.as_ref(), 1);
        written_back(&mut build, target.count_upkeep, (own, "count"), &mut counts, context);
        let held = carried(period, own, &counts);
        let raises = counts.iter().any(|set| set.count > own.0);
        let reset =
            (matches!(target.count_upkeep, Upkeep::Synced(_)) && raises).then(|| held.min(&carried(period, own, &[])));
        return build.finish_with(held.clone(), held, reset);
    }
    let (least, greatest) = match &target.autoscaler {
        Some((least, greatest)) => (
            build.count(Role::Minimum, least.as_ref(), 1),
            build.count(Role::Maximum, Some(greatest), 0),
        ),
        // Before `kubectl autoscale` has run there is one replica, and no cap.
        None => (
            (1, build.default(Role::Minimum)),
            (UNBOUNDED, build.default(Role::Maximum)),
        ),
    };
    written_back(
        &mut build,
        target.bounds_upkeep,
        (least, "minimum"),
        &mut minima,
        context,
    );
    if context.meant.counts_hold {
        minima.extend(counts.iter().filter(|set| set.count > 0).copied());
        counts.clear();
    }
    for set in counts.iter().filter(|set| set.count > 0 && target.autoscaler.is_some()) {
        let message = format!(
            "the autoscaler of the same workload owns the count: it sets the {} of the job back to what its metrics say",
            set.count
        );
        let help =
            "let the job change the autoscaler's minimum: `kubectl patch hpa NAME -p '{\"spec\":{\"minReplicas\":N}}'`";
        let at = build.span_of(set.by);
        build.note(NoteKind::ScaleOverruled, at, message, Some(help));
    }
    // The autoscaler pulls a scaled count back between its bounds within seconds, but a count of 0 turns it off.
    for set in &mut counts {
        set.count = if set.count == 0 { 0 } else { UNBOUNDED };
    }
    let on = carried(period, (UNBOUNDED, least.1), &counts);
    let guaranteed = carried(period, least, &minima).min(&on);
    let raises = minima.iter().any(|set| set.count > least.0);
    let reset = (matches!(target.bounds_upkeep, Upkeep::Synced(_)) && raises)
        .then(|| guaranteed.min(&carried(period, least, &[])));
    build.finish_with(guaranteed, carried(period, greatest, &maxima), reset)
}

/// What a deployer makes of what jobs set: said where a job raises it, and undone where it heals at once.
fn written_back(
    build: &mut Builder,
    upkeep: Upkeep,
    (own, what): ((u32, Place), &str),
    sets: &mut Vec<Set<'_>>,
    context: &Context,
) {
    if context.meant.kept || !sets.iter().any(|set| set.count > own.0) {
        return;
    }
    let (message, help) = match upkeep {
        Upkeep::LeftAlone => return,
        Upkeep::Synced(by) => (
            format!(
                "every sync of {by} sets the {what} back to {}, whatever a job has set",
                own.0
            ),
            "leave it out of the manifest, or let what deploys it ignore it",
        ),
        Upkeep::Healed(by) => (
            format!("{by} sets the {what} back to {} as soon as a job has changed it", own.0),
            "leave it out of the manifest, or let what deploys it ignore it",
        ),
    };
    build.note(NoteKind::StackUpdateResets, build.span_of(own.1), message, Some(help));
    if matches!(upkeep, Upkeep::Healed(_)) {
        sets.clear();
    }
}
