//! One room per product: a gateway, or a server that runs behind one. [`PRODUCTS`] is the only place where all are named;
//! everybody else asks their descriptors.

pub mod access_log;
pub mod apache;
pub mod balancer;
pub mod caddy;
pub mod cdn;
pub mod cloudflare;
pub mod controller;
pub mod descriptor;
pub mod envoy;
pub mod gunicorn;
pub mod haproxy;
pub mod ingress_nginx;
pub mod load_balancer;
pub mod named;
pub mod nginx;
pub mod node;
pub mod object;
pub mod php_fpm;
pub mod proxy;
pub mod puma;
pub mod rails;
pub mod spring;
pub mod tomcat;
pub mod unread;
pub mod uvicorn;
pub mod uwsgi;

use std::sync::LazyLock;

use crate::capacity::import::Stamp;
use crate::environment::Document;
use crate::environment::claim::Claimants;
use crate::expand::Startup;
use crate::kubernetes::foreign::Reader;
use crate::model::ProductId;
use crate::server::Server;
use access_log::AccessLog;
use balancer::Balancer;
use controller::Controller;
use descriptor::Descriptor;
use object::Object;
use proxy::Proxy;

/// Every product that has a room. The order is that in which they are asked: who serves an Ingress,
/// what runs in a container.
pub static PRODUCTS: &[&Descriptor] = &[
    &nginx::DESCRIPTOR,
    &haproxy::DESCRIPTOR,
    &apache::DESCRIPTOR,
    &envoy::DESCRIPTOR,
    &caddy::DESCRIPTOR,
    &load_balancer::AWS_ALB,
    &load_balancer::AWS_CLB,
    &load_balancer::AWS_NLB,
    &load_balancer::AWS_TARGET_GROUP,
    &load_balancer::GOOGLE,
    &ingress_nginx::DESCRIPTOR,
    &load_balancer::OTHER,
    &cloudflare::DESCRIPTOR,
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
    PRODUCTS
        .iter()
        .copied()
        .chain(&named::SERVERS)
        .chain(&named::CONTROLLERS)
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

/// The folders of an image in which one product has its configuration.
pub fn folders_of(product: ProductId) -> &'static [&'static str] {
    let mut own = all().filter(|own| own.id() == product);
    own.next().map_or(&[], |own| own.folders)
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

/// What serves Ingresses, in the order in which they are asked whether they do.
pub fn controllers() -> impl Iterator<Item = (ProductId, &'static Controller)> {
    all().filter_map(|product| Some((product.id(), product.controller?)))
}

/// Everything that reads annotations of Ingresses.
pub fn readers() -> &'static [&'static Reader] {
    static READERS: LazyLock<Vec<&Reader>> = LazyLock::new(|| all().filter_map(|product| product.reader).collect());
    &READERS
}

/// The kinds of Kubernetes objects that make gateways by themselves.
pub fn objects() -> impl Iterator<Item = &'static Object> {
    all().flat_map(|product| product.objects)
}

/// Whether a document holds settings of what serves Ingresses.
pub fn is_settings(document: &Document) -> bool {
    controllers().any(|(_, controller)| (controller.is_settings)(document))
}

/// The access log whose lines write the time like this.
pub fn access_log(stamp: Stamp) -> Option<&'static AccessLog> {
    let mut logs = all().filter_map(|product| product.access_log);
    logs.find(|log| log.stamp == stamp)
}

/// What images do when they start.
pub fn startups() -> &'static [&'static Startup] {
    static STARTUPS: LazyLock<Vec<&Startup>> = LazyLock::new(|| all().filter_map(|product| product.startup).collect());
    &STARTUPS
}
