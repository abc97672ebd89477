//! How sure it is that a place is as its file describes it.

use schemars::JsonSchema;
use serde::Deserialize;

/// How sure it is that a board is as its file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Known {
    /// Its software took a posting, and gave it back.
    Tested,
    /// Its operator says so publicly.
    Documented,
    /// Somebody else's program does it so.
    ThirdParty,
    /// It is guessed.
    Unknown,
}
