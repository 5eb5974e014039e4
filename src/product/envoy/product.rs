//! Envoy as a product: what may be asked of it from outside, as plain data.

use crate::model::behaviour::FAILING;
use crate::model::product::{Failures, Passing, Product, Retries, RetryWord};
use crate::product::envoy::failure::OWN;

/// Envoy.
pub static PRODUCT: Product = Product {
    name: "envoy",
    stated_as: Some("envoy"),
    passing: Some(Passing {
        failures: Failures::alike(&[FAILING, OWN]),
        retries: Retries {
            words: &RETRY_WORDS,
            shares_read_timeout: true,
            ..Retries::NONE
        },
        ..Passing::UNKNOWN
    }),
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
