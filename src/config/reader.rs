//! Small typed readers over the configuration's tree: every value keeps its span, every mistake points into the file.

use crate::finding::directive::did_you_mean;
use crate::repo::Span;
use crate::syntax::{At, Style};

/// A mistake in the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigProblem {
    /// Where.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
}

/// A value and where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where.
    pub span: Span,
}

/// Reads values and collects mistakes.
#[derive(Debug, Default)]
pub(super) struct Reader {
    pub problems: Vec<ConfigProblem>,
}

impl Reader {
    pub fn problem(&mut self, span: Span, message: impl Into<String>, help: Option<String>) {
        self.problems.push(ConfigProblem {
            span,
            message: message.into(),
            help,
        });
    }

    /// The entries of a map; anything else, except nothing at all, is a mistake.
    pub fn map<'t>(&mut self, at: At<'t>, what: &str) -> Vec<At<'t>> {
        if !at.is_map() {
            if !is_null(at) {
                self.problem(
                    value_span(at),
                    format!("{what} must be a map, not {}", kind_of(at)),
                    None,
                );
            }
            return Vec::new();
        }
        let entries = at.entries();
        let mut seen = std::collections::HashSet::new();
        for entry in &entries {
            if !seen.insert(entry.name()) {
                self.problem(entry.name_span(), format!("`{}` is given twice", entry.name()), None);
            }
        }
        entries
    }

    /// The entries of a map whose keys are fixed; any other key is a mistake.
    pub fn keys<'t>(&mut self, at: At<'t>, what: &str, known: &[&str]) -> Vec<At<'t>> {
        let mut entries = self.map(at, what);
        entries.retain(|entry| {
            let name = entry.name();
            if known.contains(&name) {
                return true;
            }
            let help = match did_you_mean(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known are {}", known.join(", ")),
            };
            self.problem(entry.name_span(), format!("{what} has no key `{name}`"), Some(help));
            false
        });
        entries
    }

    /// The items of a list; anything else, except nothing at all, is a mistake.
    pub fn list<'t>(&mut self, at: At<'t>, what: &str) -> Vec<At<'t>> {
        if !at.is_list() {
            if !is_null(at) {
                let message = format!("{what} must be a list, not {}", kind_of(at));
                self.problem(
                    value_span(at),
                    message,
                    Some("write one item a line, each after `- `".to_owned()),
                );
            }
            return Vec::new();
        }
        at.items().collect()
    }

    /// A text; numbers and dates are taken as written.
    pub fn text(&mut self, at: At<'_>, what: &str) -> Option<Spanned<String>> {
        if at.is_map() || at.is_list() || is_null(at) {
            self.problem(
                value_span(at),
                format!("{what} must be a text, not {}", kind_of(at)),
                None,
            );
            return None;
        }
        Some(Spanned {
            value: at.text().unwrap_or_default().to_owned(),
            span: value_span(at),
        })
    }

    /// A list of texts.
    pub fn texts(&mut self, at: At<'_>, what: &str) -> Vec<Spanned<String>> {
        let items = self.list(at, what);
        items
            .into_iter()
            .filter_map(|item| self.text(item, &format!("each item of {what}")))
            .collect()
    }

    /// A glob over paths relative to the repository's root.
    pub fn glob(&mut self, text: &Spanned<String>) -> Option<globset::Glob> {
        let built = globset::GlobBuilder::new(text.value.trim_start_matches("./"))
            .literal_separator(true)
            .build();
        if let Err(error) = &built {
            self.problem(
                text.span,
                format!("`{}` is not a glob: {}", text.value, error.kind()),
                None,
            );
        }
        built.ok()
    }
}

/// Where a value stands: its words, or the name of an entry with a block.
pub(super) fn value_span(at: At<'_>) -> Span {
    match (at.words().is_empty(), at.name_word()) {
        (false, _) => at.word_span_at(0),
        (true, Some(_)) => at.name_span(),
        (true, None) => at.head(),
    }
}

/// YAML's null: nothing, `~` or `null` without quotes.
pub(super) fn is_null(at: At<'_>) -> bool {
    if at.is_map() || at.is_list() {
        return false;
    }
    match at.words().first() {
        None => true,
        Some(word) => word.style() == Style::Plain && matches!(at.text(), Some("" | "~" | "null" | "Null" | "NULL")),
    }
}

fn kind_of(at: At<'_>) -> &'static str {
    if at.is_map() {
        "a map"
    } else if at.is_list() {
        "a list"
    } else if is_null(at) {
        "nothing"
    } else {
        "a text"
    }
}
