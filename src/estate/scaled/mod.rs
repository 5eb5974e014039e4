//! What is scaled and by what, in types that `scaling` reads files into, `link` finds workloads for and `assess` compares
//! with traffic.

pub mod parts;
pub mod schedule;
pub mod target;

pub use parts::{EntryParts, Parts};
pub use schedule::Schedule;
pub use target::{Entry, Identity, Source, Target};
