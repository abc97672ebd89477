//! Writes a page anew, after a person has seen what changes.

use std::fs;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use super::{CliError, say};
use crate::diagnostic::Source;

/// Whether somebody has agreed to the changes beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Consent {
    Given,
    /// Somebody at a terminal is asked; where there is none, nothing is written.
    Asked,
}

/// Whether the changes that were just shown are to be written.
///
/// # Errors
/// [`CliError`] if nobody can be asked or heard.
pub(super) fn agreed(consent: Consent) -> Result<bool, CliError> {
    if consent == Consent::Given {
        return Ok(true);
    }
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Ok(false);
    }
    say("\nWrite these changes? [y/N] ")?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(CliError::Output)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// Puts the new text in the place of the page whole: written beside it, flushed, then moved. The
/// file behind a link is replaced, not the link; its rights stay.
///
/// # Errors
/// [`CliError::Failed`]; the page is as it was then.
pub(super) fn replace(source: &Source, text: &str) -> Result<(), CliError> {
    put(source, text).map_err(|error| {
        CliError::Failed(format!("cannot write {}: {error}", source.path.display()))
    })
}

fn put(source: &Source, text: &str) -> io::Result<()> {
    let path = fs::canonicalize(&source.path)?;
    if fs::read(&path)? != source.text.as_bytes() {
        return Err(io::Error::other("somebody changed it meanwhile; try again"));
    }
    let beside = beside(&path);
    let mut file = fs::File::create_new(&beside).map_err(|error| {
        let what = format!("{}, which is needed meanwhile: {error}", beside.display());
        io::Error::new(error.kind(), what)
    })?;
    let written = file.write_all(text.as_bytes()).and_then(|()| {
        file.set_permissions(fs::metadata(&path)?.permissions())?;
        file.sync_all()?;
        fs::rename(&beside, &path)
    });
    if written.is_err() {
        // What is left of it helps nobody; the error that is told is the first one.
        let _ = fs::remove_file(&beside);
    }
    written
}

/// Beside the page, under a name that no generator takes for one.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
}
