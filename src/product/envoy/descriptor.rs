//! Envoy as a product: what may be asked of it from outside.

use crate::model::behaviour::FAILING;
use crate::model::product::{Failures, Passing, Product, Retries, RetryWord};
use crate::product::Descriptor;
use crate::product::envoy::claim;
use crate::product::envoy::failure::OWN;
use crate::product::envoy::gateway;

/// Envoy.
pub static DESCRIPTOR: Descriptor = Descriptor {
    claims: Some(&claim::CLAIMANT),
    proxy: Some(&gateway::PROXY),
    folders: &["/etc/envoy/"],
    ..Descriptor::of(Product {
        name: "envoy",
        stated_as: Some("envoy"),
        passing: Some(Passing {
            failures: Failures::alike(&[FAILING, OWN]),
            retries: Retries {
                words: &RETRY_WORDS,
                shares_read_timeout: true,
                ..Retries::NONE
            },
            named_in_paths: true,
        }),
    })
};

/// The words of `retry_on` that say something of the gateway behind.
static RETRY_WORDS: [RetryWord; 6] = [
    RetryWord::new("5xx", &[(500, 599)], &[502, 503, 504], true),
    RetryWord::new("gateway-error", &[(502, 504)], &[502, 503, 504], true),
    RetryWord::new("connect-failure", &[], &[503], false),
    RetryWord::new("reset", &[], &[503], true),
    RetryWord::new("refused-stream", &[], &[503], false),
    RetryWord::new("reset-before-request", &[], &[503], false),
];
