//! A channel that is paused: nothing goes out to it until a person has mended it.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::change::Change;
use super::{KnownChannel, Ledger, LedgerError, event, row};
use crate::channel::ChannelName;

impl Ledger {
    /// Pauses a channel: nothing of it can be claimed from now on. A channel that is paused
    /// already keeps its time and takes the new reason.
    ///
    /// # Errors
    /// [`LedgerError::NoSuchChannel`].
    pub async fn pause(
        &self,
        channel: &ChannelName,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        pause(&mut tx, channel, reason, now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Lets a channel go on; does nothing if it is not paused.
    ///
    /// # Errors
    /// [`LedgerError::NoSuchChannel`].
    pub async fn resume(
        &self,
        channel: &ChannelName,
        now: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        if load(&mut tx, channel).await?.paused.is_some() {
            sqlx::query(
                "update channel set paused_since = null, paused_reason = null where name = $1",
            )
            .bind(channel.0.to_string())
            .execute(&mut *tx)
            .await?;
            event::append(&mut tx, now, None, "resumed", &json!({ "channel": channel })).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

impl Ledger {
    /// Pauses everything, channels that come later included: nothing can be claimed from now on.
    ///
    /// # Errors
    /// [`LedgerError`] if it could not be written; then nothing was.
    pub async fn pause_all(&self, reason: &str, now: DateTime<Utc>) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "update ledger set paused_since = coalesce(paused_since, $1), paused_reason = $2",
        )
        .bind(now.timestamp_micros())
        .bind(row::storable(reason))
        .execute(&mut *tx)
        .await?;
        event::append(&mut tx, now, None, "paused all", &json!({ "why": reason })).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Lets everything go on; channels that are paused on their own stay paused.
    ///
    /// # Errors
    /// [`LedgerError`] if it could not be written; then nothing was.
    pub async fn resume_all(&self, now: DateTime<Utc>) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let changed = sqlx::query(
            "update ledger set paused_since = null, paused_reason = null
              where paused_since is not null",
        )
        .execute(&mut *tx)
        .await?;
        if changed.rows_affected() > 0 {
            event::append(&mut tx, now, None, "resumed all", &json!({})).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}

/// Pauses a channel as part of a larger change.
pub(in crate::ledger) async fn pause(
    tx: &mut Change,
    channel: &ChannelName,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), LedgerError> {
    let paused = load(tx, channel).await?.paused;
    if paused.as_ref().is_some_and(|pause| pause.reason == reason) {
        return Ok(());
    }
    let since = paused.map_or(now, |pause| pause.since);
    sqlx::query("update channel set paused_since = $2, paused_reason = $3 where name = $1")
        .bind(channel.0.to_string())
        .bind(since.timestamp_micros())
        .bind(row::storable(reason))
        .execute(&mut **tx)
        .await?;
    let detail = json!({ "channel": channel, "why": reason });
    event::append(tx, now, None, "paused", &detail).await
}

async fn load(tx: &mut Change, channel: &ChannelName) -> Result<KnownChannel, LedgerError> {
    let row = sqlx::query("select * from channel where name = $1")
        .bind(channel.0.to_string())
        .fetch_optional(&mut **tx)
        .await?
        .ok_or_else(|| LedgerError::NoSuchChannel(channel.clone()))?;
    row::channel(&row)
}
