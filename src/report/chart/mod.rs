//! A week of one target: what is needed against what is guaranteed and allowed. One file per form it is shown in.

mod data;
mod demand;
mod svg;
mod table;
mod terminal;
mod week;

pub use data::{csv, json, markdown};
pub use demand::{demand, rate};
pub use svg::svg;
pub use terminal::{Style, draw};
pub use week::{Chart, Point};
