//! Reads what the ad says: declared in the `job:` block, inferred from a line, or a default.

use super::page::Page;
use super::{Posting, Settings};
use crate::diagnostic::Diagnostic;

/// The postings of a page: one, or one per position.
pub fn postings(
    page: &Page,
    settings: &Settings,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Posting> {
    let _ = (page, settings, diagnostics);
    Vec::new()
}
