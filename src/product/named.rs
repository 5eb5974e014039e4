//! Products of which nothing is read: it is known that they run, not how they are set.

use crate::kubernetes::foreign::Reader;
use crate::model::Product;
use crate::product::descriptor::Descriptor;
use crate::server::Server;

static BY_NAME: Server = Server::BY_NAME;

/// Servers whose program is known by its name.
pub static SERVERS: [Descriptor; 7] = [
    server(&Product::server("hypercorn")),
    server(&Product::server("daphne")),
    server(&Product::server("granian")),
    server(&Product::server("waitress-serve")),
    server(&Product::server("unicorn")),
    server(&Product::server("bun")),
    server(&Product::server("deno")),
];

const fn server(product: &'static Product) -> Descriptor {
    Descriptor {
        server: Some(&BY_NAME),
        ..Descriptor::of(product)
    }
}

/// Ingress controllers whose annotations are known: on an Ingress that another one serves they have no effect.
pub static CONTROLLERS: [Descriptor; 6] = [
    controller(
        &Product::other("NGINX Ingress Controller"),
        &Reader {
            name: "NGINX Ingress Controller",
            prefixes: &["nginx.org/", "nginx.com/"],
            controllers: &["nginx.org/ingress-controller"],
            classes: &["nginx"],
            groups: &[],
        },
    ),
    controller(
        &Product::other("HAProxy Kubernetes Ingress Controller"),
        &Reader {
            name: "HAProxy Kubernetes Ingress Controller",
            prefixes: &["haproxy.org/"],
            controllers: &["haproxy.org/ingress-controller"],
            classes: &["haproxy"],
            groups: &[],
        },
    ),
    controller(
        &Product::other("HAProxy Ingress"),
        &Reader {
            name: "HAProxy Ingress",
            prefixes: &["haproxy-ingress.github.io/"],
            controllers: &["haproxy-ingress.github.io/controller"],
            classes: &["haproxy"],
            groups: &[],
        },
    ),
    controller(
        &Product::other("Traefik"),
        &Reader {
            name: "Traefik",
            prefixes: &["traefik.ingress.kubernetes.io/"],
            controllers: &["traefik.io/ingress-controller"],
            classes: &["traefik"],
            groups: &[],
        },
    ),
    controller(
        &Product::other("Kong"),
        &Reader {
            name: "Kong",
            prefixes: &["konghq.com/"],
            controllers: &["ingress-controllers.konghq.com/kong"],
            classes: &["kong"],
            groups: &[],
        },
    ),
    controller(
        &Product::other("Application Gateway Ingress Controller"),
        &Reader {
            name: "Application Gateway Ingress Controller",
            prefixes: &["appgw.ingress.kubernetes.io/"],
            controllers: &[],
            classes: &["azure-application-gateway", "azure/application-gateway"],
            groups: &[],
        },
    ),
];

const fn controller(product: &'static Product, reader: &'static Reader) -> Descriptor {
    Descriptor {
        reader: Some(reader),
        ..Descriptor::of(product)
    }
}
