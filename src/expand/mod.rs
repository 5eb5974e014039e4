//! Text that is made from other text: files embedded in documents, templates filled from a container's environment.

pub mod cache;
mod copied;
mod deployed;
pub mod envsubst;
pub mod files;
mod pieces;
mod seen;
mod startup;

pub use cache::ExpandCache;
pub use deployed::{Deployed, Expanded, expand};
pub use files::container_files;
pub use pieces::{block, verbatim};
pub use seen::{ContainerFiles, SeenFile};
pub use startup::Startup;
