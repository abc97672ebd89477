//! The copies of an ad are taken back, whatever its page says; or not any more.

use chrono::{DateTime, TimeDelta, Utc};

use crate::ledger::{CopyState, Delivery, KnownPosting, Ledger, LedgerError, Past};

/// What a person wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    TakeBack,
    /// What was not taken back yet stays.
    Undo,
}

/// What a withdrawal means as things are.
#[derive(Debug, Clone)]
pub struct Withdrawal {
    /// Since when it was wanted before.
    pub before: Option<DateTime<Utc>>,
    /// Since when it is wanted now.
    pub since: Option<DateTime<Utc>>,
    /// Where the page is gone, from when on it counts: the page may only have been away.
    pub counts_from: Option<DateTime<Utc>>,
    /// The copies that stand.
    pub copies: Vec<Delivery>,
}

/// Writes the wish down. `grace` is how long a page must be gone before its copies are taken back.
///
/// # Errors
/// [`LedgerError`] if it could not be written; then nothing was.
pub async fn withdraw(
    ledger: &Ledger,
    past: &Past,
    known: &KnownPosting,
    wish: Wish,
    grace: TimeDelta,
    now: DateTime<Utc>,
) -> Result<Withdrawal, LedgerError> {
    let wanted = (wish == Wish::TakeBack).then_some(now);
    ledger.withdraw(&known.id, wanted, now).await?;
    let stands =
        |it: &&Delivery| it.name.posting == known.id && it.copy.is_some_and(CopyState::stands);
    Ok(Withdrawal {
        before: known.withdrawn_at,
        since: wanted.map(|now| known.withdrawn_at.unwrap_or(now)),
        counts_from: known.missing_since.map(|missing| missing + grace),
        copies: past.deliveries.iter().filter(stands).cloned().collect(),
    })
}
