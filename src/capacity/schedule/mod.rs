//! What each kind of schedule guarantees as a function of time. One function per source, from typed inputs with spans;
//! reading those inputs out of files is the dialects' business.

mod application;
mod autoscaling;
mod azure;
mod bounds;
mod build;
mod carry;
mod cronjob;
mod deployer;
mod downscaler;
mod evaluation;
mod given;
mod google;
mod horizontal;
mod keda;
mod kubectl;
mod unmodelled;
mod window;
mod zalando;

pub use application::{ApplicationAction, ScalableTarget, application_auto_scaling};
pub use autoscaling::{AutoScalingGroup, GroupAction, auto_scaling_group};
pub use azure::{AzureProfile, AzureSetting, AzureWhen, azure};
pub use bounds::{Bounds, Field, Role};
pub use cronjob::{Job, JobTarget, Upkeep, cron_jobs};
pub use deployer::Deployer;
pub use downscaler::{Downscaled, downscaler};
pub use evaluation::{Context, Evaluation, Meant, NotEvaluated, Note, NoteKind};
pub use given::Given;
pub use google::{GoogleAutoscaler, GoogleSchedule, google_autoscaler};
pub use horizontal::{HorizontalAutoscaler, WrittenCount, horizontal_autoscaler};
pub use keda::{KedaCron, KedaScaledObject, Paused, keda};
pub use kubectl::{KubectlWrite, Named, Refusal, Verb, kubectl_writes};
pub use unmodelled::{alibaba, knative, not_modelled};
pub use zalando::{ZalandoEntry, ZalandoSchedule, ZalandoWhen, zalando};
