//! Rows of the database, turned into the words of this room.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::any::AnyRow;
use sqlx::{Any, Row, Transaction};
use uuid::Uuid;

use super::{
    Attempt, CopyState, Deed, Delivery, DeliveryName, Event, KnownChannel, KnownPosting,
    LedgerError, Occurrence, Pause, State,
};
use crate::adapt::Occasion;
use crate::channel::{ChannelName, DeliveryKey};
use crate::posting::{PostingId, Revision};

/// A time out of microseconds since 1970.
pub(in crate::ledger) fn time(micros: i64) -> Result<DateTime<Utc>, LedgerError> {
    DateTime::from_timestamp_micros(micros)
        .ok_or_else(|| LedgerError::Corrupt(format!("{micros} is no time")))
}

pub(in crate::ledger) fn uuid(text: &str) -> Result<Uuid, LedgerError> {
    text.parse().map_err(|_| LedgerError::Corrupt(format!("`{text}` is no id")))
}

pub(in crate::ledger) fn to_json(value: &impl Serialize) -> Result<String, LedgerError> {
    serde_json::to_string(value).map_err(|error| LedgerError::Corrupt(error.to_string()))
}

/// One delivery, inside a change.
///
/// # Errors
/// [`LedgerError::NoSuchDelivery`].
pub(in crate::ledger) async fn load(
    tx: &mut Transaction<'static, Any>,
    key: DeliveryKey,
) -> Result<Delivery, LedgerError> {
    let row = sqlx::query("select * from delivery where key = $1")
        .bind(key.to_string())
        .fetch_optional(&mut **tx)
        .await?
        .ok_or_else(|| LedgerError::NoSuchDelivery(key.to_string()))?;
    delivery(&row)
}

/// Writes everything of a delivery that can change.
pub(in crate::ledger) async fn save(
    tx: &mut Transaction<'static, Any>,
    delivery: &Delivery,
) -> Result<(), LedgerError> {
    let receipt = delivery.receipt.as_ref().map(to_json).transpose()?;
    let standing = delivery.standing.as_ref().map(to_json).transpose()?;
    sqlx::query(
        "update delivery
            set state = $2, due_at = $3, revision = $4, attempts = $5, changed_at = $6,
                reason = $7, receipt = $8, copy_state = $9, standing = $10, verified_at = $11
          where key = $1",
    )
    .bind(delivery.key.to_string())
    .bind(delivery.state.as_str())
    .bind(delivery.due_at.timestamp_micros())
    .bind(delivery.revision.0.clone())
    .bind(i64::from(delivery.attempts))
    .bind(delivery.changed_at.timestamp_micros())
    .bind(delivery.reason.clone())
    .bind(receipt)
    .bind(delivery.copy.map(CopyState::as_str))
    .bind(standing)
    .bind(delivery.verified_at.map(|at| at.timestamp_micros()))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(in crate::ledger) fn delivery(row: &AnyRow) -> Result<Delivery, LedgerError> {
    let target: Option<String> = row.try_get("target")?;
    let copy: Option<String> = row.try_get("copy_state")?;
    let verified_at: Option<i64> = row.try_get("verified_at")?;
    Ok(Delivery {
        key: key(&row.try_get::<String, _>("key")?)?,
        name: DeliveryName {
            posting: PostingId(row.try_get("posting")?),
            channel: ChannelName(row.try_get("channel")?),
            occasion: word(row, "occasion", |word| Occasion::from_str(word).ok())?,
            occurrence: Occurrence(row.try_get("occurrence")?),
        },
        deed: word(row, "deed", Deed::parse)?,
        target: target.as_deref().map(key).transpose()?,
        state: word(row, "state", State::parse)?,
        due_at: time(row.try_get("due_at")?)?,
        revision: Revision(row.try_get("revision")?),
        attempts: number(row, "attempts")?,
        changed_at: time(row.try_get("changed_at")?)?,
        reason: row.try_get("reason")?,
        receipt: optional_json(row, "receipt")?,
        copy: copy
            .map(|copy| CopyState::parse(&copy).ok_or_else(|| unreadable("copy_state", &copy)))
            .transpose()?,
        standing: optional_json(row, "standing")?,
        verified_at: verified_at.map(time).transpose()?,
    })
}

pub(in crate::ledger) fn attempt(row: &AnyRow) -> Result<Attempt, LedgerError> {
    let ended_at: Option<i64> = row.try_get("ended_at")?;
    Ok(Attempt {
        delivery: key(&row.try_get::<String, _>("delivery")?)?,
        number: number(row, "number")?,
        worker: row.try_get("worker")?,
        began_at: time(row.try_get("began_at")?)?,
        send_by: time(row.try_get("send_by")?)?,
        ended_at: ended_at.map(time).transpose()?,
        outcome: row.try_get("outcome")?,
        detail: row.try_get("detail")?,
        wire: json(&row.try_get::<String, _>("wire")?, "wire")?,
        rendition: json(&row.try_get::<String, _>("rendition")?, "rendition")?,
    })
}

pub(in crate::ledger) fn posting(row: &AnyRow) -> Result<KnownPosting, LedgerError> {
    Ok(KnownPosting {
        id: PostingId(row.try_get("id")?),
        path: row.try_get("path")?,
        translation_key: row.try_get("translation_key")?,
        sub_id: row.try_get("sub_id")?,
        reference: row.try_get("reference")?,
        title: row.try_get("title")?,
        first_seen: time(row.try_get("first_seen")?)?,
        revision: Revision(row.try_get("revision")?),
        revision_since: time(row.try_get("revision_since")?)?,
    })
}

pub(in crate::ledger) fn channel(row: &AnyRow) -> Result<KnownChannel, LedgerError> {
    let since: Option<i64> = row.try_get("paused_since")?;
    let reason: Option<String> = row.try_get("paused_reason")?;
    Ok(KnownChannel {
        name: ChannelName(row.try_get("name")?),
        first_seen: time(row.try_get("first_seen")?)?,
        paused: since
            .map(time)
            .transpose()?
            .map(|since| Pause { since, reason: reason.unwrap_or_default() }),
    })
}

pub(in crate::ledger) fn event(row: &AnyRow) -> Result<Event, LedgerError> {
    let delivery: Option<String> = row.try_get("delivery")?;
    Ok(Event {
        number: row.try_get("number")?,
        at: time(row.try_get("at")?)?,
        delivery: delivery.as_deref().map(key).transpose()?,
        what: row.try_get("what")?,
        detail: row.try_get("detail")?,
        hash: row.try_get("hash")?,
    })
}

pub(in crate::ledger) fn key(text: &str) -> Result<DeliveryKey, LedgerError> {
    uuid(text).map(DeliveryKey)
}

fn word<T>(
    row: &AnyRow,
    column: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, LedgerError> {
    let word: String = row.try_get(column)?;
    parse(&word).ok_or_else(|| unreadable(column, &word))
}

fn number(row: &AnyRow, column: &str) -> Result<u32, LedgerError> {
    let number: i64 = row.try_get(column)?;
    u32::try_from(number).map_err(|_| unreadable(column, &number.to_string()))
}

fn optional_json<T: DeserializeOwned>(
    row: &AnyRow,
    column: &str,
) -> Result<Option<T>, LedgerError> {
    let text: Option<String> = row.try_get(column)?;
    text.map(|text| json(&text, column)).transpose()
}

fn json<T: DeserializeOwned>(text: &str, column: &str) -> Result<T, LedgerError> {
    serde_json::from_str(text).map_err(|error| LedgerError::Corrupt(format!("{column}: {error}")))
}

fn unreadable(column: &str, found: &str) -> LedgerError {
    LedgerError::Corrupt(format!("`{found}` as {column}"))
}
