//! ingress-nginx as a product: it passes requests on as nginx does, but to each pod once.

use crate::model::product::{Failures, Origin, Passing, Product, Retries};
use crate::product::ingress_nginx::failure::OWN;
use crate::product::nginx::failure::PASSING;
use crate::product::nginx::product::RETRIES;

/// What `app.kubernetes.io/name` says of its pods.
pub(super) const LABEL: &str = "ingress-nginx";

/// ingress-nginx.
pub static PRODUCT: Product = Product {
    name: "ingress-nginx",
    stated_as: None,
    passing: Some(Passing {
        failures: Failures::alike(&[PASSING, OWN]),
        retries: Retries {
            once_per_pod: true,
            ..RETRIES
        },
        origin: Origin::Controller { label: LABEL },
        ..Passing::UNKNOWN
    }),
};
