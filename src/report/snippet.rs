//! Drawing lines of a file with labels: miette's renderer over our own line index, so that a diagnostic costs what it
//! shows and not what the file weighs.

use std::collections::HashMap;
use std::sync::Arc;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode,
    SourceSpan, SpanContents, ThemeCharacters, ThemeStyles,
};

use crate::repo::{Source, SourceId, Sources, Span};
use crate::terminal::{self, Look};

/// Lines longer than this (minified files, data) are named, not drawn.
const LONGEST_LINE: usize = 400;

/// Draws snippets; remembers which files had to be masked.
pub(super) struct Drawing<'s> {
    sources: &'s Sources,
    handler: GraphicalReportHandler,
    pages: HashMap<SourceId, Page>,
}

/// A label: where, what to say, and whether it is the finding itself.
pub(super) struct Label {
    pub at: Span,
    pub text: Option<String>,
    pub primary: bool,
}

/// A source as it may be shown.
struct Page {
    source: Arc<Source>,
    name: String,
    /// The text without unsafe characters and of the same length, where that differs.
    masked: Option<String>,
}

impl Page {
    fn text(&self) -> &str {
        self.masked.as_deref().unwrap_or(&self.source.text)
    }

    /// The part of a span that is worth drawing: on its first line, without the white space at its end.
    fn head(&self, span: Span) -> (usize, usize) {
        let lines = self.source.lines();
        let line = lines.line(span.start);
        let text = lines.text(self.text(), line);
        let from = (span.start - lines.start(line)) as usize;
        let to = ((span.end.max(span.start) - lines.start(line)) as usize).min(text.len());
        let drawn = text.get(from..to).map_or(0, |part| part.trim_end().len());
        (span.start as usize, drawn)
    }

    fn too_long(&self, line: usize) -> bool {
        let lines = self.source.lines();
        (line.saturating_sub(1)..=line + 1)
            .any(|near| near < lines.count() && lines.text(self.text(), near).len() > LONGEST_LINE)
    }
}

impl SourceCode for Page {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let text = self.text();
        let out_of_bounds = || MietteError::OutOfBounds;
        let offset = u32::try_from(span.offset()).map_err(|_| out_of_bounds())?;
        let end = u32::try_from(span.offset() + span.len()).map_err(|_| out_of_bounds())?;
        if end as usize > text.len() {
            return Err(out_of_bounds());
        }
        let lines = self.source.lines();
        let first = lines.line(offset).saturating_sub(before);
        let last = (lines.line(end) + after).min(lines.count() - 1);
        let from = lines.start(first) as usize;
        let to = (lines.start(last + 1) as usize).min(text.len());
        let data = text.get(from..to).ok_or_else(out_of_bounds)?;
        // Without context the caller asks where the span itself begins.
        let column = if before == 0 {
            lines.position(text, offset).column - 1
        } else {
            0
        };
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            data.as_bytes(),
            SourceSpan::new(from.into(), to - from),
            first,
            column,
            last - first + 1,
        )))
    }
}

/// Labels in one file, as miette wants them. Its message is not shown.
struct Labelled<'p> {
    page: &'p Page,
    labels: Vec<LabeledSpan>,
}

impl std::fmt::Debug for Labelled<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("labels")
    }
}

impl std::fmt::Display for Labelled<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("-")
    }
}

impl std::error::Error for Labelled<'_> {}

impl Diagnostic for Labelled<'_> {
    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.page)
    }
}

impl<'s> Drawing<'s> {
    pub(super) fn new(sources: &'s Sources, look: Look) -> Self {
        let theme = GraphicalTheme {
            characters: if look.unicode {
                ThemeCharacters::unicode()
            } else {
                ThemeCharacters::ascii()
            },
            styles: if look.color {
                ThemeStyles::ansi()
            } else {
                ThemeStyles::none()
            },
        };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_width(look.width)
            .with_context_lines(1)
            .with_links(false)
            .without_syntax_highlighting();
        Self {
            sources,
            handler,
            pages: HashMap::new(),
        }
    }

    /// The text that a label would underline.
    pub(super) fn text(&self, at: Span) -> String {
        self.sources.text(at).to_string()
    }

    /// Draws labels, file by file, in the order in which the files first appear.
    pub(super) fn draw(&mut self, labels: Vec<Label>) -> String {
        let mut files: Vec<(SourceId, Vec<Label>)> = Vec::new();
        for label in labels {
            match files.iter_mut().find(|(source, _)| *source == label.at.source) {
                Some((_, known)) => known.push(label),
                None => files.push((label.at.source, vec![label])),
            }
        }
        files
            .into_iter()
            .map(|(source, labels)| self.draw_file(source, labels))
            .collect()
    }

    fn draw_file(&mut self, source: SourceId, labels: Vec<Label>) -> String {
        let sources = self.sources;
        let page = self.pages.entry(source).or_insert_with(|| {
            let source = sources.get(source);
            Page {
                name: terminal::escape(&source.path).into_owned(),
                masked: terminal::mask(&source.text),
                source: source.clone(),
            }
        });
        let mut out = String::new();
        let (long, short): (Vec<_>, Vec<_>) = {
            let lines = page.source.lines();
            labels
                .into_iter()
                .partition(|label| page.too_long(lines.line(label.at.start)))
        };
        for label in long {
            let at = page.source.lines().position(&page.source.text, label.at.start);
            let text = label
                .text
                .map_or_else(String::new, |text| format!(": {}", terminal::escape(&text)));
            out.push_str(&format!("   at {}:{}:{}{text}\n", page.name, at.line, at.column));
        }
        if short.is_empty() {
            return out;
        }
        // Two labels under the same text would be drawn through each other: they become one.
        let mut heads: Vec<((usize, usize), Option<String>, bool)> = Vec::new();
        for label in short {
            let head = page.head(label.at);
            let text = label.text.map(|text| terminal::escape(&text).into_owned());
            match heads.iter_mut().find(|(known, ..)| *known == head) {
                Some((_, known, primary)) => {
                    let both: Vec<String> = known.take().into_iter().chain(text).collect();
                    *known = (!both.is_empty()).then(|| both.join("; "));
                    *primary |= label.primary;
                }
                None => heads.push((head, text, label.primary)),
            }
        }
        let spans = heads.into_iter().map(|(head, text, primary)| match primary {
            true => LabeledSpan::new_primary_with_span(text, head),
            false => LabeledSpan::new_with_span(text, head),
        });
        let labelled = Labelled {
            labels: spans.collect(),
            page,
        };
        let mut drawn = String::new();
        if self.handler.render_report(&mut drawn, &labelled).is_err() {
            return out;
        }
        // The first line is the message, which stands above all files of the finding.
        let body = drawn
            .trim_start_matches('\n')
            .split_once('\n')
            .map_or("", |(_, body)| body);
        out.push_str(body.trim_end_matches('\n'));
        out.push('\n');
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Our line index draws what miette draws when it counts lines itself, for every span that starts with text: on a
    /// line ending miette counts differently, and nothing worth pointing at starts there.
    #[test]
    fn draws_as_miette_does() {
        // The first line says the column, which miette counts in bytes.
        let below = |drawn: &str| drawn.trim_end().split_once('\n').map(|(_, below)| below.to_owned());
        let texts = [
            "a",
            "a\n",
            "one\ntwo\nthree\nfour\nfive\nsix\nseven",
            "one\r\n\r\n\ttwo  \r\nthree\r\n",
            "naïve ünï\n日本語 text\n\n\nend\n",
        ];
        for text in texts {
            let sources = Sources::default();
            let source = sources.add_file("a.conf", text.into());
            let mut drawing = Drawing::new(&sources, Look::PLAIN);
            let label = |at, primary| Label {
                at,
                text: Some("x".to_owned()),
                primary,
            };
            let bounds: Vec<u32> = (0..=text.len() as u32)
                .filter(|at| text.is_char_boundary(*at as usize))
                .collect();
            for (nth, start) in bounds.iter().enumerate() {
                if text[*start as usize..].starts_with(['\r', '\n']) || *start as usize == text.len() {
                    continue;
                }
                for end in &bounds[nth..] {
                    let span = Span::new(source.id, *start, *end);
                    let first = Span::new(source.id, 0, 1);
                    let ours = drawing.draw_file(source.id, vec![label(span, true), label(first, false)]);
                    let page = &drawing.pages[&source.id];
                    if page.head(span) == page.head(first) {
                        continue;
                    }
                    let labels = vec![
                        LabeledSpan::new_primary_with_span(Some("x".to_owned()), page.head(span)),
                        LabeledSpan::new_with_span(Some("x".to_owned()), page.head(first)),
                    ];
                    let report = miette::MietteDiagnostic::new("-").with_labels(labels);
                    let theirs = miette::Report::new(report)
                        .with_source_code(miette::NamedSource::new("a.conf", text.to_owned()));
                    let mut drawn = String::new();
                    assert!(drawing.handler.render_report(&mut drawn, theirs.as_ref()).is_ok());
                    let body = drawn.split_once('\n').map_or("", |(_, body)| body);
                    assert_eq!(below(&ours), below(body), "{text:?} {span:?}");
                }
            }
        }
    }
}
