//! What was seen of the site: postings, their revisions, channels.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::{Any, Transaction};

use super::{KnownPosting, Ledger, LedgerError, event, row};
use crate::channel::ChannelName;
use crate::posting::{PostingId, Revision};

/// A posting as it stands on the site now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    pub id: PostingId,
    pub path: String,
    pub translation_key: String,
    pub sub_id: Option<String>,
    pub reference: Option<String>,
    pub title: String,
    pub revision: Revision,
}

impl Ledger {
    /// Remembers postings and channels. A posting or channel that is new, a new revision, and a
    /// new path, reference or title are events; what is as it was writes nothing.
    ///
    /// # Errors
    /// [`LedgerError`] if it could not be written; then nothing was.
    pub async fn observe(
        &self,
        postings: &[Observed],
        channels: &[ChannelName],
        now: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let known = known_postings(&mut tx).await?;
        for posting in postings {
            match known.get(&posting.id) {
                None => first_sight(&mut tx, posting, now).await?,
                Some(known) => compare(&mut tx, known, posting, now).await?,
            }
        }
        for channel in channels {
            let new = sqlx::query(
                "insert into channel (name, first_seen) values ($1, $2) on conflict do nothing",
            )
            .bind(channel.0.clone())
            .bind(now.timestamp_micros())
            .execute(&mut *tx)
            .await?;
            if new.rows_affected() > 0 {
                event::append(&mut tx, now, None, "channel", &json!({ "name": channel })).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }
}

async fn known_postings(
    tx: &mut Transaction<'static, Any>,
) -> Result<BTreeMap<PostingId, KnownPosting>, LedgerError> {
    sqlx::query("select * from posting")
        .fetch_all(&mut **tx)
        .await?
        .iter()
        .map(|row| row::posting(row).map(|posting| (posting.id.clone(), posting)))
        .collect()
}

async fn first_sight(
    tx: &mut Transaction<'static, Any>,
    posting: &Observed,
    now: DateTime<Utc>,
) -> Result<(), LedgerError> {
    let new = sqlx::query(
        "insert into posting (id, path, translation_key, sub_id, reference, title, first_seen,
                              revision, revision_since)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $7) on conflict do nothing",
    )
    .bind(posting.id.0.clone())
    .bind(posting.path.clone())
    .bind(posting.translation_key.clone())
    .bind(posting.sub_id.clone())
    .bind(posting.reference.clone())
    .bind(posting.title.clone())
    .bind(now.timestamp_micros())
    .bind(posting.revision.0.clone())
    .execute(&mut **tx)
    .await?;
    if new.rows_affected() == 0 {
        // Named twice in one observation: the first one counts.
        return Ok(());
    }
    let detail = json!({
        "posting": posting.id,
        "path": posting.path,
        "title": posting.title,
        "revision": posting.revision,
    });
    event::append(tx, now, None, "seen", &detail).await
}

async fn compare(
    tx: &mut Transaction<'static, Any>,
    known: &KnownPosting,
    posting: &Observed,
    now: DateTime<Utc>,
) -> Result<(), LedgerError> {
    let mut changes = serde_json::Map::new();
    let fields = [
        ("path", json!(known.path), json!(posting.path)),
        ("translation_key", json!(known.translation_key), json!(posting.translation_key)),
        ("sub_id", json!(known.sub_id), json!(posting.sub_id)),
        ("reference", json!(known.reference), json!(posting.reference)),
        ("title", json!(known.title), json!(posting.title)),
        ("revision", json!(known.revision), json!(posting.revision)),
    ];
    for (field, before, after) in fields {
        if before != after {
            changes.insert(field.to_owned(), json!({ "before": before, "after": after }));
        }
    }
    if changes.is_empty() {
        return Ok(());
    }
    let since = if known.revision == posting.revision { known.revision_since } else { now };
    sqlx::query(
        "update posting
            set path = $2, translation_key = $3, sub_id = $4, reference = $5, title = $6,
                revision = $7, revision_since = $8
          where id = $1",
    )
    .bind(posting.id.0.clone())
    .bind(posting.path.clone())
    .bind(posting.translation_key.clone())
    .bind(posting.sub_id.clone())
    .bind(posting.reference.clone())
    .bind(posting.title.clone())
    .bind(posting.revision.0.clone())
    .bind(since.timestamp_micros())
    .execute(&mut **tx)
    .await?;
    let detail = json!({ "posting": posting.id, "changes": changes });
    event::append(tx, now, None, "changed", &detail).await
}
