//! The bytes of pictures, kept beside the attempts that carry them: an attempt's record holds the
//! hash of its picture, and what is sent is what lies here. They go when the attempts' bytes go.

use data_encoding::BASE64;
use sqlx::Row;

use super::{Ledger, LedgerError};
use crate::posting::PostingId;

impl Ledger {
    /// Keeps the bytes of a picture for a posting, before the attempt that carries it; what is there
    /// stays. Two postings with the same picture keep it each: one of them may be erased.
    ///
    /// # Errors
    /// [`LedgerError`] if it could not be written; then no attempt may name it.
    pub async fn keep_picture(
        &self,
        posting: &PostingId,
        sha256: &str,
        bytes: &[u8],
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "insert into picture (posting, sha256, content) values ($1, $2, $3)
             on conflict (posting, sha256) do nothing",
        )
        .bind(posting.0.to_string())
        .bind(sha256.to_owned())
        .bind(BASE64.encode(bytes))
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// The bytes of a picture, by their SHA-256 (hex); `None` if they are not kept.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn picture(&self, sha256: &str) -> Result<Option<Vec<u8>>, LedgerError> {
        let row = sqlx::query("select content from picture where sha256 = $1 limit 1")
            .bind(sha256.to_owned())
            .fetch_optional(&self.reader)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let content: String = row.try_get("content")?;
        let bytes = BASE64.decode(content.as_bytes());
        bytes.map(Some).map_err(|error| LedgerError::Corrupt(format!("picture {sha256}: {error}")))
    }
}
