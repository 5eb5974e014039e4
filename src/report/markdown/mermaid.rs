//! A picture of the hops concerned, as GitHub and GitLab draw it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::finding::{EnvironmentIndex, Finding};
use crate::terminal::escape;

/// More hops than fit into a picture that can be read.
const HOPS: usize = 30;
/// Between the steps of a path.
const STEP: &str = " → ";

/// The paths of findings as one graph; empty where none has one. Equal names are one thing in one environment alone.
pub(super) fn picture(findings: &[&Finding]) -> String {
    draw(findings.iter().filter_map(|finding| {
        let path = finding.path.as_deref()?;
        let mut places = finding.places.iter();
        let place = places.find(|place| place.path.as_deref() == Some(path));
        Some((place.map_or(0, |place| place.environment), path))
    }))
}

fn draw<'p>(paths: impl Iterator<Item = (EnvironmentIndex, &'p str)>) -> String {
    let mut names: Vec<(EnvironmentIndex, &str)> = Vec::new();
    let mut drawn = BTreeSet::new();
    let mut left = BTreeSet::new();
    let mut arrows = String::new();
    for (environment, path) in paths {
        let steps: Vec<_> = path.split(STEP).map(|name| (environment, name)).collect();
        for pair in steps.windows(2) {
            if drawn.len() == HOPS && !drawn.contains(pair) {
                left.insert(pair.to_vec());
                continue;
            }
            let mut node = |name| {
                let known = names.iter().position(|known| *known == name);
                known.unwrap_or_else(|| {
                    names.push(name);
                    names.len() - 1
                })
            };
            let (from, to) = (node(pair[0]), node(pair[1]));
            if drawn.insert(pair.to_vec()) {
                let _ = writeln!(arrows, "  n{from} --> n{to}");
            }
        }
    }
    if drawn.is_empty() {
        return String::new();
    }
    let mut text = "```mermaid\nflowchart LR\n".to_owned();
    for (at, (_, name)) in names.iter().enumerate() {
        let _ = writeln!(text, "  n{at}[\"{}\"]", label(name));
    }
    let _ = writeln!(text, "{arrows}```\n");
    if !left.is_empty() {
        let _ = writeln!(text, "{} more hops are not drawn.\n", left.len());
    }
    text
}

/// A label in quotes: all that is not a letter, a digit or harmless is an entity, as Mermaid writes it.
fn label(name: &str) -> String {
    let mut out = String::new();
    for c in escape(name).chars() {
        match c {
            c if c.is_alphanumeric() || matches!(c, ' ' | '.' | ':' | '/' | '-' | '_' | '(' | ')' | ',' | '…') => {
                out.push(c)
            }
            c => {
                let _ = write!(out, "#{};", c as u32);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::draw;

    #[test]
    fn equal_hops_are_drawn_once_and_names_are_no_markup() {
        let paths = [(0, "nginx → api:80"), (0, "lb → nginx → api:80"), (1, "a\"]\n```x")];
        assert_eq!(
            draw(paths.into_iter()),
            "```mermaid\nflowchart LR\n  n0[\"nginx\"]\n  n1[\"api:80\"]\n  n2[\"lb\"]\n  n0 --> n1\n  n2 --> n0\n```\n\n"
        );
        // The nginx of another environment is another one.
        let apart = draw([(0, "nginx → a:1"), (1, "nginx → b:1")].into_iter());
        assert!(apart.contains("n0 --> n1\n  n2 --> n3"), "{apart}");
        assert!(draw([(0, "x → \"a`<")].into_iter()).contains("[\"#34;a#96;#60;\"]"));
    }
}
