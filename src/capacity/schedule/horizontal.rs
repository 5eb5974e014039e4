//! The HorizontalPodAutoscaler of Kubernetes: a constant minimum, unless `replicas` of its target fights it.

use super::bounds::Role;
use super::build::Builder;
use super::evaluation::{Context, Evaluation, NoteKind};
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
    /// `replicas` of the target: every apply sets the count to it (kubernetes/kubernetes#25238).
    pub replicas: Option<Given<u32>>,
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
        let message = match replicas.value {
            0 => "`replicas: 0` turns the autoscaler off at every apply".to_owned(),
            count => format!("every apply sets the count to {count}, whatever the autoscaler has chosen"),
        };
        let help = "remove `replicas` and leave the count to the autoscaler";
        build.note(NoteKind::ReplicasFight, replicas.span, message, Some(help));
        let place = build.field(Role::Count, replicas.span);
        guaranteed = guaranteed.min(&Timeline::constant(period, replicas.value, place));
    }
    build.finish(guaranteed, Timeline::constant(period, maximum.0, maximum.1))
}
