//! What the ledger says, for `plan` and for people.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::any::AnyRow;
use sqlx::{Any, AnyConnection, AssertSqlSafe, Executor, Row, Transaction};
use url::Url;

use super::{Attempt, Delivery, KnownPosting, Ledger, LedgerError, Past, State, row, uses};
use crate::channel::{ChannelName, DeliveryKey, Receipt};
use crate::posting::PostingId;

/// Copies that are other deliveries' own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Owned {
    pub ids: BTreeSet<String>,
    /// Of those whose id nobody knows: a person said where they are.
    pub links: BTreeSet<Url>,
}

impl Owned {
    /// Whether a copy is among them.
    pub fn has(&self, copy: &Receipt) -> bool {
        copy.remote_id.as_ref().is_some_and(|id| self.ids.contains(id))
            || copy.link.as_ref().is_some_and(|link| self.links.contains(link))
    }
}

/// By how much a clock may have been wrong when a receipt was written down.
const LONGEST_CLOCK_FAULT: TimeDelta = TimeDelta::days(30);

impl Ledger {
    /// Everything that ever was, as it stood at one moment: for people.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn past(&self) -> Result<Past, LedgerError> {
        let mut tx = self.begin_reading().await?;
        let rows = sqlx::query("select * from posting").fetch_all(&mut *tx).await?;
        let postings = by_id(&rows)?;
        let deliveries =
            sqlx::query("select * from delivery order by due_at, key").fetch_all(&mut *tx).await?;
        self.rest_of_past(tx, postings, &deliveries, None).await
    }

    /// What `plan` needs to know, as it stood at one moment: the postings that are not over, the
    /// given ones among those that are, and the deliveries of the former. What is over costs
    /// nothing, however much of it there is. `counts_since` says from when on the messages of a
    /// channel still count for its slots; those of the other channels do not.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn open_past(
        &self,
        present: &[PostingId],
        counts_since: &BTreeMap<ChannelName, DateTime<Utc>>,
    ) -> Result<Past, LedgerError> {
        let mut tx = self.begin_reading().await?;
        let ids: Vec<&PostingId> = present.iter().collect();
        let mut postings = postings_of(&mut tx, &ids).await?;
        let unfinished = sqlx::query("select * from posting where finished_at is null")
            .fetch_all(&mut *tx)
            .await?;
        postings.extend(by_id(&unfinished)?);
        // A cross join, because SQLite keeps its order: it begins with the few postings that are not
        // over, and not with every delivery there ever was.
        let deliveries = sqlx::query(
            "select delivery.* from posting cross join delivery
              where posting.finished_at is null and delivery.posting = posting.id
              order by delivery.posting, delivery.channel, delivery.key",
        )
        .fetch_all(&mut *tx)
        .await?;
        let over = postings
            .values()
            .filter(|it| it.finished_at.is_some())
            .map(|it| it.id.clone())
            .collect();
        let past = self.rest_of_past(tx, postings, &deliveries, Some(counts_since)).await?;
        Ok(Past { over, ..past })
    }

    async fn rest_of_past(
        &self,
        mut tx: Transaction<'static, Any>,
        postings: BTreeMap<PostingId, KnownPosting>,
        deliveries: &[AnyRow],
        counts_since: Option<&BTreeMap<ChannelName, DateTime<Utc>>>,
    ) -> Result<Past, LedgerError> {
        let channels = sqlx::query("select * from channel").fetch_all(&mut *tx).await?;
        let approvals = sqlx::query(
            "select approval.* from posting cross join approval
              where posting.finished_at is null and approval.posting = posting.id",
        )
        .fetch_all(&mut *tx)
        .await?;
        let uses = match counts_since {
            Some(since) => uses::counting(&mut tx, since).await?,
            None => uses::newest(&mut tx).await?,
        };
        let ledger = sqlx::query("select paused_since, paused_reason from ledger")
            .fetch_one(&mut *tx)
            .await?;
        Ok(Past {
            ledger: Some(self.id()),
            paused: row::pause(&ledger)?,
            approvals: approvals.iter().map(row::approval).collect::<Result<_, _>>()?,
            uses,
            postings,
            channels: channels
                .iter()
                .map(|row| row::channel(row).map(|channel| (channel.name.clone(), channel)))
                .collect::<Result<_, _>>()?,
            deliveries: deliveries.iter().map(row::delivery).collect::<Result<_, _>>()?,
            over: BTreeSet::new(),
        })
    }

    /// What is known of one posting.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn posting(&self, id: &PostingId) -> Result<Option<KnownPosting>, LedgerError> {
        sqlx::query("select * from posting where id = $1")
            .bind(id.0.to_string())
            .fetch_optional(&self.reader)
            .await?
            .as_ref()
            .map(row::posting)
            .transpose()
    }

    /// The page of a posting as it was last read, and its language.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn page_text(
        &self,
        posting: &PostingId,
    ) -> Result<Option<(String, String)>, LedgerError> {
        let row = sqlx::query("select source, language from posting where id = $1")
            .bind(posting.0.to_string())
            .fetch_optional(&self.reader)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let source: Option<String> = row.try_get("source")?;
        let language: Option<String> = row.try_get("language")?;
        Ok(source.map(|source| (source, language.unwrap_or_default())))
    }

    /// The last attempts of all deliveries whose outcome is not known, or not yet.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn unanswered(&self) -> Result<Vec<Attempt>, LedgerError> {
        sqlx::query(
            "select attempt.*, carried.wire, carried.rendition from attempt
               left join carried on carried.delivery = attempt.delivery
                                and carried.attempt = attempt.number
               join delivery on delivery.key = attempt.delivery
                and delivery.attempts = attempt.number
              where delivery.state in ('sending', 'unknown')
              order by attempt.began_at, attempt.delivery",
        )
        .fetch_all(&self.reader)
        .await?
        .iter()
        .map(row::attempt)
        .collect()
    }

    /// The copies that other deliveries than this one own on some channels, those that share its
    /// place: they are none of its own. What was there long before `since` cannot be mistaken
    /// for it, even where the clock was wrong in between.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn owned_by_others(
        &self,
        key: DeliveryKey,
        since: DateTime<Utc>,
        channels: &[ChannelName],
    ) -> Result<Owned, LedgerError> {
        let places = row::placeholders(3, channels.len());
        let statement = format!(
            "select receipt from delivery
              where key <> $1 and changed_at >= $2 and receipt is not null
                and deed in ('publish', 'follow-up') and channel in ({places})"
        );
        let mut query = sqlx::query(AssertSqlSafe(statement))
            .bind(key.to_string())
            .bind((since - LONGEST_CLOCK_FAULT).timestamp_micros());
        for channel in channels {
            query = query.bind(channel.0.to_string());
        }
        let rows = query.fetch_all(&self.reader).await?;
        let mut owned = Owned::default();
        for row in &rows {
            match row::receipt(row)? {
                Receipt { remote_id: Some(id), parts, .. } => {
                    owned.ids.insert(id);
                    owned.ids.extend(parts);
                }
                Receipt { link: Some(link), .. } => drop(owned.links.insert(link)),
                _ => {}
            }
        }
        Ok(owned)
    }

    /// The posting that a copy on the channel of a delivery belongs to, if that is another posting
    /// than the delivery's and the copy was not taken back.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn copy_of_another(
        &self,
        key: DeliveryKey,
        copy: &Receipt,
    ) -> Result<Option<PostingId>, LedgerError> {
        let rows = sqlx::query(
            "select other.posting, other.receipt
               from delivery as own
               join delivery as other on other.channel = own.channel
                                     and other.posting <> own.posting
              where own.key = $1 and other.deed = 'publish' and other.receipt is not null
                and other.copy_state <> 'withdrawn'",
        )
        .bind(key.to_string())
        .fetch_all(&self.reader)
        .await?;
        for row in &rows {
            if copy.remote_id.is_some() && row::receipt(row)?.remote_id == copy.remote_id {
                let posting: String = row.try_get("posting")?;
                return Ok(Some(PostingId(posting.into())));
            }
        }
        Ok(None)
    }

    /// The deliveries in a state, by index; the oldest first.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn in_state(&self, state: State) -> Result<Vec<Delivery>, LedgerError> {
        sqlx::query("select * from delivery where state = $1 order by due_at, key")
            .bind(state.as_str())
            .fetch_all(&self.reader)
            .await?
            .iter()
            .map(row::delivery)
            .collect()
    }

    /// One delivery; `None` if the ledger does not have it.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn delivery(&self, key: DeliveryKey) -> Result<Option<Delivery>, LedgerError> {
        sqlx::query("select * from delivery where key = $1")
            .bind(key.to_string())
            .fetch_optional(&self.reader)
            .await?
            .as_ref()
            .map(row::delivery)
            .transpose()
    }

    /// The one delivery whose key begins with these digits, with or without hyphens.
    ///
    /// # Errors
    /// [`LedgerError::NoSuchDelivery`] or [`LedgerError::Ambiguous`].
    pub async fn find_by_prefix(&self, prefix: &str) -> Result<Delivery, LedgerError> {
        let unknown = || LedgerError::NoSuchDelivery(prefix.to_owned());
        let digits: String = prefix.trim().to_lowercase().replace('-', "");
        if digits.is_empty() || !digits.chars().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(unknown());
        }
        let rows = sqlx::query(
            "select * from delivery
              where substr(replace(key, '-', ''), 1, cast($2 as integer)) = $1 order by key limit 2",
        )
        .bind(digits.clone())
        .bind(i64::try_from(digits.len()).map_err(|_| unknown())?)
        .fetch_all(&self.reader)
        .await?;
        match rows.as_slice() {
            [] => Err(unknown()),
            [one] => row::delivery(one),
            _ => Err(LedgerError::Ambiguous(prefix.to_owned())),
        }
    }

    /// Every attempt at a delivery, the first one first.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn attempts(&self, key: DeliveryKey) -> Result<Vec<Attempt>, LedgerError> {
        sqlx::query(
            "select attempt.*, carried.wire, carried.rendition from attempt
               left join carried on carried.delivery = attempt.delivery
                                and carried.attempt = attempt.number
              where attempt.delivery = $1 order by attempt.number",
        )
        .bind(key.to_string())
        .fetch_all(&self.reader)
        .await?
        .iter()
        .map(row::attempt)
        .collect()
    }

    /// What an attempt sends, byte for byte as it is on record; `None` if it was erased.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn on_record(
        &self,
        key: DeliveryKey,
        attempt: u32,
    ) -> Result<Option<String>, LedgerError> {
        let row = sqlx::query("select wire from carried where delivery = $1 and attempt = $2")
            .bind(key.to_string())
            .bind(i64::from(attempt))
            .fetch_optional(&self.reader)
            .await?;
        row.map(|row| row.try_get("wire").map_err(LedgerError::from)).transpose()
    }

    /// The newest attempt at a delivery, with the bytes that another one has to repeat.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn last_attempt(&self, key: DeliveryKey) -> Result<Option<Attempt>, LedgerError> {
        last_attempt(&self.reader, key).await
    }
}

/// How many ids are asked for at a time; databases limit the placeholders of a statement.
const IDS_AT_ONCE: usize = 500;

/// The postings with these ids, as far as they are known.
pub(in crate::ledger) async fn postings_of(
    tx: &mut AnyConnection,
    ids: &[&PostingId],
) -> Result<BTreeMap<PostingId, KnownPosting>, LedgerError> {
    let mut found = BTreeMap::new();
    for ids in ids.chunks(IDS_AT_ONCE) {
        let places = row::placeholders(1, ids.len());
        let statement = format!("select * from posting where id in ({places})");
        let mut query = sqlx::query(AssertSqlSafe(statement));
        for id in ids {
            query = query.bind(id.0.to_string());
        }
        found.extend(by_id(&query.fetch_all(&mut *tx).await?)?);
    }
    Ok(found)
}

fn by_id(rows: &[AnyRow]) -> Result<BTreeMap<PostingId, KnownPosting>, LedgerError> {
    rows.iter().map(|row| row::posting(row).map(|posting| (posting.id.clone(), posting))).collect()
}

pub(in crate::ledger) async fn last_attempt(
    executor: impl Executor<'_, Database = Any>,
    key: DeliveryKey,
) -> Result<Option<Attempt>, LedgerError> {
    sqlx::query(
        "select attempt.*, carried.wire, carried.rendition from attempt
           left join carried on carried.delivery = attempt.delivery
                            and carried.attempt = attempt.number
          where attempt.delivery = $1 order by attempt.number desc limit 1",
    )
    .bind(key.to_string())
    .fetch_optional(executor)
    .await?
    .as_ref()
    .map(row::attempt)
    .transpose()
}
