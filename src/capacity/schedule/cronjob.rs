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
    /// Its autoscaler's least (1 where absent) and greatest count.
    pub autoscaler: Option<(Option<Given<u32>>, Given<u32>)>,
    /// The jobs.
    pub jobs: Vec<Job>,
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
        let held = carried(period, own, &counts);
        return build.finish(held.clone(), held);
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
    build.finish(guaranteed, carried(period, greatest, &maxima))
}
