//! The log that a gateway writes of its requests.

use crate::capacity::import::Stamp;

/// A log that traffic can be imported from.
#[derive(Debug)]
pub struct AccessLog {
    /// What `--from` calls it.
    pub name: &'static str,
    /// What it is, for the help.
    pub help: &'static str,
    /// How its lines write the time.
    pub stamp: Stamp,
}
