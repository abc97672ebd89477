//! Where the chain of events stands at a time, to be written down outside: whoever holds the ledger
//! could write the chain anew, but not what lies where they cannot reach.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Ledger, LedgerError};

/// The end of the chain at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    pub ledger: Uuid,
    /// The number of the newest event.
    pub event: i64,
    /// Its hash.
    pub hash: String,
    /// When it happened.
    pub at: DateTime<Utc>,
}

impl Ledger {
    /// The end of the chain, after all of it was verified; `None` before the first event.
    ///
    /// # Errors
    /// [`LedgerError::BrokenChain`]: nobody should vouch for a broken one.
    pub async fn anchor(&self) -> Result<Option<Anchor>, LedgerError> {
        let report = self.verify_chain().await?;
        let events = self.events(report.events - 1, 1).await?;
        let Some(newest) = events.first() else { return Ok(None) };
        let (event, at) = (newest.number, newest.at);
        Ok(Some(Anchor { ledger: self.id(), event, hash: newest.hash.clone(), at }))
    }
}
