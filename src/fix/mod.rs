//! Fixes: from a proposal to edits that are proved, shown and applied.

pub mod apply;
mod attempt;
mod complaint;
pub mod diff;
pub mod outcome;
mod places;
pub mod prove;
pub mod spell;
mod title;
mod trial;
pub mod world;
mod write;
