//! The messages that went out, as they count for the slots, the days and the budget of a channel.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::AnyConnection;

use super::{Ledger, LedgerError, Use, row};
use crate::channel::ChannelName;

/// By channel, the oldest first.
type Uses = BTreeMap<ChannelName, Vec<Use>>;

/// How far back from the newest message the messages are counted where nobody says what still
/// counts: a budget is for a month.
const REACH_BACK: TimeDelta = TimeDelta::days(32);

impl Ledger {
    /// The messages of a channel since a time, the oldest first: what its budget counts.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn uses(
        &self,
        channel: &ChannelName,
        since: DateTime<Utc>,
    ) -> Result<Vec<Use>, LedgerError> {
        let mut connection = self.reader.acquire().await?;
        Ok(since_all(&mut connection, since).await?.remove(channel).unwrap_or_default())
    }
}

/// The messages of each channel from its time on; of channels that are not named, none.
pub(in crate::ledger) async fn counting(
    connection: &mut AnyConnection,
    since: &BTreeMap<ChannelName, DateTime<Utc>>,
) -> Result<Uses, LedgerError> {
    let Some(first) = since.values().min() else { return Ok(Uses::new()) };
    let mut uses = since_all(connection, *first).await?;
    uses.retain(|channel, uses| {
        let Some(since) = since.get(channel) else { return false };
        uses.retain(|used| used.at >= *since);
        !uses.is_empty()
    });
    Ok(uses)
}

/// The messages of the month before the newest one.
pub(in crate::ledger) async fn newest(connection: &mut AnyConnection) -> Result<Uses, LedgerError> {
    let newest = sqlx::query("select max(attempted_at) as newest from delivery")
        .fetch_one(&mut *connection)
        .await?;
    let newest = row::optional_time(&newest, "newest")?.unwrap_or_default();
    since_all(connection, newest - REACH_BACK).await
}

/// All messages since a time. The statement asks for the time alone: given a state or a channel as
/// well, SQLite walks through every delivery that ever was in it, because it expects few.
async fn since_all(
    connection: &mut AnyConnection,
    since: DateTime<Utc>,
) -> Result<Uses, LedgerError> {
    let rows = sqlx::query(
        "select posting, channel, slot, attempted_at, deed, state from delivery
          where attempted_at >= $1 order by attempted_at",
    )
    .bind(since.timestamp_micros())
    .fetch_all(connection)
    .await?;
    let mut uses = Uses::new();
    for row in &rows {
        if let Some((channel, used)) = row::used(row)? {
            uses.entry(channel).or_default().push(used);
        }
    }
    Ok(uses)
}
