//! `handbill check --fix`: mends what is safe to mend, shown as a diff first.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::check::{diff, mend};
use crate::cli::rewrite::{Consent, agreed, replace};
use crate::cli::{CliError, End, complain, count, say};
use crate::diagnostic::{Diagnostic, Source};

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
        replace(source, &text)?;
    }
    say(&format!("{what} mended\n"))?;
    Ok(End::Done)
}
