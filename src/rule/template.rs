//! Sentences with expressions in braces: `waits {hop.route.read_timeout}`. `{{` and `}}` are braces.

use super::error::Mistake;
use super::eval::Scene;
use super::expr::Expr;
use super::typing::Typer;
use crate::model::Known;

#[derive(Clone, Debug)]
enum Part {
    Words(String),
    Value(Expr),
}

/// A sentence to be filled with values.
#[derive(Clone, Debug, Default)]
pub(super) struct Template(Vec<Part>);

impl Template {
    /// Parses a sentence and checks its expressions.
    pub(super) fn parse(text: &str, typer: &Typer) -> Result<Template, Mistake> {
        let mut parts = Vec::new();
        let mut words = String::new();
        let whole = text.trim_end();
        let mut rest = whole;
        while let Some(at) = rest.find(['{', '}']) {
            words.push_str(&rest[..at]);
            let here = whole.len() - rest.len() + at;
            let after = &rest[at + 1..];
            if after.starts_with(&rest[at..=at]) {
                words.push_str(&rest[at..=at]);
                rest = &after[1..];
                continue;
            }
            if rest[at..].starts_with('}') {
                return Err(Mistake::new(here..here + 1, "a brace is closed that was not opened")
                    .help("write `}}` for a brace"));
            }
            let Some(length) = closing(after) else {
                return Err(Mistake::new(here..here + 1, "the brace is never closed").help("write `{{` for a brace"));
            };
            let start = here + 1 + (after.len() - after.trim_start().len());
            let expr = typer.value(after[..length].trim()).map_err(|mistake| Mistake {
                span: start + mistake.span.start..start + mistake.span.end,
                ..mistake
            })?;
            if !words.is_empty() {
                parts.push(Part::Words(std::mem::take(&mut words)));
            }
            parts.push(Part::Value(expr));
            rest = &after[length + 1..];
        }
        words.push_str(rest);
        if !words.is_empty() {
            parts.push(Part::Words(words));
        }
        Ok(Template(parts))
    }

    /// The sentence; what is not known or not there is called so.
    pub(super) fn render(&self, scene: &Scene) -> String {
        const VALUE: usize = 24;
        let words = self.0.iter().map(|part| match part {
            Part::Words(words) => words.len(),
            Part::Value(_) => VALUE,
        });
        let mut text = String::with_capacity(words.sum());
        for part in &self.0 {
            match part {
                Part::Words(words) => text.push_str(words),
                Part::Value(expr) => match scene.value(expr) {
                    Known::Is(value) => value.push_to(&mut text),
                    Known::Absent => text.push_str("none"),
                    Known::Unknown(_) => text.push_str("unknown"),
                },
            }
        }
        text
    }
}

/// Where the expression ends that begins here; a brace inside a text literal does not end it.
fn closing(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '}') => return Some(at),
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
    }
    None
}
