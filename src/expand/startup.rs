//! What an image does by itself when it starts, before its command runs.

use super::envsubst::Templates;
use super::seen::ContainerFiles;
use crate::environment::container::ContainerSpec;

/// What the images of a product do when they start.
#[derive(Debug)]
pub struct Startup {
    /// Whether a container runs one of them as it is published, so that nothing else defines variables.
    pub is_known: fn(&ContainerSpec) -> bool,
    /// The variables that they bring along.
    pub variables: &'static [&'static str],
    /// The folder whose scripts they run.
    pub hooks: &'static str,
    /// Whether a container may run them.
    pub runs_hooks: fn(&ContainerSpec) -> bool,
    /// Fills templates, where a container may run one of them.
    pub fill: fn(&mut ContainerFiles, &Templates<'_>),
}
