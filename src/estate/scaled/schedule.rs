//! What one writer of a number says, typed by product.

use crate::capacity::floor::{Policy, Reactive, Select};
use crate::capacity::schedule::{
    AutoScalingGroup, AzureSetting, Context, Downscaled, Evaluation, GoogleAutoscaler, HorizontalAutoscaler, JobTarget,
    KedaScaledObject, NotEvaluated, ScalableTarget, ZalandoSchedule, application_auto_scaling, auto_scaling_group,
    azure, cron_jobs, downscaler, google_autoscaler, horizontal_autoscaler, keda, zalando,
};

/// What a source says, typed, or why it is not evaluated.
#[derive(Clone, Debug)]
pub enum Schedule {
    /// KEDA's ScaledObject.
    Keda(KedaScaledObject),
    /// A HorizontalPodAutoscaler.
    Horizontal(HorizontalAutoscaler),
    /// CronJobs that run `kubectl`, with the workload and its autoscaler.
    CronJobs(JobTarget),
    /// kube-downscaler's annotations.
    Downscaled(Downscaled),
    /// Zalando's ScalingSchedule and the HPA that follows it.
    Zalando(ZalandoSchedule),
    /// Amazon EC2 Auto Scaling.
    AutoScalingGroup(AutoScalingGroup),
    /// Application Auto Scaling.
    ScalableTarget(ScalableTarget),
    /// A Google Cloud autoscaler.
    Google(GoogleAutoscaler),
    /// An autoscale setting of Azure.
    Azure(AzureSetting),
    /// Recognised, but not evaluated: a product whose semantics are not modelled, or a value no one can know here.
    Open(NotEvaluated),
}

impl Schedule {
    /// What it guarantees, and what is wrong with it.
    pub fn evaluate(&self, context: &Context) -> Evaluation {
        match self {
            Schedule::Keda(object) => keda(object, context),
            Schedule::Horizontal(autoscaler) => horizontal_autoscaler(autoscaler, context),
            Schedule::CronJobs(target) => cron_jobs(target, context),
            Schedule::Downscaled(target) => downscaler(target, context),
            Schedule::Zalando(schedule) => zalando(schedule, context),
            Schedule::AutoScalingGroup(group) => auto_scaling_group(group, context),
            Schedule::ScalableTarget(target) => application_auto_scaling(target, context),
            Schedule::Google(autoscaler) => google_autoscaler(autoscaler, context),
            Schedule::Azure(setting) => azure(setting, context),
            Schedule::Open(open) => Evaluation {
                bounds: Err(open.clone()),
                notes: Vec::new(),
            },
        }
    }
}

/// Target tracking of AWS: its alarm wants three minutes above the target; how many it adds then is not limited.
pub fn tracking() -> Reactive {
    Reactive {
        policies: vec![Policy::Pods(10_000, 180)],
        select: Select::Max,
    }
}
