//! What a Dockerfile of the repository adds to a container that is built from it: ENV, and the command of its last
//! stage where compose gives none.

use std::ops::Range;

use super::ProcessContext;
use crate::environment::ContainerSpec;
use crate::environment::container::Text;
use crate::repo::{Source, Span};
use crate::syntax::dockerfile::{Form, joined, last_stage};

/// The container with what its Dockerfile says; `None` where that is nothing.
pub(super) fn filled(context: &ProcessContext<'_>, spec: &ContainerSpec) -> Option<ContainerSpec> {
    let file = context.repository.get(spec.dockerfile.as_ref()?)?;
    let source = &*file.source;
    let text = joined(&source.text);
    let stage = last_stage(&text)?;
    let mut made = spec.clone();
    let own = stage
        .environment
        .iter()
        .map(|(name, value)| (name.as_str().into(), part(source, &text, value.clone())));
    made.environment = own.chain(spec.environment.iter().cloned()).collect();
    if spec.entrypoint.is_none() && spec.arguments.is_none() {
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
