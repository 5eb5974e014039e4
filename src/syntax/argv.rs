//! Command lines: splitting shell words, and finding the process that keeps running behind shells and wrappers.

mod argument;
mod around;
mod command;
mod script;
mod shell;
mod wrappers;

pub use argument::Argument;
pub use around::{Arguments, Around, Given, Nowhere, Step};
pub use command::Command;
pub use shell::{Piece, split};

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
