//! gatelint finds the 502 before it is merged.
//!
//! Every configuration language becomes one kind of tree, the tree becomes facts that remember where they were
//! written, facts are linked across files into hops and chains, a rule is a sentence about linked facts, and a fix is
//! a fact put back. `run` reads like that line; each folder imports only from the steps before it.

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

pub mod analysis;
pub mod assess;
pub mod capacity;
pub mod cli;
pub mod config;
pub mod environment;
pub mod estate;
pub mod expand;
pub mod finding;
pub mod fix;
pub mod kubernetes;
pub mod link;
pub mod lower;
pub mod model;
pub mod product;
pub mod repo;
pub mod report;
pub mod rule;
pub mod run;
pub mod scaling;
pub mod server;
pub mod speed;
pub mod syntax;
pub mod terminal;
