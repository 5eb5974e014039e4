//! nginx: directives as rows, blocks as scopes, `*_pass` as routes.

pub mod address;
mod buffers;
pub mod claim;
mod context;
pub mod descriptor;
pub(crate) mod failure;
mod gateway;
mod group;
mod handed;
pub mod includes;
mod listen;
pub mod lower;
pub mod misplaced;
mod named;
pub mod place;
mod process;
pub mod product;
mod reach;
mod resolver;
mod route;
mod server;
mod startup;
pub mod table;
pub mod target;

pub use context::Context;
pub use descriptor::DESCRIPTOR;
pub use includes::{Included, Includes};
pub use lower::{Lowered, lower};
