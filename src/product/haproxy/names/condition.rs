//! The ACLs that a condition names: `… if a !b or { path /c }`.

use crate::product::haproxy::names::{Sort, Use, whole};
use crate::syntax::{At, Style};

/// Lines that may end in a condition.
const WITH_CONDITION: [&str; 13] = [
    "use_backend",
    "use-server",
    "http-request",
    "http-response",
    "http-after-response",
    "tcp-request",
    "tcp-response",
    "redirect",
    "monitor",
    "stick",
    "force-persist",
    "ignore-persist",
    "quic-initial",
];

/// Adds the names of ACLs in the condition of a line.
pub(super) fn names(at: At<'_>, found: &mut Vec<Option<Use>>) {
    if !WITH_CONDITION.contains(&at.name()) {
        return;
    }
    let plain = |n: usize| at.words().get(n).is_some_and(|word| word.style() == Style::Plain);
    let mut inside = false;
    let mut outside: Vec<usize> = Vec::new();
    for n in 0..at.words().len() {
        let word = at.word(n).unwrap_or_default();
        match word.trim_start_matches('!') {
            "{" if plain(n) => inside = true,
            "}" if plain(n) => inside = false,
            _ if inside => {}
            // An argument of the action may read the same: the last one begins the condition.
            "if" | "unless" if plain(n) => outside.clear(),
            _ => outside.push(n),
        }
    }
    let begins = (0..at.words().len()).any(|n| plain(n) && matches!(at.word(n), Some("if" | "unless")));
    if !begins {
        return;
    }
    for n in outside {
        let word = at.word(n).unwrap_or_default();
        let name = word.trim_start_matches('!');
        let joins = name.is_empty() || name == "||" || name.eq_ignore_ascii_case("or");
        if joins || name.contains(['{', '}']) {
            continue;
        }
        found.push(match word.len() - name.len() {
            0 => whole(Sort::Acl, at, n),
            marks => super::part(Sort::Acl, at, n, name, marks),
        });
    }
}
