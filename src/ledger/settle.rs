//! What came of an attempt, and what it changed in the world.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use sqlx::AssertSqlSafe;

use super::change::Change;
use super::group::{Entry, Written, is_busy};
use super::{
    Claim, CopyState, DUPLICATE, Deed, Delivery, Ledger, LedgerError, Meaning, Settlement,
    Standing, State, decide, event, pause, read, row,
};
use crate::adapt::Occasion;
use crate::channel::{DeliveryKey, Outcome, Receipt, Wire};
use crate::posting::PostingId;

/// When a deferred delivery is due again if neither caller nor channel said.
const DEFERRAL: TimeDelta = TimeDelta::minutes(15);

/// How often a settlement waits for the write lock, twenty seconds each time.
const PATIENCE: u32 = 4;

impl Ledger {
    /// Ends an attempt. In one transaction:
    ///
    /// | outcome | the delivery becomes |
    /// | --- | --- |
    /// | posted | `posted` with its receipt, or `asked` if a person was only asked |
    /// | deferred | `planned`, due at `again_at` |
    /// | blocked | `planned`, and its channel is paused |
    /// | refused | `refused` |
    /// | unknown, duplicate | `unknown` |
    ///
    /// A posted [`Deed::Publish`] or [`Deed::FollowUp`] makes a copy that says `standing` and is
    /// `live`, or `sent` where the channel only passes it on; a posted [`Deed::Edit`] makes its
    /// target's copy `edited`, under another id where the channel put a new one in its place; a posted
    /// [`Deed::Withdraw`] makes it `withdrawn`. Without `standing`, the copy says what the attempt
    /// carried.
    ///
    /// An answer that comes late, after the delivery was given up as unknown, still counts. If
    /// the delivery has moved on since, only "posted" does, and after a newer attempt nothing: then
    /// the answer is kept with the attempt and as the event `late`.
    ///
    /// It waits a minute or more for other writers, because an outcome must not be lost.
    ///
    /// # Errors
    /// [`LedgerError`] if it could not be written: the delivery stays `sending` and becomes
    /// `unknown` by [`Ledger::recover`].
    pub async fn settle(
        &self,
        claim: &Claim,
        settlement: &Settlement,
        standing: Option<&Standing>,
        now: DateTime<Utc>,
    ) -> Result<Delivery, LedgerError> {
        for left in (0..PATIENCE).rev() {
            let settling = Settling {
                key: claim.key,
                number: claim.number,
                settlement: settlement.clone(),
                standing: standing.cloned(),
                now,
            };
            match self.write(Entry::Settlement(Box::new(settling))).await {
                Ok(Written::Settled(Some(delivery))) => return Ok(*delivery),
                Ok(Written::Settled(None) | Written::Claimed(_)) => break,
                Err(error) if left > 0 && is_busy(&error) => {
                    tracing::warn!("the ledger is busy; an outcome waits to be written");
                }
                Err(error) => return Err(error),
            }
        }
        Err(LedgerError::Interrupted)
    }
}

/// A settlement that is to be written.
pub(in crate::ledger) struct Settling {
    key: DeliveryKey,
    number: u32,
    settlement: Settlement,
    standing: Option<Standing>,
    now: DateTime<Utc>,
}

/// Ends attempts, each with what it changed.
pub(in crate::ledger) async fn write(
    tx: &mut Change,
    settlings: &[&Settling],
) -> Result<Vec<Delivery>, LedgerError> {
    let keys: Vec<DeliveryKey> = settlings.iter().map(|it| it.key).collect();
    let mut deliveries = row::load_all(tx, &keys).await?;
    if deliveries.iter().any(|it| it.target.is_some_and(|target| keys.contains(&target))) {
        // What one of them changes is another's: one after the other.
        return Err(LedgerError::Interrupted);
    }
    end_attempts(tx, settlings).await?;
    // An answer that comes so late that everything was closed: its copy has to follow.
    let counting = settlings.iter().zip(&deliveries).filter(|(it, delivery)| it.counts(delivery));
    let postings: BTreeSet<PostingId> =
        counting.map(|(_, delivery)| delivery.name.posting.clone()).collect();
    if let Some(first) = settlings.first() {
        decide::take_up_again(tx, &postings, first.now).await?;
    }
    let mut changed = Vec::new();
    for (settling, delivery) in settlings.iter().zip(&mut deliveries) {
        if settling.counts(delivery) {
            settling.enter(tx, delivery).await?;
            changed.push(&*delivery);
        } else {
            settling.comes_too_late(tx).await?;
        }
    }
    row::save_all(tx, &changed).await?;
    Ok(deliveries)
}

async fn end_attempts(tx: &mut Change, settlings: &[&Settling]) -> Result<(), LedgerError> {
    if settlings.is_empty() {
        return Ok(());
    }
    let update = format!(
        "with ended (e_delivery, e_number, e_at, e_outcome, e_detail) as (values {})
         update attempt set ended_at = e_at, outcome = e_outcome, detail = e_detail
           from ended where delivery = e_delivery and number = e_number",
        row::values(settlings.len(), 5)
    );
    let mut query = sqlx::query(AssertSqlSafe(update));
    for settling in settlings {
        let (word, why) = words(&settling.settlement.outcome);
        query = query
            .bind(settling.key.to_string())
            .bind(i64::from(settling.number))
            .bind(settling.now.timestamp_micros())
            .bind(word)
            .bind(row::storable(why));
    }
    query.execute(&mut **tx).await?;
    Ok(())
}

impl Settling {
    /// The answer is kept with the attempt and as an event, and changes nothing.
    async fn comes_too_late(&self, tx: &mut Change) -> Result<(), LedgerError> {
        let (word, why) = words(&self.settlement.outcome);
        let receipt = match &self.settlement.outcome {
            Outcome::Posted(receipt) => Some(receipt),
            _ => None,
        };
        let detail = json!({
            "attempt": self.number,
            "outcome": word,
            "why": why,
            "receipt": receipt,
        });
        event::append(tx, self.now, Some(self.key), "late", &detail).await
    }

    /// Whether the outcome still changes the delivery.
    fn counts(&self, delivery: &Delivery) -> bool {
        delivery.attempts == self.number
            && match delivery.state {
                State::Sending | State::Unknown => true,
                State::Planned | State::Refused | State::Cancelled => {
                    matches!(self.settlement.outcome, Outcome::Posted(_))
                }
                State::Posted | State::Asked => false,
            }
    }

    /// Brings the delivery into the state that the outcome means, with its event.
    async fn enter(&self, tx: &mut Change, delivery: &mut Delivery) -> Result<(), LedgerError> {
        let Self { settlement, now, .. } = self;
        let (now, standing) = (*now, self.standing.as_ref());
        let (word, why) = words(&settlement.outcome);
        let mut what = word;
        let mut detail = json!({ "attempt": self.number });
        if !why.is_empty() {
            detail["why"] = why.into();
        }
        match &settlement.outcome {
            Outcome::Posted(receipt) => {
                detail["receipt"] = json!(receipt);
                match settlement.meaning {
                    Meaning::Shown => done(tx, delivery, receipt, standing, now).await?,
                    Meaning::PassedOn => {
                        done(tx, delivery, receipt, standing, now).await?;
                        // The copy that it made, if it made one.
                        delivery.copy = delivery.copy.map(|_| CopyState::Sent);
                    }
                    Meaning::PersonAsked => {
                        what = State::Asked.as_str();
                        delivery.enter(State::Asked, "", now);
                        delivery.receipt = Some(receipt.clone());
                        if matches!(delivery.deed, Deed::Publish | Deed::FollowUp) {
                            delivery.standing = standing.cloned();
                        }
                    }
                }
            }
            Outcome::Deferred { after, .. } => {
                let after = after.and_then(|after| TimeDelta::from_std(after).ok());
                let again_at = settlement.again_at.unwrap_or(now + after.unwrap_or(DEFERRAL));
                detail["again_at"] = json!(again_at);
                delivery.enter(State::Planned, why, now);
                delivery.due_at = again_at;
            }
            Outcome::Blocked { .. } => {
                delivery.enter(State::Planned, why, now);
                pause::pause(tx, &delivery.name.channel, why, now).await?;
            }
            Outcome::Refused { .. } => delivery.enter(State::Refused, why, now),
            Outcome::Unknown { .. } | Outcome::Duplicate { .. } => {
                what = State::Unknown.as_str();
                delivery.enter(State::Unknown, why, now);
            }
        }
        event::append(tx, now, Some(delivery.key), what, &detail).await
    }
}

/// Writes down that the delivery's deed is done, in the delivery and in the copy it concerns. The
/// caller saves the delivery and appends its event.
pub(in crate::ledger) async fn done(
    tx: &mut Change,
    delivery: &mut Delivery,
    receipt: &Receipt,
    standing: Option<&Standing>,
    now: DateTime<Utc>,
) -> Result<(), LedgerError> {
    delivery.enter(State::Posted, "", now);
    let said_by_a_person = standing.is_none();
    let earlier = delivery.receipt.take().unwrap_or_default();
    let (standing, our_id) = match standing {
        Some(standing) => (Some(standing.clone()), None),
        None => carried(tx, delivery).await?,
    };
    // A channel that names no copy of what its steps made (a board's ticket) says its id later.
    let is_new = matches!(delivery.deed, Deed::Publish | Deed::FollowUp);
    let earlier_id = earlier.remote_id.filter(|_| said_by_a_person || !is_new);
    delivery.receipt = Some(Receipt {
        remote_id: receipt.remote_id.clone().or(earlier_id).or(our_id),
        link: receipt.link.clone().or(earlier.link),
        parts: if receipt.parts.is_empty() { earlier.parts } else { receipt.parts.clone() },
        media: receipt.media.clone().or(earlier.media),
    });
    let target_becomes = match (delivery.deed, delivery.name.occasion) {
        (Deed::Publish | Deed::FollowUp, _) => {
            delivery.copy = Some(CopyState::Live);
            delivery.standing = standing;
            return Ok(());
        }
        (Deed::Edit, _) => CopyState::Edited,
        (Deed::Withdraw, _) | (Deed::Ask, Occasion::Close) => CopyState::Withdrawn,
        (Deed::Ask, _) => CopyState::Edited,
    };
    let Some(target) = delivery.target else { return Ok(()) };
    // What was done to a copy last is told by this time, though a clock was turned back meanwhile.
    let before = sqlx::query(
        "select max(changed_at) as newest from delivery where target = $1 and key <> $2",
    )
    .bind(target.to_string())
    .bind(delivery.key.to_string())
    .fetch_one(&mut **tx)
    .await?;
    if let Some(before) = row::optional_time(&before, "newest")? {
        delivery.changed_at = delivery.changed_at.max(before + TimeDelta::microseconds(1));
    }
    let mut target = row::load(tx, target).await?;
    // What waits for a moderator goes on waiting, with its new words.
    let waits =
        target_becomes == CopyState::Edited && target.copy.is_some_and(CopyState::is_on_its_way);
    if !waits {
        target.copy = Some(target_becomes);
    }
    if target_becomes == CopyState::Edited {
        target.standing = standing;
        // A person names the copy, and not each of its parts.
        if !said_by_a_person && let Some(copy) = &mut target.receipt {
            copy.parts.clone_from(&receipt.parts);
            copy.media = receipt.media.clone().or(copy.media.take());
        }
    }
    // Where nothing can be edited, a new copy stands in the place of the old one.
    let replaced = |old: &Receipt| {
        old.remote_id.is_some() && receipt.remote_id.is_some() && old.remote_id != receipt.remote_id
    };
    if delivery.deed == Deed::Edit && target.receipt.as_ref().is_some_and(replaced) {
        let earlier = target.receipt.take().unwrap_or_default();
        let media = receipt.media.clone().or(earlier.media);
        target.receipt = Some(Receipt { media, ..receipt.clone() });
    } else if delivery.deed == Deed::Edit
        && receipt.remote_id.is_none()
        && let Some(id) = delivery.receipt.as_ref().and_then(|it| it.remote_id.clone())
        && let Some(old) = target.receipt.as_mut().filter(|it| it.remote_id.is_some())
    {
        // A person took it further, and need not say under which id it stands now.
        old.remote_id = Some(id);
    }
    row::save(tx, &target).await?;
    let detail = json!({ "by": delivery.key });
    event::append(tx, now, Some(target.key), target_becomes.as_str(), &detail).await
}

/// What the last attempt carried, and the id of its copy where that is ours, so that a person who
/// found it need not say it: a mail's Message-ID, by which answers stay in its thread; an entry's,
/// by which it is changed and taken back.
async fn carried(
    tx: &mut Change,
    delivery: &Delivery,
) -> Result<(Option<Standing>, Option<String>), LedgerError> {
    let attempt = read::last_attempt(&mut **tx, delivery.key).await?;
    let Some(carried) = attempt.and_then(|attempt| attempt.carried) else {
        return Ok((None, None));
    };
    let standing = Standing {
        revision: delivery.revision.clone(),
        content_hash: carried.rendition.content_hash(),
        rendition: carried.rendition,
    };
    let our_id = match carried.wire {
        Wire::Mail(mail) => Some(mail.message_id),
        Wire::Entry(entry) => Some(entry.id),
        Wire::Http(_) | Wire::Steps(_) | Wire::Commit(_) | Wire::Errand { .. } => None,
    };
    Ok((Some(standing), our_id))
}

/// The word that an attempt keeps of its outcome, and the reason.
fn words(outcome: &Outcome) -> (&'static str, &str) {
    match outcome {
        Outcome::Posted(_) => ("posted", ""),
        Outcome::Refused { why } => ("refused", why),
        Outcome::Deferred { why, .. } => ("deferred", why),
        Outcome::Blocked { why } => ("blocked", why),
        Outcome::Unknown { why } => ("unknown", why),
        Outcome::Duplicate { why } => (DUPLICATE, why),
    }
}
