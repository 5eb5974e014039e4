//! A mistake in a rule file, and where its text stands in the file. YAML readers give no spans for values, but the text
//! of an expression is found again under its key.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// A mistake in a rule file, with all a report needs to show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleError {
    /// The file.
    pub file: Arc<str>,
    /// Its text; empty when it could not be read.
    pub text: Arc<str>,
    /// The bytes of the text that are wrong.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self
            .text
            .get(..self.span.start)
            .map_or(1, |head| head.matches('\n').count() + 1);
        write!(f, "{}:{line}: {}", self.file, self.message)?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for RuleError {}

/// A mistake inside one expression; the span is relative to its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) span: Range<usize>,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl Mistake {
    pub(super) fn new(span: Range<usize>, message: impl Into<String>) -> Mistake {
        Mistake {
            span,
            message: message.into(),
            help: None,
        }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Mistake {
        self.help = Some(help.into());
        self
    }
}

/// A rule file for pointing into.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub(super) path: Arc<str>,
    pub(super) text: Arc<str>,
}

impl File {
    pub(super) fn new(path: &str, text: &str) -> File {
        File {
            path: Arc::from(path),
            text: Arc::from(text),
        }
    }

    /// A mistake in the text of a value, which stands somewhere under a top-level key.
    pub(super) fn mistake(&self, key: &str, value: &str, mistake: Mistake) -> RuleError {
        let span = match self.locate(key, value) {
            Some(places) => {
                let start = places.get(mistake.span.start).copied().unwrap_or(0);
                // One past the last byte of the mistake, not the first of what follows it.
                let last = mistake.span.end.max(mistake.span.start + 1) - 1;
                let end = places.get(last).map_or(start, |at| at + 1);
                start..end.max(start)
            }
            None => self.key(&[key]),
        };
        RuleError {
            file: self.path.clone(),
            text: self.text.clone(),
            span,
            message: mistake.message,
            help: mistake.help,
        }
    }

    /// A mistake of the document's structure, at a path of keys.
    pub(super) fn structure(&self, keys: &[&str], message: impl Into<String>) -> RuleError {
        RuleError {
            file: self.path.clone(),
            text: self.text.clone(),
            span: self.key(keys),
            message: message.into(),
            help: None,
        }
    }

    /// The span of a key, or of the nearest one above it that is found; the first line for none.
    fn key(&self, keys: &[&str]) -> Range<usize> {
        let first_line = 0..self.text.find('\n').unwrap_or(self.text.len());
        let Some((top, below)) = keys.split_first() else {
            return first_line;
        };
        let Some(start) = self.top_level(top) else {
            return first_line;
        };
        let mut found = start..start + top.len();
        for key in below {
            let rest = &self.text[found.end..];
            match rest
                .match_indices(key)
                .find(|(at, _)| rest[at + key.len()..].starts_with(':'))
            {
                Some((at, _)) => found = found.end + at..found.end + at + key.len(),
                None => break,
            }
        }
        found
    }

    fn top_level(&self, key: &str) -> Option<usize> {
        let mut at = 0;
        for line in self.text.split_inclusive('\n') {
            if line.strip_prefix(key).is_some_and(|rest| rest.starts_with(':')) {
                return Some(at);
            }
            at += line.len();
        }
        None
    }

    /// For each byte of a value, the byte of the file it came from. Folding turns line breaks into spaces and quoting
    /// adds characters, so white space matches any, and what quoting adds is passed over.
    fn locate(&self, key: &str, value: &str) -> Option<Vec<usize>> {
        let file = self.text.as_bytes();
        let from = self.top_level(key)?;
        let wanted = value.trim_end().as_bytes();
        let first = *wanted.first()?;
        (from..file.len())
            .filter(|at| file[*at] == first)
            .find_map(|start| matched(file, start, wanted))
    }
}

fn matched(file: &[u8], start: usize, wanted: &[u8]) -> Option<Vec<usize>> {
    let mut places = Vec::with_capacity(wanted.len());
    let mut at = start;
    for (index, byte) in wanted.iter().enumerate() {
        if byte.is_ascii_whitespace() {
            places.push(at);
            while file.get(at).is_some_and(u8::is_ascii_whitespace) {
                at += 1;
            }
            if places.last() == Some(&at) && !(index > 0 && wanted[index - 1].is_ascii_whitespace()) {
                return None;
            }
            continue;
        }
        let escaped = matches!(
            (file.get(at), file.get(at + 1)),
            (Some(b'\\'), Some(b'"' | b'\\')) | (Some(b'\''), Some(b'\''))
        );
        if escaped && file.get(at + 1) == Some(byte) && file.get(at) != wanted.get(index + 1) {
            at += 1;
        }
        if file.get(at) != Some(byte) {
            return None;
        }
        places.push(at);
        at += 1;
    }
    Some(places)
}

/// The name most like a mistyped one, if any is close.
pub(super) fn nearest<'n>(wrong: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    names
        .into_iter()
        .map(|name| (strsim::levenshtein(wrong, name), name))
        .filter(|(distance, name)| *distance <= 1 + name.len().max(wrong.len()) / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}
