//! What the ledger says, for `plan` and for people.

use std::collections::BTreeMap;

use sqlx::{Any, Executor};

use super::{Attempt, Delivery, Ledger, LedgerError, Past, row};
use crate::channel::DeliveryKey;

impl Ledger {
    /// Everything that `plan` needs to know, as it was at one moment.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn past(&self) -> Result<Past, LedgerError> {
        let mut tx = self.reader.begin().await?;
        let postings = sqlx::query("select * from posting").fetch_all(&mut *tx).await?;
        let channels = sqlx::query("select * from channel").fetch_all(&mut *tx).await?;
        let deliveries =
            sqlx::query("select * from delivery order by due_at, key").fetch_all(&mut *tx).await?;
        Ok(Past {
            ledger: Some(self.id()),
            postings: postings
                .iter()
                .map(|row| row::posting(row).map(|posting| (posting.id.clone(), posting)))
                .collect::<Result<BTreeMap<_, _>, _>>()?,
            channels: channels
                .iter()
                .map(|row| row::channel(row).map(|channel| (channel.name.clone(), channel)))
                .collect::<Result<BTreeMap<_, _>, _>>()?,
            deliveries: deliveries.iter().map(row::delivery).collect::<Result<_, _>>()?,
        })
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
              where substr(replace(key, '-', ''), 1, $2) = $1 order by key limit 2",
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
        sqlx::query("select * from attempt where delivery = $1 order by number")
            .bind(key.to_string())
            .fetch_all(&self.reader)
            .await?
            .iter()
            .map(row::attempt)
            .collect()
    }

    /// The newest attempt at a delivery, with the bytes that another one has to repeat.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn last_attempt(&self, key: DeliveryKey) -> Result<Option<Attempt>, LedgerError> {
        last_attempt(&self.reader, key).await
    }
}

pub(in crate::ledger) async fn last_attempt(
    executor: impl Executor<'_, Database = Any>,
    key: DeliveryKey,
) -> Result<Option<Attempt>, LedgerError> {
    sqlx::query("select * from attempt where delivery = $1 order by number desc limit 1")
        .bind(key.to_string())
        .fetch_optional(executor)
        .await?
        .as_ref()
        .map(row::attempt)
        .transpose()
}
