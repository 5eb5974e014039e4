//! What a mistaken text probably should be, and signs that another zone than UTC is meant.

use crate::capacity::schedule::{Note, NoteKind};
use crate::repo::{Sources, Span};

/// What a text should be, where that is certain enough to write it.
pub(super) fn better(note: &Note, text: &str) -> Option<String> {
    match note.kind {
        NoteKind::WindowNeverMatches => split_at_midnight(text),
        NoteKind::TimezoneInvalid => {
            let help = note.help.as_deref()?;
            let (_, rest) = help
                .strip_prefix("write `")
                .map(|rest| ("", rest))
                .or_else(|| help.split_once("mean `"))?;
            let (name, _) = rest.split_once('`')?;
            // A zone within a window or a cron text is not the whole of it.
            let bare = text.trim_matches(['"', '\'']);
            (!name.contains(' ') && !bare.contains(' ')).then(|| name.to_owned())
        }
        _ => None,
    }
}

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// `Mon-Fri 22:00-06:00 Europe/Berlin` as two windows: the part after midnight belongs to the next day.
fn split_at_midnight(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (days, times, zone) = match words.as_slice() {
        [days, times] => (*days, *times, String::new()),
        [days, times, zone] => (*days, *times, format!(" {zone}")),
        _ => return None,
    };
    let (first, last) = days.split_once('-')?;
    let next = |name: &str| {
        let at = DAYS.iter().position(|day| day.eq_ignore_ascii_case(name))?;
        Some(DAYS[(at + 1) % 7])
    };
    let (from, to) = times.split_once('-')?;
    let evening = format!("{days} {from}-24:00{zone}");
    if to == "00:00" {
        return Some(evening);
    }
    Some(format!("{evening},{}-{} 00:00-{to}{zone}", next(first)?, next(last)?))
}

/// Abbreviations that people write beside times of day; none of them is a word of its own.
const ABBREVIATIONS: [&str; 16] = [
    "CET", "CEST", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT", "BST", "JST", "AEST", "AEDT", "SGT", "NZST",
];
const AREAS: [&str; 7] = [
    "Europe/",
    "America/",
    "Asia/",
    "Australia/",
    "Africa/",
    "Pacific/",
    "US/",
];

/// Why another zone than UTC is probably meant: another schedule of the target names one, or a comment does.
pub(super) fn zone(sources: &Sources, edge: Span, name: &str, siblings: &[&str]) -> Option<String> {
    let other = siblings.iter().find(|zone| !matches!(**zone, "UTC" | "Etc/UTC" | "Z"));
    if let Some(other) = other {
        return Some(format!("another schedule of the same target names {other}"));
    }
    let at = sources.locate(edge);
    let source = sources.get(at.source);
    let text = &*source.text;
    let start = text.get(..at.start as usize)?.rfind('\n').map_or(0, |line| line + 1);
    let before = text.get(..start.saturating_sub(1))?;
    let above = before.rfind('\n').map_or(0, |line| line + 1);
    let end = text
        .get(at.end as usize..)?
        .find('\n')
        .map_or(text.len(), |line| at.end as usize + line);
    let own = text.get(start..end)?.split_once('#').map(|(_, comment)| comment);
    let line = text.get(above..start)?.trim();
    let comments = [own, line.strip_prefix('#')];
    let said = comments.into_iter().flatten().find_map(named);
    if let Some(said) = said {
        return Some(format!("its comment says {said}"));
    }
    let parts = name.split(['-', '_', '.']);
    let said = parts
        .map(str::to_ascii_uppercase)
        .find(|part| ABBREVIATIONS.contains(&part.as_str()));
    said.map(|said| format!("its name says {said}"))
}

fn named(comment: &str) -> Option<String> {
    let words = comment.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '/' | '_')));
    for word in words {
        if ABBREVIATIONS.contains(&word)
            || AREAS
                .iter()
                .any(|area| word.starts_with(area) && word.len() > area.len())
        {
            return Some(word.to_owned());
        }
    }
    comment
        .to_ascii_lowercase()
        .contains("local time")
        .then(|| "local time".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{named, split_at_midnight};

    #[test]
    fn windows_over_midnight_become_two() {
        let cases = [
            (
                "Mon-Fri 22:00-06:00 Europe/Berlin",
                Some("Mon-Fri 22:00-24:00 Europe/Berlin,Tue-Sat 00:00-06:00 Europe/Berlin"),
            ),
            ("Sat-Sun 11:36-00:00", Some("Sat-Sun 11:36-24:00")),
            ("always", None),
        ];
        for (text, expected) in cases {
            assert_eq!(split_at_midnight(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn comments_that_name_a_zone() {
        assert_eq!(named(" 8 in the morning, CET").as_deref(), Some("CET"));
        assert_eq!(named(" Europe/Prague").as_deref(), Some("Europe/Prague"));
        assert_eq!(named(" the best time"), None);
    }
}
