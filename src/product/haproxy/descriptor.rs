//! HAProxy in the list of products.

use crate::product::descriptor::Descriptor;
use crate::product::haproxy::claim;
use crate::product::haproxy::gateway;
use crate::product::haproxy::process;
use crate::product::haproxy::product::PRODUCT;

/// HAProxy.
pub static DESCRIPTOR: Descriptor = Descriptor {
    claims: Some(&claim::CLAIMANT),
    proxy: Some(&gateway::PROXY),
    server: Some(&process::SERVER),
    folders: &["/etc/haproxy/", "/usr/local/etc/haproxy/"],
    ..Descriptor::of(&PRODUCT)
};
