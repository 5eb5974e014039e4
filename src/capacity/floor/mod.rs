//! How many replicas the traffic of each moment needs, and when fewer are guaranteed.
//!
//! For every moment of the week: the traffic recorded, with headroom, divided by what one replica can serve; that many
//! replicas must be guaranteed, whatever the metrics do. Below that is a warning; below what the traffic of most weeks takes
//! by itself is an error; what a single week of several reached is told by its date and is no weekly need. Clock changes are
//! walked for a year. All of it in exact arithmetic.

mod reactive;
mod required;
mod shortfall;

use super::ratio::Ratio;

pub use reactive::{Policy, Reactive, Select};
pub use required::{Required, Requirement, requirement};
pub use shortfall::{Bound, Cause, Misreading, Question, Severity, Shortfall, Window, misread};

/// What one replica can do, and how much more than the traffic must be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// Requests per second that one replica serves within its objective, as measured.
    pub rps_per_replica: Ratio,
    /// What is added for bursts shorter than a sample; 0.20 is a fifth.
    pub burst_headroom: Ratio,
    /// Replicas beyond what is needed.
    pub spare_replicas: u32,
    /// Never fewer than this.
    pub min_replicas: u32,
    /// Zones the replicas are spread over; losing one of several must leave enough.
    pub zones: u32,
    /// Seconds from the start of a replica until it serves.
    pub startup: i64,
}

impl Need {
    /// The defaults around a measured capacity.
    pub fn per_replica(rps_per_replica: Ratio) -> Self {
        Self {
            rps_per_replica,
            burst_headroom: Ratio::new(1, 5).unwrap_or(Ratio::ZERO),
            spare_replicas: 0,
            min_replicas: 1,
            zones: 1,
            startup: 300,
        }
    }
}
