//! A Dockerfile, as far as it says what its image runs and holds: the commands, variables, ports and copied files of its
//! last stage.

use std::ops::Range;

use super::effects::{Effect, Part, body, effects, heredoc};

/// What one stage says.
#[derive(Clone, Debug, Default)]
pub struct Stage {
    /// The image it starts from, through earlier stages.
    pub base: String,
    /// The name other stages call it by, in small letters.
    pub alias: String,
    /// `ENV`: names, and where the values stand.
    pub environment: Vec<(String, Range<usize>)>,
    /// `ENV`, and `ARG` with its default, in order: what commands see as variables.
    pub variables: Vec<(String, Range<usize>)>,
    /// `ENTRYPOINT`
    pub entrypoint: Option<Form>,
    /// `CMD`
    pub command: Option<Form>,
    /// `EXPOSE`: the TCP ports it names, which opens none of them.
    pub exposed: Vec<Exposed>,
    /// The folder that is in force at its end; empty where no `WORKDIR` says.
    pub folder: String,
    /// What makes and changes files, in order.
    pub steps: Vec<Step>,
}

/// An instruction that makes or changes files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// `COPY` and `ADD`.
    Copy {
        /// The stage, image or context that it copies from, where it is not the build's own folder.
        from: Option<String>,
        /// The sources.
        sources: Vec<String>,
        /// The destination, absolute; a `/` at the end says that it is a folder.
        to: String,
    },
    /// `COPY <<EOF path`
    Text {
        /// The file, absolute.
        path: String,
        /// Where the text stands.
        body: Range<usize>,
        /// Whether variables are replaced in it.
        expands: bool,
        /// How many of the variables are in force.
        known: usize,
    },
    /// `RUN`
    Run {
        /// The commands.
        commands: Range<usize>,
        /// The folder they are run in.
        folder: String,
        /// How many of the variables are in force.
        known: usize,
    },
    /// What cannot be read here.
    Other(Range<usize>),
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
    let mut reader = Reader::default();
    let mut at = 0;
    while at < text.len() {
        let line = text[at..].split_inclusive('\n').next().unwrap_or_default();
        let start = at;
        at += line.len();
        let mut bodies = Vec::new();
        if line.contains("<<") {
            for (mark, _) in line.match_indices("<<") {
                let Some((end, quoted, _)) = heredoc(&line[mark..]) else {
                    continue;
                };
                let body = until(text, at, &end);
                at = body.end + text[body.end..].split_inclusive('\n').next().map_or(0, str::len);
                bodies.push((body, quoted, end));
            }
        }
        reader.instruction(text, start, line, at, &bodies);
    }
    reader.stages
}

/// The lines before one that says only this.
fn until(text: &str, from: usize, end: &str) -> Range<usize> {
    let mut at = from;
    for line in text[from..].split_inclusive('\n') {
        if line.trim() == end {
            break;
        }
        at += line.len();
    }
    from..at
}

/// The body of a here-document, whether its mark is quoted, and the mark.
type Body = (Range<usize>, bool, String);

#[derive(Default)]
struct Reader {
    stages: Vec<Stage>,
    /// `ARG` before the first stage.
    outer: Vec<(String, Range<usize>)>,
}

impl Reader {
    fn instruction(&mut self, text: &str, start: usize, line: &str, end: usize, bodies: &[Body]) {
        let trimmed = line.trim();
        let lead = start + (line.len() - line.trim_start().len());
        let (keyword, rest) = trimmed.split_once(char::is_whitespace).unwrap_or((trimmed, ""));
        let rest_at = lead + (trimmed.len() - rest.trim_start().len());
        let rest = rest.trim_start();
        let whole = rest_at..rest_at + rest.len();
        let keyword = keyword.to_ascii_uppercase();
        let Some(stage) = self.stages.last_mut().filter(|_| keyword != "FROM") else {
            match keyword.as_str() {
                "FROM" => self.from(rest),
                "ARG" => self.outer.extend(default(text, whole)),
                _ => {}
            }
            return;
        };
        match keyword.as_str() {
            "ENV" => {
                let pairs = pairs(text, whole);
                stage.variables.extend(pairs.iter().cloned());
                stage.environment.extend(pairs);
            }
            "ARG" => {
                let own = default(text, whole.clone());
                // Without a default it has that of the one before the first stage.
                let name = rest.split_whitespace().next().unwrap_or_default();
                let outer = || self.outer.iter().rev().find(|(outer, _)| outer == name).cloned();
                stage.variables.extend(own.or_else(outer));
            }
            "WORKDIR" => stage.folder = inside(&stage.folder, stage.filled(text, rest).as_deref().unwrap_or(rest)),
            "EXPOSE" => {
                let named = exposed(text, whole, &stage.environment);
                stage.exposed.extend(named);
            }
            "COPY" | "ADD" => {
                let step = stage.copy(text, rest, bodies).unwrap_or(Step::Other(whole));
                stage.steps.push(step);
            }
            "RUN" => {
                let commands = match bodies {
                    // The text is the script itself.
                    [(body, ..)] if rest.starts_with("<<") && !rest.contains(char::is_whitespace) => body.clone(),
                    _ => rest_at..end,
                };
                let step = match rest.starts_with(['[', '-']) {
                    true => Step::Other(whole),
                    false => Step::Run {
                        commands,
                        folder: stage.folder.clone(),
                        known: stage.variables.len(),
                    },
                };
                stage.steps.push(step);
            }
            "CMD" => stage.command = Some(form(text, whole)),
            "ENTRYPOINT" => {
                // A new entrypoint takes the base's command away.
                stage.command = None;
                stage.entrypoint = Some(form(text, whole));
            }
            "LABEL" | "USER" | "HEALTHCHECK" | "STOPSIGNAL" | "VOLUME" | "SHELL" | "MAINTAINER" => {}
            _ if !trimmed.is_empty() && !trimmed.starts_with('#') => {
                stage.steps.push(Step::Other(lead..lead + trimmed.len()));
            }
            _ => {}
        }
    }

    fn from(&mut self, rest: &str) {
        let mut words = rest.split_whitespace().filter(|word| !word.starts_with("--"));
        let base = words.next().unwrap_or_default().to_ascii_lowercase();
        let earlier = self.stages.iter();
        let mut earlier = earlier.filter(|stage| !stage.alias.is_empty() && stage.alias == base);
        let mut stage = earlier.next().cloned().unwrap_or_else(|| Stage {
            base: base.split('@').next().unwrap_or_default().to_owned(),
            ..Stage::default()
        });
        stage.alias = words.nth(1).unwrap_or_default().to_ascii_lowercase();
        self.stages.push(stage);
    }
}

/// `ARG NAME=default`
fn default(text: &str, whole: Range<usize>) -> Option<(String, Range<usize>)> {
    let first = text[whole.clone()].split_whitespace().next().unwrap_or_default();
    first.contains('=').then(|| pairs(text, whole).into_iter().next())?
}

/// A path, absolute, seen from a folder of an image. A `/` at its end is kept.
pub fn inside(folder: &str, path: &str) -> String {
    let ends = path.ends_with(['/', '.']);
    let whole = match path.starts_with('/') {
        true => path.to_owned(),
        false => format!("{folder}/{path}"),
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let end = if ends && !parts.is_empty() { "/" } else { "" };
    format!("/{}{end}", parts.join("/"))
}

impl Stage {
    /// The copies of files of the build's own folder: their sources, and where they are put.
    pub fn copies(&self) -> impl Iterator<Item = (&[String], &str)> {
        self.steps.iter().filter_map(|step| match step {
            Step::Copy {
                from: None,
                sources,
                to,
            } => Some((sources.as_slice(), to.as_str())),
            _ => None,
        })
    }

    /// What may change files in ways that are not understood.
    pub fn others<'t>(&self, text: &'t str) -> Vec<&'t str> {
        let mut found = Vec::new();
        for step in &self.steps {
            match step {
                Step::Other(range) => found.push(&text[range.clone()]),
                Step::Run { commands, .. } => {
                    let all = effects(text, commands.clone());
                    found.extend(all.into_iter().filter_map(|effect| match effect {
                        Effect::Other(range) => Some(&text[range]),
                        _ => None,
                    }));
                }
                _ => {}
            }
        }
        found
    }

    /// A text with the variables in it that are in force so far; `None` where one has no value here.
    fn filled(&self, text: &str, own: &str) -> Option<String> {
        if !own.contains('$') {
            return Some(own.to_owned());
        }
        let texts = body(own, 0..own.len(), true).into_iter().map(|part| match part {
            Part::Text(text, _) => Some(text),
            Part::Variable(name, default, _) => {
                let set = self.variables.iter().rev().find(|(own, _)| *own == name);
                let value = set.map(|(_, at)| text[at.clone()].to_owned()).or(default)?;
                (!value.contains('$')).then_some(value)
            }
        });
        texts.collect()
    }

    fn copy(&self, text: &str, rest: &str, bodies: &[Body]) -> Option<Step> {
        let rest = rest.trim_end();
        let list = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let words: Vec<String> = match list {
            Some(list) => list
                .split(',')
                .map(|word| word.trim().trim_matches('"').to_owned())
                .collect(),
            None => rest.split_whitespace().map(str::to_owned).collect(),
        };
        let (options, words): (Vec<String>, Vec<String>) = words.into_iter().partition(|word| word.starts_with("--"));
        let words: Vec<String> = words
            .iter()
            .map(|word| self.filled(text, word))
            .collect::<Option<_>>()?;
        let (to, sources) = words.split_last().filter(|(_, sources)| !sources.is_empty())?;
        let to = inside(&self.folder, to);
        if let [(own, quoted, _)] = bodies {
            let is_file = sources.len() == 1 && !to.ends_with('/');
            return is_file.then(|| Step::Text {
                path: to,
                body: own.clone(),
                expands: !quoted,
                known: self.variables.len(),
            });
        }
        let plain = |word: &String| !word.is_empty() && !word.contains(['<', '{', ':']);
        let to_one = !to.contains(['*', '?']);
        let from = options.iter().find_map(|option| option.strip_prefix("--from="));
        (bodies.is_empty() && to_one && sources.iter().all(plain)).then(|| Step::Copy {
            from: from.map(str::to_owned),
            sources: sources.to_vec(),
            to,
        })
    }
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
        let copied: Vec<_> = stage.copies().collect();
        assert_eq!(copied, [(&["a.conf".to_owned()][..], "/etc/")]);
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
            "FROM a\nCOPY <<EOF",
            "FROM a\nCOPY <<é <<EOF /x\né",
            "FROM a\nRUN <<EOF\nx",
            "FROM a\nARG A=$A\nWORKDIR $A/..\nCOPY ${A ${é} /",
            "FROM a\nADD [\"a\", ]",
            "FROM é\nENV é=é",
            "FROM a\nEXPOSE",
            "FROM a\nEXPOSE é/é $ ${ / 99999",
        ] {
            let _ = last_stage(text);
        }
    }
}
