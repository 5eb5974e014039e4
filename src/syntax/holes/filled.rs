//! Values that a tool writes or decrypts on the way from the repository to the cluster, in texts that are YAML all the same.

use memchr::memmem;

use crate::repo::{SourceId, Span};

/// How many marks are looked at in one line.
const MOST_LOOKS: usize = 64;

/// Scalars that stand for a value from elsewhere, ascending and apart: `$NAME` alone or within one word, as
/// `envsubst` fills them in (a command with blanks is a shell's), what SOPS has encrypted, and placeholders such as
/// `<path:secret/data/shop#port>` of argocd-vault-plugin, `ref+vault://…` of vals, `__PORT__` and `#{PORT}#` of replacing
/// tasks.
pub fn filled(source: SourceId, text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    for mark in ["ENC[AES256_GCM,", "$", "<", "__", "ref+", "#{"] {
        // One line may be as long as the file, and each look goes along it.
        let (mut line, mut looks) = (0..0, 0);
        for at in memmem::find_iter(text.as_bytes(), mark.as_bytes()) {
            if at >= line.end {
                let start = memchr::memrchr(b'\n', &text.as_bytes()[..at]).map_or(0, |feed| feed + 1);
                let rest = &text.as_bytes()[at..];
                line = start..at + memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                looks = 0;
            }
            looks += 1;
            if looks > MOST_LOOKS {
                continue;
            }
            let Some((start, end)) = scalar(text, at, mark, line.clone()) else {
                continue;
            };
            if is_filled(&text[start..end]) {
                found.push(Span::new(source, start as u32, end as u32));
            }
        }
    }
    found.sort_unstable_by_key(|span| (span.start, span.end));
    found.dedup_by(|span, before| span.start < before.end);
    found
}

/// The scalar of one word around a place, without its quotes. What SOPS and vault paths hold may have blanks and commas.
fn scalar(text: &str, at: usize, mark: &str, line: std::ops::Range<usize>) -> Option<(usize, usize)> {
    let rest = &text[at..line.end];
    let line = line.start;
    let start = text[line..at]
        .rfind([' ', '\t', '"', '\'', '[', ','])
        .map_or(line, |before| line + before + 1);
    let closed = match mark {
        "ENC[AES256_GCM," => rest.find(']')? + 1,
        "<" => rest.find('>')? + 1,
        _ => 0,
    };
    let behind = &rest[closed..];
    let end = at
        + closed
        + behind
            .find([' ', '\t', '\r', '"', '\'', ']', ','])
            .unwrap_or(behind.len());
    let before = text[line..start]
        .trim_end_matches(['"', '\''])
        .trim_end_matches([' ', '\t']);
    let after = text[end..at + rest.len()].trim_start_matches(['"', '\'']);
    let after = after.trim_start_matches([' ', '\t', '\r']);
    let begins = before.is_empty() || before.ends_with([':', '-', '[', ',']);
    let ends = after.is_empty() || after.starts_with([']', '}', ',', '#']);
    (begins && ends && start < end).then_some((start, end))
}

fn is_filled(word: &str) -> bool {
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
    };
    let between = |open: &str, close: &str| {
        let inside = word.split_once(open).and_then(|(_, rest)| rest.split_once(close));
        inside.map(|(inside, _)| inside)
    };
    if word.starts_with("ENC[AES256_GCM,") || word.starts_with("<path:") || word.starts_with("ref+") {
        return true;
    }
    if ["<", "__", "#{"]
        .iter()
        .zip([">", "__", "}"])
        .any(|(open, close)| between(open, close).is_some_and(is_name))
    {
        return true;
    }
    // `$$` is an escape; nginx's and a rewrite's own variables are written small or are numbers.
    word.match_indices('$').any(|(at, _)| {
        let name = &word[at + 1..];
        let name = &name[..name
            .bytes()
            .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
            .count()];
        !word[..at].ends_with('$')
            && name.starts_with(|first: char| first.is_ascii_uppercase() || first == '_')
            && name.bytes().all(|byte| !byte.is_ascii_lowercase())
    })
}
