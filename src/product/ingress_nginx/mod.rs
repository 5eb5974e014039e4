//! ingress-nginx: an Ingress is a gateway, annotations and the controller's ConfigMap are rows.

mod annotations;
mod chart;
mod controller;
pub mod descriptor;
mod failure;
pub mod product;
mod settings;
mod table;

pub use descriptor::DESCRIPTOR;
