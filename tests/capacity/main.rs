//! Schedules, profiles and the floor: the products' own surprises, at the instants the products were seen to have them.

mod charts;
mod common;
mod floors;
mod imports;
mod minute_by_minute;
mod profiles;
mod schedules;
mod sources;
