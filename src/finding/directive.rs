//! The words of an ignore comment: `gatelint: ignore[rule-id, …] reason until 2027-01-31`. Text only, no places.

use jiff::civil::Date;

/// What one comment asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// The rules to silence.
    pub rules: Vec<String>,
    /// Why.
    pub reason: String,
    /// The last day it holds.
    pub until: Option<Date>,
}

/// What a comment looks like that asks for nothing we understand.
const USAGE: &str = "write `gatelint: ignore[rule-id] reason`, with `until 2027-01-31` where it should end";

/// Reads a comment. `None` when it does not speak to gatelint at all.
///
/// # Errors
/// When it does, but not in words gatelint understands.
pub fn parse(comment: &str) -> Option<Result<Directive, String>> {
    let body = comment.trim_start_matches(['#', ';', '/', '*', '-', ' ', '\t']);
    let body = body.strip_prefix("gatelint:")?.trim();
    Some(instruction(body))
}

fn instruction(body: &str) -> Result<Directive, String> {
    let Some(rest) = body.strip_prefix("ignore") else {
        return Err(format!("this comment says nothing gatelint knows; {USAGE}"));
    };
    let Some((ids, reason)) = rest
        .trim_start()
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    else {
        return Err(format!("this ignore names no rule in brackets; {USAGE}"));
    };
    let rules: Vec<String> = ids.split(',').map(|id| id.trim().to_owned()).collect();
    if rules.iter().any(String::is_empty) {
        return Err(format!("this ignore has an empty rule id; {USAGE}"));
    }
    let (reason, until) = split_until(reason)?;
    if reason.is_empty() {
        return Err(format!("this ignore gives no reason; {USAGE}"));
    }
    Ok(Directive { rules, reason, until })
}

/// Takes `until <date>` out of a reason. Only a word that begins with a digit is meant as a date, so that
/// "until the new cluster is up" stays a reason.
fn split_until(text: &str) -> Result<(String, Option<Date>), String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let dated = |pair: &[&str]| pair[0] == "until" && pair[1].starts_with(|c: char| c.is_ascii_digit());
    let Some(at) = words.windows(2).position(dated) else {
        return Ok((words.join(" "), None));
    };
    let until = date(words[at + 1].trim_end_matches(['.', ',', ';', ')']))?;
    let reason = [&words[..at], &words[at + 2..]].concat().join(" ");
    Ok((reason, Some(until)))
}

/// Reads a date.
///
/// # Errors
/// When it is not one, with the form it should have.
pub fn date(text: &str) -> Result<Date, String> {
    // jiff also reads times; a day is all that is meant here.
    let plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let date = plain.then(|| text.parse().ok()).flatten();
    date.ok_or_else(|| format!("`{text}` is not a date; write it as 2027-01-31"))
}

/// The name among `known` that `word` most likely means.
pub fn did_you_mean<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    // Longer than any name of ours: what a comment says here may be of any length.
    if word.len() > 80 {
        return None;
    }
    let allowed = (word.chars().count() / 3).clamp(1, 4);
    let near = known.into_iter().map(|name| (strsim::levenshtein(word, name), name));
    near.filter(|(far, _)| *far <= allowed).min().map(|(_, name)| name)
}
