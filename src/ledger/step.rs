//! The steps of one attempt: the parts of a thread, the requests of a board that needs several.
//! Each is written down before the next one goes out, so that a crash in between loses nothing.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{Ledger, LedgerError, Step, event, row};
use crate::channel::DeliveryKey;

impl Ledger {
    /// Writes down what a step of an attempt did.
    ///
    /// # Errors
    /// [`LedgerError`] if it could not be written; then nothing further of the attempt may go out.
    pub async fn note_step(
        &self,
        key: DeliveryKey,
        attempt: u32,
        what: &str,
        detail: &serde_json::Value,
        now: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "insert into step (delivery, attempt, number, at, what, detail)
             select $1, $2, coalesce(max(number), 0) + 1, $3, $4, $5 from step
              where delivery = $1 and attempt = $2",
        )
        .bind(key.to_string())
        .bind(i64::from(attempt))
        .bind(now.timestamp_micros())
        .bind(what.to_owned())
        .bind(detail.to_string())
        .execute(&mut *tx)
        .await?;
        let detail = json!({ "attempt": attempt, "step": what, "did": detail });
        event::append(&mut tx, now, Some(key), "step", &detail).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The steps of an attempt, the first one first.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn steps(&self, key: DeliveryKey, attempt: u32) -> Result<Vec<Step>, LedgerError> {
        sqlx::query("select * from step where delivery = $1 and attempt = $2 order by number")
            .bind(key.to_string())
            .bind(i64::from(attempt))
            .fetch_all(&self.reader)
            .await?
            .iter()
            .map(row::step)
            .collect()
    }
}
