//! What a container starts, from its entrypoint and arguments.

use crate::environment::container::{ContainerSpec, Text};
use crate::expand::{ExpandCache, block, verbatim};
use crate::model::{Assumption, Held, Known};
use crate::repo::{Sources, Span};
use crate::syntax::argv::{self, Argument, Command};

/// A command that was found, and what its variables may come from.
#[derive(Debug)]
pub(crate) struct Started<'s> {
    pub command: Command,
    pub spec: &'s ContainerSpec,
    /// Whether the words held a hole before a shell saw them: then `${X}` is not the container's variable.
    holes: bool,
}

/// What a container runs.
pub(crate) enum Runs<'s> {
    /// This command.
    Command(Started<'s>),
    /// Whatever the image starts.
    Image,
    /// It cannot be told.
    Unknown(String, Span),
}

/// Finds what a container starts.
pub(crate) fn runs<'s>(sources: &Sources, cache: &ExpandCache, spec: &'s ContainerSpec) -> Runs<'s> {
    let mut words = Vec::new();
    let mut holes = false;
    for list in [&spec.entrypoint, &spec.arguments].into_iter().flatten() {
        holes |= list.iter().any(|text| text.unknown);
        match list.as_slice() {
            [line] if spec.shell && line.text.trim().contains(char::is_whitespace) => {
                words.extend(split(sources, &argument(sources, cache, line)));
            }
            list => words.extend(list.iter().map(|text| argument(sources, cache, text))),
        }
    }
    let Some(first) = words.first() else { return Runs::Image };
    let span = first.span;
    if spec.entrypoint.is_none() && first.text.starts_with('-') {
        return Runs::Unknown("its arguments are for an entrypoint inside the image".to_owned(), span);
    }
    match argv::command(words) {
        Some(command) => Runs::Command(Started { command, spec, holes }),
        None => Runs::Unknown("its command does not come down to one process".to_owned(), span),
    }
}

/// A text as an argument, with the exact place where it has one.
fn argument(sources: &Sources, cache: &ExpandCache, text: &Text) -> Argument {
    let span = verbatim(sources, &text.text, text.span)
        .or_else(|| block(sources, cache, &text.text, text.span))
        .unwrap_or(text.span);
    Argument::new(&*text.text, span, text.unknown)
}

/// The words of one line, as `shlex` splits them.
pub(crate) fn split(sources: &Sources, line: &Argument) -> Vec<Argument> {
    let exact = line.span.len() as usize == line.text.len();
    let pieces = argv::split(&line.text);
    // A hole that leaves no mark in the text may be anywhere in it.
    let anywhere = line.unknown && !pieces.iter().any(|piece| piece.has_variable);
    pieces
        .into_iter()
        .map(|piece| {
            let mut span = line.span;
            if exact {
                let base = line.span.start;
                span = Span::new(span.source, base + piece.start as u32, base + piece.end as u32);
                span = verbatim(sources, &piece.text, span).unwrap_or(span);
            }
            Argument::new(piece.text, span, piece.has_variable || anywhere)
        })
        .collect()
}

impl Started<'_> {
    /// The text with the container's variables filled in: `$X`, `${X}`, `${X:-default}`, `$(X)`; `None` where one is
    /// not known.
    pub fn resolve(&self, text: &str) -> Option<Held<String>> {
        if self.holes {
            return None;
        }
        let mut out = String::new();
        let mut unless: Option<Assumption> = None;
        // Compose writes a dollar sign as two.
        let text = text.replace("$$", "$");
        let mut rest = text.as_str();
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            let (inner, after) = match rest.as_bytes().first()? {
                b'{' => rest[1..].split_once('}')?,
                b'(' => rest[1..].split_once(')')?,
                _ => rest.split_at(
                    rest.find(|c: char| !c.is_alphanumeric() && c != '_')
                        .unwrap_or(rest.len()),
                ),
            };
            let (name, default) = match inner.split_once(":-").or_else(|| inner.split_once('-')) {
                Some((name, default)) => (name, Some(default)),
                None => (inner, None),
            };
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if name.is_empty() || !name.chars().all(is_name) {
                return None;
            }
            match (self.variable(name), default) {
                (Some(value), _) if value.unknown => return None,
                (Some(value), _) => out.push_str(&value.text),
                (None, Some(default)) if !default.contains('$') => {
                    out.push_str(default);
                    unless = Assumption::both(unless, self.unset(name).as_ref());
                }
                _ => return None,
            }
            rest = after;
        }
        out.push_str(rest);
        Some(Known::Is(out).on(unless.as_ref()))
    }

    /// What the value behind a variable rests on that nothing here sets: what is not in the repository may set it.
    pub fn unset(&self, variable: &str) -> Option<Assumption> {
        let open = self.spec.more_environment;
        open.then(|| Assumption::unless_at(format!("{variable} is set elsewhere"), self.spec.span))
    }

    /// The same of a value in the program's own files. An image that is made elsewhere may set it as well; the repository
    /// at least mounts files into an image that it knows well.
    pub fn unset_in_image(&self, variable: &str) -> Option<Assumption> {
        let open = self.spec.more_environment || (self.spec.built.is_none() && self.spec.mounts.is_empty());
        open.then(|| Assumption::unless_at(format!("{variable} is set elsewhere"), self.spec.span))
    }

    /// A variable as the process sees it: assigned before the command, else given to the container.
    pub fn variable(&self, name: &str) -> Option<Argument> {
        let assigned = self.command.environment.iter().rev().find(|(own, _)| own == name);
        match assigned {
            Some((_, value)) => Some(value.clone()),
            None => self
                .spec
                .variable(name)
                .map(|text| Argument::new(&*text.text, text.span, text.unknown)),
        }
    }
}
