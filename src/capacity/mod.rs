//! What schedules guarantee at each moment, against what the traffic of that moment needs. Pure functions over typed
//! inputs: nothing here reads the repository, judges by rules or words findings.

pub mod cron;
pub mod cut;
pub mod floor;
pub mod import;
pub mod moment;
pub mod profile;
pub mod ratio;
pub mod schedule;
pub mod timeline;
pub mod windows;
pub mod zone;

pub use moment::{Moment, Period, Wall};
pub use zone::{Zone, ZoneError};
