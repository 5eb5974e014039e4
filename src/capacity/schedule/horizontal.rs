//! The HorizontalPodAutoscaler of Kubernetes: a constant minimum, unless `replicas` of its target fights it.

use super::bounds::Role;
use super::build::Builder;
use super::evaluation::{Context, Evaluation, Note, NoteKind};
use super::given::Given;
use crate::capacity::timeline::Timeline;
use crate::repo::Span;

/// An autoscaler and what its target writes.
#[derive(Clone, Debug)]
pub struct HorizontalAutoscaler {
    /// The object, for what it does not write.
    pub object: Span,
    /// `minReplicas`; 1 where it is absent.
    pub minimum: Option<Given<u32>>,
    /// `maxReplicas`
    pub maximum: Given<u32>,
    /// `replicas` of the target.
    pub replicas: Option<WrittenCount>,
}

/// `replicas` of what an autoscaler scales: every apply sets the count to it (kubernetes/kubernetes#25238).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenCount {
    /// The count.
    pub count: Given<u32>,
    /// Whether the deployer ignores a difference, and writes it all the same when it synchronises anything (Argo CD without
    /// `RespectIgnoreDifferences=true`).
    pub on_sync: bool,
}

impl WrittenCount {
    /// What it does to an autoscaler's count.
    pub(super) fn note(&self, autoscaler: &str) -> Note {
        let count = self.count.value;
        let when = if self.on_sync { "sync" } else { "apply" };
        let message = match (count, self.on_sync) {
            (0, _) => format!("`replicas: 0` turns the {autoscaler} off at every {when}"),
            (count, false) => format!("every apply sets the count to {count}, whatever the {autoscaler} has chosen"),
            (count, true) => format!(
                "Argo CD ignores the difference only until it syncs: every sync sets the count to {count}, whatever the \
                 {autoscaler} has chosen"
            ),
        };
        let help = match self.on_sync {
            false => format!("remove `replicas` and leave the count to the {autoscaler}"),
            true => format!(
                "add `RespectIgnoreDifferences=true` to the Application's `syncOptions`, or remove `replicas` and leave the \
                 count to the {autoscaler}"
            ),
        };
        Note {
            kind: NoteKind::ReplicasFight,
            span: self.count.span,
            message,
            help: Some(help),
        }
    }
}

/// What the autoscaler guarantees.
pub fn horizontal_autoscaler(autoscaler: &HorizontalAutoscaler, context: &Context) -> Evaluation {
    let period = context.period;
    let mut build = Builder::new(autoscaler.object, context);
    let minimum = build.count(Role::Minimum, autoscaler.minimum.as_ref(), 1);
    let maximum = build.count(Role::Maximum, Some(&autoscaler.maximum), 0);
    build.check_bounds(minimum, maximum);
    let mut guaranteed = Timeline::constant(period, minimum.0, minimum.1);
    if let Some(replicas) = &autoscaler.replicas {
        build.add(replicas.note("autoscaler"));
        let place = build.field(Role::Count, replicas.count.span);
        guaranteed = guaranteed.min(&Timeline::constant(period, replicas.count.value, place));
    }
    build.finish(guaranteed, Timeline::constant(period, maximum.0, maximum.1))
}
