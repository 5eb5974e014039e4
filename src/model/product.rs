//! A product as a value: what may be asked of a gateway or server without entering its room. Each is described once, in
//! its folder of `src/product/`; everybody else holds a [`ProductId`].

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::key::Field;

/// One way to fail and what it looks like at the gateway's client: status code and log line.
pub type Failure = (Field<Arc<str>>, &'static str);

/// A gateway or a server.
#[derive(Debug)]
pub struct Product {
    /// Its name in rules, messages and reports: `nginx`, `AWS ALB`.
    pub name: &'static str,
    /// Its name under `versions` of the configuration; `None` where a version would change nothing.
    pub stated_as: Option<&'static str>,
    /// How it passes requests on; `None` for one that only answers them.
    pub passing: Option<Passing>,
}

impl Product {
    /// A server: it answers requests and passes none on. The configuration may state its version under its name.
    pub const fn server(name: &'static str) -> Product {
        Product {
            name,
            stated_as: Some(name),
            passing: None,
        }
    }

    /// Something else that is known by its name.
    pub const fn other(name: &'static str) -> Product {
        Product {
            stated_as: None,
            ..Product::server(name)
        }
    }

    /// What stands for it elsewhere.
    pub const fn id(&'static self) -> ProductId {
        ProductId(self)
    }
}

/// How a gateway passes requests on.
#[derive(Debug)]
pub struct Passing {
    /// What failures look like at its client.
    pub failures: Failures,
    /// What it does about failures.
    pub retries: Retries,
    /// Whether a path that begins with it gives the gateway's own name (`Ingress shop`) rather than the product's.
    pub named_in_paths: bool,
    /// Where its requests come from, as the pods see it.
    pub origin: Origin,
}

impl Passing {
    /// It passes requests on, and nothing else is known of how.
    pub const UNKNOWN: Passing = Passing {
        failures: Failures::NONE,
        retries: Retries::NONE,
        named_in_paths: true,
        origin: Origin::Container,
    };
}

/// Where the requests of a gateway come from, as network policies see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// From the container it runs in; of one that runs elsewhere that is not known.
    Container,
    /// From the pods of the cluster's controller, which `app.kubernetes.io/name` calls so.
    Controller {
        /// The value of that label.
        label: &'static str,
    },
    /// From addresses of the cluster's network, where it sends to pods; else from that of a node.
    Network,
}

/// What failures look like at a gateway's client, read in the product's source or reproduced with it. Later ones stand
/// for earlier ones of the same field; a field that is missing is not claimed.
#[derive(Debug)]
pub struct Failures {
    /// Of all routes but those of `of_pass`.
    pub usual: &'static [&'static [Failure]],
    /// Of routes with this value of `route.pass`, for which the product behaves differently.
    pub of_pass: Option<(&'static str, &'static [&'static [Failure]])>,
    /// What the client sees of a failure where the gateway itself had asked whether a request may pass.
    pub of_asking: Option<fn(&str) -> String>,
}

impl Failures {
    /// Nothing is claimed.
    pub const NONE: Failures = Failures::alike(&[]);

    /// The same of all routes.
    pub const fn alike(usual: &'static [&'static [Failure]]) -> Failures {
        Failures {
            usual,
            of_pass: None,
            of_asking: None,
        }
    }

    /// Those of routes with this value of `route.pass`.
    pub fn of_route(&self, pass: &str) -> impl Iterator<Item = &'static Failure> + use<> {
        let own = self.of_pass.filter(|(own, _)| *own == pass);
        own.map_or(self.usual, |(_, own)| own).iter().copied().flatten()
    }
}

/// What a gateway's words for "try again" mean, those of `route.retry_on`.
#[derive(Debug)]
pub struct Retries {
    /// The words; one that is missing repeats nothing that matters behind another gateway.
    pub words: &'static [RetryWord],
    /// What stands in front of a status code that is itself such a word: `http_` in nginx, nothing in HAProxy; `None`
    /// where no code can be one.
    pub status_prefix: Option<&'static str>,
    /// Whether the read timeout is one limit for all tries together, with `route.per_try_timeout` for each.
    pub shares_read_timeout: bool,
    /// Whether each try goes to another pod, so that there are no more tries than pods.
    pub once_per_pod: bool,
}

impl Retries {
    /// It tries nothing again, or nothing is known of it.
    pub const NONE: Retries = Retries {
        words: &[],
        status_prefix: None,
        shares_read_timeout: false,
        once_per_pod: false,
    };

    /// What a word means, where it is known.
    pub fn word(&self, text: &str) -> Option<&'static RetryWord> {
        self.words.iter().find(|word| word.word == text)
    }

    /// The status code that a word is.
    pub fn status(&self, text: &str) -> Option<u16> {
        text.strip_prefix(self.status_prefix?)?.parse().ok()
    }
}

/// A word for what is tried again.
#[derive(Debug)]
pub struct RetryWord {
    /// As it is written.
    pub word: &'static str,
    /// Answers of the upstream that are asked for again: ranges of status codes, both ends included.
    pub repeats: &'static [(u16, u16)],
    /// What the client gets once all tries have failed in this way.
    pub ends_in: &'static [u16],
    /// Whether a try that has timed out is made again.
    pub timeouts: bool,
}

impl RetryWord {
    /// A word.
    pub const fn new(
        word: &'static str,
        repeats: &'static [(u16, u16)],
        ends_in: &'static [u16],
        timeouts: bool,
    ) -> RetryWord {
        RetryWord {
            word,
            repeats,
            ends_in,
            timeouts,
        }
    }
}

/// A product, as everything holds it that does not look into its room: small, and compared by its place in memory.
#[derive(Clone, Copy)]
pub struct ProductId(&'static Product);

impl ProductId {
    /// The product.
    pub fn product(self) -> &'static Product {
        self.0
    }

    /// Whether it passes requests on.
    pub fn is_gateway(self) -> bool {
        self.0.passing.is_some()
    }

    /// Where its requests come from; `None` for one that passes none on.
    pub fn origin(self) -> Option<Origin> {
        self.0.passing.as_ref().map(|passing| passing.origin)
    }
}

impl std::ops::Deref for ProductId {
    type Target = Product;

    fn deref(&self) -> &Product {
        self.0
    }
}

impl PartialEq for ProductId {
    fn eq(&self, other: &ProductId) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for ProductId {}

impl Hash for ProductId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::ptr::hash(self.0, state);
    }
}

impl fmt::Debug for ProductId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
}
