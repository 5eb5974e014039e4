//! What a resource is called, and which resources an action may mean.

use std::sync::Arc;

use crate::capacity::schedule::NotEvaluated;
use crate::environment::terraform::Resource;
use crate::estate::scaled::schedule::Schedule;
use crate::estate::scaled::target::{Entry, Identity, Source, Target};

/// A scheduled action whose target cannot be told: any may be meant.
pub(super) struct Stray {
    reason: NotEvaluated,
    /// The module whose resources it chooses among, where it says so.
    prefix: Option<String>,
}

impl Stray {
    /// An action that names its target in `attribute`; `kind` is what it may name.
    pub fn new(action: &Resource<'_>, attribute: &str, kind: &str, reason: NotEvaluated) -> Self {
        let own = action.block.scalar(attribute).unwrap_or_default();
        let prefix = module_of(action);
        Self {
            reason,
            prefix: own.contains(kind).then(|| prefix.to_owned()),
        }
    }

    /// An action of which not even the module is told.
    pub fn any(reason: NotEvaluated) -> Self {
        Self { reason, prefix: None }
    }

    /// The first that may be for a target.
    pub fn for_target<'s>(all: &'s [Stray], target: &Resource<'_>) -> Option<&'s NotEvaluated> {
        let is_for = |stray: &&Stray| stray.prefix.as_deref().is_none_or(|prefix| prefix == module_of(target));
        all.iter().find(is_for).map(|stray| &stray.reason)
    }
}

/// The part of a resource's address that names its module.
fn module_of<'r>(resource: &'r Resource<'_>) -> &'r str {
    let own = resource.address.rfind(resource.kind).unwrap_or(0);
    &resource.address[..own]
}

/// The names that a resource's attributes give when others refer to them.
pub(super) fn names(resource: &Resource<'_>, attributes: &[&str], own: Option<Arc<str>>) -> Vec<Arc<str>> {
    let symbols = attributes
        .iter()
        .map(|attribute| Arc::from(format!("{{{}.{attribute}}}", resource.address)));
    symbols.chain(own).collect()
}

/// A target of which nothing can be said.
pub(super) fn open(resource: &Resource<'_>, what: &'static str, reason: NotEvaluated) -> Target {
    let span = resource.block.head();
    let object = Entry {
        what,
        name: resource.address.as_str().into(),
        span,
        home: None,
    };
    Target {
        identity: identity(resource, Vec::new()),
        span,
        workload: None,
        routed: None,
        sources: vec![Source {
            object,
            schedule: Schedule::Open(reason),
            entries: Vec::new(),
            sites: Vec::new(),
            reactive: None,
            follows: None,
        }],
    }
}

/// What a resource is called.
pub(super) fn identity(resource: &Resource<'_>, others: Vec<Arc<str>>) -> Identity {
    Identity::Terraform {
        address: resource.address.as_str().into(),
        others,
    }
}

/// Whether Terraform leaves an attribute as it finds it.
pub(super) fn ignores_changes(resource: &Resource<'_>, attribute: &str) -> bool {
    let lifecycles = resource.block.all("lifecycle");
    lifecycles
        .filter_map(|lifecycle| lifecycle.scalar("ignore_changes"))
        .flat_map(|list| list.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')))
        .any(|name| name == attribute || name == "all")
}
