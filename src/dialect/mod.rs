//! Tables and lowering, one folder per language.

pub mod ingress;
pub mod join;
pub mod kubernetes;
pub mod nginx;
