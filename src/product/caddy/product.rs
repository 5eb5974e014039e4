//! Caddy as a product: what may be asked of it from outside, as plain data.

use crate::model::behaviour::FAILING;
use crate::model::product::{Failures, Passing, Product, Retries, RetryWord};
use crate::product::caddy::failure::{FASTCGI, OWN};

/// Caddy.
pub static PRODUCT: Product = Product {
    name: "caddy",
    stated_as: Some("caddy"),
    passing: Some(Passing {
        failures: Failures {
            usual: &[FAILING, OWN],
            of_pass: Some(("fastcgi", &[FAILING, OWN, FASTCGI])),
            of_asking: None,
        },
        retries: Retries {
            words: &RETRY_WORDS,
            ..Retries::NONE
        },
        named_in_paths: false,
        ..Passing::UNKNOWN
    }),
};

/// There are no words for it: where more than one try is allowed, failed connections are made again, and what failed later
/// only for GET (`tryAgain` in reverseproxy.go; tried with 2.11.7).
static RETRY_WORDS: [RetryWord; 1] = [RetryWord::new("failed", &[], &[502, 504], true)];
