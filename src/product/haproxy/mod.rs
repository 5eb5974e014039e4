//! HAProxy: sections as scopes, `default-server` as what servers begin with, frontends to backends as routes.

pub mod address;
mod bind;
mod claim;
mod cover;
pub mod descriptor;
mod failure;
mod gateway;
mod idle;
pub mod lower;
mod names;
pub mod options;
pub mod place;
mod process;
pub mod product;
pub mod routes;
pub mod sections;
pub mod servers;
mod spell;
pub mod table;
mod unit;
pub mod words;

pub use descriptor::DESCRIPTOR;
pub use lower::{Input, Lowered, lower};
pub use words::{Around, Variable};
