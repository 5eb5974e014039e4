//! What the configuration's `facts` say lives in another repository.

use std::sync::Arc;

use crate::model::{Duration, ProductId};
use crate::repo::Span;

/// Everything under `facts`.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Load balancers that no file of the repository makes.
    pub load_balancers: Vec<LoadBalancer>,
    /// CDNs in front of gateways.
    pub cdns: Vec<Cdn>,
    /// The namespace the ingress controller runs in.
    pub gateway_namespace: Option<Arc<str>>,
}

/// A load balancer that no file of the repository makes.
#[derive(Clone, Debug)]
pub struct LoadBalancer {
    /// What people call it.
    pub name: Arc<str>,
    /// Where it is stated.
    pub span: Span,
    /// What it is.
    pub product: ProductId,
    /// How long it keeps idle connections, where stated; else the product's default.
    pub idle_timeout: Option<(Duration, Span)>,
    /// Services (`shop/web`, `web:80`) and compose services it sends to.
    pub in_front_of: Vec<(Arc<str>, Span)>,
    /// Whether it sends to pods rather than to nodes.
    pub to_pods: bool,
}

/// A CDN in front of gateways.
#[derive(Clone, Debug)]
pub struct Cdn {
    /// What people call it.
    pub name: Arc<str>,
    /// How long it waits for a response.
    pub read_timeout: (Duration, Span),
    /// Hosts (`shop.example.com`, `*.example.com`), Ingresses, Services or compose services behind it.
    pub in_front_of: Vec<(Arc<str>, Span)>,
}

impl Facts {
    /// Every name that something is said to stand in front of.
    pub fn names(&self) -> impl Iterator<Item = &(Arc<str>, Span)> {
        let balancers = self.load_balancers.iter().flat_map(|balancer| &balancer.in_front_of);
        balancers.chain(self.cdns.iter().flat_map(|cdn| &cdn.in_front_of))
    }
}
