//! `handbill init`: a site folder to edit.

use std::path::PathBuf;

use super::{CliError, End, load, say};
use crate::site;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The folder to make; default: here
    #[arg(default_value = ".")]
    folder: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Result<End, CliError> {
    let folder = &arguments.folder;
    for name in [site::FILE, "channels"] {
        if folder.join(name).exists() {
            return Err(CliError::Usage(format!(
                "there is already a {name} in {}; nothing was changed\n\
                 help: name another folder, `handbill init FOLDER`",
                folder.display()
            )));
        }
    }
    load::write_example(folder)?;
    let here = folder.display();
    say(&format!(
        "Made a site in {here}\n\n  \
         handbill.toml     who you are and where your job ads are\n  \
         channels/         one file for each place to post\n  \
         content/jobs/     two example ads\n\n\
         Next:\n  \
         handbill --site {here} check              what is wrong or missing\n  \
         handbill --site {here} post --dry-run     exactly what would go out\n  \
         handbill rehearse {here}                  the whole life of an ad, on this machine\n"
    ))?;
    Ok(End::Done)
}
