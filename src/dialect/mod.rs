//! One language each: tables, and lowering trees to facts.

pub mod process;
