//! What a Dockerfile of the repository adds to a container that is built from it.

use std::ops::Range;

use super::image::stage_of;
use crate::environment::container::Text;
use crate::environment::{ContainerSpec, Repository};
use crate::repo::{Source, Span};
use crate::syntax::dockerfile::{Form, joined};

/// The container with what its Dockerfile says: `ENV`, and the command of its stage where none is given. `None` where
/// there is no Dockerfile.
pub fn as_built(repository: &Repository, spec: &ContainerSpec) -> Option<ContainerSpec> {
    let source = &*repository.get(spec.dockerfile.as_ref()?)?.source;
    let text = joined(&source.text);
    let (stages, own) = stage_of(&text, spec)?;
    let stage = &stages[own];
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
