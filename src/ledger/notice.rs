//! The outbox of notices: what people are told, each thing once.
//!
//! A notice is named by what it is about. In the transaction that writes it down for the first time
//! it is put into one message (a telling) for each way of telling; whoever comes second, after a
//! restart or in another process, finds it there and does nothing. A telling is claimed before it
//! is sent, by moving its time on: a process that dies leaves one that is sent again later, under
//! the same id. Nothing here is an event: telling changes nothing in the life of a delivery.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use sqlx::Row;
use sqlx::any::AnyRow;
use uuid::Uuid;

use super::change::Change;
use super::mailbox::{self, KeptAnswer};
use super::{Delivery, KnownChannel, Ledger, LedgerError, Pause, row};
use crate::posting::PostingId;

/// How people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    Mail,
    Webhook,
}

impl Way {
    pub const ALL: [Self; 2] = [Self::Mail, Self::Webhook];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Webhook => "webhook",
        }
    }
}

/// Something to be told, if it was not yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNotice {
    /// Names what it is about, for ever: it is told once.
    pub about: String,
    /// JSON; this room does not read it.
    pub content: String,
}

/// When new notices are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    AtOnce,
    /// Together with everything else that waits for this time.
    Digest(DateTime<Utc>),
}

/// A message to people, claimed to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    /// The same at every try.
    pub id: Uuid,
    pub way: Way,
    /// When it was to be told first.
    pub wanted_at: DateTime<Utc>,
    /// Which try this is, from 1.
    pub attempt: u32,
    /// The contents of its notices, the oldest first.
    pub contents: Vec<String>,
}

/// How a try at telling ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    Told,
    /// Not certainly; the next try comes then.
    NotYet {
        why: String,
        again_at: DateTime<Utc>,
    },
    /// It was tried for long enough.
    GivenUp {
        why: String,
    },
}

/// What may need a person.
#[derive(Debug, Clone, Default)]
pub struct Concerns {
    /// Refused, unknown, or asked of a person.
    pub deliveries: Vec<Delivery>,
    /// The titles of their postings.
    pub titles: BTreeMap<PostingId, String>,
    pub channels: Vec<KnownChannel>,
    /// Everything is paused.
    pub paused: Option<Pause>,
    /// Letters of which it is not known what they are about.
    pub strays: Vec<KeptAnswer>,
    /// What people were told of, or are about to be.
    pub known: BTreeSet<String>,
}

/// How telling goes, for health and log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Outbox {
    /// Messages that wait for their time, or for another try.
    pub waiting: u32,
    /// Of these, those that were tried already.
    pub failing: u32,
    /// Given up since the time that was asked for.
    pub given_up: u32,
    /// When the next one is due.
    pub next: Option<DateTime<Utc>>,
    /// Why the newest of those that fail or were given up was not told.
    pub why: Option<String>,
}

/// What could not be tried is told this long after its time: somebody may be mending it.
const STUCK_AFTER: TimeDelta = TimeDelta::hours(1);

/// What was refused and whose ad is closed everywhere is old news after so long.
const OLD_NEWS: TimeDelta = TimeDelta::days(7);

const WAITS: &str = "waits";
const TOLD: &str = "told";
const GIVEN_UP: &str = "given up";

impl Ledger {
    /// What may need a person, and what people were told of already.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn concerns(&self, now: DateTime<Utc>) -> Result<Concerns, LedgerError> {
        let mut tx = self.begin_reading().await?;
        let rows = sqlx::query(
            "select delivery.*, coalesce(nullif(posting.title, ''), posting.id) as posting_title
               from delivery
               join posting on posting.id = delivery.posting
              where (delivery.state in ('refused', 'unknown', 'asked')
                     and (posting.finished_at is null or delivery.state <> 'refused'
                          or delivery.changed_at >= $1))
                 or (delivery.state = 'planned' and delivery.due_at <= $2
                     and delivery.attempts = 0 and delivery.reason <> '')
                 or (delivery.copy_state in ('sent', 'held') and delivery.asks_since is not null)
              order by delivery.changed_at, delivery.key",
        )
        .bind((now - OLD_NEWS).timestamp_micros())
        .bind((now - STUCK_AFTER).timestamp_micros())
        .fetch_all(&mut *tx)
        .await?;
        let mut concerns = Concerns::default();
        for found in &rows {
            let delivery = row::delivery(found)?;
            let title: String = found.try_get("posting_title")?;
            concerns.titles.insert(delivery.name.posting.clone(), title);
            concerns.deliveries.push(delivery);
        }
        let channels = sqlx::query("select * from channel order by name").fetch_all(&mut *tx);
        concerns.channels =
            channels.await?.iter().map(row::channel).collect::<Result<_, LedgerError>>()?;
        let ledger = sqlx::query("select paused_since, paused_reason from ledger");
        concerns.paused = row::pause(&ledger.fetch_one(&mut *tx).await?)?;
        concerns.strays = mailbox::strays(&mut tx).await?;
        for known in sqlx::query("select about from notice").fetch_all(&mut *tx).await? {
            concerns.known.insert(known.try_get("about")?);
        }
        Ok(concerns)
    }

    /// Writes down what is to be told, each way, and says how much of it is new.
    ///
    /// # Errors
    /// [`LedgerError`] if it could not be written; then nothing was.
    pub async fn take_notice(
        &self,
        notices: &[NewNotice],
        ways: &[Way],
        wanted: Wanted,
        now: DateTime<Utc>,
    ) -> Result<usize, LedgerError> {
        let mut tx = self.begin().await?;
        let mut fresh = Vec::new();
        for notice in notices {
            let added = sqlx::query(
                "insert into notice (about, at, content) values ($1, $2, $3)
                 on conflict (about) do nothing",
            )
            .bind(notice.about.clone())
            .bind(now.timestamp_micros())
            .bind(notice.content.clone())
            .execute(&mut *tx)
            .await?;
            if added.rows_affected() == 1 {
                fresh.push(notice.about.as_str());
            }
        }
        if fresh.is_empty() {
            return Ok(0);
        }
        for way in ways {
            let telling = self.telling_for(&mut tx, *way, &fresh, wanted, now).await?;
            for about in &fresh {
                sqlx::query("insert into told (telling, notice) values ($1, $2)")
                    .bind(telling.clone())
                    .bind((*about).to_owned())
                    .execute(&mut *tx)
                    .await?;
            }
        }
        tx.commit().await?;
        Ok(fresh.len())
    }

    /// The message that takes these notices: the digest that waits for its time, or one of their
    /// own, whose id is made from them.
    async fn telling_for(
        &self,
        tx: &mut Change,
        way: Way,
        fresh: &[&str],
        wanted: Wanted,
        now: DateTime<Utc>,
    ) -> Result<String, LedgerError> {
        let wanted_at = match wanted {
            Wanted::AtOnce => now,
            Wanted::Digest(at) => at,
        };
        if wanted_at > now {
            let open = sqlx::query(
                "select id from telling
                  where state = $1 and way = $2 and due_at = $3 and attempts = 0",
            )
            .bind(WAITS)
            .bind(way.as_str())
            .bind(wanted_at.timestamp_micros())
            .fetch_optional(&mut **tx)
            .await?;
            if let Some(open) = open {
                return Ok(open.try_get("id")?);
            }
        }
        let name = format!("{}\u{1f}{}", way.as_str(), fresh.join("\u{1f}"));
        let id = Uuid::new_v5(&self.id(), name.as_bytes()).to_string();
        sqlx::query(
            "insert into telling (id, way, wanted_at, due_at, state, attempts, changed_at, why)
             values ($1, $2, $3, $3, $4, 0, $5, '')",
        )
        .bind(id.clone())
        .bind(way.as_str())
        .bind(wanted_at.timestamp_micros())
        .bind(WAITS)
        .bind(now.timestamp_micros())
        .execute(&mut **tx)
        .await?;
        Ok(id)
    }

    /// Takes the oldest message that is due one way, to be sent now; nobody else takes it before
    /// `until`.
    ///
    /// # Errors
    /// [`LedgerError`] if it could not be written down; then nothing was taken.
    pub async fn claim_telling(
        &self,
        way: Way,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Option<Telling>, LedgerError> {
        let mut tx = self.begin().await?;
        let claimed = sqlx::query(
            "update telling set attempts = attempts + 1, due_at = $4, changed_at = $3
              where state = $1
                and id = (select id from telling
                           where state = $1 and way = $2 and due_at <= $3
                           order by due_at, id limit 1)
             returning id, wanted_at, attempts",
        )
        .bind(WAITS)
        .bind(way.as_str())
        .bind(now.timestamp_micros())
        .bind(until.timestamp_micros())
        .fetch_optional(&mut *tx)
        .await?;
        let Some(claimed) = claimed else { return Ok(None) };
        let id: String = claimed.try_get("id")?;
        let contents = sqlx::query(
            "select notice.content from told join notice on notice.about = told.notice
              where told.telling = $1 and notice.content <> '' order by notice.at, notice.about",
        )
        .bind(id.clone())
        .fetch_all(&mut *tx)
        .await?;
        let telling = Telling {
            id: row::uuid(&id)?,
            way,
            wanted_at: row::time(claimed.try_get("wanted_at")?)?,
            attempt: number(&claimed, "attempts")?,
            contents: contents
                .iter()
                .map(|row| row.try_get("content"))
                .collect::<Result<_, _>>()?,
        };
        tx.commit().await?;
        Ok(Some(telling))
    }

    /// Writes down how a try ended. A later try, or the end of an earlier one, is not undone by
    /// it; words that nobody has to be told any more are forgotten.
    ///
    /// # Errors
    /// [`LedgerError`] if it could not be written: the message is sent once more then.
    pub async fn heard(
        &self,
        telling: &Telling,
        heard: &Heard,
        now: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let (state, why, due_at) = match heard {
            Heard::Told => (TOLD, "", now),
            Heard::NotYet { why, again_at } => (WAITS, why.as_str(), *again_at),
            Heard::GivenUp { why } => (GIVEN_UP, why.as_str(), now),
        };
        let mut tx = self.begin().await?;
        let id = telling.id.to_string();
        sqlx::query(
            "update telling set state = $2, why = $3, due_at = $4, changed_at = $5
              where id = $1 and state = $6 and (attempts = $7 or $2 = $8)",
        )
        .bind(id.clone())
        .bind(state)
        .bind(row::storable(why))
        .bind(due_at.timestamp_micros())
        .bind(now.timestamp_micros())
        .bind(WAITS)
        .bind(i64::from(telling.attempt))
        .bind(TOLD)
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "update notice set content = ''
              where about in (select notice from told where telling = $1)
                and not exists (select 1 from told join telling on telling.id = told.telling
                                 where told.notice = notice.about and telling.state = $2)",
        )
        .bind(id)
        .bind(WAITS)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// How telling goes. What was given up counts from `since` on.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn outbox(&self, since: DateTime<Utc>) -> Result<Outbox, LedgerError> {
        let rows = sqlx::query(
            "select state, due_at, attempts, why from telling
              where state = $1 or (state = $2 and changed_at >= $3)
              order by changed_at",
        )
        .bind(WAITS)
        .bind(GIVEN_UP)
        .bind(since.timestamp_micros())
        .fetch_all(&self.reader)
        .await?;
        let mut outbox = Outbox::default();
        for row in &rows {
            let (state, why): (String, String) = (row.try_get("state")?, row.try_get("why")?);
            if state == WAITS {
                outbox.waiting += 1;
                let due_at = row::time(row.try_get("due_at")?)?;
                outbox.next = Some(outbox.next.map_or(due_at, |next| next.min(due_at)));
                outbox.failing += u32::from(!why.is_empty());
            } else {
                outbox.given_up += 1;
            }
            if !why.is_empty() {
                outbox.why = Some(why);
            }
        }
        Ok(outbox)
    }
}

fn number(row: &AnyRow, column: &str) -> Result<u32, LedgerError> {
    let number: i64 = row.try_get(column)?;
    u32::try_from(number)
        .map_err(|_| LedgerError::Corrupt(format!("`{number}` as {column} of a telling")))
}
