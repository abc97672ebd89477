//! `handbill completions`: what a shell needs to complete commands and options.

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use super::{CliError, End, say};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The shell that shall read it
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments) -> Result<End, CliError> {
    let mut command = super::Arguments::command();
    let mut script = Vec::new();
    generate(arguments.shell, &mut command, "handbill", &mut script);
    say(&String::from_utf8_lossy(&script))?;
    Ok(End::Done)
}
