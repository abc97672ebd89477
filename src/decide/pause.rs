//! Nothing goes out to a channel from now on, or it goes on.

use chrono::{DateTime, Utc};

use crate::channel::ChannelName;
use crate::ledger::{Ledger, LedgerError, Past, Pause};

/// Why something is paused where nobody says it.
pub const NO_REASON: &str = "a person paused it";

/// What came of letting a channel go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resumed {
    GoesOn,
    WasNotPaused,
}

/// The pause of one channel, if it is paused on its own.
pub fn paused<'a>(past: &'a Past, channel: &ChannelName) -> Option<&'a Pause> {
    past.channels.get(channel).and_then(|known| known.paused.as_ref())
}

/// Pauses a channel that the ledger knows.
///
/// # Errors
/// [`LedgerError`] if it could not be written; then nothing was.
pub async fn pause(
    ledger: &Ledger,
    channel: &ChannelName,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), LedgerError> {
    let reason = reason.trim();
    ledger.pause(channel, if reason.is_empty() { NO_REASON } else { reason }, now).await
}

/// Lets a channel go on.
///
/// # Errors
/// [`LedgerError`] if it could not be written; then nothing was.
pub async fn resume(
    ledger: &Ledger,
    past: &Past,
    channel: &ChannelName,
    now: DateTime<Utc>,
) -> Result<Resumed, LedgerError> {
    if paused(past, channel).is_none() {
        return Ok(Resumed::WasNotPaused);
    }
    ledger.resume(channel, now).await?;
    Ok(Resumed::GoesOn)
}
