//! `gatelint man`: a page for each command, from the definitions of the command line.

use clap::{Command, CommandFactory};

use super::end::{CLEAN, Failure, print};
use crate::cli::{Cli, Man};

pub(super) fn man(options: &Man) -> Result<u8, Failure> {
    // Without `help`, which explains nothing by itself.
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    if let Some(folder) = &options.folder {
        return std::fs::create_dir_all(folder)
            .and_then(|()| clap_mangen::generate_to(command, folder))
            .map(|()| CLEAN)
            .map_err(|error| {
                Failure::new(
                    format!("the pages cannot be written into {}: {error}", folder.display()),
                    "Name a folder that can be written to.",
                )
            });
    }
    let page = options.command.iter().try_fold(&command, |command, name| {
        command.find_subcommand(name).ok_or_else(|| unknown(command, name))
    })?;
    let mut text = Vec::new();
    clap_mangen::Man::new(page.clone()).render(&mut text)?;
    print(&text)
}

fn unknown(command: &Command, name: &str) -> Failure {
    let whole = command.get_bin_name().unwrap_or("gatelint");
    let known: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
    let help = match known.as_slice() {
        [] => format!("It has none: `gatelint man` and the words after gatelint, as in `{whole}`."),
        known => format!("It has {}.", known.join(", ")),
    };
    Failure::new(format!("{whole} has no command {name}"), &help)
}
