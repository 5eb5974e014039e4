//! nginx: directives as rows, blocks as scopes, `*_pass` as routes.

pub mod address;
pub mod includes;
pub mod lower;
pub mod place;
pub mod table;
pub mod target;

pub use includes::{Included, Includes};
pub use lower::{Context, Lowered, lower};
