//! What sends requests to what a template scales, and what raises its capacity by the load.

use crate::estate::scaled::target::{Follows, Routed};
use crate::syntax::At;

/// What sends requests to a resource: the first of these properties that names anything.
pub(super) fn routed(resource: At<'_>, names: &[&str]) -> Option<Routed> {
    let own = resource.child("Properties")?;
    let list = names.iter().find_map(|name| {
        let list = own.child(name)?;
        (!list.is_list() || list.items().next().is_some()).then_some(list)
    })?;
    Some(Routed {
        by: "a target group".into(),
        span: list.name_span(),
    })
}

/// What a scaling policy raises the capacity by, if it does.
pub(super) fn follows(policy: At<'_>) -> Option<Follows> {
    let own = policy.child("Properties")?;
    // A number that the stack fills in may be a raise.
    let raises = |at: Option<At<'_>>| {
        let number = at.and_then(At::text).and_then(|text| text.parse::<f64>().ok());
        number.is_none_or(|number| number > 0.0)
    };
    let mut from_zero = true;
    let raises = match own.scalar("PolicyType") {
        Some("TargetTrackingScaling") => {
            let configured = [
                "TargetTrackingConfiguration",
                "TargetTrackingScalingPolicyConfiguration",
            ];
            // What the platform measures itself it measures of what runs.
            from_zero = !configured.iter().any(|name| {
                own.child(name)
                    .is_some_and(|of| of.child("PredefinedMetricSpecification").is_some())
            });
            true
        }
        Some("PredictiveScaling") => own.scalar("PredictiveScalingConfiguration.Mode") == Some("ForecastAndScale"),
        Some("StepScaling") => {
            let steps = own
                .child("StepAdjustments")
                .or_else(|| own.get("StepScalingPolicyConfiguration.StepAdjustments"));
            steps.is_none_or(|steps| steps.items().any(|step| raises(step.child("ScalingAdjustment"))))
        }
        _ => raises(own.child("ScalingAdjustment")),
    };
    raises.then(|| Follows {
        by: format!("the scaling policy {}", policy.name()).into(),
        from_zero,
    })
}

/// Whether a policy keeps a metric at a value, by however many instances that takes.
pub(super) fn is_tracking(policy: At<'_>) -> bool {
    policy.scalar("Properties.PolicyType") == Some("TargetTrackingScaling")
}
