//! What a Dockerfile of the repository adds to a container that is built from it: ENV, the command of its last stage
//! where compose gives none, and the ports it names.

use std::ops::Range;

use crate::environment::ContainerSpec;
use crate::environment::container::{DeclaredPort, Text};
use crate::model::{Doubt, Known};
use crate::repo::{Source, Span};
use crate::server::context::ProcessContext;
use crate::syntax::dockerfile::{Form, joined, last_stage};

/// The container with what its Dockerfile says; `None` where that is nothing.
pub(crate) fn filled(context: &ProcessContext<'_>, spec: &ContainerSpec) -> Option<ContainerSpec> {
    let source = context.dockerfile(spec)?;
    let text = joined(&source.text);
    let stage = last_stage(&text)?;
    let mut made = spec.clone();
    let own = stage
        .environment
        .iter()
        .map(|(name, value)| (name.as_str().into(), part(source, &text, value.clone())));
    made.environment = own.chain(spec.environment.iter().cloned()).collect();
    // A command that is given for the container takes the image's away, not its entrypoint; an entrypoint takes both.
    if spec.entrypoint.is_none() && spec.arguments.is_some() {
        match &stage.entrypoint {
            Some(Form::Words(words)) => made.entrypoint = Some(parts(source, &text, words)),
            Some(Form::Line(line)) => {
                made.arguments = Some(vec![part(source, &text, line.clone())]);
                made.shell = true;
            }
            None => {}
        }
    } else if spec.entrypoint.is_none() {
        match (&stage.entrypoint, &stage.command) {
            // With a shell's line as entrypoint the command has no effect.
            (Some(Form::Line(line)), _) | (None, Some(Form::Line(line))) => {
                made.arguments = Some(vec![part(source, &text, line.clone())]);
                made.shell = true;
            }
            (Some(Form::Words(words)), Some(Form::Words(rest))) => {
                made.entrypoint = Some(parts(source, &text, words));
                made.arguments = Some(parts(source, &text, rest));
            }
            (Some(Form::Words(words)), _) => made.entrypoint = Some(parts(source, &text, words)),
            (None, Some(Form::Words(words))) => made.arguments = Some(parts(source, &text, words)),
            (None, None) => {}
        }
    }
    Some(made)
}

/// The TCP ports that the container's Dockerfile names with `EXPOSE`. That opens none of them: they tell what the image
/// is meant to listen on, where nothing else does.
#[derive(Debug, Default)]
pub struct ExposedPorts {
    /// The ports, in order.
    pub ports: Vec<DeclaredPort>,
    /// A port of which only the build knows the number.
    pub open: Option<Span>,
}

/// The ports the Dockerfile of a container names.
pub fn exposed(context: &ProcessContext<'_>, spec: &ContainerSpec) -> ExposedPorts {
    let mut found = ExposedPorts::default();
    let Some(source) = context.dockerfile(spec) else {
        return found;
    };
    let stage = last_stage(&joined(&source.text)).unwrap_or_default();
    for port in stage.exposed {
        let span = Span::new(source.id, port.range.start as u32, port.range.end as u32);
        let Some(number) = port.number else {
            found.open = Some(span);
            continue;
        };
        if found.ports.iter().all(|own| own.number != number) {
            found.ports.push(DeclaredPort {
                number,
                name: None,
                span,
            });
        }
    }
    found
}

/// The numbers in a container's variables and commands, in words: one of them may be the port it listens on. Unknown
/// where some of its variables are.
pub fn numbers(context: &ProcessContext<'_>, spec: &ContainerSpec) -> Known<String> {
    let filled = filled(context, spec);
    let spec = filled.as_ref().unwrap_or(spec);
    if spec.more_environment {
        let reason = "variables that are not in the repository may say where it listens";
        return Known::Unknown(Doubt::at(reason, spec.span));
    }
    let words = [&spec.entrypoint, &spec.arguments].into_iter().flatten().flatten();
    let texts = spec.environment.iter().map(|(_, value)| value).chain(words);
    let mut found: Vec<&str> = Vec::new();
    for text in texts {
        if text.unknown {
            return Known::Unknown(Doubt::at(
                format!("what {} is filled in with is not known", text.text),
                text.span,
            ));
        }
        let numbers = text.text.split(|c: char| !c.is_ascii_digit());
        found.extend(numbers.filter(|number| !number.is_empty()));
    }
    Known::Is(found.join(" "))
}

fn parts(source: &Source, text: &str, words: &[Range<usize>]) -> Vec<Text> {
    words.iter().map(|word| part(source, text, word.clone())).collect()
}

fn part(source: &Source, text: &str, range: Range<usize>) -> Text {
    let own = text.get(range.clone()).unwrap_or_default();
    Text {
        text: own.into(),
        span: Span::new(source.id, range.start as u32, range.end as u32),
        // A build argument, or a variable of the image; and what JSON escapes is not decoded.
        unknown: own.contains('$') || own.contains('\\'),
    }
}
