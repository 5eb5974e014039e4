//! Text that is made from other text: files embedded in documents, templates filled from a container's environment.

mod built;
pub mod cache;
mod deployed;
pub mod envsubst;
pub mod files;
mod image;
mod pieces;
mod seen;
mod start;
mod startup;

pub use built::as_built;
pub use cache::ExpandCache;
pub use deployed::{Deployed, Expanded, expand};
pub use files::container_files;
pub use image::{leaves_out, stage_of};
pub use pieces::{block, verbatim};
pub use seen::{ContainerFiles, SeenFile};
pub use startup::Startup;
