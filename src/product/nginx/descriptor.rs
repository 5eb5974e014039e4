//! nginx in the list of products.

use crate::product::descriptor::Descriptor;
use crate::product::nginx::claim;
use crate::product::nginx::gateway;
use crate::product::nginx::process;
use crate::product::nginx::product::PRODUCT;

/// nginx.
pub static DESCRIPTOR: Descriptor = Descriptor {
    claims: Some(&claim::CLAIMANT),
    proxy: Some(&gateway::PROXY),
    server: Some(&process::SERVER),
    folders: &["/etc/nginx/", "/usr/local/openresty/nginx/conf/"],
    ..Descriptor::of(&PRODUCT)
};
