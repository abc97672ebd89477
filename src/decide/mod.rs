//! What people decide, one way for the command line and the web page: each decision looks whether it
//! makes sense as things are, and only then is it written into the ledger.

pub mod approve;
mod copy;
pub mod pause;
pub mod resolve;
pub mod withdraw;

pub use copy::{not_anothers, receipt};

use crate::ledger::LedgerError;

/// Why a decision is not taken.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// It makes no sense as things are.
    #[error("{0}")]
    Mistaken(String),
    /// Nobody can know that yet.
    #[error("{0}")]
    TooEarly(String),
    /// What was shown is not what would go out now.
    #[error("the words have changed since they were shown\nhelp: look at them again")]
    OtherWords,
}
