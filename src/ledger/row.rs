//! Rows of the database, turned into the words of this room.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row};
use uuid::Uuid;

use super::change::Change;
use super::{
    Acceptance, Approval, Attempt, Carried, CopyState, Deed, Delivery, DeliveryName, Event,
    KnownChannel, KnownPosting, LedgerError, PageSight, Pause, State, Step, Use, Words,
};
use crate::adapt::Occasion;
use crate::channel::{ChannelName, DeliveryKey, Receipt};
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

/// Words of others as both engines keep them. PostgreSQL's text has no U+0000 (its manual, "Character
/// Types"); as in CommonMark, U+FFFD stands for it.
pub fn storable(words: &str) -> String {
    words.replace('\0', "\u{FFFD}")
}

/// How many rows one statement writes; databases limit the placeholders of a statement.
pub(in crate::ledger) const ROWS_AT_ONCE: usize = 100;

/// `$3, $4, $5`: so many from the first one on.
pub(in crate::ledger) fn placeholders(first: usize, count: usize) -> String {
    let places: Vec<String> = (first..first + count).map(|place| format!("${place}")).collect();
    places.join(", ")
}

/// The places of several rows: `($1, $2), ($3, $4)`.
pub(in crate::ledger) fn values(rows: usize, columns: usize) -> String {
    let row = |row: usize| format!("({})", placeholders(row * columns + 1, columns));
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

/// One delivery, inside a change.
///
/// # Errors
/// [`LedgerError::NoSuchDelivery`].
pub(in crate::ledger) async fn load(
    tx: &mut Change,
    key: DeliveryKey,
) -> Result<Delivery, LedgerError> {
    let found = load_all(tx, &[key]).await?.pop();
    found.ok_or_else(|| LedgerError::NoSuchDelivery(key.to_string()))
}

/// Several deliveries, inside a change, in the order of their keys.
///
/// # Errors
/// [`LedgerError::NoSuchDelivery`] if one is missing.
pub(in crate::ledger) async fn load_all(
    tx: &mut Change,
    keys: &[DeliveryKey],
) -> Result<Vec<Delivery>, LedgerError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let select = format!("select * from delivery where key in ({})", placeholders(1, keys.len()));
    let mut query = sqlx::query(AssertSqlSafe(select));
    for key in keys {
        query = query.bind(key.to_string());
    }
    let mut found = BTreeMap::new();
    for row in query.fetch_all(&mut **tx).await? {
        let delivery = delivery(&row)?;
        tx.found(&delivery);
        found.insert(delivery.key, delivery);
    }
    keys.iter()
        .map(|key| {
            found.get(key).cloned().ok_or_else(|| LedgerError::NoSuchDelivery(key.to_string()))
        })
        .collect()
}

/// One posting, inside a change.
///
/// # Errors
/// [`LedgerError::NoSuchPosting`].
pub(in crate::ledger) async fn known_posting(
    tx: &mut AnyConnection,
    id: &PostingId,
) -> Result<KnownPosting, LedgerError> {
    let row = sqlx::query("select * from posting where id = $1")
        .bind(id.0.to_string())
        .fetch_optional(&mut *tx)
        .await?
        .ok_or_else(|| LedgerError::NoSuchPosting(id.clone()))?;
    posting(&row)
}

/// Writes everything of a delivery that can change.
pub(in crate::ledger) async fn save(
    tx: &mut Change,
    delivery: &Delivery,
) -> Result<(), LedgerError> {
    save_all(tx, &[delivery]).await
}

/// Writes everything of several deliveries that can change.
pub(in crate::ledger) async fn save_all(
    tx: &mut Change,
    deliveries: &[&Delivery],
) -> Result<(), LedgerError> {
    if deliveries.is_empty() {
        return Ok(());
    }
    let update = format!(
        "with saved (s_key, s_state, s_due_at, s_revision, s_attempts, s_changed_at, s_reason,
                     s_receipt, s_copy_state, s_standing, s_verified_at, s_slot, s_attempted_at,
                     s_unseen_since, s_asks_since)
              as (values {})
         update delivery
            set state = s_state, due_at = s_due_at, revision = s_revision, attempts = s_attempts,
                changed_at = s_changed_at, reason = s_reason, receipt = s_receipt,
                copy_state = s_copy_state, standing = s_standing, verified_at = s_verified_at,
                slot = s_slot, attempted_at = s_attempted_at, unseen_since = s_unseen_since,
                asks_since = s_asks_since
           from saved where key = s_key",
        values(deliveries.len(), 15)
    );
    let mut query = sqlx::query(AssertSqlSafe(update));
    for delivery in deliveries {
        query = query
            .bind(delivery.key.to_string())
            .bind(delivery.state.as_str())
            .bind(delivery.due_at.timestamp_micros())
            .bind(delivery.revision.0.to_string())
            .bind(i64::from(delivery.attempts))
            .bind(delivery.changed_at.timestamp_micros())
            .bind(delivery.reason.clone())
            .bind(delivery.receipt.as_ref().map(to_json).transpose()?)
            .bind(delivery.copy.map(CopyState::as_str))
            .bind(delivery.standing.as_ref().map(to_json).transpose()?)
            .bind(micros(delivery.verified_at))
            .bind(micros(delivery.slot))
            .bind(micros(delivery.attempted_at))
            .bind(micros(delivery.unseen_since))
            .bind(micros(delivery.asks_since));
    }
    query.execute(&mut **tx).await?;
    for delivery in deliveries {
        tx.saved(delivery);
    }
    Ok(())
}

pub(in crate::ledger) fn delivery(row: &AnyRow) -> Result<Delivery, LedgerError> {
    let target: Option<String> = row.try_get("target")?;
    let copy: Option<String> = row.try_get("copy_state")?;
    Ok(Delivery {
        key: key(&row.try_get::<String, _>("key")?)?,
        name: DeliveryName {
            posting: PostingId(text(row, "posting")?),
            channel: ChannelName(text(row, "channel")?),
            occasion: word(row, "occasion", |word| Occasion::from_str(word).ok())?,
            occurrence: row.try_get::<String, _>("occurrence")?.into(),
        },
        deed: word(row, "deed", Deed::parse)?,
        target: target.as_deref().map(key).transpose()?,
        state: word(row, "state", State::parse)?,
        due_at: time(row.try_get("due_at")?)?,
        revision: Revision(text(row, "revision")?),
        attempts: number(row, "attempts")?,
        changed_at: time(row.try_get("changed_at")?)?,
        reason: row.try_get("reason")?,
        receipt: optional_json(row, "receipt")?,
        copy: copy
            .map(|copy| CopyState::parse(&copy).ok_or_else(|| unreadable("copy_state", &copy)))
            .transpose()?,
        standing: optional_json(row, "standing")?,
        verified_at: optional_time(row, "verified_at")?,
        slot: optional_time(row, "slot")?,
        attempted_at: optional_time(row, "attempted_at")?,
        unseen_since: optional_time(row, "unseen_since")?,
        asks_since: optional_time(row, "asks_since")?,
    })
}

pub(in crate::ledger) fn attempt(row: &AnyRow) -> Result<Attempt, LedgerError> {
    Ok(Attempt {
        delivery: key(&row.try_get::<String, _>("delivery")?)?,
        number: number(row, "number")?,
        worker: row.try_get("worker")?,
        began_at: time(row.try_get("began_at")?)?,
        send_by: time(row.try_get("send_by")?)?,
        ended_at: optional_time(row, "ended_at")?,
        outcome: row.try_get("outcome")?,
        detail: row.try_get("detail")?,
        carried: carried(row)?,
        erased_at: optional_time(row, "erased_at")?,
        steady: optional_json(row, "steady")?,
    })
}

/// What an attempt carried, of the row beside it; `None` once that was erased.
fn carried(row: &AnyRow) -> Result<Option<Carried>, LedgerError> {
    let (wire, rendition) = (optional_json(row, "wire")?, optional_json(row, "rendition")?);
    Ok(wire.zip(rendition).map(|(wire, rendition)| Carried { wire, rendition }))
}

pub(in crate::ledger) fn step(row: &AnyRow) -> Result<Step, LedgerError> {
    Ok(Step {
        number: number(row, "number")?,
        at: time(row.try_get("at")?)?,
        what: row.try_get("what")?,
        detail: row.try_get("detail")?,
    })
}

pub(in crate::ledger) fn posting(row: &AnyRow) -> Result<KnownPosting, LedgerError> {
    let predates: i64 = row.try_get("predates")?;
    let acceptance = match (optional_time(row, "accepted_at")?, predates) {
        (Some(at), _) => Acceptance::Accepted { at },
        (None, 0) => Acceptance::New,
        (None, _) => Acceptance::Waits,
    };
    Ok(KnownPosting {
        id: PostingId(text(row, "id")?),
        path: row.try_get("path")?,
        translation_key: row.try_get("translation_key")?,
        sub_id: row.try_get("sub_id")?,
        reference: row.try_get("reference")?,
        title: row.try_get("title")?,
        first_seen: time(row.try_get("first_seen")?)?,
        revision: Revision(text(row, "revision")?),
        revision_since: time(row.try_get("revision_since")?)?,
        acceptance,
        withdrawn_at: optional_time(row, "withdrawn_at")?,
        missing_since: optional_time(row, "missing_since")?,
        page: PageSight {
            seen_at: optional_time(row, "page_seen_at")?,
            note: row.try_get("page_note")?,
        },
        finished_at: optional_time(row, "finished_at")?,
        erased_at: optional_time(row, "erased_at")?,
    })
}

pub(in crate::ledger) fn channel(row: &AnyRow) -> Result<KnownChannel, LedgerError> {
    Ok(KnownChannel {
        name: ChannelName(text(row, "name")?),
        first_seen: time(row.try_get("first_seen")?)?,
        paused: pause(row)?,
    })
}

/// What is known of a copy; nothing, if there is none.
pub(in crate::ledger) fn receipt(row: &AnyRow) -> Result<Receipt, LedgerError> {
    Ok(optional_json(row, "receipt")?.unwrap_or_default())
}

/// The pause of a channel, or of everything.
pub(in crate::ledger) fn pause(row: &AnyRow) -> Result<Option<Pause>, LedgerError> {
    let reason: Option<String> = row.try_get("paused_reason")?;
    let since = optional_time(row, "paused_since")?;
    Ok(since.map(|since| Pause { since, reason: reason.unwrap_or_default() }))
}

pub(in crate::ledger) fn approval(
    row: &AnyRow,
) -> Result<((PostingId, ChannelName), Approval), LedgerError> {
    let name = (PostingId(text(row, "posting")?), ChannelName(text(row, "channel")?));
    let approval = Approval {
        content_hash: row.try_get("content_hash")?,
        by: row.try_get("approved_by")?,
        at: time(row.try_get("approved_at")?)?,
    };
    Ok((name, approval))
}

/// A text that a name is made of.
pub(in crate::ledger) fn text(row: &AnyRow, column: &str) -> Result<Arc<str>, LedgerError> {
    Ok(row.try_get::<String, _>(column)?.into())
}

/// A message that went out, or may have; `None` if the delivery is none.
pub(in crate::ledger) fn used(row: &AnyRow) -> Result<Option<(ChannelName, Use)>, LedgerError> {
    let is_message = match word(row, "deed", Deed::parse)? {
        Deed::Publish | Deed::FollowUp => true,
        Deed::Edit | Deed::Withdraw | Deed::Ask => false,
    };
    let is_out = match word(row, "state", State::parse)? {
        State::Sending | State::Posted | State::Asked | State::Unknown => true,
        State::Planned | State::Refused | State::Cancelled => false,
    };
    if !is_message || !is_out {
        return Ok(None);
    }
    let channel = ChannelName(text(row, "channel")?);
    let at = time(row.try_get("attempted_at")?)?;
    let posting = PostingId(text(row, "posting")?);
    Ok(Some((channel, Use { posting, slot: optional_time(row, "slot")?, at })))
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
        words: None,
    })
}

/// An event, joined with its words.
pub(in crate::ledger) fn event_with_words(row: &AnyRow) -> Result<Event, LedgerError> {
    let words = match row.try_get::<Option<i64>, _>("has_words")? {
        None => None,
        Some(_) => Some(Words {
            content: row.try_get("content")?,
            erased_at: optional_time(row, "erased_at")?,
        }),
    };
    Ok(Event { words, ..event(row)? })
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

/// A time for the database.
pub(in crate::ledger) fn micros(at: Option<DateTime<Utc>>) -> Option<i64> {
    at.map(|at| at.timestamp_micros())
}

pub(in crate::ledger) fn optional_time(
    row: &AnyRow,
    column: &str,
) -> Result<Option<DateTime<Utc>>, LedgerError> {
    row.try_get::<Option<i64>, _>(column)?.map(time).transpose()
}

pub(in crate::ledger) fn number(row: &AnyRow, column: &str) -> Result<u32, LedgerError> {
    let number: i64 = row.try_get(column)?;
    u32::try_from(number).map_err(|_| unreadable(column, &number.to_string()))
}

/// How many there are of something.
pub(in crate::ledger) fn count(row: &AnyRow, column: &str) -> Result<u64, LedgerError> {
    let number: i64 = row.try_get(column)?;
    u64::try_from(number).map_err(|_| unreadable(column, &number.to_string()))
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
