//! What changes the number of replicas or instances over time, as files describe it: one [`Target`] for each thing that
//! is scaled. One file per language; what they say is evaluated in `capacity::schedule`, compared with traffic in
//! `assess`.

pub mod cloudformation;
mod kubernetes;
pub mod terraform;

use crate::environment::{Document, Environment};
use crate::estate::scaled::Target;
use crate::kubernetes::scaler::Scaler;
use crate::model::Model;

/// Everything in an environment whose number is scaled.
pub fn targets(model: &mut Model, environment: &Environment, scalers: &[Scaler]) -> Vec<Target> {
    kubernetes::targets(model, environment, scalers)
}

/// The workload of this name, whose replicas nothing changes; `None` where none answers to it.
pub fn constant(model: &mut Model, documents: &[Document], name: &str) -> Option<Target> {
    kubernetes::constant(model, documents, name)
}
