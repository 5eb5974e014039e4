//! Envoy: bootstraps and files of resources, in YAML or JSON, to gateways, routes, upstreams and endpoints. What is of
//! a type not known here is unknown, never wrong.

pub mod claim;
mod cluster;
pub mod descriptor;
mod failure;
mod gateway;
pub(crate) mod lower;
pub mod place;
pub mod product;
pub(crate) mod refusal;
pub(crate) mod resources;
mod route;
mod spell;
pub mod table;
mod tree;

pub use descriptor::DESCRIPTOR;
