//! What is found of a workload before its sources are put together.

use std::sync::Arc;

use crate::capacity::schedule::NotEvaluated;
use crate::environment::Document;
use crate::estate::scaled::target::Entry;

/// Kinds whose pods are counted.
pub(super) const SCALABLE: [&str; 5] = [
    "Deployment",
    "StatefulSet",
    "ReplicaSet",
    "ReplicationController",
    "Rollout",
];

/// Namespace, kind and name of a workload, and what tells it from others of that name.
pub(super) type Key = (Arc<str>, Arc<str>, Arc<str>, Arc<str>);

/// What is known of a workload before its sources are put together.
#[derive(Default)]
pub(super) struct Found<'a> {
    /// The workload's document.
    pub document: Option<&'a Document>,
    pub horizontal: Vec<&'a Document>,
    pub scaled_objects: Vec<&'a Document>,
    pub open: Vec<(Entry, NotEvaluated)>,
}
