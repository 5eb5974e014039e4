//! nginx as a product: what may be asked of it from outside, as plain data.

use crate::model::product::{Failures, Passing, Product, Retries, RetryWord};
use crate::product::nginx::failure::{OWN, PASSING, STREAM, of_asking};

/// nginx.
pub static PRODUCT: Product = Product {
    name: "nginx",
    stated_as: Some("nginx"),
    passing: Some(Passing {
        failures: Failures {
            of_pass: Some(("stream", &[PASSING, OWN, STREAM])),
            of_asking: Some(of_asking),
            ..Failures::alike(&[PASSING, OWN])
        },
        retries: RETRIES,
        named_in_paths: false,
        ..Passing::UNKNOWN
    }),
};

/// The words of `proxy_next_upstream`; `http_502` and the like ask again for that answer.
pub const RETRIES: Retries = Retries {
    words: &[
        RetryWord::new("error", &[], &[502], false),
        RetryWord::new("invalid_header", &[], &[502], false),
        RetryWord::new("timeout", &[], &[504], true),
    ],
    status_prefix: Some("http_"),
    ..Retries::NONE
};
