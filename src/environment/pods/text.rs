//! Texts with the references in them resolved: `$(VAR)` of Kubernetes, `${VAR}` of compose.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::environment::container::Text;
use crate::environment::written;
use crate::repo::Span;
use crate::syntax::At;

/// Text that no one can know here.
pub(super) fn unknown(span: Span) -> Text {
    Text {
        text: "".into(),
        span,
        unknown: true,
    }
}

/// What holes a scalar has.
pub(super) enum Holes {
    None,
    /// Only `$VAR` and `${VAR}`, which a shell or compose may still resolve.
    Variables,
    Template,
}

pub(super) fn holes(at: At<'_>) -> Holes {
    let text = at.text().unwrap_or_default();
    match at.doubt_at(0) {
        None => Holes::None,
        Some(_) if text.contains('$') && !["{{", "{%", "<%"].iter().any(|open| text.contains(open)) => Holes::Variables,
        Some(_) => Holes::Template,
    }
}

/// The scalar's text and place.
pub(super) fn plain(at: At<'_>) -> Text {
    Text {
        text: at.text().unwrap_or_default().into(),
        span: at.word_span_at(0),
        unknown: at.doubt_at(0).is_some(),
    }
}

/// Part of a scalar's text and its place.
pub(super) fn part(at: At<'_>, range: Range<usize>) -> Text {
    let text = at
        .text()
        .and_then(|text| text.get(range.clone()))
        .unwrap_or_default()
        .into();
    let span = at
        .words()
        .first()
        .map_or_else(|| at.head(), |word| written::part(at, word, range));
    let unknown = at.tree().hole_in(span).is_some();
    Text { text, span, unknown }
}

/// Replaces `$(VAR)` as Kubernetes does. What is not defined could still come from elsewhere (a Service's variables),
/// so it is unknown.
pub(super) fn with_references(text: Text, environment: &[(Arc<str>, Text)]) -> Text {
    if !text.text.contains("$(") {
        return text;
    }
    let mut out = String::new();
    let mut unknown = text.unknown;
    let mut rest = &*text.text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with("$$") {
            out.push('$');
            rest = &rest[2..];
        } else if let Some(end) = rest.find(')').filter(|_| rest.starts_with("$(")) {
            let name = &rest[2..end];
            match environment.iter().rev().find(|(own, _)| &**own == name) {
                Some((_, value)) if !value.unknown => out.push_str(&value.text),
                _ => {
                    unknown = true;
                    out.push_str(&rest[..=end]);
                }
            }
            rest = &rest[end + 1..];
        } else {
            out.push('$');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    Text {
        text: out.into(),
        span: text.span,
        unknown,
    }
}

/// How deep defaults may stand inside defaults.
const DEEPEST: usize = 8;

/// Replaces `$VAR` and `${VAR:-default}` as compose does, from the project's `.env`. A variable without value and
/// default is unknown and stays as written.
pub(super) fn interpolate(text: &str, values: &HashMap<&str, &str>) -> (String, bool) {
    let mut out = String::new();
    let mut unknown = false;
    interpolate_into(text, values, DEEPEST, &mut out, &mut unknown);
    (out, unknown)
}

fn interpolate_into(text: &str, values: &HashMap<&str, &str>, depth: usize, out: &mut String, unknown: &mut bool) {
    let mut rest = text;
    // Found once: a text may have very many that nothing closes.
    let mut closings = None;
    while let Some(at) = rest.find('$').filter(|_| depth > 0) {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
            continue;
        }
        let is_braced = rest.starts_with('{');
        let inner = if is_braced { &rest[1..] } else { rest };
        let len = inner
            .find(|char: char| !(char.is_ascii_alphanumeric() || char == '_'))
            .unwrap_or(inner.len());
        let end = match is_braced {
            true => {
                let closings = closings.get_or_insert_with(|| closings_of(text));
                let open = text.len() - inner.len();
                closings.get(&(open - 1)).map(|end| end - open)
            }
            false => Some(len),
        };
        let (Some(end), true) = (end, len > 0) else {
            out.push('$');
            continue;
        };
        let (name, operation) = (&inner[..len], &inner[len..end.max(len)]);
        rest = &inner[(end + usize::from(is_braced)).min(inner.len())..];
        variable(name, operation, values, depth, out, unknown);
    }
    out.push_str(rest);
}

fn variable(
    name: &str,
    operation: &str,
    values: &HashMap<&str, &str>,
    depth: usize,
    out: &mut String,
    unknown: &mut bool,
) {
    let (empty_counts, operation) = match operation.strip_prefix(':') {
        Some(operation) => (false, operation),
        None => (true, operation),
    };
    let value = values.get(name).filter(|value| empty_counts || !value.is_empty());
    match (value, operation.chars().next()) {
        (Some(_), Some('+')) => interpolate_into(&operation[1..], values, depth - 1, out, unknown),
        (Some(value), _) => out.push_str(value),
        (None, Some('-')) => interpolate_into(&operation[1..], values, depth - 1, out, unknown),
        (None, Some('+')) => {}
        (None, _) => {
            *unknown = true;
            out.push_str("${");
            out.push_str(name);
            out.push('}');
        }
    }
}

/// For each `{` the `}` that ends it.
fn closings_of(text: &str) -> FxHashMap<usize, usize> {
    let mut open = Vec::new();
    let mut ends = FxHashMap::default();
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => open.push(at),
            b'}' => {
                if let Some(begin) = open.pop() {
                    ends.insert(begin, at);
                }
            }
            _ => {}
        }
    }
    ends
}

/// Whether a value of an env file is known only where it is used: it names others, or SOPS has encrypted it.
pub fn is_filled_in(value: &str) -> bool {
    value.contains('$') || value.starts_with("ENC[")
}

/// The lines of an env file: name, value, and the value's bytes.
pub fn env_lines(text: &str) -> impl Iterator<Item = (&str, &str, Range<usize>)> {
    let mut from = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let start = from;
        from += line.len();
        let trimmed = line.trim_start();
        let body = trimmed.strip_prefix("export ").unwrap_or(trimmed);
        let (name, value) = body.split_once('=').filter(|_| !body.starts_with('#'))?;
        let at = start + (line.len() - value.len());
        let value = value.trim_end();
        let lead = value.len() - value.trim_start().len();
        let value = value.trim_start();
        let inner = ['"', '\'']
            .into_iter()
            .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
        let (value, lead) = inner.map_or((value, lead), |inner| (inner, lead + 1));
        Some((name.trim_end(), value, at + lead..at + lead + value.len()))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::{env_lines, interpolate};

    #[test]
    fn compose_variables() {
        let values = HashMap::from([("TAG", "1.28"), ("EMPTY", "")]);
        let cases = [
            ("nginx:${TAG}", "nginx:1.28", false),
            ("nginx:$TAG-alpine", "nginx:1.28-alpine", false),
            ("${NONE:-a${TAG}}", "a1.28", false),
            ("${EMPTY:-x}${EMPTY-y}", "x", false),
            ("${TAG:+on}${NONE:+off}", "on", false),
            ("$$TAG $", "$TAG $", false),
            ("p:${NONE}", "p:${NONE}", true),
            ("${NONE:?must be set}", "${NONE}", true),
            ("${unclosed", "${unclosed", false),
        ];
        for (text, expected, unknown) in cases {
            assert_eq!(interpolate(text, &values), (expected.to_owned(), unknown), "{text}");
        }
    }

    #[test]
    fn env_files() {
        let text = "# note\nA=1\r\nexport B = \"two words\"\nnothing\n";
        let lines: Vec<_> = env_lines(text)
            .map(|(name, value, at)| (name, value, &text[at]))
            .collect();
        assert_eq!(lines, [("A", "1", "1"), ("B", "two words", "two words")]);
    }
}
