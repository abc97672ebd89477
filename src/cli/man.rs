//! `handbill man`: the manual pages, made of what `--help` is made of.

use std::io;
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use super::{CliError, End, say};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Where a page for each command is written; default: the page of handbill itself is printed
    folder: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<End, CliError> {
    let mut command = told_whole(super::Arguments::command().disable_help_subcommand(true));
    command.build();
    let Some(folder) = &arguments.folder else {
        let mut page = Vec::new();
        Man::new(command).render(&mut page).map_err(CliError::Output)?;
        say(&String::from_utf8_lossy(&page))?;
        return Ok(End::Done);
    };
    let written = std::fs::create_dir_all(folder).and_then(|()| write_pages(&command, folder));
    let written = written.map_err(|error| {
        CliError::Failed(format!("cannot write manual pages into {}: {error}", folder.display()))
    })?;
    say(&format!("Wrote {written} manual pages into {}\n", folder.display()))?;
    Ok(End::Done)
}

/// The manual is the long help: what only the short one leaves out is told, in all commands.
fn told_whole(command: Command) -> Command {
    command.mut_args(|argument| argument.hide_short_help(false)).mut_subcommands(told_whole)
}

/// Writes the pages of a command and of all below it, and says how many.
fn write_pages(command: &Command, folder: &Path) -> io::Result<usize> {
    Man::new(command.clone()).generate_to(folder)?;
    let mut written = 1;
    for below in command.get_subcommands() {
        written += write_pages(below, folder)?;
    }
    Ok(written)
}
