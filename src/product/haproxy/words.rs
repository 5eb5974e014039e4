//! Words with their environment variables put in: HAProxy reads `"${NAME}"` when it starts.

use std::sync::Arc;

use crate::model::Doubt;
use crate::repo::Source;
use crate::syntax::{At, Style};

/// What is known of an environment variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Variable {
    /// It has this value.
    Value(Arc<str>),
    /// It is surely not set.
    Unset,
    /// Nobody can know here.
    Unknown,
}

/// What lies around a configuration: the environment and the files of where it runs.
pub trait Around {
    /// An environment variable.
    fn variable(&self, name: &str) -> Variable;
    /// A file that the configuration names, such as a map.
    fn file(&self, path: &str) -> Option<Arc<Source>>;
}

/// A word as HAProxy sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Its text; where something is in doubt, holes and variables as they stand.
    pub text: String,
    /// Whether the text stands in the file letter for letter.
    pub verbatim: bool,
    /// Why it cannot be known.
    pub doubt: Option<Doubt>,
    /// A variable in it that is surely not set, and so became nothing.
    pub unset: Option<String>,
}

/// Variables that lines of `global` set.
pub type Set = Vec<(String, Variable)>;

/// Reads the nth word. Addresses are filled also outside of quotes, other words only between double ones.
pub fn read(at: At<'_>, n: usize, is_address: bool, around: &dyn Around, set: &Set) -> Option<Word> {
    let word = at.words().get(n)?;
    let span = at.word_span(word);
    let mut found = Word {
        text: at.text_of(word).to_owned(),
        verbatim: word.decoded_text().is_none(),
        doubt: None,
        unset: None,
    };
    let doubt = |reason: &str, span| Some(Doubt::at(reason, span));
    let tree = at.tree();
    let holes = tree.holes().iter().filter(|hole| hole.overlaps(span));
    for hole in holes {
        // A template engine's hole; variables are read below.
        if !tree.raw(*hole).starts_with("${") {
            found.doubt = doubt("it is filled in later", *hole);
            return Some(found);
        }
    }
    if !found.text.contains('$') || word.style() == Style::Single {
        return Some(found);
    }
    let quoted = word.style() == Style::Double;
    if !quoted && !is_address {
        if found.text.contains("${") {
            found.doubt = doubt("it holds a variable", span);
        }
        return Some(found);
    }
    let mut out = String::with_capacity(found.text.len());
    let mut rest = found.text.as_str();
    while let Some(from) = rest.find('$') {
        out.push_str(&rest[..from]);
        let Some((name, default, len)) = variable(&rest[from..]) else {
            out.push('$');
            rest = &rest[from + 1..];
            continue;
        };
        let own = set.iter().rev().find(|(own, _)| own == name);
        let value = own.map_or_else(|| around.variable(name), |(_, value)| value.clone());
        match (value, default) {
            (Variable::Value(value), _) => out.push_str(&value),
            (Variable::Unset, Some(default)) => out.push_str(default),
            (Variable::Unset, None) => found.unset = Some(name.to_owned()),
            (Variable::Unknown, _) => {
                found.doubt = doubt(&format!("the variable {name} is set where this runs"), span);
                return Some(found);
            }
        }
        rest = &rest[from + len..];
    }
    out.push_str(rest);
    found.verbatim = false;
    found.text = out;
    Some(found)
}

/// The variable at the beginning of a text: its name, its default, its length.
fn variable(text: &str) -> Option<(&str, Option<&str>, usize)> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if let Some(braced) = text.strip_prefix("${") {
        let end = braced.find('}')?;
        let inside = &braced[..end];
        let (name, default) = match inside.split_once('-') {
            Some((name, default)) => (name, Some(default)),
            None => (inside.trim_end_matches("[*]"), None),
        };
        return (!name.is_empty() && name.chars().all(is_name)).then_some((name, default, end + 3));
    }
    let name = text.strip_prefix('$')?;
    let len = name.find(|c| !is_name(c)).unwrap_or(name.len());
    let name = &name[..len];
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    begins.then_some((name, None, len + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::{SourceId, Sources};
    use crate::syntax::{haproxy, holes};

    struct Shell;

    impl Around for Shell {
        fn variable(&self, name: &str) -> Variable {
            match name {
                "HOST" => Variable::Value(Arc::from("api")),
                "GONE" => Variable::Unset,
                _ => Variable::Unknown,
            }
        }
        fn file(&self, _: &str) -> Option<Arc<Source>> {
            None
        }
    }

    #[test]
    fn variables_become_their_values() {
        let cases = [
            ("${HOST}:80", "api:80", false, None),
            ("\"${HOST}:80\"", "api:80", false, None),
            ("\"${HOST}\":80", "api:80", false, None),
            ("'${HOST}:80'", "${HOST}:80", false, None),
            ("${GONE-web}:80", "web:80", false, None),
            ("${GONE}:80", ":80", false, Some("GONE")),
            ("${OTHER}:80", "${OTHER}:80", true, None),
            ("{{ host }}:80", "{{", true, None),
            ("api:80", "api:80", false, None),
        ];
        for (word, text, in_doubt, unset) in cases {
            let line = format!("backend b\n  server s {word}\n");
            let sources = Sources::default();
            let source = sources.add_file("x.cfg", line.into_bytes());
            let found = holes::holes(
                source.id,
                &source.text,
                holes::Templates::BRACES.with(holes::Templates::ENV),
            );
            let masked = holes::mask(&source.text, &found);
            let tree = haproxy::parse(SourceId(source.id.0), source.text.clone(), &masked, found);
            let server = tree.root().get("backend.server");
            let read = server.and_then(|at| read(at, 1, true, &Shell, &Set::new()));
            let Some(read) = read else {
                assert_eq!(word, "", "no word");
                continue;
            };
            assert_eq!(read.doubt.is_some(), in_doubt, "{word}: {read:?}");
            assert_eq!(read.unset.as_deref(), unset, "{word}");
            assert!(in_doubt || read.text == text, "{word}: {read:?}");
        }
    }
}
