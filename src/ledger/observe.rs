//! What was seen of the site: postings, their revisions, channels.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;
use sqlx::Row;

use super::change::Change;
use super::{KnownPosting, Ledger, LedgerError, event, read, row};
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
    pub language: String,
    pub revision: Revision,
    /// The page's text, kept for the day when the page is gone.
    pub source: String,
    pub hiring: Hiring,
    /// The day of the page, where it says one: an older one predates the first start.
    pub dated: Option<NaiveDate>,
}

impl Observed {
    /// Whether it was there before the day of the first start.
    pub fn predates(&self, first_day: NaiveDate) -> bool {
        self.dated.is_none_or(|day| day < first_day)
    }
}

/// Whether the ad is open, as its page says it at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hiring {
    Open,
    Closed,
}

impl Ledger {
    /// Remembers postings and channels. A posting or channel that is new, a new revision, and a
    /// new path, reference or title are events, and so is a page that is missing or back; what is
    /// as it was writes nothing.
    ///
    /// `unread` are the paths of pages that are there and could not be read. `today` is the day
    /// where the site is: of the postings that the very first observation sees, those whose page
    /// is not dated today or later were there before, and wait to be accepted.
    ///
    /// # Errors
    /// [`LedgerError`] if it could not be written; then nothing was.
    pub async fn observe(
        &self,
        seen: &Seen<'_>,
        today: NaiveDate,
        now: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let first_start = is_first_start(&mut tx).await?;
        let ids: Vec<&PostingId> = seen.postings.iter().map(|posting| &posting.id).collect();
        let known = read::postings_of(&mut tx, &ids).await?;
        for posting in seen.postings {
            match known.get(&posting.id) {
                None => {
                    let predates = first_start && posting.predates(today);
                    first_sight(&mut tx, posting, predates, now).await?;
                }
                Some(known) => compare(&mut tx, known, posting, now).await?,
            }
        }
        note_missing(&mut tx, seen, now).await?;
        for channel in seen.channels {
            let new = sqlx::query(
                "insert into channel (name, first_seen) values ($1, $2) on conflict do nothing",
            )
            .bind(channel.0.to_string())
            .bind(now.timestamp_micros())
            .execute(&mut *tx)
            .await?;
            if new.rows_affected() > 0 {
                event::append(&mut tx, now, None, "channel", &json!({ "name": channel })).await?;
            }
        }
        if first_start {
            sqlx::query("update ledger set started_at = $1")
                .bind(now.timestamp_micros())
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

/// One look at the site.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    pub postings: &'a [Observed],
    pub channels: &'a [ChannelName],
    /// Paths of pages that are there and cannot be read.
    pub unread: &'a BTreeSet<String>,
}

/// Whether the site was never looked at before.
async fn is_first_start(tx: &mut Change) -> Result<bool, LedgerError> {
    let row =
        sqlx::query("select started_at, (select count(*) from (select id from posting limit 1) as any_one) as postings from ledger")
            .fetch_one(&mut **tx)
            .await?;
    let postings: i64 = row.try_get("postings")?;
    Ok(row::optional_time(&row, "started_at")?.is_none() && postings == 0)
}

async fn first_sight(
    tx: &mut Change,
    posting: &Observed,
    predates: bool,
    now: DateTime<Utc>,
) -> Result<(), LedgerError> {
    let new = sqlx::query(
        "insert into posting (id, path, translation_key, sub_id, reference, title, first_seen,
                              revision, revision_since, source, language, predates)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $7, $9, $10, $11) on conflict do nothing",
    )
    .bind(posting.id.0.to_string())
    .bind(posting.path.clone())
    .bind(posting.translation_key.clone())
    .bind(posting.sub_id.clone())
    .bind(posting.reference.clone())
    .bind(posting.title.clone())
    .bind(now.timestamp_micros())
    .bind(posting.revision.0.to_string())
    .bind(posting.source.clone())
    .bind(posting.language.clone())
    .bind(i64::from(predates))
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
        "predates": predates,
    });
    event::append(tx, now, None, "seen", &detail).await
}

async fn compare(
    tx: &mut Change,
    known: &KnownPosting,
    posting: &Observed,
    now: DateTime<Utc>,
) -> Result<(), LedgerError> {
    let (mut changes, mut title) = (serde_json::Map::new(), None);
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
            let change = json!({ "before": before, "after": after });
            match field {
                "title" => title = Some(change),
                field => drop(changes.insert(field.to_owned(), change)),
            }
        }
    }
    let back = known.missing_since.is_some();
    // Who had the copies of a page taken back that was gone did not mean one that is there.
    let lapsed = back && known.withdrawn_at.is_some();
    let reopened = known.finished_at.is_some()
        && (known.withdrawn_at.is_none() || lapsed)
        && (posting.hiring == Hiring::Open || known.revision != posting.revision);
    if known.erased_at.is_some() && !reopened {
        return only_back(tx, known, posting, now).await;
    }
    // The text itself changes without a new revision too (a comment, `draft: true`). What was not to
    // be kept any longer of an ad that is over is not kept anew.
    let source = sqlx::query(
        "select case when source = $2 then 'same'
                     when source is null and finished_at is not null then 'forgotten'
                     else 'other' end as source
           from posting where id = $1",
    )
    .bind(posting.id.0.to_string())
    .bind(posting.source.clone())
    .fetch_one(&mut **tx)
    .await?;
    let source: String = source.try_get("source")?;
    let forgotten = source == "forgotten" && !reopened;
    let as_before = changes.is_empty() && title.is_none() && (source == "same" || forgotten);
    if as_before && !back && !reopened {
        return Ok(());
    }
    let since = if known.revision == posting.revision { known.revision_since } else { now };
    let finished_at = known.finished_at.filter(|_| !reopened);
    sqlx::query(
        "update posting
            set path = $2, translation_key = $3, sub_id = $4, reference = $5, title = $6,
                revision = $7, revision_since = $8, source = $9, language = $10,
                finished_at = $11, missing_since = null, withdrawn_at = $12, erased_at = null
          where id = $1",
    )
    .bind(posting.id.0.to_string())
    .bind(posting.path.clone())
    .bind(posting.translation_key.clone())
    .bind(posting.sub_id.clone())
    .bind(posting.reference.clone())
    .bind(posting.title.clone())
    .bind(posting.revision.0.to_string())
    .bind(since.timestamp_micros())
    .bind((!forgotten).then(|| posting.source.clone()))
    .bind(posting.language.clone())
    .bind(row::micros(finished_at))
    .bind(row::micros(known.withdrawn_at.filter(|_| !lapsed)))
    .execute(&mut **tx)
    .await?;
    if lapsed {
        let detail = json!({ "posting": posting.id, "why": "its page is back" });
        event::append(tx, now, None, "withdrawal called off", &detail).await?;
    }
    if back {
        event::append(tx, now, None, "page back", &json!({ "posting": posting.id })).await?;
    }
    if reopened {
        event::append(tx, now, None, "taken up again", &json!({ "posting": posting.id })).await?;
    }
    if changes.is_empty() && title.is_none() {
        return Ok(());
    }
    let mut detail = json!({ "posting": posting.id, "changes": changes });
    if let Some(title) = title {
        detail["title"] = title;
    }
    event::append(tx, now, None, "changed", &detail).await
}

/// Of a posting that was erased nothing is kept again while it is closed, but that its page is there.
async fn only_back(
    tx: &mut Change,
    known: &KnownPosting,
    posting: &Observed,
    now: DateTime<Utc>,
) -> Result<(), LedgerError> {
    if known.missing_since.is_none() {
        return Ok(());
    }
    sqlx::query("update posting set path = $2, missing_since = null where id = $1")
        .bind(posting.id.0.to_string())
        .bind(posting.path.clone())
        .execute(&mut **tx)
        .await?;
    event::append(tx, now, None, "page back", &json!({ "posting": posting.id })).await
}

/// Notes which pages are not among the site's postings any more, and which of those that could
/// not be read are at least there.
async fn note_missing(
    tx: &mut Change,
    seen: &Seen<'_>,
    now: DateTime<Utc>,
) -> Result<(), LedgerError> {
    let unfinished =
        sqlx::query("select * from posting where finished_at is null").fetch_all(&mut **tx).await?;
    let present: BTreeSet<&PostingId> = seen.postings.iter().map(|it| &it.id).collect();
    for row in &unfinished {
        let posting = row::posting(row)?;
        if present.contains(&posting.id) {
            continue;
        }
        let there = seen.unread.contains(&posting.path);
        if there == posting.missing_since.is_none() {
            continue;
        }
        let since = if there { None } else { Some(now) };
        sqlx::query("update posting set missing_since = $2 where id = $1")
            .bind(posting.id.0.to_string())
            .bind(row::micros(since))
            .execute(&mut **tx)
            .await?;
        let what = if there { "page back" } else { "page missing" };
        let detail = json!({ "posting": posting.id, "path": posting.path });
        event::append(tx, now, None, what, &detail).await?;
    }
    Ok(())
}
