//! Deliveries before they are tried: written down, moved, called off.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{Delivery, Ledger, LedgerError, NewDelivery, State, event, row, step};
use crate::channel::DeliveryKey;
use crate::posting::Revision;

/// When a delivery is due, and the slot that it uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time {
    pub due_at: DateTime<Utc>,
    pub slot: Option<DateTime<Utc>>,
    /// How often it had been tried when this was decided: an attempt since then knows better.
    pub attempts: u32,
}

impl Ledger {
    /// Writes new deliveries down. One whose key is known already stays as it is, whatever its
    /// state: planning again after a crash adds nothing. Posting, channel and target must be known
    /// (see [`Ledger::observe`]). Returns the keys of those that are new.
    ///
    /// # Errors
    /// [`LedgerError`] if it could not be written; then nothing was.
    pub async fn plan(
        &self,
        deliveries: &[NewDelivery],
        now: DateTime<Utc>,
    ) -> Result<Vec<DeliveryKey>, LedgerError> {
        let mut new = Vec::new();
        let mut tx = self.begin().await?;
        for delivery in deliveries {
            let key = delivery.name.key(self.id());
            let inserted = sqlx::query(
                "insert into delivery (key, posting, channel, occasion, occurrence, deed, target,
                                       state, due_at, revision, attempts, changed_at, reason, slot)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11, '', $12)
                 on conflict do nothing",
            )
            .bind(key.to_string())
            .bind(delivery.name.posting.0.to_string())
            .bind(delivery.name.channel.0.to_string())
            .bind(delivery.name.occasion.as_str())
            .bind(delivery.name.occurrence.to_string())
            .bind(delivery.deed.as_str())
            .bind(delivery.target.map(|target| target.to_string()))
            .bind(State::Planned.as_str())
            .bind(delivery.due_at.timestamp_micros())
            .bind(delivery.revision.0.to_string())
            .bind(now.timestamp_micros())
            .bind(row::micros(delivery.slot))
            .execute(&mut *tx)
            .await?;
            if inserted.rows_affected() == 0 {
                continue;
            }
            let detail = json!({
                "name": delivery.name,
                "deed": delivery.deed,
                "target": delivery.target,
                "due_at": delivery.due_at,
                "revision": delivery.revision,
            });
            event::append(&mut tx, now, Some(key), "planned", &detail).await?;
            tx.planned(key, &delivery.name);
            new.push(key);
        }
        tx.commit().await?;
        Ok(new)
    }

    /// Calls off a delivery that waits for its time.
    ///
    /// # Errors
    /// [`LedgerError::WrongState`] if it does not wait: what may have been sent is not called off.
    pub async fn cancel(
        &self,
        key: DeliveryKey,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<Delivery, LedgerError> {
        let mut tx = self.begin().await?;
        let mut delivery = row::load(&mut tx, key).await?;
        delivery.must_be(&[State::Planned], "cancelled")?;
        if step::has_left(&mut tx, &delivery).await? {
            step::stays_as_it_is(&mut tx, &mut delivery, reason, now).await?;
            tx.commit().await?;
            return Ok(delivery);
        }
        delivery.enter(State::Cancelled, reason, now);
        row::save(&mut tx, &delivery).await?;
        event::append(&mut tx, now, Some(key), "cancelled", &json!({ "why": reason })).await?;
        tx.commit().await?;
        Ok(delivery)
    }

    /// Gives a delivery that waits another time or a newer revision to carry. One that was called
    /// off, and is wanted again under the same name, waits again: it was certainly not sent.
    ///
    /// # Errors
    /// [`LedgerError::WrongState`] if it neither waits nor was called off, or was tried since.
    pub async fn reschedule(
        &self,
        key: DeliveryKey,
        to: &Time,
        revision: &Revision,
        now: DateTime<Utc>,
    ) -> Result<Delivery, LedgerError> {
        let Time { due_at, slot, attempts } = *to;
        let mut tx = self.begin().await?;
        let mut delivery = row::load(&mut tx, key).await?;
        delivery.must_be(&[State::Planned, State::Cancelled], "rescheduled")?;
        if delivery.attempts != attempts {
            return Err(LedgerError::WrongState {
                key: key.short(),
                state: "tried since",
                verb: "rescheduled",
            });
        }
        let micros = |at: DateTime<Utc>| at.timestamp_micros();
        let unmoved = micros(delivery.due_at) == micros(due_at)
            && delivery.slot.map(micros) == slot.map(micros);
        if delivery.state == State::Cancelled {
            delivery.enter(State::Planned, "", now);
        } else if unmoved && delivery.revision == *revision {
            return Ok(delivery);
        }
        delivery.due_at = due_at;
        delivery.slot = slot;
        delivery.revision = revision.clone();
        row::save(&mut tx, &delivery).await?;
        let detail = json!({ "due_at": due_at, "revision": revision });
        event::append(&mut tx, now, Some(key), "rescheduled", &detail).await?;
        tx.commit().await?;
        Ok(delivery)
    }

    /// A delivery that waits cannot go out, and this is why: shown to the person who has to mend
    /// it.
    ///
    /// # Errors
    /// [`LedgerError::WrongState`] if it does not wait.
    pub async fn still_waits(
        &self,
        key: DeliveryKey,
        why: &str,
        now: DateTime<Utc>,
    ) -> Result<Delivery, LedgerError> {
        let mut tx = self.begin().await?;
        let mut delivery = row::load(&mut tx, key).await?;
        delivery.must_be(&[State::Planned], "held back")?;
        if delivery.reason != why {
            why.clone_into(&mut delivery.reason);
            row::save(&mut tx, &delivery).await?;
            event::append(&mut tx, now, Some(key), "held back", &json!({ "why": why })).await?;
            tx.commit().await?;
        }
        Ok(delivery)
    }
}

impl Delivery {
    /// # Errors
    /// [`LedgerError::WrongState`] if it is in another state.
    pub(in crate::ledger) fn must_be(
        &self,
        states: &[State],
        verb: &'static str,
    ) -> Result<(), LedgerError> {
        if states.contains(&self.state) {
            return Ok(());
        }
        Err(LedgerError::WrongState { key: self.key.short(), state: self.state.as_str(), verb })
    }

    pub(in crate::ledger) fn enter(&mut self, state: State, reason: &str, now: DateTime<Utc>) {
        self.state = state;
        self.asks_since = None;
        self.reason = row::storable(reason);
        self.changed_at = now;
    }
}
