//! A load balancer that a cloud runs.

use std::sync::LazyLock;

use crate::model::Table;

/// What is known of it without any file that makes it.
#[derive(Debug)]
pub struct Balancer {
    /// What `facts` of the configuration calls it; `None` for one that is only found in files.
    pub stated_as: Option<&'static str>,
    /// Its settings and defaults.
    pub table: &'static LazyLock<Table>,
    /// Whether the time for idle connections also limits how long it waits for a response.
    pub idle_limits_response: bool,
}
