//! What is scaled, and everything that writes its number.

use std::fmt;
use std::sync::Arc;

use super::schedule::Schedule;
use crate::capacity::floor::Reactive;
use crate::model::{EntityId, NodePlace, Site, Table};
use crate::repo::Span;

/// One thing whose replicas or instances are scaled, with everything that writes their number.
#[derive(Clone, Debug)]
pub struct Target {
    /// What it is called.
    pub identity: Identity,
    /// Where it is declared; for a Kubernetes workload that is not in the repository, where it is named.
    pub span: Span,
    /// The workload's entity, where there is one.
    pub workload: Option<EntityId>,
    /// What sends requests to it without a gateway that is read: a target group, a Service with an address of its own.
    pub routed: Option<Routed>,
    /// What writes the number: at least one. Of several no one knows which comes last.
    pub sources: Vec<Source>,
}

/// What sends requests to a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routed {
    /// What it is, in words.
    pub by: Arc<str>,
    /// Where that is written.
    pub span: Span,
}

/// What raises the number by the load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follows {
    /// What it is, in words.
    pub by: Arc<str>,
    /// Whether it sees load when nothing runs: utilization is that of what runs.
    pub from_zero: bool,
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
    /// What raises the number by the load, where something does.
    pub follows: Option<Follows>,
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

impl Schedule {
    /// Whether it is a group whose desired capacity a scaling policy may change.
    pub fn has_policy(&self) -> bool {
        matches!(self, Schedule::AutoScalingGroup(group) if group.has_policy)
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
