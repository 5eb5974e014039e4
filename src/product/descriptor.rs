//! What the rest of the program may ask of a product: each room has one of these.

use crate::environment::claim::Claimant;
use crate::expand::Startup;
use crate::kubernetes::foreign::Reader;
use crate::model::{Product, ProductId};
use crate::product::access_log::AccessLog;
use crate::product::balancer::Balancer;
use crate::product::cdn::Cdn;
use crate::product::controller::Controller;
use crate::product::object::Object;
use crate::product::proxy::Proxy;
use crate::server::Server;

/// A product with everything that may be asked of it.
#[derive(Debug)]
pub struct Descriptor {
    /// What is plain data.
    pub product: &'static Product,
    /// How its files are told from others; `None` where it has none of its own.
    pub claims: Option<&'static Claimant>,
    /// How it is found and lowered, where it is a gateway that runs as a process with files of its own.
    pub proxy: Option<&'static Proxy>,
    /// What starts it as a process, and how that is lowered.
    pub server: Option<&'static Server>,
    /// Folders of an image, each with a slash at its end, in which its configuration lies.
    pub folders: &'static [&'static str],
    /// What its images do when they start, before their command runs.
    pub startup: Option<&'static Startup>,
    /// The log that it writes of its requests, where traffic can be imported from it.
    pub access_log: Option<&'static AccessLog>,
    /// How it serves Ingresses.
    pub controller: Option<&'static Controller>,
    /// Which annotations of Ingresses are its own.
    pub reader: Option<&'static Reader>,
    /// Kubernetes objects that make one by themselves.
    pub objects: &'static [Object],
    /// What is known of it, where it is a load balancer that a cloud runs.
    pub balancer: Option<&'static Balancer>,
    /// What is known of it, where it is a CDN.
    pub cdn: Option<&'static Cdn>,
}

impl Descriptor {
    /// A product of which nothing else can be asked; rooms add what they have.
    pub const fn of(product: &'static Product) -> Descriptor {
        Descriptor {
            product,
            claims: None,
            proxy: None,
            server: None,
            folders: &[],
            startup: None,
            access_log: None,
            controller: None,
            reader: None,
            objects: &[],
            balancer: None,
            cdn: None,
        }
    }

    /// What stands for the product elsewhere.
    pub const fn id(&'static self) -> ProductId {
        self.product.id()
    }
}
