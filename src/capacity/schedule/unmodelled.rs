//! Products that are recognised and not evaluated, each with its reason.

use super::evaluation::{Evaluation, NotEvaluated};
use crate::repo::Span;

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

/// Knative's autoscaler: its minimum may come from the cluster's own configuration.
pub fn knative(span: Span) -> Evaluation {
    not_modelled(
        "Knative autoscaling",
        "its minimum may come from the cluster's `config-autoscaler`",
        span,
    )
}
