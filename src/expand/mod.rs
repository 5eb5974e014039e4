//! Text that is made from other text: files embedded in documents, templates filled from a container's environment.

pub mod cache;
pub mod envsubst;
pub mod files;

use crate::repo::{Piece, Sources, Span};

pub use cache::{ExpandCache, Language, parse};
pub use files::{ContainerFiles, SeenFile, container_files};

/// Where a decoded text stands byte for byte, given the span it was decoded from; `None` where it does not.
pub fn verbatim(sources: &Sources, text: &str, span: Span) -> Option<Span> {
    let source = sources.get(span.source);
    let quoted = Span::new(span.source, span.start + 1, span.end.saturating_sub(1));
    [span, quoted]
        .into_iter()
        .find(|span| span.start <= span.end && source.text.get(span.range()) == Some(text))
}

/// The piece for a text that was put at `at`: verbatim where it stands like this at `span`.
fn piece(sources: &Sources, at: usize, text: &str, span: Span) -> Piece {
    let mut from = verbatim(sources, text, span).unwrap_or(span);
    if from.len() as usize == text.len() && sources.get(from.source).text.get(from.range()) != Some(text) {
        // Equal lengths would claim that the text stands there verbatim.
        from.end = from.end.saturating_sub(1).max(from.start);
    }
    Piece {
        at: at as u32,
        len: text.len() as u32,
        from,
        indent: 0,
    }
}
