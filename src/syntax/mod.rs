//! Text to tree, without meaning. One arena holds every language; parsers are tolerant and never panic.

pub mod argv;
pub mod assign;
pub mod caddyfile;
pub mod dockerfile;
pub mod effects;
mod faults;
pub mod haproxy;
pub mod hcl;
pub mod holes;
pub mod ini;
pub mod language;
pub mod literal;
pub mod nginx;
mod token;
pub mod tree;
pub mod xml;
pub mod yaml;

pub use language::{Language, parse};
pub use tree::{At, NodeId, Problem, ProblemKind, Shape, Style, Tree, TreeBuilder, Word};
