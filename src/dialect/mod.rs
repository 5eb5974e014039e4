//! Tables and lowering, one folder per language.

pub mod join;
pub mod nginx;
