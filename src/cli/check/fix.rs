//! `handbill check --fix`: mends what is safe to mend, shown as a diff first.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::check::{diff, mend};
use crate::cli::{CliError, End, complain, count, say};
use crate::diagnostic::{Diagnostic, Source};

/// Whether somebody has agreed to the changes beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Consent {
    Given,
    /// Somebody at a terminal is asked; where there is none, nothing is written.
    Asked,
}

/// Shows what can be mended on these pages, and does it if somebody agrees.
pub(super) fn fix(
    pages: impl IntoIterator<Item = Arc<Source>>,
    found: &[Diagnostic],
    consent: Consent,
) -> Result<End, CliError> {
    // A page of several positions is several postings, and one file.
    let pages: BTreeMap<PathBuf, Arc<Source>> =
        pages.into_iter().map(|source| (source.path.clone(), source)).collect();
    let mut mended = Vec::new();
    let mut places = 0;
    for source in pages.values() {
        let edits = mend::edits(source, found);
        if edits.is_empty() {
            continue;
        }
        places += edits.len();
        say(&diff::unified(&source.path.to_string_lossy(), &source.text, &edits))?;
        mended.push((source, mend::mended(&source.text, &edits)));
    }
    let what = format!("{} on {}", count(places, "place"), count(mended.len(), "page"));
    if mended.is_empty() {
        say("nothing can be mended without knowing what was meant\n")?;
        return Ok(End::Done);
    }
    if !agreed(consent)? {
        complain(&format!("{what} can be mended; nothing was written\nhelp: `--yes` writes it"));
        return Ok(End::CheckFailed);
    }
    for (source, text) in mended {
        replace(source, &text).map_err(|error| {
            CliError::Failed(format!("cannot write {}: {error}", source.path.display()))
        })?;
    }
    say(&format!("{what} mended\n"))?;
    Ok(End::Done)
}

fn agreed(consent: Consent) -> Result<bool, CliError> {
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
fn replace(source: &Source, text: &str) -> io::Result<()> {
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
