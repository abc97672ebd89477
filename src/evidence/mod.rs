//! The evidence of one ad: where and when it was published with which words, who agreed to them, and
//! what every channel answered, in one archive that stands alone.
//!
//! `gather` reads the ledger; [`archive`] writes and reads the file; `chain` verifies the events that
//! it carries; [`check()`] looks whether an archive holds together, without the ledger. Of the same
//! state of the ledger the same bytes are made: nothing of it depends on the clock.
//!
//! What is in an archive:
//!
//! | file | holds |
//! | --- | --- |
//! | `evidence.html` | everything for people; no script, nothing from elsewhere |
//! | `evidence.json` | the same for programs |
//! | `chain.jsonl` | the events from the ad's first one to the newest, and the hash before them |
//! | `sent/KEY-N.json` | what attempt N of a delivery sent, as it is on record |
//! | `sent/KEY-N.eml` | of a mail, the message |
//! | `pictures/HASH` | the pictures that went along |
//! | `page.md` | the page, as it was last read |
//! | `SHA256SUMS` | the hashes of these files, for `sha256sum --check` |

pub mod archive;
mod chain;
pub mod check;
mod gather;
mod page;

use serde_json::Value;

use crate::ledger::LedgerError;
pub use archive::Archive;
pub use check::{Checked, check};
pub use gather::gather;

/// The name and the version of the format; another version is not read.
pub const FORMAT: &str = "handbill-evidence/1";

const DATA: &str = "evidence.json";
const PAGE: &str = "evidence.html";
const CHAIN: &str = "chain.jsonl";
const SUMS: &str = "SHA256SUMS";

/// Why there is no evidence, or an archive is none.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(
        "the ledger changes faster than it can be read\nhelp: run it again when no round is held"
    )]
    Busy,
    #[error("{file} in the archive cannot be read: {why}")]
    Unreadable { file: String, why: String },
    #[error("the archive cannot be made: {0}")]
    Unwritable(String),
    #[error("the page of the evidence cannot be drawn: {0}")]
    Page(#[from] minijinja::Error),
    #[error("{0}")]
    NotOurs(String),
}

/// A text of a JSON object; empty if it has none of this name.
fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}
