//! Kubernetes objects that are of no one product: Services, workloads and their probes, policies, budgets, classes.

pub mod class;
pub(crate) mod disruption;
pub(crate) mod fact;
pub mod foreign;
pub mod ingress;
pub mod policy;
pub(crate) mod pre_stop;
pub mod scaler;
pub mod service;
pub mod workload;
