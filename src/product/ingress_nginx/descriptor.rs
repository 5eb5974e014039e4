//! ingress-nginx as a product: it passes requests on as nginx does, but to each pod once.

use crate::model::product::{Failures, Passing, Product, Retries};
use crate::product::Descriptor;
use crate::product::ingress_nginx::failure::OWN;
use crate::product::nginx::descriptor::RETRIES;
use crate::product::nginx::failure::PASSING;

/// ingress-nginx.
pub static DESCRIPTOR: Descriptor = Descriptor::of(Product {
    name: "ingress-nginx",
    stated_as: None,
    passing: Some(Passing {
        failures: Failures::alike(&[PASSING, OWN]),
        retries: Retries {
            once_per_pod: true,
            ..RETRIES
        },
        named_in_paths: true,
    }),
});
