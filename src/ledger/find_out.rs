//! What is found out after the attempt: by asking the channel, by looking, by a person.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use url::Url;

use super::{
    CopyState, Delivery, Ledger, LedgerError, Standing, State, decide, event, row, settle, step,
};
use crate::channel::{DeliveryKey, Receipt};

/// What a person says of a delivery whose outcome is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// It is there.
    Posted(Receipt),
    /// It is certainly not there.
    NotPosted,
}

/// Who is asked next about an unknown delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    /// The channel, at a later round.
    TheChannel,
    APerson,
}

impl Ledger {
    /// A delivery was found on its channel: one that is unknown, or one that waits to be sent, for
    /// the first time after a restored backup or once more after it was not to be seen.
    ///
    /// # Errors
    /// [`LedgerError::WrongState`] if it is neither.
    pub async fn found(
        &self,
        key: DeliveryKey,
        receipt: &Receipt,
        standing: Option<&Standing>,
        now: DateTime<Utc>,
    ) -> Result<Delivery, LedgerError> {
        let mut tx = self.begin().await?;
        let mut delivery = row::load(&mut tx, key).await?;
        delivery.must_be(&[State::Unknown, State::Planned], "found")?;
        settle::done(&mut tx, &mut delivery, receipt, standing, now).await?;
        row::save(&mut tx, &delivery).await?;
        event::append(&mut tx, now, Some(key), "found", &json!({ "receipt": receipt })).await?;
        tx.commit().await?;
        Ok(delivery)
    }

    /// An unknown delivery is certainly not on its channel: it is planned again. The next attempt
    /// has the same key and should carry the bytes of [`Ledger::last_attempt`].
    ///
    /// # Errors
    /// [`LedgerError::WrongState`] if it is not unknown.
    pub async fn absent(
        &self,
        key: DeliveryKey,
        due_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Delivery, LedgerError> {
        let why = "the channel was searched and does not have it";
        self.try_again(key, due_at, "absent", why, now).await
    }

    /// A part of an unknown delivery is on its channel, and the rest certainly is not: it is planned
    /// again, and the next attempt does the rest.
    ///
    /// # Errors
    /// [`LedgerError::WrongState`] if it is not unknown.
    pub async fn goes_on(
        &self,
        key: DeliveryKey,
        due_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Delivery, LedgerError> {
        let why = "a part of it is there, and the rest goes on";
        self.try_again(key, due_at, "goes on", why, now).await
    }

    /// Plans an unknown delivery again, with the event that tells of it.
    async fn try_again(
        &self,
        key: DeliveryKey,
        due_at: DateTime<Utc>,
        what: &str,
        why: &str,
        now: DateTime<Utc>,
    ) -> Result<Delivery, LedgerError> {
        let mut tx = self.begin().await?;
        let mut delivery = row::load(&mut tx, key).await?;
        delivery.must_be(&[State::Unknown], "looked for")?;
        delivery.enter(State::Planned, why, now);
        delivery.due_at = due_at;
        row::save(&mut tx, &delivery).await?;
        event::append(&mut tx, now, Some(key), what, &json!({ "due_at": due_at })).await?;
        tx.commit().await?;
        Ok(delivery)
    }

    /// An unknown delivery is certainly not on its channel, and has been tried for long enough: it
    /// is refused, with its history as the reason.
    ///
    /// # Errors
    /// [`LedgerError::WrongState`] if it is not unknown.
    pub async fn given_up(
        &self,
        key: DeliveryKey,
        why: &str,
        now: DateTime<Utc>,
    ) -> Result<Delivery, LedgerError> {
        let mut tx = self.begin().await?;
        let mut delivery = row::load(&mut tx, key).await?;
        delivery.must_be(&[State::Unknown], "given up")?;
        delivery.enter(State::Refused, why, now);
        row::save(&mut tx, &delivery).await?;
        event::append(&mut tx, now, Some(key), "refused", &json!({ "why": why })).await?;
        tx.commit().await?;
        Ok(delivery)
    }

    /// An unknown delivery stays unknown, and this is why. That a person is asked is an event, and
    /// so is another reason from then on: what the channel says while it is still asked is not.
    ///
    /// # Errors
    /// [`LedgerError::WrongState`] if it is not unknown.
    pub async fn still_unknown(
        &self,
        key: DeliveryKey,
        why: &str,
        who: Whom,
        now: DateTime<Utc>,
    ) -> Result<Delivery, LedgerError> {
        let mut tx = self.begin().await?;
        let mut delivery = row::load(&mut tx, key).await?;
        delivery.must_be(&[State::Unknown], "looked for")?;
        let asked_now = who == Whom::APerson && delivery.asks_since.is_none();
        if delivery.reason == why && !asked_now {
            return Ok(delivery);
        }
        why.clone_into(&mut delivery.reason);
        if asked_now {
            delivery.asks_since = Some(now);
        }
        row::save(&mut tx, &delivery).await?;
        let what = if asked_now { "asks a person" } else { "still unknown" };
        event::append(&mut tx, now, Some(key), what, &json!({ "why": why })).await?;
        tx.commit().await?;
        Ok(delivery)
    }

    /// A delivery that was never tried may have gone out all the same: after a restored backup the
    /// channel was asked and cannot tell. It is unknown from now on, and a person is asked.
    ///
    /// # Errors
    /// [`LedgerError::WrongState`] if it does not wait.
    pub async fn doubt(
        &self,
        key: DeliveryKey,
        why: &str,
        now: DateTime<Utc>,
    ) -> Result<Delivery, LedgerError> {
        let mut tx = self.begin().await?;
        let mut delivery = row::load(&mut tx, key).await?;
        delivery.must_be(&[State::Planned], "doubted")?;
        delivery.enter(State::Unknown, why, now);
        delivery.asks_since = Some(now);
        row::save(&mut tx, &delivery).await?;
        event::append(&mut tx, now, Some(key), "asks a person", &json!({ "why": why })).await?;
        tx.commit().await?;
        Ok(delivery)
    }

    /// A person says what became of a delivery that is unknown or refused, that is on its way, or
    /// that they were asked to do. What is certainly not there is planned again at once if its outcome was unknown or
    /// the channel refused it; what a person was asked to do and did not do is refused, and so is what
    /// was handed over and never arrived.
    ///
    /// # Errors
    /// [`LedgerError::WrongState`] if no person is asked about it.
    pub async fn resolve(
        &self,
        key: DeliveryKey,
        resolution: &Resolution,
        now: DateTime<Utc>,
    ) -> Result<Delivery, LedgerError> {
        let mut tx = self.begin().await?;
        let mut delivery = row::load(&mut tx, key).await?;
        let on_its_way = delivery.copy.is_some_and(CopyState::is_on_its_way);
        if !on_its_way {
            delivery.must_be(&[State::Unknown, State::Asked, State::Refused], "resolved")?;
        }
        let mut detail = json!({ "was": delivery.state });
        match resolution {
            Resolution::Posted(receipt) => {
                detail["receipt"] = json!(receipt);
                settle::done(&mut tx, &mut delivery, receipt, None, now).await?;
            }
            Resolution::NotPosted if delivery.state == State::Unknown => {
                step::forget(&mut tx, &mut delivery).await?;
                delivery.enter(State::Planned, "a person looked: it is not there", now);
                delivery.due_at = now;
            }
            // It is not sent again by itself: a list that lost it may still find it.
            Resolution::NotPosted if on_its_way => {
                delivery.enter(State::Refused, "a person looked: it never arrived", now);
                delivery.copy = None;
                delivery.standing = None;
            }
            Resolution::NotPosted if delivery.state == State::Refused => {
                delivery.enter(State::Planned, "a person asked for another try", now);
                delivery.due_at = now;
            }
            Resolution::NotPosted => {
                delivery.enter(State::Refused, "a person was asked and did not do it", now);
            }
        }
        detail["is"] = json!(delivery.state);
        // A posting that is over is not planned any more, and this is to be planned.
        decide::take_up_again(&mut tx, &[delivery.name.posting.clone()].into(), now).await?;
        row::save(&mut tx, &delivery).await?;
        event::append(&mut tx, now, Some(key), "resolved", &detail).await?;
        tx.commit().await?;
        Ok(delivery)
    }

    /// Records the link of a delivery that a person made, or whose link came later. What was
    /// asked or unknown is posted from then on.
    ///
    /// # Errors
    /// [`LedgerError::WrongState`] if there can be no link of it.
    pub async fn record(
        &self,
        key: DeliveryKey,
        link: &Url,
        now: DateTime<Utc>,
    ) -> Result<Delivery, LedgerError> {
        let mut tx = self.begin().await?;
        let mut delivery = row::load(&mut tx, key).await?;
        let states = [State::Asked, State::Unknown, State::Posted];
        delivery.must_be(&states, "given a link")?;
        if delivery.state == State::Posted {
            delivery.receipt.get_or_insert_default().link = Some(link.clone());
            if delivery.copy.is_some_and(CopyState::is_on_its_way) {
                delivery.copy = Some(CopyState::Live);
                delivery.reason.clear();
                delivery.asks_since = None;
            }
        } else {
            let receipt = Receipt { link: Some(link.clone()), ..Receipt::default() };
            settle::done(&mut tx, &mut delivery, &receipt, None, now).await?;
        }
        row::save(&mut tx, &delivery).await?;
        event::append(&mut tx, now, Some(key), "recorded", &json!({ "link": link })).await?;
        tx.commit().await?;
        Ok(delivery)
    }

    /// A copy was looked at. That it is as it was is no event; a change is. A copy that is not to
    /// be seen is [`CopyState::Gone`] only once it has been so for `patience`: servers have bad
    /// days. `looked_at` is the delivery as it was before: one that has changed since is left alone.
    ///
    /// # Errors
    /// [`LedgerError::WrongState`] if the delivery made no copy.
    pub async fn note_sight(
        &self,
        looked_at: &Delivery,
        copy: CopyState,
        patience: TimeDelta,
        now: DateTime<Utc>,
    ) -> Result<Delivery, LedgerError> {
        let key = looked_at.key;
        let mut tx = self.begin().await?;
        let mut delivery = row::load(&mut tx, key).await?;
        if (delivery.copy, &delivery.standing) != (looked_at.copy, &looked_at.standing) {
            // It was changed or taken back while it was looked at.
            return Ok(delivery);
        }
        let Some(before) = delivery.copy else {
            return Err(LedgerError::WrongState {
                key: key.short(),
                state: delivery.state.as_str(),
                verb: "looked at: it made no copy",
            });
        };
        delivery.verified_at = Some(now);
        let copy = match copy {
            CopyState::Gone => {
                let since = *delivery.unseen_since.get_or_insert(now);
                if now - since < patience { before } else { copy }
            }
            seen => {
                delivery.unseen_since = None;
                seen
            }
        };
        delivery.copy = Some(copy);
        if before.is_on_its_way() && !copy.is_on_its_way() {
            delivery.reason.clear();
            delivery.asks_since = None;
        }
        row::save(&mut tx, &delivery).await?;
        if copy != before {
            let detail = json!({ "was": before, "is": copy });
            event::append(&mut tx, now, Some(key), "sight", &detail).await?;
        }
        tx.commit().await?;
        Ok(delivery)
    }
}
