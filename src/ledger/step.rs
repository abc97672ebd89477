//! The steps of one attempt: the parts of a thread, the requests of a board that needs several.
//! Each is written down before the next one goes out, so that a crash in between loses nothing.

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::AnyConnection;

use super::change::Change;
use super::{Deed, Delivery, Ledger, LedgerError, Step, event, row, settle};
use crate::channel::wire::Verb;
use crate::channel::{DeliveryKey, Receipt, StepDone};

impl Ledger {
    /// Writes down that a step of an attempt is done, and what of the delivery stands on its channel
    /// by then (`standing`): so the record names every part, whatever becomes of the rest.
    ///
    /// # Errors
    /// [`LedgerError`] if it could not be written; then nothing further of the attempt may go out.
    pub async fn step_done(
        &self,
        key: DeliveryKey,
        attempt: u32,
        done: &StepDone,
        standing: Option<&Receipt>,
        now: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        insert(&mut tx, key, attempt, &done.step, &row::to_json(done)?, now).await?;
        if let Some(standing) = standing {
            let mut delivery = row::load(&mut tx, key).await?;
            match (delivery.deed, delivery.target) {
                (Deed::Publish | Deed::FollowUp, _) => {
                    delivery.receipt = Some(standing.clone());
                    row::save(&mut tx, &delivery).await?;
                }
                (Deed::Edit | Deed::Withdraw, Some(target)) => {
                    let mut target = row::load(&mut tx, target).await?;
                    let receipt = target.receipt.get_or_insert_default();
                    if delivery.deed == Deed::Edit {
                        receipt.parts.clone_from(&standing.parts);
                    } else {
                        receipt.parts.retain(|part| *part != done.id);
                    }
                    // Until all is done it says neither what it said nor what it is to say.
                    target.standing = None;
                    row::save(&mut tx, &target).await?;
                }
                (Deed::Edit | Deed::Withdraw | Deed::Ask, _) => {}
            }
        }
        let detail = json!({ "attempt": attempt, "step": done.step, "did": done });
        event::append(&mut tx, now, Some(key), "step", &detail).await?;
        tx.commit().await
    }

    /// The steps of a delivery that are done, in whichever of its attempts, with the times.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn steps_done(
        &self,
        key: DeliveryKey,
    ) -> Result<Vec<(DateTime<Utc>, StepDone)>, LedgerError> {
        let mut connection = self.reader.acquire().await?;
        done(&mut connection, key).await
    }

    /// Writes down what a step of an attempt did.
    ///
    /// # Errors
    /// [`LedgerError`] if it could not be written; then nothing further of the attempt may go out.
    pub async fn note_step(
        &self,
        key: DeliveryKey,
        attempt: u32,
        what: &str,
        detail: &serde_json::Value,
        now: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        insert(&mut tx, key, attempt, what, &detail.to_string(), now).await?;
        let detail = json!({ "attempt": attempt, "step": what, "did": detail });
        event::append(&mut tx, now, Some(key), "step", &detail).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The steps of an attempt, the first one first.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn steps(&self, key: DeliveryKey, attempt: u32) -> Result<Vec<Step>, LedgerError> {
        sqlx::query("select * from step where delivery = $1 and attempt = $2 order by number")
            .bind(key.to_string())
            .bind(i64::from(attempt))
            .fetch_all(&self.reader)
            .await?
            .iter()
            .map(row::step)
            .collect()
    }
}

async fn insert(
    tx: &mut Change,
    key: DeliveryKey,
    attempt: u32,
    what: &str,
    detail: &str,
    now: DateTime<Utc>,
) -> Result<(), LedgerError> {
    sqlx::query(
        "insert into step (delivery, attempt, number, at, what, detail)
         select $1, $2, coalesce(max(number), 0) + 1, $3, $4, $5 from step
          where delivery = $1 and attempt = $2",
    )
    .bind(key.to_string())
    .bind(i64::from(attempt))
    .bind(now.timestamp_micros())
    .bind(what.to_owned())
    .bind(detail.to_owned())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The steps of a delivery that are done; other notes are none.
async fn done(
    connection: &mut AnyConnection,
    key: DeliveryKey,
) -> Result<Vec<(DateTime<Utc>, StepDone)>, LedgerError> {
    let rows = sqlx::query("select * from step where delivery = $1 order by attempt, number")
        .bind(key.to_string())
        .fetch_all(connection)
        .await?;
    let steps: Result<Vec<Step>, LedgerError> = rows.iter().map(row::step).collect();
    let done = |step: Step| Some((step.at, serde_json::from_str(&step.detail).ok()?));
    Ok(steps?.into_iter().filter_map(done).collect())
}

/// Whether a part of a delivery stands on its channel though the delivery is not done.
pub(in crate::ledger) async fn has_left(
    tx: &mut Change,
    delivery: &Delivery,
) -> Result<bool, LedgerError> {
    if delivery.attempts == 0 || !matches!(delivery.deed, Deed::Publish | Deed::FollowUp) {
        return Ok(false);
    }
    let done = done(tx, delivery.key).await?;
    Ok(done.iter().any(|(_, done)| done.verb == Verb::Create))
}

/// A delivery that is not to go on, and has left a part: that part is a copy from now on, which is
/// taken back or closed like any other.
pub(in crate::ledger) async fn stays_as_it_is(
    tx: &mut Change,
    delivery: &mut Delivery,
    why: &str,
    now: DateTime<Utc>,
) -> Result<(), LedgerError> {
    let left = delivery.receipt.clone().unwrap_or_default();
    settle::done(tx, delivery, &left, None, now).await?;
    row::save(tx, delivery).await?;
    let detail = json!({ "receipt": left, "why": why });
    event::append(tx, now, Some(delivery.key), "left half-way", &detail).await
}

/// A person has looked, and nothing of a delivery is there: no step of it is done any more.
pub(in crate::ledger) async fn forget(
    tx: &mut Change,
    delivery: &mut Delivery,
) -> Result<(), LedgerError> {
    if has_left(tx, delivery).await? {
        delivery.receipt = None;
    }
    sqlx::query("delete from step where delivery = $1")
        .bind(delivery.key.to_string())
        .execute(&mut **tx)
        .await?;
    Ok(())
}
