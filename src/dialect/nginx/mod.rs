//! nginx: directives as rows, blocks as scopes, `*_pass` as routes.

pub mod address;
mod group;
mod handed;
pub mod includes;
mod listen;
pub mod lower;
pub mod place;
mod route;
pub mod table;
pub mod target;

pub use includes::{Included, Includes};
pub use lower::{Context, Lowered, lower};
