//! Where something stands, as formats for programs say it.

use serde::Serialize;

use crate::repo::{Source, Sources, Span};

/// A stretch of a file: lines and columns from 1, columns in code points, the end exclusive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Place {
    pub file: String,
    pub line: usize,
    pub column: usize,
    pub end_line: usize,
    pub end_column: usize,
}

impl Place {
    /// The whole stretch.
    pub fn of(sources: &Sources, span: Span) -> Place {
        let source = sources.get(span.source);
        let start = source.lines().position(&source.text, span.start);
        let end = source.lines().position(&source.text, span.end);
        Place {
            file: source.path.to_string(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }

    /// What of it stands on its first line: a review shows what it can attach to lines that were changed.
    pub fn head(sources: &Sources, span: Span) -> Place {
        let source = sources.get(span.source);
        Place::of(sources, Span::new(span.source, span.start, head_end(source, span)))
    }
}

fn head_end(source: &Source, span: Span) -> u32 {
    let lines = source.lines();
    let line = lines.line(span.start);
    let end = lines.start(line) + lines.text(&source.text, line).trim_end().len() as u32;
    span.end.min(end).max(span.start)
}

/// A path as a relative URI: `/` stays, all that is not unreserved is percent-encoded.
pub(super) fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
