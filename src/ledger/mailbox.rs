//! What came back by mail: how far a mailbox was read, and what its letters say.
//!
//! A letter is known by the hash of its bytes, so that one that is read again is the same. What it
//! means for a delivery is written by [`super::arrival`]; here it is kept, with its delivery or
//! without, so that a person can see it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::{Ledger, LedgerError, row};
use crate::channel::DeliveryKey;

/// How far a mailbox was read (RFC 3501 §2.3.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ReadUpTo {
    pub uid_validity: u32,
    pub last_uid: u32,
}

/// A letter that says something of a delivery, or may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeptAnswer {
    /// SHA-256 of its bytes, in hexadecimal digits.
    pub id: String,
    pub read_at: DateTime<Utc>,
    /// What kind of answer it is: `held`, `refused`, `bounced` …
    pub says: String,
    pub sender: String,
    pub subject: String,
    /// Its reason, in its own words.
    pub words: String,
    /// Whose it is; `None` if that could not be told.
    pub delivery: Option<DeliveryKey>,
    /// When a person said that it is seen to.
    pub dismissed_at: Option<DateTime<Utc>>,
}

impl Ledger {
    /// How far a mailbox was read; `None` before the first time.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn read_up_to(&self, mailbox: &str) -> Result<Option<ReadUpTo>, LedgerError> {
        let found = sqlx::query("select uid_validity, last_uid from mailbox where name = $1")
            .bind(mailbox.to_owned())
            .fetch_optional(&self.reader)
            .await?;
        found
            .map(|row| {
                Ok(ReadUpTo {
                    uid_validity: row::number(&row, "uid_validity")?,
                    last_uid: row::number(&row, "last_uid")?,
                })
            })
            .transpose()
    }

    /// Remembers how far a mailbox was read: everything before was written down.
    ///
    /// # Errors
    /// [`LedgerError`] if it could not be written.
    pub async fn note_read_up_to(&self, mailbox: &str, to: ReadUpTo) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "insert into mailbox (name, uid_validity, last_uid) values ($1, $2, $3)
             on conflict (name) do update
                set uid_validity = excluded.uid_validity, last_uid = excluded.last_uid",
        )
        .bind(mailbox.to_owned())
        .bind(i64::from(to.uid_validity))
        .bind(i64::from(to.last_uid))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Whether this letter was read before.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn has_answer(&self, id: &str) -> Result<bool, LedgerError> {
        let found = sqlx::query("select 1 as one from answer where id = $1")
            .bind(id.to_owned())
            .fetch_optional(&self.reader)
            .await?;
        Ok(found.is_some())
    }

    /// Keeps a letter; one that is kept already stays as it is.
    ///
    /// # Errors
    /// [`LedgerError`] if it could not be written.
    pub async fn keep_answer(&self, answer: &KeptAnswer) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "insert into answer (id, read_at, says, sender, subject, words, delivery)
             values ($1, $2, $3, $4, $5, $6, $7) on conflict (id) do nothing",
        )
        .bind(answer.id.clone())
        .bind(answer.read_at.timestamp_micros())
        .bind(row::storable(&answer.says))
        .bind(row::storable(&answer.sender))
        .bind(row::storable(&answer.subject))
        .bind(row::storable(&answer.words))
        .bind(answer.delivery.map(|key| key.to_string()))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// The letters that are nobody's and that no person has seen to, the oldest first.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn strays(&self) -> Result<Vec<KeptAnswer>, LedgerError> {
        strays(&mut *self.reader.acquire().await?).await
    }

    /// The letters about a delivery, the oldest first.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn answers_to(&self, key: DeliveryKey) -> Result<Vec<KeptAnswer>, LedgerError> {
        sqlx::query("select * from answer where delivery = $1 order by read_at, id")
            .bind(key.to_string())
            .fetch_all(&self.reader)
            .await?
            .iter()
            .map(answer)
            .collect()
    }

    /// A person has seen to a letter that is nobody's: its words are forgotten. Says how many were meant by the first digits
    /// of its id: where that is not one, nothing changes.
    ///
    /// # Errors
    /// [`LedgerError`] if it could not be written.
    pub async fn dismiss_stray(&self, id: &str, now: DateTime<Utc>) -> Result<usize, LedgerError> {
        let strays = self.strays().await?;
        let meant: Vec<&KeptAnswer> = strays.iter().filter(|it| it.id.starts_with(id)).collect();
        if let [one] = meant[..] {
            let mut tx = self.begin().await?;
            sqlx::query(
                "update answer set dismissed_at = $2, sender = '', subject = '', words = ''
                  where id = $1",
            )
            .bind(one.id.clone())
            .bind(now.timestamp_micros())
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
        }
        Ok(meant.len())
    }
}

pub(in crate::ledger) async fn strays(
    connection: &mut AnyConnection,
) -> Result<Vec<KeptAnswer>, LedgerError> {
    sqlx::query(
        "select * from answer where delivery is null and dismissed_at is null
          order by read_at, id",
    )
    .fetch_all(connection)
    .await?
    .iter()
    .map(answer)
    .collect()
}

fn answer(row: &AnyRow) -> Result<KeptAnswer, LedgerError> {
    let delivery: Option<String> = row.try_get("delivery")?;
    Ok(KeptAnswer {
        id: row.try_get("id")?,
        read_at: row::time(row.try_get("read_at")?)?,
        says: row.try_get("says")?,
        sender: row.try_get("sender")?,
        subject: row.try_get("subject")?,
        words: row.try_get("words")?,
        delivery: delivery.map(|text| row::key(&text)).transpose()?,
        dismissed_at: row::optional_time(row, "dismissed_at")?,
    })
}
