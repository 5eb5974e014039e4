//! How long a preStop hook waits: its sleep action, a sleep command, or a script that sleeps.

use std::sync::LazyLock;

use crate::environment::Document;
use crate::kubernetes::fact::fact;
use crate::model::field::container;
use crate::model::{Doubt, Duration, Fact, Model, Row, Site, Stored, Unit, Value};
use crate::repo::Span;
use crate::syntax::At;

static SECONDS: LazyLock<Row> = LazyLock::new(|| Row::new("seconds", container::PRE_STOP, Unit::Seconds).bare());

/// How long a preStop hook waits at least. Anything but a sleep may take however long it likes.
pub(crate) fn pre_stop(model: &mut Model, document: &Document, hook: At<'_>) -> Fact {
    let tree = model.add_tree(&document.tree);
    if let Some(seconds) = hook.get("sleep.seconds") {
        return fact(seconds, &SECONDS, Some((tree, seconds.id())));
    }
    let words: Vec<At<'_>> = hook.get("exec.command").into_iter().flat_map(At::items).collect();
    if let [program, seconds] = words.as_slice()
        && program
            .text()
            .is_some_and(|program| program.rsplit('/').next() == Some("sleep"))
    {
        return fact(*seconds, &SECONDS, Some((tree, seconds.id())));
    }
    let line: Vec<&str> = words.iter().filter_map(|word| word.text()).collect();
    let span: Span = hook.name_span();
    let doubt = || Stored::Unknown(Doubt::at("how long the preStop hook takes is not known", span));
    if let Some(found) = script(&words, tree) {
        return found;
    }
    let is_hole = words.iter().any(|word| word.doubt_at(0).is_some());
    let value = slept(&line.join(" ")).filter(|_| !is_hole);
    let value = value.map(|seconds| Stored::Is(Value::Duration(Duration::from_secs(seconds))));
    Fact {
        field: container::PRE_STOP.id(),
        value: value.unwrap_or_else(doubt),
        span,
        site: None,
    }
}

/// The number in a script that sleeps once, where it stands word for word.
fn script(words: &[At<'_>], tree: crate::model::TreeId) -> Option<Fact> {
    let line = *words.last()?;
    let text = line.text().filter(|_| line.doubt_at(0).is_none())?;
    let seconds = slept(text)?.to_string();
    let (before, after) = text.split_once("sleep ")?;
    let is_plain = !after.contains("sleep ") && after.starts_with(&seconds);
    let word = line.word_span_at(0);
    let quotes = (word.len() as usize)
        .checked_sub(text.len())
        .filter(|rest| matches!(rest, 0 | 2))?;
    let start = word.start + (quotes / 2 + before.len() + "sleep ".len()) as u32;
    is_plain.then(|| Fact {
        field: container::PRE_STOP.id(),
        value: SECONDS
            .value_of(&seconds)
            .map_or_else(|| Stored::Unknown(Doubt::at("no time", word)), Stored::Is),
        span: Span::new(word.source, start, start + seconds.len() as u32),
        site: Some(Site {
            row: &SECONDS,
            node: Some((tree, line.id())),
        }),
    })
}

/// The seconds that a shell line sleeps, all its sleeps together.
fn slept(line: &str) -> Option<u64> {
    let words: Vec<&str> = line
        .split(|c: char| c.is_whitespace() || matches!(c, ';' | '&' | '|' | '"' | '\''))
        .filter(|word| !word.is_empty())
        .collect();
    // In a loop or a condition a sleep counts who knows how often.
    if words
        .iter()
        .any(|word| matches!(*word, "while" | "until" | "for" | "if"))
    {
        return None;
    }
    let mut total = None;
    for pair in words.windows(2) {
        if pair[0].rsplit('/').next() == Some("sleep") {
            let seconds: u64 = pair[1].trim_end_matches('s').parse().ok()?;
            total = Some(total.unwrap_or(0_u64).saturating_add(seconds));
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use super::slept;

    #[test]
    fn sleeps_of_shell_lines() {
        let cases = [
            ("sleep 15", Some(15)),
            ("/bin/sh -c sleep 5 && nginx -s quit; /bin/sleep 10s", Some(15)),
            ("sh -c while pgrep x; do sleep 1; done", None),
            ("nginx -s quit", None),
            ("sleep $X", None),
        ];
        for (line, expected) in cases {
            assert_eq!(slept(line), expected, "{line}");
        }
    }
}
