//! What is forgotten by itself, some time after an ad is over.
//!
//! Only of postings that are closed everywhere and have nothing open; a posting that is taken up
//! again is not over. What a copy says that still stands is kept, because it is compared with the
//! copy; keys, times, outcomes, links, ids and hashes are kept for ever, and so are titles and
//! names, until a person has them erased ([`super::erase`]).
//!
//! A clock that leaps is not believed at once: where nothing was looked for lately, the first look
//! only notes the day, and the next one, a day later, forgets.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::json;
use sqlx::AnyConnection;

use super::{Ledger, LedgerError, erase, event, row};

/// How long each kind of content is kept once its ad is over; `None`: for ever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retention {
    /// The text of its page, as it was last read.
    pub pages: Option<TimeDelta>,
    /// The exact bytes and renditions of its attempts, and what copies said that are gone.
    pub attempts: Option<TimeDelta>,
    /// What channels answered, in words, and letters.
    pub answers: Option<TimeDelta>,
}

/// What one run forgot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Forgotten {
    pub pages: u64,
    pub attempts: u64,
    pub copies: u64,
    pub answers: u64,
}

/// How often is looked.
const EVERY: TimeDelta = TimeDelta::days(1);

/// Later than this after the last look, the clock may have leapt.
const LEAP: TimeDelta = TimeDelta::days(60);

/// What there is to do at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    NotYet,
    /// Only that it was looked.
    Note,
    Forget,
}

impl Retention {
    fn is_for_ever(self) -> bool {
        self == Self::default()
    }
}

fn look(last: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Look {
    match last.map(|last| now - last) {
        None => Look::Note,
        Some(since) if since < TimeDelta::zero() || since > LEAP => Look::Note,
        Some(since) if since < EVERY => Look::NotYet,
        Some(_) => Look::Forget,
    }
}

impl Ledger {
    /// Forgets what is not to be kept any longer: at most once a day, with one event that says how
    /// much it was. To be called after every round; `None` if it was not yet time. What is
    /// forgotten is overwritten in the file.
    ///
    /// # Errors
    /// [`LedgerError`] if it could not be written; then nothing was.
    pub async fn apply_retention(
        &self,
        retention: &Retention,
        now: DateTime<Utc>,
    ) -> Result<Option<Forgotten>, LedgerError> {
        if retention.is_for_ever() {
            return Ok(None);
        }
        let mut connection = self.reader.acquire().await?;
        let last = sqlx::query(LAST).fetch_one(&mut *connection).await?;
        drop(connection);
        if look(row::optional_time(&last, "retention_at")?, now) == Look::NotYet {
            return Ok(None);
        }
        let forgotten = self.forget(retention, now).await?;
        if forgotten.is_some() {
            // Where another process reads, it is folded in later.
            erase::fold_log(&mut *self.writer.acquire().await?).await?;
        }
        Ok(forgotten)
    }

    async fn forget(
        &self,
        retention: &Retention,
        now: DateTime<Utc>,
    ) -> Result<Option<Forgotten>, LedgerError> {
        let mut tx = self.begin().await?;
        let last = sqlx::query(LAST).fetch_one(&mut *tx).await?;
        let look = look(row::optional_time(&last, "retention_at")?, now);
        if look == Look::NotYet {
            // Another process was faster.
            return Ok(None);
        }
        sqlx::query("update ledger set retention_at = $1")
            .bind(now.timestamp_micros())
            .execute(&mut *tx)
            .await?;
        if look == Look::Note {
            tx.commit().await?;
            return Ok(None);
        }
        let mut forgotten = Forgotten::default();
        if let Some(kept) = retention.pages {
            forgotten.pages = run(&mut tx, PAGES, now - kept, now).await?;
        }
        if let Some(kept) = retention.attempts {
            run(&mut tx, CARRIED, now - kept, now).await?;
            forgotten.attempts = run(&mut tx, ATTEMPTS, now - kept, now).await?;
            run(&mut tx, PICTURES, now - kept, now).await?;
            forgotten.copies = run(&mut tx, COPIES, now - kept, now).await?;
        }
        if let Some(kept) = retention.answers {
            for statement in [ANSWERS, LETTERS, STRAYS] {
                forgotten.answers += run(&mut tx, statement, now - kept, now).await?;
            }
            for statement in [DETAILS, REASONS, NOTES] {
                run(&mut tx, statement, now - kept, now).await?;
            }
        }
        event::append(&mut tx, now, None, "forgotten", &json!(forgotten)).await?;
        tx.commit().await?;
        Ok(Some(forgotten))
    }
}

const LAST: &str = "select retention_at from ledger";

/// Postings that were over by `$1`, with nothing open.
macro_rules! over {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            " (select id from posting
                where finished_at <= $1
                  and not exists (select 1 from delivery as open
                                   where open.posting = posting.id
                                     and open.state in ('planned', 'sending', 'asked', 'unknown')))",
            $after
        )
    };
}

const PAGES: &str =
    over!("update posting set source = null where source is not null and id in", "");

const CARRIED: &str =
    over!("delete from carried where delivery in (select key from delivery where posting in", ")");

const ATTEMPTS: &str = over!(
    "update attempt set erased_at = $2
      where erased_at is null
        and delivery in (select key from delivery where posting in",
    ")"
);

const PICTURES: &str = over!("delete from picture where $2 > 0 and posting in", "");

const COPIES: &str = over!(
    "update delivery set standing = null
      where standing is not null
        and (copy_state is null or copy_state not in ('sent', 'held', 'live', 'edited', 'altered'))
        and posting in",
    ""
);

const ANSWERS: &str = over!(
    "update event_words set content = null, erased_at = $2
      where kind = 'answer' and content is not null and posting in",
    ""
);

const DETAILS: &str = over!(
    "update attempt set detail = ''
      where detail <> '' and delivery in (select key from delivery where posting in",
    ")"
);

const REASONS: &str = over!(
    "update delivery set reason = '' where reason <> '' and state <> 'cancelled' and posting in",
    ""
);

const NOTES: &str = over!("update posting set page_note = '' where page_note <> '' and id in", "");

const LETTERS: &str = over!(
    "update answer set sender = '', subject = '', words = ''
      where subject <> '' and delivery in (select key from delivery where posting in",
    ")"
);

/// A letter that is nobody's has no ad that could be over.
const STRAYS: &str = "update answer set sender = '', subject = '', words = '',
                             dismissed_at = coalesce(dismissed_at, $2)
                       where subject <> '' and delivery is null and read_at <= $1";

/// Runs one statement for what was over by `before`, and says how many rows it changed.
async fn run(
    tx: &mut AnyConnection,
    statement: &'static str,
    before: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<u64, LedgerError> {
    let done = sqlx::query(statement)
        .bind(before.timestamp_micros())
        .bind(now.timestamp_micros())
        .execute(&mut *tx)
        .await?;
    Ok(done.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000 + day)
    }

    #[test]
    fn it_is_looked_once_a_day() {
        assert_eq!(look(Some(day(0)), day(1) - TimeDelta::minutes(1)), Look::NotYet);
        assert_eq!(look(Some(day(0)), day(1)), Look::Forget);
    }

    #[test]
    fn a_clock_that_leapt_is_not_believed_at_once() {
        assert_eq!(look(None, day(0)), Look::Note);
        assert_eq!(look(Some(day(0)), day(61)), Look::Note);
        assert_eq!(look(Some(day(61)), day(1)), Look::Note, "and back again");
    }
}
