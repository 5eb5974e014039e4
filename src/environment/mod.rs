//! Which documents are deployed together, with patches and overrides merged into their trees.

pub mod claim;
pub mod cloudformation;
pub mod container;
pub mod merge;
pub mod overlay;
pub mod pods;
pub mod read;
pub mod terraform;

mod compose;
mod deployed;
mod development;
mod directory;
mod document;
mod group;
mod ignored;
mod kustomize;
mod named;
mod repository;
mod splice;
mod written;

pub use container::{ContainerSpec, DeclaredPort, Mount, MountSource};
pub use deployed::{Environment, Platform};
pub(crate) use development::{is_development, is_rehearsal};
pub use directory::objects_of as objects;
pub use document::{ByKind, Document};
pub use group::group;
pub use ignored::{Deployer, Ignored};
pub use merge::strategic;
pub use pods::{Placed, containers, text::env_lines, text::is_filled_in};
pub use repository::{File, Repository, Role, folder_of, join};
