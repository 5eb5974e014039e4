//! What serves Ingress objects: a controller in the cluster, or one that makes a cloud's load balancer.

use std::sync::Arc;

use crate::environment::Document;
use crate::estate::Builder;
use crate::kubernetes::ingress::{Ingress, Serving};
use crate::model::{Model, ScopeId};

/// How it serves them.
#[derive(Debug)]
pub struct Controller {
    /// Whether it serves an Ingress, as far as class and annotations tell.
    pub serves: fn(&Ingress<'_>) -> bool,
    /// Begins to serve one. The scope is what all of them share.
    pub serve: for<'d> fn(&mut Model, &Ingress<'d>, Option<ScopeId>) -> Box<dyn Serving<'d> + 'd>,
    /// Its settings that all Ingresses of an environment inherit.
    pub shared: fn(&mut Builder<'_>) -> Option<ScopeId>,
    /// Whether a document holds such settings.
    pub is_settings: fn(&Document) -> bool,
    /// The namespace it runs in, as far as the environment tells.
    pub namespace: fn(&Builder<'_>) -> Option<Arc<str>>,
    /// Adds what is wrong with how an Ingress that it serves is written.
    pub notes: fn(&mut Model, &Ingress<'_>),
}

impl Controller {
    /// One without settings of its own, outside the cluster.
    pub const fn of(
        serves: fn(&Ingress<'_>) -> bool,
        serve: for<'d> fn(&mut Model, &Ingress<'d>, Option<ScopeId>) -> Box<dyn Serving<'d> + 'd>,
    ) -> Controller {
        Controller {
            serves,
            serve,
            shared: |_| None,
            is_settings: |_| false,
            namespace: |_| None,
            notes: |_, _| {},
        }
    }
}
