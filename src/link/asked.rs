//! What is asked of an address.

use super::names::Names;
use crate::estate::{Endpoint, Estate, Gateway, Route};
use crate::model::Lens;

/// Where an endpoint of a gateway's route leads, with what there is to find it by.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    /// What may be seen.
    pub lens: &'a Lens,
    /// The environment.
    pub estate: &'a Estate,
    /// Its names.
    pub names: &'a Names,
    /// Who asks.
    pub gateway: &'a Gateway,
    /// For which route.
    pub route: &'a Route,
    /// The address.
    pub endpoint: &'a Endpoint,
}
