//! What people decide: that an old ad may be announced, that words are approved, that a copy which
//! exists already is ours, that copies are to be taken back.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::AssertSqlSafe;

use super::change::Change;
use super::{
    Approval, CopyState, Deed, Delivery, DeliveryName, Ledger, LedgerError, Standing, State, event,
    row,
};
use crate::channel::{ChannelName, Receipt};
use crate::posting::{PostingId, Revision};

/// A copy that somebody made by other means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adopted {
    pub name: DeliveryName,
    pub receipt: Receipt,
    /// What it is taken to say.
    pub standing: Standing,
}

impl Ledger {
    /// An ad that was there before the first start, or is too old for a channel, may be announced.
    /// Accepted twice it keeps its time.
    ///
    /// # Errors
    /// [`LedgerError::NoSuchPosting`].
    pub async fn accept(&self, posting: &PostingId, now: DateTime<Utc>) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        row::known_posting(&mut tx, posting).await?;
        let changed = sqlx::query(
            "update posting set accepted_at = $2
              where id = $1 and accepted_at is null",
        )
        .bind(posting.0.to_string())
        .bind(now.timestamp_micros())
        .execute(&mut *tx)
        .await?;
        if changed.rows_affected() > 0 {
            event::append(&mut tx, now, None, "accepted", &json!({ "posting": posting })).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// A person wants the copies of an ad taken back, or does not any more.
    ///
    /// # Errors
    /// [`LedgerError::NoSuchPosting`].
    pub async fn withdraw(
        &self,
        posting: &PostingId,
        since: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let known = row::known_posting(&mut tx, posting).await?;
        if known.withdrawn_at.is_some() == since.is_some() {
            return Ok(());
        }
        sqlx::query("update posting set withdrawn_at = $2, finished_at = null where id = $1")
            .bind(posting.0.to_string())
            .bind(row::micros(since))
            .execute(&mut *tx)
            .await?;
        let what = if since.is_some() { "withdrawal asked" } else { "withdrawal called off" };
        event::append(&mut tx, now, None, what, &json!({ "posting": posting })).await?;
        tx.commit().await?;
        Ok(())
    }

    /// A person agrees to the words of a posting on a channel, and to no others.
    ///
    /// # Errors
    /// [`LedgerError`] if it could not be written; then nothing was.
    pub async fn approve(
        &self,
        posting: &PostingId,
        channel: &ChannelName,
        approval: &Approval,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        row::known_posting(&mut tx, posting).await?;
        sqlx::query(
            "insert into approval (posting, channel, content_hash, approved_by, approved_at)
             values ($1, $2, $3, $4, $5)
             on conflict (posting, channel) do update
                set content_hash = excluded.content_hash, approved_by = excluded.approved_by,
                    approved_at = excluded.approved_at",
        )
        .bind(posting.0.to_string())
        .bind(channel.0.to_string())
        .bind(approval.content_hash.clone())
        .bind(approval.by.clone())
        .bind(approval.at.timestamp_micros())
        .execute(&mut *tx)
        .await?;
        let detail = json!({
            "posting": posting,
            "channel": channel,
            "content_hash": approval.content_hash,
            "approved_by": approval.by,
        });
        event::append(&mut tx, approval.at, None, "approved", &detail).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Takes over a copy that exists: the delivery is posted from now on, without an attempt.
    ///
    /// # Errors
    /// [`LedgerError::WrongState`] if the ledger has tried that delivery itself.
    pub async fn adopt(
        &self,
        adopted: &Adopted,
        now: DateTime<Utc>,
    ) -> Result<Delivery, LedgerError> {
        let key = adopted.name.key(self.id());
        let revision: &Revision = &adopted.standing.revision;
        let mut tx = self.begin().await?;
        row::known_posting(&mut tx, &adopted.name.posting).await?;
        sqlx::query(
            "insert into delivery (key, posting, channel, occasion, occurrence, deed, state,
                                   due_at, revision, attempts, changed_at, reason)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $8, '')
             on conflict do nothing",
        )
        .bind(key.to_string())
        .bind(adopted.name.posting.0.to_string())
        .bind(adopted.name.channel.0.to_string())
        .bind(adopted.name.occasion.as_str())
        .bind(adopted.name.occurrence.to_string())
        .bind(Deed::Publish.as_str())
        .bind(State::Planned.as_str())
        .bind(now.timestamp_micros())
        .bind(revision.0.to_string())
        .execute(&mut *tx)
        .await?;
        let mut delivery = row::load(&mut tx, key).await?;
        delivery.must_be(&[State::Planned, State::Cancelled], "taken over")?;
        if delivery.attempts > 0 {
            return Err(LedgerError::WrongState {
                key: key.short(),
                state: "tried already",
                verb: "taken over",
            });
        }
        delivery.enter(State::Posted, "", now);
        delivery.revision = revision.clone();
        delivery.receipt = Some(adopted.receipt.clone());
        delivery.copy = Some(CopyState::Live);
        delivery.standing = Some(adopted.standing.clone());
        row::save(&mut tx, &delivery).await?;
        take_up_again(&mut tx, &[adopted.name.posting.clone()].into(), now).await?;
        let detail = json!({ "receipt": adopted.receipt });
        event::append(&mut tx, now, Some(key), "adopted", &detail).await?;
        tx.commit().await?;
        Ok(delivery)
    }

    /// Closed everywhere: nothing is planned for these postings any more and their past is read no
    /// more, until a page changes or opens again. A posting with a delivery that is not over, or that
    /// changed after the plan was made (`as_of`), stays.
    ///
    /// # Errors
    /// [`LedgerError`] if it could not be written; then nothing was.
    pub async fn finish(
        &self,
        postings: &[PostingId],
        as_of: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        if postings.is_empty() {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        for posting in postings {
            let changed = sqlx::query(
                "update posting set finished_at = $2
                  where id = $1 and finished_at is null
                    and not exists (select 1 from delivery
                                     where delivery.posting = posting.id
                                       and (state in ('planned', 'sending', 'asked', 'unknown')
                                            or changed_at > $3))",
            )
            .bind(posting.0.to_string())
            .bind(now.timestamp_micros())
            .bind(as_of.timestamp_micros())
            .execute(&mut *tx)
            .await?;
            if changed.rows_affected() > 0 {
                let detail = json!({ "posting": posting });
                event::append(&mut tx, now, None, "finished", &detail).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }

    /// Whether the page of a posting was seen where readers look for it, or why not.
    ///
    /// # Errors
    /// [`LedgerError`] if it could not be written; then nothing was.
    pub async fn note_page(
        &self,
        posting: &PostingId,
        seen: Result<(), &str>,
        now: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let known = row::known_posting(&mut tx, posting).await?;
        let (seen_at, note) = match seen {
            Ok(()) => (Some(now), ""),
            Err(why) => (None, why),
        };
        if known.page.seen_at.is_some() == seen_at.is_some() && known.page.note == note {
            return Ok(());
        }
        sqlx::query("update posting set page_seen_at = $2, page_note = $3 where id = $1")
            .bind(posting.0.to_string())
            .bind(row::micros(seen_at))
            .bind(row::storable(note))
            .execute(&mut *tx)
            .await?;
        let what = if seen_at.is_some() { "page seen" } else { "page not seen" };
        let detail = json!({ "posting": posting, "why": note });
        event::append(&mut tx, now, None, what, &detail).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Something of a posting is to be done again, though it was closed everywhere: the next plan looks
/// at it, in the same transaction that made it so.
pub(in crate::ledger) async fn take_up_again(
    tx: &mut Change,
    postings: &BTreeSet<PostingId>,
    now: DateTime<Utc>,
) -> Result<(), LedgerError> {
    if postings.is_empty() {
        return Ok(());
    }
    let update = format!(
        "update posting set finished_at = null
          where id in ({}) and finished_at is not null returning id",
        row::placeholders(1, postings.len())
    );
    let mut query = sqlx::query(AssertSqlSafe(update));
    for posting in postings {
        query = query.bind(posting.to_string());
    }
    for row in query.fetch_all(&mut **tx).await? {
        let detail = json!({ "posting": PostingId(row::text(&row, "id")?) });
        event::append(tx, now, None, "taken up again", &detail).await?;
    }
    Ok(())
}
