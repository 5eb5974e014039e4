//! nginx in the list of products.

use crate::capacity::import::Stamp;
use crate::product::access_log::AccessLog;
use crate::product::descriptor::Descriptor;
use crate::product::nginx::claim;
use crate::product::nginx::gateway;
use crate::product::nginx::process;
use crate::product::nginx::product::PRODUCT;
use crate::product::nginx::startup;

/// nginx.
pub static DESCRIPTOR: Descriptor = Descriptor {
    claims: Some(&claim::CLAIMANT),
    proxy: Some(&gateway::PROXY),
    server: Some(&process::SERVER),
    folders: &["/etc/nginx/", "/usr/local/openresty/nginx/conf/"],
    startup: Some(&startup::STARTUP),
    access_log: Some(&AccessLog {
        name: "combined",
        help: "Access log of nginx or Apache, combined or common",
        // The time is when nginx ended the request; Apache writes when it received it.
        stamp: Stamp::Common,
    }),
    ..Descriptor::of(&PRODUCT)
};
