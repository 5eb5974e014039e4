//! HAProxy as a product: what may be asked of it from outside, as plain data.

use crate::model::behaviour::FAILING;
use crate::model::product::{Failures, Passing, Product, Retries, RetryWord};
use crate::product::haproxy::failure::{HTTP, TCP};

/// HAProxy.
pub static PRODUCT: Product = Product {
    name: "haproxy",
    stated_as: Some("haproxy"),
    passing: Some(Passing {
        failures: Failures {
            usual: &[FAILING, HTTP],
            of_pass: Some(("tcp", &[FAILING, TCP])),
            of_asking: None,
        },
        retries: Retries {
            words: &RETRY_WORDS,
            status_prefix: Some(""),
            ..Retries::NONE
        },
        named_in_paths: false,
        ..Passing::UNKNOWN
    }),
};

/// The words of `retry-on`; a status code asks again for that answer.
static RETRY_WORDS: [RetryWord; 5] = [
    RetryWord::new("all-retryable-errors", &[(500, 500), (502, 504)], &[], true),
    RetryWord::new("conn-failure", &[], &[503], false),
    RetryWord::new("empty-response", &[], &[502], false),
    RetryWord::new("junk-response", &[], &[502], false),
    RetryWord::new("response-timeout", &[], &[504], true),
];
