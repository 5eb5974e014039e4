//! The process that a command line comes down to, with its options.

use super::argument::Argument;
use super::around::Given;

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
