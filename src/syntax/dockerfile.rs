//! A Dockerfile, as far as it says what its image runs and holds: the commands, variables, ports and copied files of its
//! last stage.

use std::ops::Range;

/// What one stage says.
#[derive(Clone, Debug, Default)]
pub struct Stage {
    /// The image it starts from, through earlier stages.
    pub base: String,
    /// The name other stages call it by, in small letters.
    pub alias: String,
    /// `ENV`: names, and where the values stand.
    pub environment: Vec<(String, Range<usize>)>,
    /// `ENTRYPOINT`
    pub entrypoint: Option<Form>,
    /// `CMD`
    pub command: Option<Form>,
    /// `EXPOSE`: the TCP ports it names, which opens none of them.
    pub exposed: Vec<Exposed>,
    /// `COPY` and `ADD` of files of the build's own folder: the sources, and the destination last.
    pub copies: Vec<Vec<String>>,
    /// What else may change files: `RUN`, and copies that are not in `copies`.
    pub others: Vec<String>,
}

/// A port as `EXPOSE` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposed {
    /// The number; `None` for a range of ports, and where it comes from a build argument.
    pub number: Option<u16>,
    /// Where it stands.
    pub range: Range<usize>,
}

/// A command as written: a list of words, or a line for a shell.
#[derive(Clone, Debug)]
pub enum Form {
    /// `["a", "b"]`: where each word stands.
    Words(Vec<Range<usize>>),
    /// A line for a shell.
    Line(Range<usize>),
}

/// The text with continued lines as one, at the same length.
pub fn joined(text: &str) -> String {
    text.replace("\\\r\n", "   ").replace("\\\n", "  ")
}

/// What the last stage of a text whose lines are joined says, with what the stages it is made from say.
pub fn last_stage(text: &str) -> Option<Stage> {
    stages(text).pop()
}

/// What each stage of a text whose lines are joined says, with what the stages it is made from say.
pub fn stages(text: &str) -> Vec<Stage> {
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
                let mut stage = earlier.cloned().unwrap_or_else(|| Stage {
                    base: base.split('@').next().unwrap_or_default().to_owned(),
                    ..Stage::default()
                });
                stage.alias = words.nth(1).unwrap_or_default().to_ascii_lowercase();
                stages.push(stage);
            }
            ("ENV", Some(stage)) => stage.environment.extend(pairs(text, whole)),
            ("EXPOSE", Some(stage)) => {
                let named = exposed(text, whole, &stage.environment);
                stage.exposed.extend(named);
            }
            ("COPY" | "ADD", Some(stage)) => match copy(rest) {
                Some(words) => stage.copies.push(words),
                None => stage.others.push(rest.to_owned()),
            },
            ("RUN", Some(stage)) => stage.others.push(rest.to_owned()),
            ("CMD", Some(stage)) => stage.command = Some(form(text, whole)),
            ("ENTRYPOINT", Some(stage)) => {
                // A new entrypoint takes the base's command away.
                stage.command = None;
                stage.entrypoint = Some(form(text, whole));
            }
            (
                "WORKDIR" | "LABEL" | "USER" | "ARG" | "HEALTHCHECK" | "STOPSIGNAL" | "VOLUME" | "SHELL" | "MAINTAINER",
                _,
            ) => {}
            // Also the lines of a text that `RUN` is given.
            (_, Some(stage)) if !trimmed.is_empty() && !trimmed.starts_with('#') => {
                stage.others.push(trimmed.to_owned());
            }
            _ => {}
        }
    }
    stages
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

/// `EXPOSE 8080 9000/tcp $PORT`; what is said of UDP is left out.
fn exposed(text: &str, whole: Range<usize>, environment: &[(String, Range<usize>)]) -> Vec<Exposed> {
    let own = &text[whole.clone()];
    let variable = |name: &str| {
        let value = environment.iter().rev().find(|(own, _)| own == name)?;
        text.get(value.1.clone())
    };
    let mut found = Vec::new();
    let mut at = 0;
    for word in own.split_whitespace() {
        let start = at + own[at..].find(word).unwrap_or(0);
        at = start + word.len();
        if word.starts_with('#') {
            break;
        }
        let (port, protocol) = word.split_once('/').unwrap_or((word, "tcp"));
        if !protocol.eq_ignore_ascii_case("tcp") {
            continue;
        }
        let name = port.strip_prefix('$').map(|rest| rest.trim_matches(['{', '}']));
        let number = name.map_or(Some(port), variable).and_then(|port| port.parse().ok());
        found.push(Exposed {
            number,
            range: whole.start + start..whole.start + start + port.len(),
        });
    }
    found
}

/// The words of a `COPY` of plain files and patterns; nothing for what comes from other stages, variables or text.
fn copy(rest: &str) -> Option<Vec<String>> {
    let list = rest
        .strip_prefix('[')
        .and_then(|rest| rest.trim_end().strip_suffix(']'));
    let words: Vec<String> = match list {
        Some(list) => list
            .split(',')
            .map(|word| word.trim().trim_matches('"').to_owned())
            .collect(),
        None => rest.split_whitespace().map(str::to_owned).collect(),
    };
    if words.iter().any(|word| word.starts_with("--from")) {
        return None;
    }
    let words: Vec<String> = words.into_iter().filter(|word| !word.starts_with("--")).collect();
    let plain = |word: &String| !word.is_empty() && !word.contains(['$', '<', '{', ':']);
    let to_one = words.last().is_some_and(|to| !to.contains(['*', '?']));
    (words.len() > 1 && to_one && words.iter().all(plain)).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::{Form, last_stage};

    #[test]
    fn stages_commands_and_variables() {
        let text = "FROM node:22 AS build\nENV A=1\nRUN x\n\nFROM build\nCOPY --chown=1:1 a.conf /etc/\nCOPY --from=build /x /y\nENV PORT 8080\nENV B=\"c d\" E=f\n  \
                    CMD [\"node\", \"server.js\"]\n";
        let stage = last_stage(text).unwrap_or_default();
        let values: Vec<_> = stage
            .environment
            .iter()
            .map(|(name, value)| (name.as_str(), &text[value.clone()]))
            .collect();
        assert_eq!(values, [("A", "1"), ("PORT", "8080"), ("B", "c d"), ("E", "f")]);
        assert_eq!(stage.copies, [["a.conf", "/etc/"]]);
        let Some(Form::Words(words)) = stage.command else {
            unreachable!("a list of words");
        };
        let words: Vec<_> = words.into_iter().map(|word| &text[word]).collect();
        assert_eq!(words, ["node", "server.js"]);
    }

    #[test]
    fn exposed_ports() {
        let text = "FROM node:22 AS base\nEXPOSE 9229\nFROM base\nARG ADMIN=1\nENV PORT=8080\n\
                    EXPOSE $PORT/tcp 53/udp ${ADMIN} 7000-7010\n";
        let stage = last_stage(text).unwrap_or_default();
        let ports: Vec<_> = stage
            .exposed
            .into_iter()
            .map(|port| (port.number, &text[port.range]))
            .collect();
        let expected = [
            (Some(9229), "9229"),
            (Some(8080), "$PORT"),
            (None, "${ADMIN}"),
            (None, "7000-7010"),
        ];
        assert_eq!(ports, expected);
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
            "FROM a\nCOPY",
            "FROM a\nCOPY [",
            "FROM a\nADD [\"a\", ]",
            "FROM é\nENV é=é",
            "FROM a\nEXPOSE",
            "FROM a\nEXPOSE é/é $ ${ / 99999",
        ] {
            let _ = last_stage(text);
        }
    }
}
