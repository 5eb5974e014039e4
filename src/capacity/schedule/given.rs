//! A value as it is written, and where.

use crate::repo::Span;

/// A value as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given<T> {
    /// The value.
    pub value: T,
    /// Where it stands; quotes may be included.
    pub span: Span,
}

impl<T> Given<T> {
    /// A value and where it stands.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

impl Given<String> {
    /// Where a part of the text stands; the whole where escapes or folding make that unknown.
    pub fn part(&self, range: std::ops::Range<usize>) -> Span {
        let quotes = match (self.span.len() as usize).checked_sub(self.value.len()) {
            Some(0) => 0,
            Some(2) => 1,
            _ => return self.span,
        };
        let start = self.span.start + quotes + range.start as u32;
        let end = self.span.start + quotes + range.end as u32;
        Span::new(self.span.source, start.min(self.span.end), end.min(self.span.end))
    }
}
