//! What of a command only the files around it tell: scripts that it runs, tools that read variables from files.

use super::argument::Argument;

/// The arguments of a script.
#[derive(Clone, Debug, Default)]
pub struct Arguments {
    words: Vec<Argument>,
    appended: bool,
}

impl Arguments {
    /// It is given none.
    pub const NONE: Arguments = Arguments {
        words: Vec::new(),
        appended: false,
    };

    /// What `"$@"` stands for.
    pub fn behind(words: &[Argument]) -> Arguments {
        Arguments {
            words: words.to_vec(),
            appended: false,
        }
    }

    /// What is written behind the script's last word, as package managers do it.
    pub fn appended(words: &[Argument]) -> Arguments {
        Arguments {
            words: words.to_vec(),
            appended: true,
        }
    }

    /// The words of a command with the arguments in it.
    pub(super) fn filled(&self, words: Vec<Argument>, is_last: bool) -> Vec<Argument> {
        if self.words.is_empty() {
            return words;
        }
        let mut filled = Vec::new();
        for word in words {
            match word.text.as_str() {
                "$@" | "${@}" | "$*" if !self.appended => filled.extend(self.words.iter().cloned()),
                _ => filled.push(word),
            }
        }
        if self.appended && is_last {
            filled.extend(self.words.iter().cloned());
        }
        filled
    }
}

/// What is said of a process's variables before it starts, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// The variable is set, whatever it was.
    Set(String, Argument),
    /// It is set where it was not.
    Default(String, Argument),
    /// A shell's variable: the process sees it only where it was one of its variables before.
    Local(String, Argument),
    /// What stands here may set any variable.
    Any(Argument),
    /// What stands here sets variables if it is there: a file that is not in the repository.
    Perhaps(Argument),
}

/// What a program comes down to.
#[derive(Clone, Debug)]
pub enum Step {
    /// It starts these words, with variables given before.
    Words(Vec<Given>, Vec<Argument>),
    /// It runs the text of a shell's script.
    Script(Argument, Arguments),
    /// What it starts is not known, but what it says of variables.
    Unread(Vec<Given>),
}

/// The files around a command.
pub trait Around {
    /// What a program with its arguments comes down to that only files tell about; `None` where it is a process by itself.
    fn step(&self, words: &[Argument]) -> Option<Step>;

    /// The variables that a file sets; `None` where it is not in the repository.
    fn variables(&self, path: &str) -> Option<Vec<(String, Argument)>>;
}

/// No files are known.
#[derive(Debug)]
pub struct Nowhere;

impl Around for Nowhere {
    fn step(&self, _: &[Argument]) -> Option<Step> {
        None
    }

    fn variables(&self, _: &str) -> Option<Vec<(String, Argument)>> {
        None
    }
}
