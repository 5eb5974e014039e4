//! What a file is claimed as.

use crate::environment::repository::Role;
use crate::syntax::Language;

/// How sure a claim is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// Something speaks for it and nothing against.
    Likely,
    /// It is plainly that.
    Certain,
}

/// Where in its product's configuration a file belongs: all of it, or what is included in one of its blocks. The numbers
/// are the product's own; 0 is the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Fragment(pub u8);

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// How it is written.
    pub language: Language,
    /// What it is for.
    pub role: Role,
    /// Where it belongs in what it is for.
    pub fragment: Fragment,
    /// How sure that is.
    pub certainty: Certainty,
}

impl Claim {
    /// Nothing that is read here.
    pub const OTHER: Claim = Claim::likely(Role::Other, Language::Text);

    /// It is plainly that.
    pub const fn certain(role: Role, language: Language) -> Self {
        Self {
            language,
            role,
            fragment: Fragment(0),
            certainty: Certainty::Certain,
        }
    }

    /// Something speaks for it and nothing against.
    pub const fn likely(role: Role, language: Language) -> Self {
        Self {
            certainty: Certainty::Likely,
            ..Self::certain(role, language)
        }
    }
}

/// The lines of a text that say something, without the blanks around them, each with its first word. What begins with `#`
/// or `;` is a comment in all languages that write a statement to a line.
pub fn statements(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let ends = memchr::memchr_iter(b'\n', text.as_bytes()).chain(std::iter::once(text.len()));
    let mut start = 0;
    let lines = ends.map(move |end| text[std::mem::replace(&mut start, end + 1)..end].trim_ascii());
    let lines = lines.filter(|line| !matches!(line.as_bytes().first(), None | Some(b'#' | b';')));
    lines.map(|line| {
        let word = line.bytes().position(|byte| byte.is_ascii_whitespace());
        (line, &line[..word.unwrap_or(line.len())])
    })
}

/// The beginning of a text, for languages that show themselves early.
pub(super) fn head(text: &str, limit: usize) -> &str {
    let end = (0..=limit.min(text.len()))
        .rev()
        .find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}
