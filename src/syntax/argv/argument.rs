//! One word of a command line.

use crate::repo::Span;
use crate::syntax::tree::{At, Style};

/// One argument and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// The decoded text; of what is unknown, the text as written.
    pub text: String,
    /// Where it stands; the word around it where it does not stand verbatim in the source.
    pub span: Span,
    /// Whether the text holds something no one can know here: a hole, a variable, a substitution.
    pub unknown: bool,
    /// Where `text` stands byte for byte in the source, if it does. Parts of the argument then have exact spans.
    verbatim: Option<u32>,
}

impl Argument {
    /// An argument whose text is the bytes of `span`, or is decoded from them. The text of a block scalar is best given
    /// with the span of its derived source: then every part has an exact place.
    pub fn new(text: impl Into<String>, span: Span, unknown: bool) -> Self {
        let text = text.into();
        let verbatim = (text.len() == span.len() as usize).then_some(span.start);
        Self {
            text,
            span,
            unknown,
            verbatim,
        }
    }

    /// The nth word of a node.
    pub fn of_word(at: At<'_>, n: usize) -> Option<Self> {
        let word = at.words().get(n)?;
        let mut argument = Self::new(at.text_of(word), at.word_span(word), at.doubt_at(n).is_some());
        let quoted = matches!(word.style(), Style::Single | Style::Double);
        // Quotes and nothing else: no escape made the text shorter.
        if quoted && argument.text.len() + 2 == argument.span.len() as usize {
            argument.verbatim = Some(word.start() + 1);
        }
        Some(argument)
    }

    /// A part of this argument's text.
    pub(super) fn part(&self, start: usize, end: usize, text: String, unknown: bool) -> Self {
        let Some(base) = self.verbatim else {
            return Self {
                text,
                span: self.span,
                unknown,
                verbatim: None,
            };
        };
        let span = Span::new(self.span.source, base + start as u32, base + end as u32);
        let raw = self.text.get(start..end).unwrap_or_default();
        let verbatim = raw
            .find(text.as_str())
            .filter(|_| !text.is_empty())
            .map(|at| span.start + at as u32);
        Self {
            text,
            span,
            unknown,
            verbatim,
        }
    }

    /// The text after its first `skip` bytes.
    pub fn rest(&self, skip: usize) -> Self {
        let text = self.text.get(skip..).unwrap_or_default().to_owned();
        match self.verbatim {
            Some(base) => {
                let start = base + skip as u32;
                Self::new(
                    text,
                    Span::new(self.span.source, start, base + self.text.len() as u32),
                    self.unknown,
                )
            }
            None => Self {
                text,
                span: self.span,
                unknown: self.unknown,
                verbatim: None,
            },
        }
    }

    /// The last part of the path: `/usr/bin/gunicorn` is `gunicorn`.
    pub fn base_name(&self) -> &str {
        self.text.rsplit(['/', '\\']).next().unwrap_or_default()
    }

    /// The same with a value that no one can know.
    pub fn as_unknown(&self) -> Self {
        Self {
            unknown: true,
            ..self.clone()
        }
    }
}
