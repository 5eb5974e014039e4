//! Text that is made from other text: files embedded in documents, templates filled from a container's environment.

pub mod files;

pub use files::{ContainerFiles, SeenFile};
