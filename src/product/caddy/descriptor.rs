//! Caddy in the list of products.

use crate::product::caddy::product::PRODUCT;
use crate::product::caddy::{claim, gateway, process};
use crate::product::descriptor::Descriptor;

/// Caddy.
pub static DESCRIPTOR: Descriptor = Descriptor {
    claims: Some(&claim::CLAIMANT),
    proxy: Some(&gateway::PROXY),
    server: Some(&process::SERVER),
    folders: &["/etc/caddy/"],
    ..Descriptor::of(&PRODUCT)
};
