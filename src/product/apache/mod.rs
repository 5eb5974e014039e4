//! Apache httpd. Its files are recognised, so that they are not taken for another's; they are not read.

mod claim;

use crate::model::Product;
use crate::product::descriptor::Descriptor;

/// Apache httpd.
pub static DESCRIPTOR: Descriptor = Descriptor {
    claims: Some(&claim::CLAIMANT),
    ..Descriptor::of(&Product {
        stated_as: None,
        ..Product::server("apache")
    })
};
