//! What the ledger says to those who watch over it: health, metrics, and the daemon's timer.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::Row;
use url::Url;

use super::{
    CopyState, Delivery, KnownChannel, KnownPosting, Ledger, LedgerError, Pause, State, row,
};
use crate::channel::ChannelName;
use crate::posting::PostingId;

/// An attempt that came to an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedAttempt {
    pub channel: ChannelName,
    /// `posted`, `refused`, `deferred`, `blocked`, `unknown`.
    pub outcome: String,
    pub took: Duration,
}

/// What is paused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pauses {
    pub all: Option<Pause>,
    /// Those that are paused on their own.
    pub channels: Vec<KnownChannel>,
}

/// A copy that an announcement made, and where readers find, or found, it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    pub posting: PostingId,
    pub channel: ChannelName,
    pub link: Url,
    pub copy: Option<CopyState>,
}

impl Published {
    /// Whether it is there for readers, as we wrote it.
    pub fn stands(&self) -> bool {
        matches!(self.copy, Some(CopyState::Live | CopyState::Edited))
    }
}

impl Ledger {
    /// Every announcement that has, or had, a link on the web, by posting and channel.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn published(&self) -> Result<Vec<Published>, LedgerError> {
        let rows = sqlx::query(
            "select * from delivery
              where occasion = 'announce' and receipt is not null and copy_state is not null
              order by posting, channel, key",
        )
        .fetch_all(&self.reader)
        .await?;
        let mut published = Vec::new();
        for row in &rows {
            let Delivery { name, receipt, copy, .. } = row::delivery(row)?;
            let link = receipt.and_then(|receipt| receipt.link);
            if let Some(link) = link.filter(|it| matches!(it.scheme(), "http" | "https")) {
                let (posting, channel) = (name.posting, name.channel);
                published.push(Published { posting, channel, link, copy });
            }
        }
        Ok(published)
    }

    /// How many deliveries there are, by channel and state.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn tally(&self) -> Result<Vec<(ChannelName, State, u64)>, LedgerError> {
        let rows = sqlx::query(
            "select channel, state, count(*) as number from delivery group by channel, state
              order by channel, state",
        )
        .fetch_all(&self.reader)
        .await?;
        rows.iter()
            .map(|row| {
                let word: String = row.try_get("state")?;
                let state = State::parse(&word)
                    .ok_or_else(|| LedgerError::Corrupt(format!("`{word}` is no state")))?;
                let number: i64 = row.try_get("number")?;
                Ok((ChannelName(row::text(row, "channel")?), state, number.unsigned_abs()))
            })
            .collect()
    }

    /// The deliveries that have been due since before a time and are not done, the oldest first;
    /// at most `limit`.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn due_before(
        &self,
        time: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Delivery>, LedgerError> {
        sqlx::query(
            "select * from delivery where state = 'planned' and due_at < $1
              order by due_at, key limit $2",
        )
        .bind(time.timestamp_micros())
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await?
        .iter()
        .map(row::delivery)
        .collect()
    }

    /// When the next delivery is due after a time.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn next_due(
        &self,
        after: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, LedgerError> {
        let row = sqlx::query(
            "select min(due_at) as next from delivery where state = 'planned' and due_at > $1",
        )
        .bind(after.timestamp_micros())
        .fetch_one(&self.reader)
        .await?;
        row::optional_time(&row, "next")
    }

    /// What is paused now.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn pauses(&self) -> Result<Pauses, LedgerError> {
        let all = sqlx::query("select paused_since, paused_reason from ledger")
            .fetch_one(&self.reader)
            .await?;
        let channels =
            sqlx::query("select * from channel where paused_since is not null order by name")
                .fetch_all(&self.reader)
                .await?;
        Ok(Pauses {
            all: row::pause(&all)?,
            channels: channels.iter().map(row::channel).collect::<Result<_, _>>()?,
        })
    }

    /// The postings that were ever seen: to know pages by.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn known_postings(&self) -> Result<BTreeMap<PostingId, KnownPosting>, LedgerError> {
        // Without the text of each page, which is most of the table.
        let rows = sqlx::query(
            "select id, path, translation_key, sub_id, reference, title, first_seen, revision,
                    revision_since, predates, accepted_at, withdrawn_at, missing_since,
                    page_seen_at, page_note, finished_at, erased_at
               from posting",
        )
        .fetch_all(&self.reader)
        .await?;
        rows.iter()
            .map(|row| row::posting(row).map(|posting| (posting.id.clone(), posting)))
            .collect()
    }

    /// The number of the newest event, and when it happened; `None` before the first one.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn last_event(&self) -> Result<Option<(i64, DateTime<Utc>)>, LedgerError> {
        let row = sqlx::query("select number, at from event order by number desc limit 1")
            .fetch_optional(&self.reader)
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some((row.try_get("number")?, row::time(row.try_get("at")?)?)))
    }

    /// The attempts whose end is told by the events after `after`, up to and with `until`.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn attempts_ended(
        &self,
        after: i64,
        until: i64,
    ) -> Result<Vec<EndedAttempt>, LedgerError> {
        // An attempt ends in the transaction of its event, at the same time.
        let rows = sqlx::query(
            "select delivery.channel, attempt.outcome, attempt.began_at, attempt.ended_at
               from event
               join attempt on attempt.delivery = event.delivery and attempt.ended_at = event.at
               join delivery on delivery.key = event.delivery
              where event.number > $1 and event.number <= $2
                and event.what in ('posted', 'asked', 'refused', 'deferred', 'blocked', 'unknown',
                                   'late')",
        )
        .bind(after)
        .bind(until)
        .fetch_all(&self.reader)
        .await?;
        rows.iter()
            .map(|row| {
                let (began, ended): (i64, i64) =
                    (row.try_get("began_at")?, row.try_get("ended_at")?);
                let took = u64::try_from(ended.saturating_sub(began)).unwrap_or(0);
                Ok(EndedAttempt {
                    channel: ChannelName(row::text(row, "channel")?),
                    outcome: row.try_get("outcome")?,
                    took: Duration::from_micros(took),
                })
            })
            .collect()
    }
}
