//! A person has what the ledger holds of an ad erased: its texts and the people in them.
//!
//! | goes | stays |
//! | --- | --- |
//! | title, page text, notes about the page | id, path, reference, revision |
//! | the exact bytes, renditions and pictures of attempts, what copies say | keys, times, outcomes, links and ids of copies, hashes |
//! | what channels and letters answered, in words | why something was called off, which is Handbill's own word |
//! | who approved the words | that they were approved, when, and their hash |
//! | notices that still wait to be told | the steps of attempts, which are ids |
//!
//! The chain of events holds none of what goes (see [`super::words`]), so it is verified as before.
//! Two statements are SQLite's own, `vacuum` and `pragma wal_checkpoint`: by them the bytes leave
//! the files too.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::{AnyConnection, Executor, Row};

use super::engine::Engine;
use super::{CopyState, Delivery, KnownPosting, Ledger, LedgerError, State, event, row, words};
use crate::posting::PostingId;

/// What is erased of a posting, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Erasure {
    pub posting: PostingId,
    /// Empty if it was erased already.
    pub title: String,
    pub counts: Counts,
    /// When it was erased before.
    pub erased_at: Option<DateTime<Utc>>,
    /// Whether its page is among the site's postings and the ad is not over.
    pub is_going_on: bool,
    /// Deliveries that are not over.
    pub open: Vec<Delivery>,
    /// Deliveries whose copies readers can still find.
    pub standing: Vec<Delivery>,
    /// Other postings of the same page: its text is kept for them.
    pub same_page: Vec<PostingId>,
    /// Events that an older Handbill wrote, which hold words themselves and keep them.
    pub kept_in_chain: u64,
}

/// How much is erased, by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Page texts.
    pub pages: u64,
    /// Titles, of the posting and in events.
    pub titles: u64,
    /// Attempts, with their exact bytes and rendition.
    pub attempts: u64,
    /// What copies say.
    pub copies: u64,
    /// Answers of channels, in words.
    pub answers: u64,
    /// Names of people who approved words.
    pub people: u64,
    /// Notices that wait to be told.
    pub notices: u64,
}

impl Counts {
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// What to do about copies that readers can still find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copies {
    MustNotStand,
    /// They stay where they are. Handbill can neither compare nor change them any more.
    MayStand,
}

/// Why a posting is not erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// Something of it waits, is on its way, or is not known.
    Open,
    /// Its page is there, and would be read and kept again at once.
    GoingOn,
    CopiesStand,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "some of its deliveries are not over",
            Self::GoingOn => "its ad is not over, and its page would be read again",
            Self::CopiesStand => "copies of it still stand",
        })
    }
}

impl Erasure {
    /// Why this is not to be done; `None` if it may be.
    pub fn refusal(&self, copies: Copies) -> Option<Refusal> {
        if !self.open.is_empty() {
            Some(Refusal::Open)
        } else if self.is_going_on {
            Some(Refusal::GoingOn)
        } else if !self.standing.is_empty() && copies == Copies::MustNotStand && !self.is_done() {
            Some(Refusal::CopiesStand)
        } else {
            None
        }
    }

    /// Whether there is nothing left to erase.
    pub fn is_done(&self) -> bool {
        self.erased_at.is_some() && self.counts.is_empty()
    }
}

/// Whether what was erased has left the ledger's files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "files", rename_all = "kebab-case")]
pub enum Files {
    Clean,
    /// Not yet, and why.
    NotYet {
        why: String,
    },
}

impl Ledger {
    /// What [`Ledger::erase`] would erase. Changes nothing.
    ///
    /// # Errors
    /// [`LedgerError::NoSuchPosting`].
    pub async fn erasure(&self, posting: &PostingId) -> Result<Erasure, LedgerError> {
        let mut tx = self.begin_reading().await?;
        erasure(&mut tx, posting).await
    }

    /// Erases the texts of a posting and the people in them, with one event. The posting counts as
    /// over from then on, until its page opens or changes. Done twice, the second time changes
    /// nothing. [`Ledger::scrub`] comes after it.
    ///
    /// # Errors
    /// [`LedgerError::CannotErase`] if the engine still needs it; [`LedgerError::NoSuchPosting`].
    pub async fn erase(
        &self,
        posting: &PostingId,
        copies: Copies,
        now: DateTime<Utc>,
    ) -> Result<Erasure, LedgerError> {
        let mut tx = self.begin().await?;
        let erasure = erasure(&mut tx, posting).await?;
        if let Some(why) = erasure.refusal(copies) {
            return Err(LedgerError::CannotErase { posting: posting.clone(), why });
        }
        if erasure.is_done() {
            return Ok(erasure);
        }
        for statement in ERASE {
            sqlx::query(statement)
                .bind(posting.0.to_string())
                .bind(now.timestamp_micros())
                .execute(&mut *tx)
                .await?;
        }
        for about in notices_about(&mut tx, posting).await? {
            sqlx::query("update notice set content = '' where about = $1")
                .bind(about)
                .execute(&mut *tx)
                .await?;
        }
        let detail = json!({ "posting": posting, "erased": erasure.counts });
        event::append(&mut tx, now, None, "erased", &detail).await?;
        tx.commit().await?;
        Ok(erasure)
    }

    /// Writes the ledger's files anew, without what was erased or replaced. What this cannot reach:
    /// copies of the files, and the free blocks of the disk.
    ///
    /// # Errors
    /// [`LedgerError`] if there is no connection to the ledger.
    pub async fn scrub(&self) -> Result<Files, LedgerError> {
        let mut connection = self.writer.acquire().await?;
        if self.engine == Engine::Postgres {
            return Ok(Files::NotYet { why: THE_SERVERS.to_owned() });
        }
        if let Err(error) = connection.execute("vacuum").await {
            return Ok(Files::NotYet { why: error.to_string() });
        }
        fold_log(&mut connection).await
    }
}

/// Folds the write-ahead log into the ledger and empties it: it holds what pages said before.
pub(in crate::ledger) async fn fold_log(
    connection: &mut AnyConnection,
) -> Result<Files, LedgerError> {
    if Engine::of(connection) == Engine::Postgres {
        return Ok(Files::NotYet { why: THE_SERVERS.to_owned() });
    }
    let folded = sqlx::query("pragma wal_checkpoint(truncate)").fetch_one(&mut *connection).await?;
    let busy: i64 = folded.try_get(0)?;
    Ok(match busy {
        0 => Files::Clean,
        _ => Files::NotYet { why: "another process is reading it".to_owned() },
    })
}

const THE_SERVERS: &str = "its files are PostgreSQL's, which overwrites what is gone at its own time \
    (`vacuum full` does at once); its write-ahead log and its backups keep it for longer";

/// What erases. `$1` is the posting, `$2` the time.
const ERASE: [&str; 8] = [
    "delete from carried where delivery in (select key from delivery where posting = $1)",
    "update attempt set detail = '', erased_at = coalesce(erased_at, $2)
      where delivery in (select key from delivery where posting = $1)",
    "update delivery set standing = null,
            reason = case when state = 'cancelled' then reason else '' end
      where posting = $1",
    "delete from picture where posting = $1",
    "update approval set approved_by = '' where posting = $1",
    "update event_words set content = null, erased_at = $2
      where posting = $1 and content is not null",
    "update answer set sender = '', subject = '', words = ''
      where delivery in (select key from delivery where posting = $1)",
    "update posting set title = '', source = null, page_note = '', erased_at = $2,
            finished_at = coalesce(finished_at, $2)
      where id = $1",
];

/// What there is to erase.
const COUNT: &str = "
    select (select count(*) from posting where id = $1 and source is not null) as pages,
           (select count(*) from posting where id = $1 and title <> '')
             + (select count(*) from event_words
                 where posting = $1 and kind = 'title' and content is not null) as titles,
           (select count(*) from attempt
             where erased_at is null
               and delivery in (select key from delivery where posting = $1)) as attempts,
           (select count(*) from delivery
             where posting = $1 and standing is not null) as copies,
           (select count(*) from event_words
             where posting = $1 and kind = 'answer' and content is not null)
             + (select count(*) from answer
                 where subject <> ''
                   and delivery in (select key from delivery where posting = $1)) as answers,
           (select count(*) from approval where posting = $1 and approved_by <> '')
             + (select count(*) from event_words
                 where posting = $1 and kind = 'person' and content is not null) as people";

async fn erasure(tx: &mut AnyConnection, posting: &PostingId) -> Result<Erasure, LedgerError> {
    let known = row::known_posting(tx, posting).await?;
    let deliveries: Vec<Delivery> =
        sqlx::query("select * from delivery where posting = $1 order by due_at, key")
            .bind(posting.0.to_string())
            .fetch_all(&mut *tx)
            .await?
            .iter()
            .map(row::delivery)
            .collect::<Result<_, _>>()?;
    let found = sqlx::query(COUNT).bind(posting.0.to_string()).fetch_one(&mut *tx).await?;
    let counts = Counts {
        pages: row::count(&found, "pages")?,
        titles: row::count(&found, "titles")?,
        attempts: row::count(&found, "attempts")?,
        copies: row::count(&found, "copies")?,
        answers: row::count(&found, "answers")?,
        people: row::count(&found, "people")?,
        notices: notices_about(tx, posting).await?.len() as u64,
    };
    let is_open = |it: &&Delivery| {
        matches!(it.state, State::Planned | State::Sending | State::Asked | State::Unknown)
    };
    let stands = |it: &&Delivery| it.copy.is_some_and(CopyState::stands);
    Ok(Erasure {
        posting: posting.clone(),
        counts,
        erased_at: known.erased_at,
        is_going_on: known.finished_at.is_none() && known.missing_since.is_none(),
        open: deliveries.iter().filter(is_open).cloned().collect(),
        standing: deliveries.iter().filter(stands).cloned().collect(),
        same_page: same_page(tx, &known).await?,
        kept_in_chain: kept_in_chain(tx, posting).await?,
        title: known.title,
    })
}

async fn same_page(
    tx: &mut AnyConnection,
    known: &KnownPosting,
) -> Result<Vec<PostingId>, LedgerError> {
    sqlx::query("select id from posting where path = $1 and id <> $2 and source is not null")
        .bind(known.path.clone())
        .bind(known.id.0.to_string())
        .fetch_all(&mut *tx)
        .await?
        .iter()
        .map(|row| Ok(PostingId(row::text(row, "id")?)))
        .collect()
}

/// The notices about a posting that still wait to be told; there are few. That their words are JSON
/// with `posting` is all that this room knows of them.
async fn notices_about(
    tx: &mut AnyConnection,
    posting: &PostingId,
) -> Result<Vec<String>, LedgerError> {
    let waiting = sqlx::query("select about, content from notice where content <> ''")
        .fetch_all(&mut *tx)
        .await?;
    let mut about = Vec::new();
    for notice in &waiting {
        let content: String = notice.try_get("content")?;
        let content: Value = serde_json::from_str(&content).unwrap_or_default();
        if content.get("posting").and_then(Value::as_str) == Some(&posting.0) {
            about.push(notice.try_get("about")?);
        }
    }
    Ok(about)
}

/// How many events hold words of this posting themselves, as older versions wrote them.
async fn kept_in_chain(tx: &mut AnyConnection, posting: &PostingId) -> Result<u64, LedgerError> {
    let events = sqlx::query(
        "select what, detail, delivery.posting from event
           left join delivery on delivery.key = event.delivery
          where (delivery.posting = $1
                 or (event.delivery is null
                     and event.what in ('seen', 'changed', 'approved', 'page not seen')))
            and not exists (select 1 from event_words where event_words.number = event.number)",
    )
    .bind(posting.0.to_string())
    .fetch_all(&mut *tx)
    .await?;
    let mut kept = 0;
    for event in &events {
        let (what, detail): (String, String) = (event.try_get("what")?, event.try_get("detail")?);
        let of_delivery: Option<String> = event.try_get("posting")?;
        let fields: Value = serde_json::from_str(&detail).unwrap_or_default();
        let of_event = fields.get("posting").and_then(Value::as_str);
        let is_ours = of_delivery.is_some() || of_event == Some(&posting.0);
        kept += u64::from(is_ours && words::are_in_detail(&what, &fields));
    }
    Ok(kept)
}
