//! Sources and spans. A source is a file, or text derived from files in pieces that know where they came from.

use std::sync::{Arc, OnceLock};

use super::{Edit, LineIndex, Refusal};

/// Which source a span lies in. Only for telling sources apart: the order of ids is not the order of paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u32);

/// A half-open range of bytes in one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The source the bytes belong to.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes `start..end` of `source`.
    pub fn new(source: SourceId, start: u32, end: u32) -> Self {
        Self { source, start, end }
    }

    /// Number of bytes.
    pub fn len(self) -> u32 {
        self.end.saturating_sub(self.start)
    }

    /// Whether the span holds no byte.
    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// The span as an index into the source's text.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Whether both spans share at least one byte of the same source.
    pub fn overlaps(self, other: Span) -> bool {
        self.source == other.source && self.start < other.end && other.start < self.end
    }
}

/// Part of a derived text and where it came from.
///
/// The piece stands *verbatim* in its origin when both have the same length; only then can an edit inside it be led
/// back to the file.
#[derive(Clone, Debug)]
pub struct Piece {
    /// First byte of the piece in the derived text.
    pub at: u32,
    /// Length of the piece in the derived text.
    pub len: u32,
    /// Where the piece came from.
    pub from: Span,
    /// How many spaces to put after each line feed of an edit that is led back (a block scalar's indentation).
    pub indent: u32,
}

impl Piece {
    fn is_verbatim(&self) -> bool {
        self.len == self.from.len()
    }
}

/// One text: a file of the repository, or text derived from files.
#[derive(Debug)]
pub struct Source {
    /// Its own id.
    pub id: SourceId,
    /// Path relative to the repository root with `/`; for a derived source, a description such as
    /// `apps/edge.yaml (nginx.conf)`.
    pub path: Arc<str>,
    /// The text. Bytes of a file that are not UTF-8 are replaced one for one, so offsets stay those of the file.
    pub text: Arc<str>,
    /// For a derived source, its pieces in ascending order; `None` for a file.
    pub pieces: Option<Box<[Piece]>>,
    /// Places whose bytes were not UTF-8 and were replaced.
    pub replaced: Box<[(u32, u32)]>,
    lines: OnceLock<LineIndex>,
}

impl Source {
    /// A file.
    pub fn file(id: SourceId, path: Arc<str>, text: Text) -> Source {
        Source {
            id,
            path,
            text: text.text,
            pieces: None,
            replaced: text.replaced,
            lines: OnceLock::new(),
        }
    }

    /// The line index, made when first asked for.
    pub fn lines(&self) -> &LineIndex {
        self.lines.get_or_init(|| LineIndex::new(&self.text))
    }

    /// Whether the source is a file a person edits.
    pub fn is_file(&self) -> bool {
        self.pieces.is_none()
    }

    fn piece_at(&self, offset: u32) -> Option<&Piece> {
        let pieces = self.pieces.as_deref()?;
        let next = pieces.partition_point(|piece| piece.at <= offset);
        pieces.get(next.checked_sub(1)?)
    }

    /// Where the offset `end` of a derived text stands in the file, for an edit that begins in `first`. It may run over
    /// the lines of a block scalar, between which only indentation was left out.
    fn raw_end(&self, first: &Piece, end: u32) -> Result<u32, Refusal> {
        let pieces = self.pieces.as_deref().unwrap_or_default();
        let mut piece = first;
        for next in &pieces[pieces.partition_point(|piece| piece.at <= first.at)..] {
            let gap = next.from.start.checked_sub(piece.from.end);
            let goes_on = next.is_verbatim()
                && next.from.source == piece.from.source
                && next.indent == piece.indent
                && gap.is_some_and(|gap| gap <= piece.indent);
            // An edit of whole lines takes the next line's indentation along: its own last line feed brings a new one.
            if end < next.at || (!goes_on && end == next.at) {
                break;
            }
            if !goes_on {
                return Err(Refusal::new("the change would span several places of the file"));
            }
            piece = next;
        }
        Ok(piece.from.start + (end - piece.at).min(piece.len))
    }

    /// The text of an edit with the indentation of the block scalar it goes into.
    fn indented(&self, edit: &Edit, indent: u32) -> String {
        if indent == 0 {
            return edit.text.clone();
        }
        let pad = " ".repeat(indent as usize);
        let mut text = edit.text.replace('\n', &format!("\n{pad}"));
        let len = self.text.len() as u32;
        // Behind the last line the file goes on at its own indentation, and nothing is indented yet.
        if edit.span.end == len && self.text.ends_with('\n') {
            if edit.text.ends_with('\n') {
                text.truncate(text.len() - pad.len());
            }
            if edit.span.start == len {
                text.insert_str(0, &pad);
            }
        }
        text
    }
}

/// All sources of a run. Appending is allowed from several threads; a source never changes once it is here.
#[derive(Debug, Default)]
pub struct Sources {
    all: boxcar::Vec<Arc<Source>>,
}

impl Sources {
    /// Adds a file.
    pub fn add_file(&self, path: &str, bytes: Vec<u8>) -> Arc<Source> {
        self.add(|id| Source::file(id, path.into(), Text::decode(&bytes)))
    }

    /// The number of the source that is added next, for files that are read on many cores and numbered in order of path.
    pub fn next(&self) -> SourceId {
        SourceId(u32::try_from(self.all.count()).unwrap_or(u32::MAX))
    }

    /// Adds files that were numbered from [`Sources::next`] on, in that order, without a gap. Nothing else may be added
    /// between the two.
    pub fn add_numbered(&self, files: impl IntoIterator<Item = Arc<Source>>) {
        for file in files {
            let id = file.id;
            let at = self.all.push(file);
            assert_eq!(at, id.0 as usize, "files are added in the order of their numbers");
        }
    }

    /// Adds text that was made from other sources.
    pub fn add_derived(&self, path: &str, text: String, pieces: Vec<Piece>) -> Arc<Source> {
        self.add(|id| Source {
            id,
            path: path.into(),
            text: text.into(),
            pieces: Some(pieces.into()),
            replaced: Box::default(),
            lines: OnceLock::new(),
        })
    }

    fn add(&self, make: impl FnOnce(SourceId) -> Source) -> Arc<Source> {
        let make = |at| Arc::new(make(SourceId(u32::try_from(at).unwrap_or(u32::MAX))));
        self.all[self.all.push_with(make)].clone()
    }

    /// The source with this id. Ids come from this store only, so every id has one.
    pub fn get(&self, id: SourceId) -> &Arc<Source> {
        &self.all[id.0 as usize]
    }

    /// Leads a span back to the file it came from. Inside text that does not stand verbatim in a file the whole origin
    /// is given.
    pub fn locate(&self, span: Span) -> Span {
        let mut span = span;
        loop {
            let source = self.get(span.source);
            let Some(first) = source.piece_at(span.start) else {
                match source.pieces.as_deref().and_then(<[Piece]>::first) {
                    Some(piece) => {
                        span = piece.from;
                        continue;
                    }
                    None => return span,
                }
            };
            let start = inside(first, span.start);
            let last = if span.end > first.at + first.len {
                source.piece_at(span.end - 1).unwrap_or(first)
            } else {
                first
            };
            let end = if last.is_verbatim() {
                inside(last, span.end)
            } else {
                last.from.end
            };
            span = if first.from.source == last.from.source && end >= start {
                Span::new(first.from.source, start, end)
            } else {
                Span::new(first.from.source, start, first.from.end.max(start))
            };
        }
    }

    /// Leads an edit back to the file it changes.
    ///
    /// # Errors
    /// When the bytes to change do not stand verbatim in one file.
    pub fn lift(&self, edit: Edit) -> Result<Edit, Refusal> {
        let mut edit = edit;
        loop {
            let source = self.get(edit.span.source);
            if source.is_file() {
                return Ok(edit);
            }
            let Some(piece) = source.piece_at(edit.span.start) else {
                return Err(Refusal::new("the text is made from several files"));
            };
            if !piece.is_verbatim() {
                return Err(Refusal::new("the text does not stand like this in a file"));
            }
            let shift = |offset: u32| piece.from.start + (offset - piece.at);
            let start = shift(edit.span.start);
            let end = match edit.span.is_empty() {
                true => start,
                false => source.raw_end(piece, edit.span.end)?,
            };
            let text = source.indented(&edit, piece.indent);
            edit = Edit {
                span: Span::new(piece.from.source, start, end),
                text,
            };
        }
    }

    /// The text under a span.
    pub fn text(&self, span: Span) -> String {
        self.get(span.source)
            .text
            .get(span.range())
            .unwrap_or_default()
            .to_owned()
    }
}

fn inside(piece: &Piece, offset: u32) -> u32 {
    if piece.is_verbatim() {
        (piece.from.start + (offset - piece.at)).min(piece.from.end)
    } else {
        piece.from.start
    }
}

/// The text of a file, before it has a place among the sources.
#[derive(Clone, Debug)]
pub struct Text {
    /// What is read of the file.
    pub text: Arc<str>,
    replaced: Box<[(u32, u32)]>,
}

impl Text {
    /// Reads bytes as UTF-8. What is not is replaced by `?`, byte for byte, and remembered.
    pub fn decode(bytes: &[u8]) -> Text {
        if let Ok(text) = std::str::from_utf8(bytes) {
            return Text {
                text: text.into(),
                replaced: Box::default(),
            };
        }
        let mut text = String::with_capacity(bytes.len());
        let mut replaced = Vec::new();
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            let start = text.len() as u32;
            text.extend(std::iter::repeat_n('?', chunk.invalid().len()));
            if !chunk.invalid().is_empty() {
                replaced.push((start, text.len() as u32));
            }
        }
        Text {
            text: text.into(),
            replaced: replaced.into(),
        }
    }
}
