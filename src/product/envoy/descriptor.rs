//! Envoy in the list of products.

use crate::product::descriptor::Descriptor;
use crate::product::envoy::claim;
use crate::product::envoy::gateway;
use crate::product::envoy::product::PRODUCT;

/// Envoy.
pub static DESCRIPTOR: Descriptor = Descriptor {
    claims: Some(&claim::CLAIMANT),
    proxy: Some(&gateway::PROXY),
    folders: &["/etc/envoy/"],
    ..Descriptor::of(&PRODUCT)
};
