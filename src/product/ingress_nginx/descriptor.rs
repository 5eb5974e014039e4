//! ingress-nginx in the list of products.

use crate::product::descriptor::Descriptor;
use crate::product::ingress_nginx::controller::{CONTROLLER, READER};
use crate::product::ingress_nginx::product::PRODUCT;

/// ingress-nginx.
pub static DESCRIPTOR: Descriptor = Descriptor {
    controller: Some(&CONTROLLER),
    reader: Some(&READER),
    ..Descriptor::of(&PRODUCT)
};
