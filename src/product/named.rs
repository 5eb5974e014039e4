//! Products of which nothing is read: it is known that they run, not how they are set.

use crate::model::Product;
use crate::product::Descriptor;
use crate::server::Server;

static BY_NAME: Server = Server::BY_NAME;

/// Servers whose program is known by its name.
pub static SERVERS: [Descriptor; 7] = [
    server("hypercorn"),
    server("daphne"),
    server("granian"),
    server("waitress-serve"),
    server("unicorn"),
    server("bun"),
    server("deno"),
];

const fn server(name: &'static str) -> Descriptor {
    Descriptor {
        server: Some(&BY_NAME),
        ..Descriptor::of(Product::server(name))
    }
}
