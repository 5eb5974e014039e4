//! What a container starts, from its entrypoint and arguments.

use std::cell::Cell;

use crate::environment::container::{ContainerSpec, Text};
use crate::expand::{ExpandCache, block, verbatim};
use crate::model::{Assumption, Doubt, Held, Known};
use crate::repo::{Sources, Span};
use crate::syntax::argv::{self, Argument, Around, Command, Given};

/// A command that was found, and what its variables may come from.
#[derive(Clone, Debug)]
pub(crate) struct Started<'s> {
    pub command: Command,
    pub spec: &'s ContainerSpec,
    /// Whether the words held a hole before a shell saw them: then `${X}` is not the container's variable.
    holes: bool,
}

/// How many variables one value may be made from; more is no configuration.
const MOST_STEPS: usize = 200;

/// A point on the way to a process.
#[derive(Clone, Copy, Debug)]
struct Before<'c> {
    /// How much of what is said of variables comes before.
    end: usize,
    /// Whether a shell asks, which also sees its own variables.
    in_shell: bool,
    /// How many more variables may be looked at.
    steps: Option<&'c Cell<usize>>,
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
pub(crate) fn runs<'s>(
    sources: &Sources,
    cache: &ExpandCache,
    spec: &'s ContainerSpec,
    around: &dyn Around,
) -> Runs<'s> {
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
    match argv::command(words, around) {
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
    /// The same process with more said of its variables.
    pub fn with(&self, given: impl IntoIterator<Item = Given>) -> Self {
        let mut more = self.clone();
        more.command.environment.extend(given);
        more
    }

    /// The text with the container's variables filled in: `$X`, `${X}`, `${X:-default}`, `$(X)`; `None` where one is
    /// not known.
    pub fn resolve(&self, text: &str) -> Option<Held<String>> {
        self.resolve_before(text, self.all(true))
    }

    /// An argument with the container's variables filled in.
    pub fn filled(&self, argument: Argument) -> Held<Argument> {
        if !argument.unknown {
            return Known::Is(argument).into();
        }
        let doubt = || Doubt::at(format!("{} is not known here", argument.text), argument.span);
        let filled = self.resolve(&argument.text);
        filled.map_or_else(
            || Known::Unknown(doubt()).into(),
            |text| text.map(|text| Argument::new(text, argument.span, false)),
        )
    }

    fn resolve_before(&self, text: &str, before: Before<'_>) -> Option<Held<String>> {
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
            let default = [":-", ":=", "-", "="].iter().find_map(|sign| inner.split_once(sign));
            let (name, default) = match default {
                Some((name, default)) => (name, Some(default)),
                None => (inner, None),
            };
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if name.is_empty() || !name.chars().all(is_name) {
                return None;
            }
            let (value, own) = self.before(name, before).into_parts();
            match (value, default) {
                (Known::Is(value), _) => {
                    out.push_str(&value.text);
                    unless = Assumption::both(unless, own.as_ref());
                }
                (Known::Absent, Some(default)) if !default.contains('$') => {
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
        self.perhaps(variable).or_else(|| {
            let open = self.spec.more_environment;
            open.then(|| self.elsewhere(variable))
        })
    }

    /// The same of a value in the program's own files. An image that is made elsewhere may set it as well; the repository
    /// at least mounts files into an image that it knows well.
    pub fn unset_in_image(&self, variable: &str) -> Option<Assumption> {
        self.unset(variable).or_else(|| {
            let open = self.spec.built.is_none() && self.spec.mounts.is_empty();
            open.then(|| self.elsewhere(variable))
        })
    }

    fn elsewhere(&self, variable: &str) -> Assumption {
        Assumption::unless_at(format!("{variable} is set elsewhere"), self.spec.span)
    }

    /// A file that sets it if it is there.
    fn perhaps(&self, variable: &str) -> Option<Assumption> {
        self.command.environment.iter().find_map(|given| match given {
            Given::Perhaps(by) => Some(Assumption::unless_at(
                format!("{variable} is set in {}", by.text),
                by.span,
            )),
            _ => None,
        })
    }

    /// A variable as the process sees it: given on the way to it, else to the container. Unknown where its value is, or
    /// where something may set it that brings what it likes; absent where nothing here sets it.
    pub fn value(&self, name: &str) -> Held<Argument> {
        self.before(name, self.all(false))
    }

    fn all(&self, in_shell: bool) -> Before<'static> {
        Before {
            end: self.command.environment.len(),
            in_shell,
            steps: None,
        }
    }

    /// The same after the first few things that are said of variables.
    fn before(&self, name: &str, before: Before<'_>) -> Held<Argument> {
        let own = Cell::new(MOST_STEPS);
        let steps = before.steps.unwrap_or(&own);
        if steps.get() == 0 {
            let reason = format!("{name} is made from too many other variables");
            return Known::Unknown(Doubt::at(reason, self.spec.span)).into();
        }
        steps.set(steps.get() - 1);
        let said = self.command.environment[..before.end].iter().enumerate().rev();
        for (end, given) in said {
            let at = Before {
                end,
                in_shell: before.in_shell,
                steps: Some(steps),
            };
            match given {
                Given::Set(own, value) if own == name => return self.read(value, at),
                Given::Local(own, value) if own == name => {
                    let outer = self.before(name, at);
                    return match (before.in_shell, outer.parts().0) {
                        (false, Known::Absent) => outer,
                        _ => self.read(value, at),
                    };
                }
                Given::Default(own, value) if own == name => {
                    return match self.before(name, at).into_parts() {
                        (Known::Absent, None) => {
                            let unless = self.spec.more_environment.then(|| self.elsewhere(name));
                            self.read(value, at).on(unless.as_ref())
                        }
                        (known, unless) => known.on(unless.as_ref()),
                    };
                }
                Given::Any(by) => {
                    let reason = format!(
                        "{} may set {name} to something that is not in the repository",
                        by.base_name()
                    );
                    return Known::Unknown(Doubt::at(reason, by.span)).into();
                }
                _ => {}
            }
        }
        let own = self.spec.variable(name);
        own.map_or(Known::Absent, |text| {
            known(name, Argument::new(&*text.text, text.span, text.unknown))
        })
        .into()
    }

    /// A value that is written with other variables in it.
    fn read(&self, value: &Argument, at: Before<'_>) -> Held<Argument> {
        let filled = match value.unknown && value.text.contains('$') {
            true => self.resolve_before(&value.text, Before { in_shell: true, ..at }),
            false => None,
        };
        match filled {
            Some(text) => text.map(|text| Argument::new(text, value.span, false)),
            None => known("a variable", value.clone()).into(),
        }
    }

    /// A variable as the process sees it, with a value that may be unknown; on whatever that rests.
    pub fn variable(&self, name: &str) -> Option<Argument> {
        match self.value(name).into_parts().0 {
            Known::Is(value) => Some(value),
            Known::Absent => None,
            Known::Unknown(doubt) => {
                let span = doubt.span.unwrap_or(self.command.program.span);
                Some(Argument::new(format!("${name}"), span, true))
            }
        }
    }
}

fn known(name: &str, value: Argument) -> Known<Argument> {
    match value.unknown {
        true => Known::Unknown(Doubt::at(
            format!("the value of {name} is not known here: {}", value.text),
            value.span,
        )),
        false => Known::Is(value),
    }
}
