//! The chain of events.
//!
//! Every change of the ledger appends one event in the same transaction. The hash of an event is
//! the SHA-256 of the hash before it and of its own five fields, each framed by its length, so
//! that an event that was changed, put in, or taken out is found and named. The ledger's own row
//! holds the number and the hash of the newest event, so a missing end is found too. The chain has
//! no secret: it shows accidents and careless hands, not somebody who writes all of it anew.
//! Titles, names and answers are beside the chain, which holds their hash (see [`super::words`]).

use chrono::{DateTime, Utc};
use serde::Serialize;
use sha2::{Digest, Sha256};
use sqlx::{Any, AnyConnection, AssertSqlSafe, Executor, Row};

use super::change::Change;
use super::{Event, Ledger, LedgerError, row, words};
use crate::channel::DeliveryKey;

/// What an unbroken chain holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainReport {
    pub events: i64,
    /// The hash of the newest event; of an empty chain, the ledger's id.
    pub head: String,
}

/// How many events are read at a time.
const PAGE: u32 = 1000;

impl Ledger {
    /// At most `limit` events after the one with this number, the oldest first.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn events(&self, after: i64, limit: u32) -> Result<Vec<Event>, LedgerError> {
        sqlx::query(
            "select event.*, event_words.number as has_words, content, erased_at
               from event left join event_words on event_words.number = event.number
              where event.number > $1 order by event.number limit $2",
        )
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await?
        .iter()
        .map(row::event_with_words)
        .collect()
    }

    /// Everything that happened to one delivery, the oldest first.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn events_of(&self, key: DeliveryKey) -> Result<Vec<Event>, LedgerError> {
        sqlx::query(
            "select event.*, event_words.number as has_words, content, erased_at
               from event left join event_words on event_words.number = event.number
              where event.delivery = $1 order by event.number",
        )
        .bind(key.to_string())
        .fetch_all(&self.reader)
        .await?
        .iter()
        .map(row::event_with_words)
        .collect()
    }

    /// When the newest event happened; `None` before the first one.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn newest(&self) -> Result<Option<DateTime<Utc>>, LedgerError> {
        let row =
            sqlx::query("select max(at) as newest from event").fetch_one(&self.reader).await?;
        row::optional_time(&row, "newest")
    }

    /// Walks the whole chain.
    ///
    /// # Errors
    /// [`LedgerError::BrokenChain`] names the first event that is not what was written.
    pub async fn verify_chain(&self) -> Result<ChainReport, LedgerError> {
        // One transaction, so that all of it is read as it was at one moment.
        let mut tx = self.begin_reading().await?;
        walk(&mut tx, |_| ()).await
    }
}

/// Walks the whole chain and shows each event that is what was written, the oldest first.
///
/// # Errors
/// [`LedgerError::BrokenChain`] names the first event that is not what was written.
pub(in crate::ledger) async fn walk(
    connection: &mut AnyConnection,
    mut show: impl FnMut(&Event),
) -> Result<ChainReport, LedgerError> {
    let row =
        sqlx::query("select id, last_event, head from ledger").fetch_one(&mut *connection).await?;
    let last_event: i64 = row.try_get("last_event")?;
    let last_hash: String = row.try_get("head")?;
    let mut head: String = row.try_get("id")?;
    let mut number = 0;
    loop {
        let page = page(&mut *connection, number, PAGE).await?;
        if page.is_empty() {
            break;
        }
        for event in page {
            number += 1;
            if event.number != number {
                return Err(broken(number, "it is missing"));
            }
            if number > last_event {
                return Err(broken(number, "the ledger did not write it"));
            }
            head = hash_after(&head, &event);
            if event.hash != head {
                return Err(broken(number, "it does not say what was written"));
            }
            show(&event);
        }
    }
    if number < last_event {
        return Err(broken(number + 1, "it is missing"));
    }
    if head != last_hash {
        return Err(broken(number, "it is not the newest that was written"));
    }
    Ok(ChainReport { events: number, head })
}

async fn page(
    executor: impl Executor<'_, Database = Any>,
    after: i64,
    limit: u32,
) -> Result<Vec<Event>, LedgerError> {
    sqlx::query("select * from event where number > $1 order by number limit $2")
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(executor)
        .await?
        .iter()
        .map(row::event)
        .collect()
}

/// Appends an event to the chain, in the change that it tells of, and with which it is written. Its
/// words are kept beside it.
pub(in crate::ledger) async fn append(
    tx: &mut Change,
    at: DateTime<Utc>,
    delivery: Option<DeliveryKey>,
    what: &str,
    detail: &serde_json::Value,
) -> Result<(), LedgerError> {
    let (detail, taken) = words::take(what, detail, tx.person(), delivery);
    let end = tx.end().await?;
    let mut event = Event {
        number: end.number + 1,
        at,
        delivery,
        what: what.to_owned(),
        detail: detail.to_string(),
        hash: String::new(),
        words: None,
    };
    event.hash = hash_after(&end.hash, &event);
    (end.number, end.hash) = (event.number, event.hash.clone());
    let kept = taken.map(|taken| taken.beside(event.number, delivery, &detail));
    tx.add(event, kept);
    Ok(())
}

/// Writes events that were appended.
pub(in crate::ledger) async fn write(
    tx: &mut AnyConnection,
    events: &[Event],
) -> Result<(), LedgerError> {
    for events in events.chunks(row::ROWS_AT_ONCE) {
        let values = row::values(events.len(), 6);
        let insert =
            format!("insert into event (number, at, delivery, what, detail, hash) values {values}");
        let mut query = sqlx::query(AssertSqlSafe(insert));
        for event in events {
            query = query
                .bind(event.number)
                .bind(event.at.timestamp_micros())
                .bind(event.delivery.map(|key| key.to_string()))
                .bind(event.what.clone())
                .bind(event.detail.clone())
                .bind(event.hash.clone());
        }
        query.execute(&mut *tx).await?;
    }
    Ok(())
}

/// The hash of an event after the one with the hash `previous`. Each field is preceded by its
/// length in eight bytes, so that no two events are the same bytes; numbers are eight bytes,
/// big-endian; an event about no delivery has an empty field there.
pub fn hash_after(previous: &str, event: &Event) -> String {
    let delivery = event.delivery.map(|key| key.to_string()).unwrap_or_default();
    let fields: [&[u8]; 6] = [
        previous.as_bytes(),
        &event.number.to_be_bytes(),
        &event.at.timestamp_micros().to_be_bytes(),
        delivery.as_bytes(),
        event.what.as_bytes(),
        event.detail.as_bytes(),
    ];
    let mut hash = Sha256::new();
    for field in fields {
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn broken(number: i64, why: impl Into<String>) -> LedgerError {
    LedgerError::BrokenChain { number, why: why.into() }
}
