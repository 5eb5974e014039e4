//! What changes the number of replicas or instances over time, as files describe it: one [`Target`] for each thing that
//! is scaled. One file per language; what they say is evaluated in `capacity::schedule`, compared with traffic in
//! `assess`.

pub mod cloudformation;
mod kubernetes;
mod parts;
pub mod terraform;

use std::fmt;
use std::sync::Arc;

use crate::capacity::floor::{Policy, Reactive, Select};
use crate::capacity::schedule::{
    AutoScalingGroup, Context, Downscaled, Evaluation, GoogleAutoscaler, HorizontalAutoscaler, JobTarget,
    KedaScaledObject, NotEvaluated, ScalableTarget, ZalandoSchedule, application_auto_scaling, auto_scaling_group,
    cron_jobs, downscaler, google_autoscaler, horizontal_autoscaler, keda, zalando,
};
use crate::environment::{Document, Environment};
use crate::kubernetes::workload::Scaler;
use crate::model::{EntityId, Model, NodePlace, Site, Table};
use crate::repo::Span;

pub use parts::{EntryParts, Parts};

/// Everything in an environment whose number is scaled.
pub fn targets(model: &mut Model, environment: &Environment, scalers: &[Scaler]) -> Vec<Target> {
    kubernetes::targets(model, environment, scalers)
}

/// The workload of this name, whose replicas nothing changes; `None` where none answers to it.
pub fn constant(model: &mut Model, documents: &[Document], name: &str) -> Option<Target> {
    kubernetes::constant(model, documents, name)
}

/// One thing whose replicas or instances are scaled, with everything that writes their number.
#[derive(Clone, Debug)]
pub struct Target {
    /// What it is called.
    pub identity: Identity,
    /// Where it is declared; for a Kubernetes workload that is not in the repository, where it is named.
    pub span: Span,
    /// The workload's entity, where there is one.
    pub workload: Option<EntityId>,
    /// What writes the number: at least one. Of several no one knows which comes last.
    pub sources: Vec<Source>,
}

/// What a target is called, in the terms of the language that declares it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identity {
    /// A Kubernetes workload.
    Kubernetes {
        /// `Deployment`, `StatefulSet`, …
        kind: Arc<str>,
        /// Empty where none is written.
        namespace: Arc<str>,
        /// Its name.
        name: Arc<str>,
    },
    /// A resource of Terraform, modules included: `module.shop.aws_autoscaling_group.web`.
    Terraform {
        /// The address of what has the bounds (`aws_appautoscaling_target.api`).
        address: Arc<str>,
        /// Further addresses and names it is known by: that of its ECS service, the group's own `name`.
        others: Vec<Arc<str>>,
    },
    /// A resource of a CloudFormation template.
    CloudFormation {
        /// The template, relative to the repository's root.
        template: Arc<str>,
        /// The key under `Resources`.
        logical_id: Arc<str>,
    },
}

/// One writer of the number.
#[derive(Clone, Debug)]
pub struct Source {
    /// The object that writes: the ScaledObject, the group, the CronJob.
    pub object: Entry,
    /// What it says, typed.
    pub schedule: Schedule,
    /// The entries of its schedule, in the order of the typed source's own list: cron triggers, actions, jobs, scaling
    /// schedules; empty where there are none.
    pub entries: Vec<Entry>,
    /// Where its values are written: every fact's span is that of the `Given` with the same value.
    pub sites: Vec<(Span, Site)>,
    /// How it scales up by metrics, where it does.
    pub reactive: Option<Reactive>,
}

/// An object or one entry of a schedule.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it is, in the product's own words: `ScaledObject`, `cron trigger`, `scheduled action`, `CronJob`.
    pub what: &'static str,
    /// Its name; the number of the entry where it has none.
    pub name: Arc<str>,
    /// Where it is declared.
    pub span: Span,
    /// The block its values stand in and the table a new one is written through; `None` where none can be added.
    pub home: Option<(NodePlace, &'static Table)>,
}

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
            Schedule::Open(open) => Evaluation {
                bounds: Err(open.clone()),
                notes: Vec::new(),
            },
        }
    }
}

impl Source {
    /// Where the value with this span is written.
    pub fn site(&self, span: Span) -> Option<Site> {
        self.sites.iter().find(|(at, _)| *at == span).map(|(_, site)| *site)
    }
}

impl Identity {
    /// Whether a name in the configuration means this target: `namespace/name`, a bare name, or an address.
    pub fn answers(&self, name: &str) -> bool {
        match self {
            Identity::Kubernetes {
                namespace, name: own, ..
            } => match name.split_once('/') {
                // What is written without a namespace may be deployed into any.
                Some((wanted, name)) => **own == *name && (namespace.is_empty() || **namespace == *wanted),
                None => **own == *name,
            },
            Identity::Terraform { address, others } => {
                **address == *name || others.iter().any(|other| **other == *name)
            }
            Identity::CloudFormation { template, logical_id } => {
                let whole = name.strip_suffix(&**logical_id).and_then(|rest| rest.strip_suffix('/'));
                **logical_id == *name || whole == Some(&**template)
            }
        }
    }

    /// The bare name.
    pub fn name(&self) -> &str {
        match self {
            Identity::Kubernetes { name, .. } => name,
            Identity::Terraform { address, .. } => address,
            Identity::CloudFormation { logical_id, .. } => logical_id,
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Identity::Kubernetes { kind, namespace, name } if namespace.is_empty() => write!(f, "{kind} {name}"),
            Identity::Kubernetes { kind, namespace, name } => write!(f, "{kind} {namespace}/{name}"),
            Identity::Terraform { address, .. } => f.write_str(address),
            Identity::CloudFormation { logical_id, .. } => f.write_str(logical_id),
        }
    }
}

/// Target tracking of AWS: its alarm wants three minutes above the target; how many it adds then is not limited.
fn tracking() -> Reactive {
    Reactive {
        policies: vec![Policy::Pods(10_000, 180)],
        select: Select::Max,
    }
}
