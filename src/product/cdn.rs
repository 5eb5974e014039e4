//! A CDN in front of what is deployed here.

use crate::environment::Document;
use crate::model::Duration;
use crate::repo::Span;

/// What is known of it.
#[derive(Debug)]
pub struct Cdn {
    /// How long it waits for a response where no one pays for more.
    pub limit: Duration,
    /// Where an Ingress says that it stands behind it.
    pub in_front_of: fn(&Document) -> Option<Span>,
}
