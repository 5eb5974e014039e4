//! What a Dockerfile of the repository adds to a container that is built from it: ENV, and the command of its last
//! stage where compose gives none.

use std::ops::Range;

use super::ProcessContext;
use crate::environment::ContainerSpec;
use crate::environment::container::Text;
use crate::repo::{Source, Span};

/// What one stage says.
#[derive(Clone, Debug, Default)]
struct Stage {
    alias: String,
    environment: Vec<(String, Range<usize>)>,
    entrypoint: Option<Form>,
    command: Option<Form>,
}

/// A command as written: a list of words, or a line for a shell.
#[derive(Clone, Debug)]
enum Form {
    Words(Vec<Range<usize>>),
    Line(Range<usize>),
}

/// The container with what its Dockerfile says; `None` where that is nothing.
pub(super) fn filled(context: &ProcessContext<'_>, spec: &ContainerSpec) -> Option<ContainerSpec> {
    let file = context.repository.get(spec.dockerfile.as_ref()?)?;
    let source = &*file.source;
    // Continued lines become one, at the same length.
    let text = source.text.replace("\\\r\n", "   ").replace("\\\n", "  ");
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

fn last_stage(text: &str) -> Option<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let trimmed = line.trim();
        let lead = start + (line.len() - line.trim_start().len());
        let (keyword, rest) = trimmed.split_once(char::is_whitespace).unwrap_or((trimmed, ""));
        let rest_at = lead + (trimmed.len() - rest.trim_start().len());
        let rest = rest.trim_start();
        let whole = rest_at..rest_at + rest.len();
        match (keyword.to_ascii_uppercase().as_str(), stages.last_mut()) {
            ("FROM", _) => {
                let mut words = rest.split_whitespace().filter(|word| !word.starts_with("--"));
                let base = words.next().unwrap_or_default().to_ascii_lowercase();
                let earlier = stages
                    .iter()
                    .find(|stage| !stage.alias.is_empty() && stage.alias == base);
                let mut stage = earlier.cloned().unwrap_or_default();
                stage.alias = words.nth(1).unwrap_or_default().to_ascii_lowercase();
                stages.push(stage);
            }
            ("ENV", Some(stage)) => stage.environment.extend(pairs(text, whole)),
            ("CMD", Some(stage)) => stage.command = Some(form(text, whole)),
            ("ENTRYPOINT", Some(stage)) => {
                // A new entrypoint takes the base's command away.
                stage.command = None;
                stage.entrypoint = Some(form(text, whole));
            }
            _ => {}
        }
    }
    stages.pop()
}

/// `["a", "b"]` or a line.
fn form(text: &str, whole: Range<usize>) -> Form {
    let own = &text[whole.clone()];
    if !(own.starts_with('[') && own.ends_with(']')) {
        return Form::Line(whole);
    }
    let mut words = Vec::new();
    let mut open: Option<usize> = None;
    let mut escaped = false;
    for (at, c) in own.char_indices() {
        match (c, open) {
            ('"', Some(from)) if !escaped => {
                words.push(whole.start + from..whole.start + at);
                open = None;
            }
            ('"', None) => open = Some(at + 1),
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    Form::Words(words)
}

/// `ENV A=b C="d e"`, or the old `ENV A b`.
fn pairs(text: &str, whole: Range<usize>) -> Vec<(String, Range<usize>)> {
    let own = &text[whole.clone()];
    let first = own.split_whitespace().next().unwrap_or_default();
    if !first.contains('=') {
        let value = own[first.len()..].trim();
        let from = whole.end - own[first.len()..].trim_start().len();
        return vec![(first.to_owned(), from..from + value.len())];
    }
    let mut found = Vec::new();
    let mut rest = 0;
    while let Some(equals) = own[rest..].find('=') {
        let name = own[rest..rest + equals].trim();
        let from = rest + equals + 1;
        let quote = own[from..].chars().next().filter(|c| matches!(c, '"' | '\''));
        let (start, end) = match quote {
            Some(quote) => {
                let end = own[from + 1..].find(quote).map_or(own.len(), |end| from + 1 + end);
                (from + 1, end)
            }
            None => (
                from,
                own[from..]
                    .find(char::is_whitespace)
                    .map_or(own.len(), |end| from + end),
            ),
        };
        found.push((name.to_owned(), whole.start + start..whole.start + end));
        rest = (end + usize::from(quote.is_some())).min(own.len());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Form, last_stage};

    #[test]
    fn stages_commands_and_variables() {
        let text = "FROM node:22 AS build\nENV A=1\nRUN x\n\nFROM build\nENV PORT 8080\nENV B=\"c d\" E=f\n  \
                    CMD [\"node\", \"server.js\"]\n";
        let stage = last_stage(text).unwrap_or_default();
        let values: Vec<_> = stage
            .environment
            .iter()
            .map(|(name, value)| (name.as_str(), &text[value.clone()]))
            .collect();
        assert_eq!(values, [("A", "1"), ("PORT", "8080"), ("B", "c d"), ("E", "f")]);
        let Some(Form::Words(words)) = stage.command else {
            unreachable!("a list of words");
        };
        let words: Vec<_> = words.into_iter().map(|word| &text[word]).collect();
        assert_eq!(words, ["node", "server.js"]);
    }

    #[test]
    fn odd_texts_are_no_panic() {
        for text in [
            "",
            "FROM",
            "FROM a\nENV",
            "FROM a\nENV A=\nCMD [",
            "FROM a\nENV A=\"b\nCMD []",
            "CMD x",
            "FROM é\nENV é=é",
        ] {
            let _ = last_stage(text);
        }
    }
}
