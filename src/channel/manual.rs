//! Manual: a person is told what to paste where, and records the link.

use serde::Deserialize;

/// The `[manual]` table of a channel's file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the person goes, for example the address of the form.
    pub place: String,
    /// Longest text in characters, if the form has a limit.
    pub limit: Option<usize>,
}
