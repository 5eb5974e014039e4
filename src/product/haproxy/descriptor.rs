//! HAProxy in the list of products.

use crate::capacity::import::Stamp;
use crate::product::access_log::AccessLog;
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
    access_log: Some(&AccessLog {
        name: "haproxy",
        help: "HTTP log of HAProxy",
        // When the request came.
        stamp: Stamp::Local,
    }),
    ..Descriptor::of(&PRODUCT)
};
