//! The repository as bytes: walking it, sources and spans, edits. Nothing here knows a language.

pub mod date;
pub mod edit;
mod ignored;
pub mod lines;
pub mod open;
pub mod revision;
pub mod root;
pub mod source;
mod tracked;
pub mod walk;

pub use edit::{Edit, Refusal};
pub use lines::{LineIndex, Position};
pub use source::{Piece, Source, SourceId, Sources, Span, Text};
