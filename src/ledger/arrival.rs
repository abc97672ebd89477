//! What was handed over and passed on: whether it arrived, who holds it, who sent it back.
//!
//! A mail to a list is `sent` once the server took it, and `live` once it was seen where readers look
//! for it. In between a moderator may hold it, the list may send it back, or nobody may ever hear of
//! it again; then a person is asked.

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::Row;

use super::{CopyState, Delivery, Ledger, LedgerError, Standing, State, event, row, settle};
use crate::channel::wire::MailMessage;
use crate::channel::{DeliveryKey, Receipt, Wire};

impl Ledger {
    /// The deliveries whose copies were handed over and not seen yet, the oldest first.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn on_their_way(&self) -> Result<Vec<Delivery>, LedgerError> {
        sqlx::query(
            "select * from delivery where copy_state in ('sent', 'held') order by changed_at, key",
        )
        .fetch_all(&self.reader)
        .await?
        .iter()
        .map(row::delivery)
        .collect()
    }

    /// What went out by mail since a time, or is not known to have arrived, with what was sent last;
    /// the oldest first.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn mailed_since(&self, since: DateTime<Utc>) -> Result<Vec<Mailed>, LedgerError> {
        let rows = sqlx::query(
            "select delivery.*, carried.wire as last_wire, attempt.began_at as last_began_at
               from delivery
               join attempt on attempt.delivery = delivery.key
                           and attempt.number = delivery.attempts
               join carried on carried.delivery = delivery.key
                           and carried.attempt = delivery.attempts
              where (attempt.began_at >= $1 or delivery.state = 'unknown'
                     or delivery.copy_state in ('sent', 'held'))
                and carried.wire like '{\"wire\":\"mail\"%'
              order by attempt.began_at, delivery.key",
        )
        .bind(since.timestamp_micros())
        .fetch_all(&self.reader)
        .await?;
        let mut mailed = Vec::new();
        for found in &rows {
            let wire: String = found.try_get("last_wire")?;
            if let Ok(Wire::Mail(mail)) = serde_json::from_str(&wire) {
                let began_at = row::time(found.try_get("last_began_at")?)?;
                mailed.push(Mailed { delivery: row::delivery(found)?, mail, began_at });
            }
        }
        Ok(mailed)
    }

    /// A copy was seen where readers look for it: it is live. A delivery whose outcome was not known
    /// is posted by that.
    ///
    /// # Errors
    /// [`LedgerError::WrongState`] if nothing of it is on its way.
    pub async fn arrived(
        &self,
        key: DeliveryKey,
        receipt: &Receipt,
        standing: Option<&Standing>,
        now: DateTime<Utc>,
    ) -> Result<Delivery, LedgerError> {
        let mut tx = self.begin().await?;
        let mut delivery = row::load(&mut tx, key).await?;
        match stage(&delivery, "seen")? {
            Stage::Unknown => settle::done(&mut tx, &mut delivery, receipt, standing, now).await?,
            Stage::OnItsWay => {
                let earlier = delivery.receipt.take().unwrap_or_default();
                delivery.receipt = Some(Receipt {
                    remote_id: receipt.remote_id.clone().or(earlier.remote_id),
                    link: receipt.link.clone().or(earlier.link),
                    ..Receipt::default()
                });
                delivery.copy = Some(CopyState::Live);
                delivery.reason.clear();
                delivery.asks_since = None;
            }
        }
        delivery.verified_at = Some(now);
        row::save(&mut tx, &delivery).await?;
        let detail = json!({ "receipt": delivery.receipt });
        event::append(&mut tx, now, Some(key), "arrived", &detail).await?;
        tx.commit().await?;
        Ok(delivery)
    }

    /// A moderator has it, as the list or board says; so it is there, and readers do not see it.
    /// `receipt` is what is known of it by then.
    ///
    /// # Errors
    /// [`LedgerError::WrongState`] if nothing of it is on its way.
    pub async fn held(
        &self,
        key: DeliveryKey,
        receipt: &Receipt,
        why: &str,
        now: DateTime<Utc>,
    ) -> Result<Delivery, LedgerError> {
        let mut tx = self.begin().await?;
        let mut delivery = row::load(&mut tx, key).await?;
        if stage(&delivery, "held")? == Stage::Unknown {
            settle::done(&mut tx, &mut delivery, receipt, None, now).await?;
        }
        if (delivery.copy, delivery.reason.as_str()) == (Some(CopyState::Held), why) {
            return Ok(delivery);
        }
        delivery.copy = Some(CopyState::Held);
        why.clone_into(&mut delivery.reason);
        row::save(&mut tx, &delivery).await?;
        event::append(&mut tx, now, Some(key), "held", &json!({ "why": why })).await?;
        tx.commit().await?;
        Ok(delivery)
    }

    /// It was sent back: a list or a server on the way did not want it. It is certainly not there.
    ///
    /// # Errors
    /// [`LedgerError::WrongState`] if nothing of it is on its way.
    pub async fn sent_back(
        &self,
        key: DeliveryKey,
        why: &str,
        now: DateTime<Utc>,
    ) -> Result<Delivery, LedgerError> {
        let mut tx = self.begin().await?;
        let mut delivery = row::load(&mut tx, key).await?;
        stage(&delivery, "sent back")?;
        delivery.enter(State::Refused, why, now);
        delivery.copy = None;
        delivery.standing = None;
        row::save(&mut tx, &delivery).await?;
        event::append(&mut tx, now, Some(key), "sent back", &json!({ "why": why })).await?;
        tx.commit().await?;
        Ok(delivery)
    }

    /// It is still on its way, and a person has to look: it was not seen for too long, or the list
    /// wants an answer.
    ///
    /// # Errors
    /// [`LedgerError::WrongState`] if nothing of it is on its way.
    pub async fn needs_a_person(
        &self,
        key: DeliveryKey,
        why: &str,
        now: DateTime<Utc>,
    ) -> Result<Delivery, LedgerError> {
        let mut tx = self.begin().await?;
        let mut delivery = row::load(&mut tx, key).await?;
        stage(&delivery, "asked about")?;
        if delivery.asks_since.is_some() && delivery.reason == why {
            return Ok(delivery);
        }
        delivery.asks_since.get_or_insert(now);
        why.clone_into(&mut delivery.reason);
        row::save(&mut tx, &delivery).await?;
        event::append(&mut tx, now, Some(key), "asks a person", &json!({ "why": why })).await?;
        tx.commit().await?;
        Ok(delivery)
    }

    /// A word that its server has it. What was unknown is on its way by that; nothing else changes.
    ///
    /// # Errors
    /// [`LedgerError::WrongState`] if nothing of it is on its way.
    pub async fn taken(
        &self,
        key: DeliveryKey,
        why: &str,
        now: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let mut delivery = row::load(&mut tx, key).await?;
        if stage(&delivery, "taken")? == Stage::Unknown {
            settle::done(&mut tx, &mut delivery, &Receipt::default(), None, now).await?;
            delivery.copy = delivery.copy.map(|_| CopyState::Sent);
            row::save(&mut tx, &delivery).await?;
        }
        event::append(&mut tx, now, Some(key), "heard", &json!({ "why": why })).await?;
        tx.commit().await?;
        Ok(())
    }

    /// A word about it that changes nothing: a server on the way is late, or has passed it on.
    ///
    /// # Errors
    /// [`LedgerError`] if it could not be written.
    pub async fn note_word(
        &self,
        key: DeliveryKey,
        why: &str,
        now: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        event::append(&mut tx, now, Some(key), "heard", &json!({ "why": why })).await?;
        tx.commit().await?;
        Ok(())
    }

    /// It was looked for and not seen; that is no event.
    ///
    /// # Errors
    /// [`LedgerError::WrongState`] if nothing of it is on its way.
    pub async fn not_seen_yet(
        &self,
        key: DeliveryKey,
        now: DateTime<Utc>,
    ) -> Result<Delivery, LedgerError> {
        let mut tx = self.begin().await?;
        let mut delivery = row::load(&mut tx, key).await?;
        stage(&delivery, "looked for")?;
        delivery.verified_at = Some(now);
        row::save(&mut tx, &delivery).await?;
        tx.commit().await?;
        Ok(delivery)
    }
}

/// A delivery that went out by mail, or may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailed {
    pub delivery: Delivery,
    pub mail: MailMessage,
    /// When it was sent last.
    pub began_at: DateTime<Utc>,
}

impl Mailed {
    /// Whether it is not known yet what becomes of it.
    pub fn is_open(&self) -> bool {
        self.delivery.state == State::Unknown
            || self.delivery.copy.is_some_and(CopyState::is_on_its_way)
    }
}

/// How far something has come that may arrive.
#[derive(Debug, PartialEq, Eq)]
enum Stage {
    /// It was taken.
    OnItsWay,
    /// Nobody knows whether it was taken.
    Unknown,
}

fn stage(delivery: &Delivery, verb: &'static str) -> Result<Stage, LedgerError> {
    match delivery.state {
        State::Unknown => Ok(Stage::Unknown),
        State::Posted if delivery.copy.is_some_and(CopyState::is_on_its_way) => Ok(Stage::OnItsWay),
        state => {
            Err(LedgerError::WrongState { key: delivery.key.short(), state: state.as_str(), verb })
        }
    }
}
