//! The files around a process, as far as tools that start it read them.

use std::sync::Arc;

use crate::environment::{env_lines, is_filled_in};
use crate::repo::{Source, Span};
use crate::syntax::argv::{Argument, Given};

/// The files around a process.
pub(crate) trait Files {
    /// A file as the container sees it: mounted, in the folder it is built from, or where the one file of this name in
    /// the repository is.
    fn file(&self, path: &str) -> Option<Arc<Source>>;

    /// What a tool gives from a file of variables: its lines, in the given way.
    fn given(&self, path: &Argument, way: fn(String, Argument) -> Given) -> Vec<Given> {
        if path.unknown {
            return vec![Given::Any(path.clone())];
        }
        match self.file(&path.text) {
            Some(source) => variables(&source)
                .into_iter()
                .map(|(name, value)| way(name, value))
                .collect(),
            None => self.missing(path),
        }
    }

    /// A file of variables that is not in the repository: most are kept out of it. What stands in one that shows how it
    /// is written may be what it says.
    fn missing(&self, path: &Argument) -> Vec<Given> {
        let mut given = vec![Given::Perhaps(path.clone())];
        for ending in [".example", ".sample", ".dist", ".template", ".default"] {
            let Some(sample) = self.file(&format!("{}{ending}", path.text)) else {
                continue;
            };
            for (name, value) in variables(&sample) {
                given.push(Given::Default(name, value.as_unknown()));
            }
        }
        given
    }
}

/// The variables in a file of them, each with its place.
pub(super) fn variables(source: &Source) -> Vec<(String, Argument)> {
    let lines = env_lines(&source.text);
    let lines = lines.map(|(name, value, at)| {
        let span = Span::new(source.id, at.start as u32, at.end as u32);
        // A comment may follow.
        let value = value.split(" #").next().unwrap_or(value).trim_end();
        let value = value.trim_matches(['"', '\'']);
        (name.to_owned(), Argument::new(value, span, is_filled_in(value)))
    });
    lines.collect()
}
