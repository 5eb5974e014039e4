//! What a shell's commands do to files: texts that `echo`, `printf` and `cat` write, what is moved and removed.

use std::ops::Range;

/// A piece of a text: written out, or a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text, and where it stands.
    Text(String, Range<usize>),
    /// A variable: its name, what stands for it where it is empty, and where it stands.
    Variable(String, Option<String>, Range<usize>),
}

/// A text in pieces.
pub type Parts = Vec<Part>;

/// What one command does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A file is written, or a text appended to it.
    Written {
        /// The file.
        path: Parts,
        /// Its text.
        text: Parts,
        /// Whether what it holds already stays.
        appends: bool,
    },
    /// Files and folders are removed.
    Removed(Vec<Parts>),
    /// A file or folder is copied, moved or linked to another place.
    Moved {
        /// Where it is.
        from: Parts,
        /// Where it is put.
        to: Parts,
    },
    /// `envsubst` fills a file into another.
    Substituted {
        /// The variables that are replaced; all where there is no list.
        list: Option<List>,
        /// The template.
        input: Parts,
        /// The file that is made.
        output: Parts,
    },
    /// Something else.
    Other(Range<usize>),
}

/// Which variables `envsubst` replaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum List {
    /// Those in this text.
    Written(String),
    /// Something is run that makes the list, of those that are defined.
    Made,
}

/// Longer texts are programs, not what starts a container.
const LONGEST: usize = 64 * 1024;

/// The effects of the commands of a text, in order. Where it branches or loops, or is long, it is all something else.
pub fn effects(text: &str, range: Range<usize>) -> Vec<Effect> {
    if range.len() > LONGEST {
        return vec![Effect::Other(range)];
    }
    let mut reader = Reader {
        text,
        at: range.start,
        end: range.end,
        bodies: Vec::new(),
    };
    let mut all = Vec::new();
    let mut before: Option<Command> = None;
    while let Some(command) = reader.command() {
        let follows = command.operator;
        match (before.take(), follows) {
            (None, "|") => before = Some(command),
            (Some(first), "|") => {
                all.push(Effect::Other(first.range.start..command.range.end));
            }
            (None, _) if command.script().is_some_and(|inner| inner.len() < range.len()) => {
                let inner = command.script().unwrap_or_default();
                all.extend(effects(text, inner));
            }
            (first, _) => all.push(command.effect(first.as_ref())),
        }
    }
    let branches = |effect: &Effect| match effect {
        Effect::Other(own) => {
            let word = text[own.clone()].split_whitespace().next().unwrap_or_default();
            matches!(word, "if" | "for" | "while" | "until" | "case" | "{" | "(")
        }
        _ => false,
    };
    match all.iter().any(branches) {
        true => vec![Effect::Other(range)],
        false => all,
    }
}

/// A word with what is left of it without quotes.
struct Word {
    parts: Parts,
    /// Whether it holds what cannot be read here: `$(date)`.
    open: bool,
}

/// One simple command.
struct Command {
    words: Vec<Word>,
    output: Option<(Word, bool)>,
    /// What a here-document gives it.
    input: Option<Parts>,
    /// The file that it reads.
    reads: Option<Word>,
    range: Range<usize>,
    /// What stands behind it.
    operator: &'static str,
}

impl Command {
    fn effect(self, first: Option<&Command>) -> Effect {
        let start = first.map_or(self.range.start, |first| first.range.start);
        let whole = start..self.range.end;
        self.known(first).unwrap_or(Effect::Other(whole))
    }

    fn known(self, first: Option<&Command>) -> Option<Effect> {
        let program = plain(&self.words.first()?.parts)?;
        let options: Vec<String> = self.words[1..].iter().map_while(option).collect();
        let rest = &self.words[1 + options.len()..];
        if program.rsplit('/').next() == Some("envsubst") {
            return self.substituted(first);
        }
        if let Some(first) = first {
            let mut files = rest.iter();
            let file = files.next().filter(|_| program == "tee" && files.next().is_none())?;
            let appends = options.iter().any(|option| option.contains('a'));
            return written(&file.parts, first.printed()?, appends);
        }
        if self.words.iter().any(|word| word.open) {
            return None;
        }
        match program.as_str() {
            "echo" | "printf" | "cat" if self.output.is_some() => {
                let text = self.printed()?;
                let (path, appends) = self.output?;
                (!path.open).then(|| written(&path.parts, text, appends))?
            }
            "rm" => Some(Effect::Removed(rest.iter().map(|word| word.parts.clone()).collect())),
            "mv" | "cp" | "ln" => match rest {
                [from, to] => Some(Effect::Moved {
                    from: from.parts.clone(),
                    to: to.parts.clone(),
                }),
                _ => None,
            },
            _ => None,
        }
    }

    /// `envsubst ['$LIST'] < template > file`, or behind `cat template |`.
    fn substituted(self, first: Option<&Command>) -> Option<Effect> {
        let list = self.words.get(1).map(|word| match word.open {
            true => List::Made,
            false => List::Written(word.parts.iter().map(shown).collect()),
        });
        let from = |command: &Command| match (plain(&command.words[0].parts)?.as_str(), command.words.as_slice()) {
            ("cat", [_, file]) => Some(file.parts.clone()),
            _ => None,
        };
        let input = match (self.reads, first) {
            (Some(file), _) => file.parts,
            (None, Some(first)) => from(first)?,
            (None, None) => return None,
        };
        let output = self.output?.0.parts;
        Some(Effect::Substituted { list, input, output })
    }

    /// The script that a shell is given with `-c`.
    fn script(&self) -> Option<Range<usize>> {
        let [shell, option, script, ..] = self.words.as_slice() else {
            return None;
        };
        let shell = plain(&shell.parts)?;
        let is_shell = matches!(shell.rsplit('/').next()?, "sh" | "bash" | "ash" | "dash");
        let option = plain(&option.parts)?;
        let is_script = is_shell && option.starts_with('-') && option.ends_with('c');
        let range = |part: &Part| match part {
            Part::Text(_, at) | Part::Variable(_, _, at) => at.clone(),
        };
        let (first, last) = (script.parts.first()?, script.parts.last()?);
        is_script.then(|| range(first).start..range(last).end)
    }

    /// What it prints.
    fn printed(&self) -> Option<Parts> {
        if self.words.iter().any(|word| word.open) {
            return None;
        }
        let end = self.range.end..self.range.end;
        let line = |mut parts: Parts| {
            parts.push(Part::Text("\n".to_owned(), end.clone()));
            parts
        };
        let options: Vec<String> = self.words[1..].iter().map_while(option).collect();
        let rest = &self.words[1 + options.len()..];
        match plain(&self.words.first()?.parts)?.as_str() {
            "cat" if rest.is_empty() => self.input.clone(),
            "echo" => {
                let mut parts = Parts::new();
                for word in rest {
                    if !parts.is_empty() {
                        parts.push(Part::Text(" ".to_owned(), end.clone()));
                    }
                    parts.extend(unescaped(&word.parts));
                }
                Some(line(parts))
            }
            "printf" => match rest {
                [format, rest @ ..] if matches!(plain(&format.parts)?.as_str(), "%s\\n" | "%b\\n") => {
                    Some(rest.iter().flat_map(|word| line(unescaped(&word.parts))).collect())
                }
                [format] => {
                    let has_more = |part: &Part| matches!(part, Part::Text(text, _) if text.contains('%'));
                    (!format.parts.iter().any(has_more)).then(|| unescaped(&format.parts))
                }
                _ => None,
            },
            _ => None,
        }
    }
}

fn written(path: &Parts, text: Parts, appends: bool) -> Option<Effect> {
    Some(Effect::Written {
        path: path.clone(),
        text,
        appends,
    })
}

/// A word without variables.
fn plain(parts: &Parts) -> Option<String> {
    let texts = parts.iter().map(|part| match part {
        Part::Text(text, _) => Some(text.as_str()),
        Part::Variable(..) => None,
    });
    texts.collect()
}

/// A piece as it is written.
fn shown(part: &Part) -> String {
    match part {
        Part::Text(text, _) => text.clone(),
        Part::Variable(name, ..) => format!("${name} "),
    }
}

fn option(word: &Word) -> Option<String> {
    plain(&word.parts).filter(|text| text.len() > 1 && text.starts_with('-'))
}

/// `\n` and `\t` as `echo` and `printf` write them.
fn unescaped(parts: &Parts) -> Parts {
    let mut all = Parts::new();
    for part in parts {
        let Part::Text(text, at) = part else {
            all.push(part.clone());
            continue;
        };
        let verbatim = text.len() == at.len();
        let place = |from: usize, to: usize| match verbatim {
            true => at.start + from..at.start + to,
            false => at.clone(),
        };
        let mut from = 0;
        for (slash, _) in text.match_indices('\\') {
            let sign = match text.as_bytes().get(slash + 1) {
                _ if slash < from => continue,
                Some(b'n') => "\n",
                Some(b't') => "\t",
                _ => continue,
            };
            if from < slash {
                all.push(Part::Text(text[from..slash].to_owned(), place(from, slash)));
            }
            all.push(Part::Text(sign.to_owned(), place(slash, slash + 2)));
            from = slash + 2;
        }
        if from < text.len() {
            all.push(Part::Text(text[from..].to_owned(), place(from, text.len())));
        }
    }
    all
}

/// The pieces of the body of a here-document, in which variables are replaced or not.
pub fn body(text: &str, range: Range<usize>, expands: bool) -> Parts {
    if !expands {
        return vec![Part::Text(text[range.clone()].to_owned(), range)];
    }
    let mut reader = Reader {
        text,
        at: range.start,
        end: range.end,
        bodies: Vec::new(),
    };
    let mut word = Word {
        parts: Parts::new(),
        open: false,
    };
    while reader.at < reader.end {
        reader.quoted(&mut word);
    }
    word.parts
}

/// Cuts a text into commands.
struct Reader<'t> {
    text: &'t str,
    at: usize,
    end: usize,
    /// Here-documents whose bodies begin on the next line: their ends, whether they are quoted, tabs taken away.
    bodies: Vec<(String, bool)>,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..self.end]
    }

    fn command(&mut self) -> Option<Command> {
        let mut command = Command {
            words: Vec::new(),
            output: None,
            input: None,
            reads: None,
            range: self.at..self.at,
            operator: "",
        };
        loop {
            self.blanks();
            if command.words.is_empty() {
                command.range.start = self.at;
            }
            let operators = ["&&", "||", ";;", ";", "|", "\n"];
            let operator = operators.into_iter().find(|operator| self.rest().starts_with(operator));
            if self.at >= self.end || operator.is_some() {
                command.range.end = self.at;
                let operator = operator.unwrap_or_default();
                self.at += operator.len();
                if operator == "\n" {
                    for (end, quoted) in std::mem::take(&mut self.bodies) {
                        let inside = self.heredoc(&end);
                        command.input = Some(body(self.text, inside, !quoted));
                    }
                }
                if command.words.is_empty() && self.at < self.end {
                    continue;
                }
                command.operator = operator;
                return (!command.words.is_empty()).then_some(command);
            }
            match self.redirection() {
                Some(Redirection::Output(appends)) => {
                    self.blanks();
                    let word = self.word();
                    command.output = Some((word, appends));
                }
                Some(Redirection::Input) => {
                    self.blanks();
                    command.reads = Some(self.word());
                }
                Some(Redirection::Ignored) => {
                    self.blanks();
                    self.word();
                }
                Some(Redirection::None) => {}
                None => {
                    let word = self.word();
                    command.words.push(word);
                }
            }
        }
    }

    fn blanks(&mut self) {
        loop {
            let rest = self.rest();
            let blanks = rest.len() - rest.trim_start_matches([' ', '\t', '\r']).len();
            let skip = match &rest.as_bytes()[blanks..] {
                [b'\\', b'\n', ..] => blanks + 2,
                [b'#', ..] => blanks + rest[blanks..].find('\n').unwrap_or(rest.len() - blanks),
                _ => blanks,
            };
            self.at += skip;
            if skip == blanks {
                return;
            }
        }
    }

    fn redirection(&mut self) -> Option<Redirection> {
        let rest = self.rest();
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let sign = &rest[digits..];
        let is_output = digits == 0 || &rest[..digits] == "1";
        let (len, found) = match sign {
            _ if sign.starts_with(">&") => {
                let end = sign[2..]
                    .bytes()
                    .take_while(|byte| byte.is_ascii_digit() || *byte == b'-');
                (2 + end.count(), Redirection::None)
            }
            _ if sign.starts_with(">>") && is_output => (2, Redirection::Output(true)),
            _ if sign.starts_with(">>") => (2, Redirection::Ignored),
            _ if sign.starts_with('>') && is_output => (1, Redirection::Output(false)),
            _ if sign.starts_with('>') => (1, Redirection::Ignored),
            _ if sign.starts_with("<<") => {
                let (end, quoted, len) = heredoc(sign)?;
                self.bodies.push((end, quoted));
                self.at += digits + len;
                return Some(Redirection::None);
            }
            _ if sign.starts_with('<') => (1, Redirection::Input),
            _ => return None,
        };
        self.at += digits + len;
        Some(found)
    }

    /// The body of a here-document that begins here.
    fn heredoc(&mut self, end: &str) -> Range<usize> {
        let from = self.at;
        while self.at < self.end {
            let line = self.rest().split_inclusive('\n').next().unwrap_or_default();
            let (start, len) = (self.at, line.len());
            self.at += len;
            if line.trim() == end {
                return from..start;
            }
        }
        from..self.end
    }

    fn word(&mut self) -> Word {
        let mut word = Word {
            parts: Parts::new(),
            open: false,
        };
        let start = self.at;
        while let Some(c) = self.rest().chars().next() {
            match c {
                ' ' | '\t' | '\r' | '\n' | ';' | '|' | '>' | '<' => break,
                '&' if self.rest().starts_with("&&") => break,
                '\'' => {
                    let len = self.rest()[1..].find('\'').unwrap_or(self.rest().len() - 1);
                    let from = self.at + 1;
                    word.parts
                        .push(Part::Text(self.text[from..from + len].to_owned(), from..from + len));
                    self.at = (from + len + 1).min(self.end);
                }
                '"' => {
                    self.at += 1;
                    while self.at < self.end && !self.rest().starts_with('"') {
                        self.quoted(&mut word);
                    }
                    self.at = (self.at + 1).min(self.end);
                }
                '\\' => {
                    let next = self.rest()[1..].chars().next();
                    if let Some(next) = next.filter(|next| *next != '\n') {
                        word.parts
                            .push(Part::Text(next.to_string(), self.at..self.at + 1 + next.len_utf8()));
                    }
                    self.at += 1 + next.map_or(0, char::len_utf8);
                }
                '$' | '`' => self.variable(&mut word),
                _ => self.take(&mut word, c),
            }
        }
        if self.at == start {
            // Nothing that a word may begin with.
            self.at += self.rest().chars().next().map_or(0, char::len_utf8);
            word.open = true;
        }
        word
    }

    /// One step inside double quotes, or in a here-document.
    fn quoted(&mut self, word: &mut Word) {
        let mut chars = self.rest().chars();
        match (chars.next(), chars.next()) {
            (Some('\\'), Some(next)) if matches!(next, '"' | '\\' | '$' | '`') => {
                word.parts.push(Part::Text(next.to_string(), self.at..self.at + 2));
                self.at += 2;
            }
            (Some('\\'), Some('\n')) => self.at += 2,
            (Some('$' | '`'), _) => self.variable(word),
            (Some(c), _) => self.take(word, c),
            (None, _) => self.at = self.end,
        }
    }

    fn take(&mut self, word: &mut Word, c: char) {
        let at = self.at;
        self.at += c.len_utf8();
        match word.parts.last_mut() {
            Some(Part::Text(text, range)) if range.end == at && range.len() == text.len() => {
                text.push(c);
                range.end = self.at;
            }
            _ => word.parts.push(Part::Text(c.to_string(), at..self.at)),
        }
    }

    /// `$NAME`, `${NAME}`, `${NAME:-default}`; other uses of the sign cannot be read here.
    fn variable(&mut self, word: &mut Word) {
        let (start, rest) = (self.at, self.rest());
        let name = |text: &str| -> usize {
            let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
            text.bytes().take_while(is_name).count()
        };
        if let Some(inner) = rest.strip_prefix("${") {
            let len = inner.find('}');
            let own = name(inner);
            if let Some(len) = len.filter(|_| own > 0) {
                let rule = &inner[own..len];
                let default = rule.strip_prefix(":-").or_else(|| rule.strip_prefix('-'));
                word.open |= default.is_none() && !rule.is_empty();
                self.at += 2 + len + 1;
                let default = default.map(str::to_owned);
                return word
                    .parts
                    .push(Part::Variable(inner[..own].to_owned(), default, start..self.at));
            }
        }
        let own = rest[1..]
            .bytes()
            .next()
            .filter(|byte| !byte.is_ascii_digit())
            .map_or(0, |_| name(&rest[1..]));
        if rest.starts_with('$') && own > 0 {
            self.at += 1 + own;
            return word
                .parts
                .push(Part::Variable(rest[1..=own].to_owned(), None, start..self.at));
        }
        // `$` before anything else is itself; `$(` and a back quote run something.
        word.open |= rest.starts_with("$(") || rest.starts_with('`');
        self.take(word, rest.chars().next().unwrap_or('$'));
    }
}

enum Redirection {
    Output(bool),
    Input,
    /// A word that says nothing of interest follows.
    Ignored,
    None,
}

/// `<<EOF`, `<<-EOF`, `<<'EOF'`: the word that ends it, whether it is quoted, and how long all that is.
pub fn heredoc(text: &str) -> Option<(String, bool, usize)> {
    let mut rest = text.strip_prefix("<<")?;
    rest = rest.strip_prefix('-').unwrap_or(rest);
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
    rest = &rest[usize::from(quote.is_some())..];
    let len = rest
        .bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        .count();
    let end = rest[..len].to_owned();
    let used = text.len() - rest.len() + len + usize::from(quote.is_some());
    (len > 0 && used <= text.len()).then_some((end, quote.is_some(), used))
}

#[cfg(test)]
mod tests {
    use super::{Effect, Part, Parts, effects};

    fn text(parts: &Parts) -> String {
        let text = |part: &Part| match part {
            Part::Text(text, _) => text.clone(),
            Part::Variable(name, ..) => format!("<{name}>"),
        };
        parts.iter().map(text).collect()
    }

    #[test]
    fn what_commands_write() {
        let script = "apk add x && rm -f /etc/a; echo \"server ${C}:9001; \\$host\" > /etc/b \\\n && cp /a /b\n\
                      cat > /etc/c <<-EOF\n\tlisten $PORT;\n\tEOF\nprintf 'a;\\nb;\\n' >> /etc/d 2>&1\n\
                      echo 'x' | tee /etc/e >/dev/null\n\
                      sh -c \"envsubst '$A' < /t > /u && cat /v | envsubst > /w\"\n";
        let shown: Vec<String> = effects(script, 0..script.len())
            .iter()
            .map(|effect| match effect {
                Effect::Written {
                    path,
                    text: own,
                    appends,
                } => format!("{} {appends} {:?}", text(path), text(own)),
                Effect::Removed(paths) => format!("rm {}", text(&paths[0])),
                Effect::Substituted { list, input, output } => {
                    format!("{list:?} {} {}", text(input), text(output))
                }
                Effect::Moved { from, to } => format!("mv {} {}", text(from), text(to)),
                Effect::Other(range) => script[range.clone()].trim().to_owned(),
            })
            .collect();
        let expected = [
            "apk add x",
            "rm /etc/a",
            "/etc/b false \"server <C>:9001; $host\\n\"",
            "mv /a /b",
            "/etc/c false \"\\tlisten <PORT>;\\n\"",
            "/etc/d true \"a;\\nb;\\n\"",
            "/etc/e false \"x\\n\"",
            "Some(Written(\"$A\")) /t /u",
            "None /v /w",
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn odd_texts_are_no_panic() {
        for script in [
            "",
            "\\",
            "'",
            "\"",
            "\"\\",
            "$",
            "${",
            "${é",
            "`",
            "é > é",
            "<<",
            "<<EOF",
            "cat <<EOF > x\né",
            "a &",
            "(a)",
            "> > >",
            "echo $( > x",
            "x | y | z",
            "&",
            "1>&",
        ] {
            let _ = effects(script, 0..script.len());
        }
    }
}
