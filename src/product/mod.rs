//! One room per product: a gateway, or a server that runs behind one. [`PRODUCTS`] is the only place where all are named;
//! everybody else asks their descriptors.

pub mod apache;
pub mod balancer;
pub mod envoy;
pub mod gunicorn;
pub mod haproxy;
pub mod ingress_nginx;
pub mod load_balancer;
pub mod named;
pub mod nginx;
pub mod node;
pub mod php_fpm;
pub mod proxy;
pub mod puma;
pub mod rails;
pub mod spring;
pub mod tomcat;
pub mod uvicorn;
pub mod uwsgi;

use std::sync::LazyLock;

use crate::environment::claim::{Claimant, Claimants};
use crate::model::{Product, ProductId};
use crate::server::Server;
use balancer::Balancer;
use proxy::Proxy;

/// What the rest of the program may ask of a product: each room has one.
#[derive(Debug)]
pub struct Descriptor {
    /// What is plain data.
    pub product: Product,
    /// How its files are told from others; `None` where it has none of its own.
    pub claims: Option<&'static Claimant>,
    /// How it is found and lowered, where it is a gateway that runs as a process with files of its own.
    pub proxy: Option<&'static Proxy>,
    /// What is known of it, where it is a load balancer that a cloud runs.
    pub balancer: Option<&'static Balancer>,
    /// What starts it as a process, and how that is lowered.
    pub server: Option<&'static Server>,
    /// Folders of an image, each with a slash at its end, in which its configuration lies.
    pub folders: &'static [&'static str],
}

impl Descriptor {
    /// A product of which nothing else can be asked; rooms add what they have.
    pub const fn of(product: Product) -> Descriptor {
        Descriptor {
            product,
            claims: None,
            proxy: None,
            balancer: None,
            server: None,
            folders: &[],
        }
    }

    /// What stands for the product elsewhere.
    pub const fn id(&'static self) -> ProductId {
        self.product.id()
    }
}

/// Every product that has a room. The order is that in which gateways are looked for.
pub static PRODUCTS: &[&Descriptor] = &[
    &nginx::DESCRIPTOR,
    &haproxy::DESCRIPTOR,
    &apache::DESCRIPTOR,
    &envoy::DESCRIPTOR,
    &ingress_nginx::DESCRIPTOR,
    &load_balancer::AWS_ALB,
    &load_balancer::AWS_CLB,
    &load_balancer::AWS_NLB,
    &load_balancer::AWS_TARGET_GROUP,
    &load_balancer::GOOGLE,
    &load_balancer::OTHER,
    &gunicorn::DESCRIPTOR,
    &node::DESCRIPTOR,
    &php_fpm::DESCRIPTOR,
    &puma::DESCRIPTOR,
    &rails::DESCRIPTOR,
    &spring::DESCRIPTOR,
    &tomcat::DESCRIPTOR,
    &uvicorn::DESCRIPTOR,
    &uwsgi::DESCRIPTOR,
];

/// Every product, also those that are known by name only.
pub fn all() -> impl Iterator<Item = &'static Descriptor> {
    PRODUCTS.iter().copied().chain(&named::SERVERS)
}

/// Those that run as processes.
pub fn servers() -> &'static [(ProductId, &'static Server)] {
    static SERVERS: LazyLock<Vec<(ProductId, &Server)>> = LazyLock::new(|| {
        let server = |product: &'static Descriptor| Some((product.id(), product.server?));
        all().filter_map(server).collect()
    });
    &SERVERS
}

/// The folders of an image in which configuration lies: what else an image holds is nobody's business here.
pub fn folders() -> &'static [&'static str] {
    static FOLDERS: LazyLock<Vec<&str>> =
        LazyLock::new(|| all().flat_map(|product| product.folders).copied().collect());
    &FOLDERS
}

/// The names of the products whose version the configuration may state, in order: what it says of any other would change
/// nothing.
pub fn versioned() -> Vec<&'static str> {
    let mut names: Vec<&str> = all().filter_map(|product| product.product.stated_as).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Those that claim files, in the order in which they are asked.
pub fn claimants() -> &'static Claimants {
    static CLAIMANTS: LazyLock<Claimants> = LazyLock::new(|| {
        let claims = |product: &'static Descriptor| Some((product.id(), product.claims?));
        Claimants::new(all().filter_map(claims))
    });
    &CLAIMANTS
}

/// The gateways that run as processes with files of their own.
pub fn proxies() -> &'static [(ProductId, &'static Proxy)] {
    static PROXIES: LazyLock<Vec<(ProductId, &Proxy)>> = LazyLock::new(|| {
        let proxy = |product: &'static Descriptor| Some((product.id(), product.proxy?));
        all().filter_map(proxy).collect()
    });
    &PROXIES
}

/// What is known of a load balancer.
pub fn balancer(product: ProductId) -> Option<&'static Balancer> {
    all().find(|known| known.id() == product)?.balancer
}

/// The load balancers that `facts` of the configuration may state, by the name they have there.
pub fn stated_balancers() -> impl Iterator<Item = (&'static str, ProductId)> {
    all().filter_map(|product| Some((product.balancer?.stated_as?, product.id())))
}
