//! HAProxy as a product: what may be asked of it from outside.

use crate::model::behaviour::FAILING;
use crate::model::product::{Failures, Passing, Product, Retries, RetryWord};
use crate::product::Descriptor;
use crate::product::haproxy::claim;
use crate::product::haproxy::failure::{HTTP, TCP};
use crate::product::haproxy::gateway;
use crate::product::haproxy::process;

/// HAProxy.
pub static DESCRIPTOR: Descriptor = Descriptor {
    claims: Some(&claim::CLAIMANT),
    proxy: Some(&gateway::PROXY),
    server: Some(&process::SERVER),
    folders: &["/etc/haproxy/", "/usr/local/etc/haproxy/"],
    ..Descriptor::of(Product {
        name: "haproxy",
        stated_as: Some("haproxy"),
        passing: Some(Passing {
            failures: Failures {
                usual: &[FAILING, HTTP],
                of_pass: Some(("tcp", &[FAILING, TCP])),
            },
            retries: Retries {
                words: &RETRY_WORDS,
                status_prefix: Some(""),
                ..Retries::NONE
            },
            named_in_paths: false,
        }),
    })
};

/// The words of `retry-on`; a status code asks again for that answer.
static RETRY_WORDS: [RetryWord; 5] = [
    RetryWord::new("all-retryable-errors", &[(500, 500), (502, 504)], &[], true),
    RetryWord::new("conn-failure", &[], &[503], false),
    RetryWord::new("empty-response", &[], &[502], false),
    RetryWord::new("junk-response", &[], &[502], false),
    RetryWord::new("response-timeout", &[], &[504], true),
];
