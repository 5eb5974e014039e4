//! Command lines: splitting shell words, and finding the process that keeps running behind shells and wrappers.

mod around;
mod script;
mod shell;
mod wrappers;

use super::tree::{At, Style};
use crate::repo::Span;

pub use around::{Around, Given, Nowhere, Step};
pub use script::Arguments;
pub use shell::{Piece, split};

/// One argument and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// The decoded text; of what is unknown, the text as written.
    pub text: String,
    /// Where it stands; the word around it where it does not stand verbatim in the source.
    pub span: Span,
    /// Whether the text holds something no one can know here: a hole, a variable, a substitution.
    pub unknown: bool,
    /// Where `text` stands byte for byte in the source, if it does. Parts of the argument then have exact spans.
    verbatim: Option<u32>,
}

impl Argument {
    /// An argument whose text is the bytes of `span`, or is decoded from them. The text of a block scalar is best given
    /// with the span of its derived source: then every part has an exact place.
    pub fn new(text: impl Into<String>, span: Span, unknown: bool) -> Self {
        let text = text.into();
        let verbatim = (text.len() == span.len() as usize).then_some(span.start);
        Self {
            text,
            span,
            unknown,
            verbatim,
        }
    }

    /// The nth word of a node.
    pub fn of_word(at: At<'_>, n: usize) -> Option<Self> {
        let word = at.words().get(n)?;
        let mut argument = Self::new(at.text_of(word), at.word_span(word), at.doubt_at(n).is_some());
        let quoted = matches!(word.style(), Style::Single | Style::Double);
        // Quotes and nothing else: no escape made the text shorter.
        if quoted && argument.text.len() + 2 == argument.span.len() as usize {
            argument.verbatim = Some(word.start() + 1);
        }
        Some(argument)
    }

    /// A part of this argument's text.
    fn part(&self, start: usize, end: usize, text: String, unknown: bool) -> Self {
        let Some(base) = self.verbatim else {
            return Self {
                text,
                span: self.span,
                unknown,
                verbatim: None,
            };
        };
        let span = Span::new(self.span.source, base + start as u32, base + end as u32);
        let raw = self.text.get(start..end).unwrap_or_default();
        let verbatim = raw
            .find(text.as_str())
            .filter(|_| !text.is_empty())
            .map(|at| span.start + at as u32);
        Self {
            text,
            span,
            unknown,
            verbatim,
        }
    }

    /// The text after its first `skip` bytes.
    pub fn rest(&self, skip: usize) -> Self {
        let text = self.text.get(skip..).unwrap_or_default().to_owned();
        match self.verbatim {
            Some(base) => {
                let start = base + skip as u32;
                Self::new(
                    text,
                    Span::new(self.span.source, start, base + self.text.len() as u32),
                    self.unknown,
                )
            }
            None => Self {
                text,
                span: self.span,
                unknown: self.unknown,
                verbatim: None,
            },
        }
    }

    /// The last part of the path: `/usr/bin/gunicorn` is `gunicorn`.
    pub fn base_name(&self) -> &str {
        self.text.rsplit(['/', '\\']).next().unwrap_or_default()
    }
}

/// The process that keeps running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// What is said of its variables before it (`A=b cmd`, `env A=b cmd`, `export A=b; cmd`), in order.
    pub environment: Vec<Given>,
    /// The program; for `python -m x`, the module.
    pub program: Argument,
    /// Its arguments.
    pub arguments: Vec<Argument>,
    /// Whether this is surely the process; not so behind a variable or an unknown entrypoint script, and where there are
    /// only options, for a program that the image names.
    pub certain: bool,
}

impl Command {
    /// The value of an option; the last one where it is repeated. See [`Command::options`].
    pub fn option(&self, names: &[&str]) -> Option<Argument> {
        self.options(names).pop()
    }

    /// All values of an option under any of its names: `--bind x`, `--bind=x`, `-b x`, `-bx`.
    pub fn options(&self, names: &[&str]) -> Vec<Argument> {
        let mut found = Vec::new();
        let mut rest = self.arguments.iter();
        while let Some(argument) = rest.next() {
            if argument.text == "--" {
                break;
            }
            if names.contains(&argument.text.as_str()) {
                found.extend(rest.next().cloned());
            } else if let Some(skip) = names.iter().find_map(|name| joined(name, &argument.text)) {
                found.push(argument.rest(skip));
            }
        }
        found
    }

    /// Whether a flag that takes no value is given.
    pub fn has(&self, names: &[&str]) -> bool {
        self.arguments
            .iter()
            .take_while(|argument| argument.text != "--")
            .any(|argument| names.contains(&argument.text.as_str()))
    }

    /// The first argument that may hold further options no one can see here, such as `$GUNICORN_ARGS`: an option that
    /// is not found may then be given all the same. A variable after an option (`--workers $N`) is taken for that
    /// option's value, unless its name speaks of several.
    pub fn unread(&self) -> Option<&Argument> {
        const SEVERAL: [&str; 7] = ["ARG", "OPT", "EXTRA", "FLAG", "PARAM", "$@", "$*"];
        let mut after_option = false;
        self.arguments.iter().find(|argument| {
            let text = &argument.text;
            let several = || {
                let upper = text.to_ascii_uppercase();
                SEVERAL.iter().any(|name| upper.contains(name))
            };
            let found = argument.unknown && text.starts_with(['$', '{', '<', '`', '@']) && (!after_option || several());
            after_option = text.starts_with('-') && !text.contains('=');
            found
        })
    }
}

/// Where the value starts in an argument that holds option and value: `--name=value`, `-nvalue`, `-n=value`.
fn joined(name: &str, argument: &str) -> Option<usize> {
    let rest = argument.strip_prefix(name)?;
    let short = name.len() == 2 && name.starts_with('-') && name != "--";
    match rest.strip_prefix('=') {
        Some(_) => Some(name.len() + 1),
        None if short => Some(name.len()),
        None => None,
    }
}

/// The process that a list of arguments starts (Kubernetes `command` + `args`, the exec form of Dockerfiles). `None` if
/// it cannot be told.
pub fn command(arguments: Vec<Argument>, around: &dyn Around) -> Option<Command> {
    wrappers::resolve(arguments, Vec::new(), true, 0, around)
}

/// The process that a command line starts which is split into words but not given to a shell (a string in compose).
pub fn command_line(text: &Argument) -> Option<Command> {
    command(shell::arguments(text, &split(&text.text)), &Nowhere)
}

/// The process that a shell script keeps running (the shell form of Dockerfiles).
pub fn shell_script(text: &Argument) -> Option<Command> {
    script::run(text, &Arguments::NONE, Vec::new(), 0, &Nowhere)
}
