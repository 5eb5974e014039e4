//! Envoy in the list of products.

use crate::capacity::import::Stamp;
use crate::product::access_log::AccessLog;
use crate::product::descriptor::Descriptor;
use crate::product::envoy::claim;
use crate::product::envoy::gateway;
use crate::product::envoy::product::PRODUCT;

/// Envoy.
pub static DESCRIPTOR: Descriptor = Descriptor {
    claims: Some(&claim::CLAIMANT),
    proxy: Some(&gateway::PROXY),
    folders: &["/etc/envoy/"],
    access_log: Some(&AccessLog {
        name: "envoy",
        help: "Default access log of Envoy",
        // The beginning of the request, in UTC.
        stamp: Stamp::Iso,
    }),
    ..Descriptor::of(&PRODUCT)
};
