//! A ledger that was put back is noticed.
//!
//! A backup in the ledger's place has forgotten what went out since it was made, and would send it
//! again. Whether that happened is told by a `Mark` outside the database. Both carry the ledger's
//! generation, a random id; the mark also carries the number and the hash of the newest event.
//! They are compared whenever the ledger is opened for writing:
//!
//! | ledger | mark | then |
//! | --- | --- | --- |
//! | without a generation | none | the first time: both get one |
//! | without a generation | an event that the ledger has | the same |
//! | same generation | an event that the ledger has | in order; the mark is moved on |
//! | a copy made by `handbill ledger backup` | any | put back |
//! | with a generation | none, or unreadable | put back, or moved without its mark |
//! | another generation | any | put back |
//! | any | an event that the ledger does not have | put back |
//!
//! A ledger in PostgreSQL has a mark on every machine, so that one may be missing and a generation
//! says nothing:
//!
//! | ledger in PostgreSQL | mark of this machine | then |
//! | --- | --- | --- |
//! | with a generation | none, or unreadable | this machine is new here, and gets one |
//! | any generation | an event that the ledger has | in order; the mark is moved on |
//! | any | an event that the ledger does not have | put back |
//!
//! So each machine that has taken part notices a dump that was put back, and a standby that took over
//! without having heard of everything.
//!
//! A ledger that was put back is not refused: it gets a new generation, remembers when that was
//! and how far it reached ([`Ledger::restored`]), and appends the event `restored`.
//!
//! The mark moves on after the commit of every claim, before anything of it may be sent, and when
//! the ledger is opened and closed. So it is never ahead of the ledger that it stands beside,
//! whenever a process dies: an older mark is in order. A new generation is the other way round, in
//! the mark before it is in the ledger: a process that dies in between leaves what is noticed again.
//! At a claim the two are compared once more, because a file may be exchanged while a process has
//! it open: then nothing is written and nothing may be sent.
//!
//! What this cannot see is a mixture: SQLite's `-wal` file, left by a process that was killed,
//! beside another copy of the file it belongs to. SQLite reads both as one. `handbill ledger restore`
//! moves it away with its ledger; who copies by hand must do the same.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use sqlx::{Any, AnyConnection, Executor, Row};
use uuid::Uuid;

use super::change::{Change, End};
use super::mark::{Holders, Mark, Reached};
use super::{Ledger, LedgerError, event, row};

/// That this ledger was put back from a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// When that was noticed.
    pub at: DateTime<Utc>,
    /// The time of the last thing that the copy knew of. What happened between this and `at` may
    /// be unknown to the ledger.
    pub from: DateTime<Utc>,
}

impl Ledger {
    /// Whether this ledger was put back from a copy, and when for the last time. Another process
    /// may notice it at any time: ask before each round, not once.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn restored(&self) -> Result<Option<Restored>, LedgerError> {
        let row = sqlx::query("select restored_at, restored_from from ledger")
            .fetch_one(&self.reader)
            .await?;
        let (at, from): (Option<i64>, Option<i64>) =
            (row.try_get("restored_at")?, row.try_get("restored_from")?);
        let (Some(at), Some(from)) = (at, from) else { return Ok(None) };
        Ok(Some(Restored { at: row::time(at)?, from: row::time(from)? }))
    }

    /// That the ledger is in order beside its mark, before a claim is written. What the mark says;
    /// `None` of a ledger without one.
    ///
    /// # Errors
    /// [`LedgerError::Replaced`] if another ledger has taken its place; [`LedgerError::Mark`] if
    /// the mark cannot be written.
    pub(in crate::ledger) async fn check_mark(
        &self,
        tx: &mut Change,
    ) -> Result<Option<Marked>, LedgerError> {
        let Some(mark) = &self.mark else { return Ok(None) };
        let (said, now) = compare(mark, &mut **tx).await?.in_order()?;
        tx.begins_after(End { number: now.event, hash: now.hash });
        Ok(Some(Marked { said }))
    }

    /// Moves the mark on to what was just written, or, if somebody else moved it meanwhile, to the
    /// newest event.
    ///
    /// # Errors
    /// As [`Ledger::check_mark`].
    pub(in crate::ledger) async fn advance_mark_to(
        &self,
        written: Option<Move>,
    ) -> Result<(), LedgerError> {
        if let (Some(mark), Some(Move { from, to })) = (&self.mark, written)
            && mark.swap(&from, &to)?
        {
            return Ok(());
        }
        self.advance_mark().await
    }

    /// Moves the mark on to the newest event, never back.
    ///
    /// # Errors
    /// As [`Ledger::check_mark`].
    pub(in crate::ledger) async fn advance_mark(&self) -> Result<(), LedgerError> {
        let Some(mark) = &self.mark else { return Ok(()) };
        loop {
            let mut compared = compare(mark, &self.reader).await?;
            if compared.verdict != Verdict::InOrder {
                // Another process may be between its new mark and its commit: after that one.
                compared = compare(mark, &mut *self.begin().await?).await?;
            }
            let (before, after) = compared.in_order()?;
            if before.event >= after.event || mark.swap(&before, &after)? {
                return Ok(());
            }
        }
    }
}

/// Compares a ledger that is being opened with its mark, and brings both up to date. Says why if
/// it was put back. The caller holds the write lock and commits.
pub(in crate::ledger) async fn open(
    tx: &mut Change,
    mark: &Mark,
    now: DateTime<Utc>,
) -> Result<Option<String>, LedgerError> {
    let Compared { position, marked, verdict } = compare(mark, &mut **tx).await?;
    let sign = match verdict {
        Verdict::InOrder => {
            if let (Some(before), Some(after)) = (marked, position.reached())
                && (before.event < after.event || before.generation != after.generation)
            {
                // Where another process was faster, its mark is the newer one.
                mark.swap(&before, &after)?;
            }
            return Ok(None);
        }
        Verdict::Joins => {
            if let Some(reached) = position.reached() {
                mark.set(&reached)?;
            }
            return Ok(None);
        }
        Verdict::First => None,
        Verdict::Restored(sign) => Some(sign.to_string()),
    };
    let generation = Uuid::new_v4();
    sqlx::query("update ledger set generation = $1, backup_at = null")
        .bind(generation.to_string())
        .execute(&mut **tx)
        .await?;
    let mut reached = Reached { generation, event: position.last_event, hash: position.head };
    if let Some(why) = &sign {
        let from = last_knowledge(tx).await?;
        // A delivery that an earlier copy has forgotten is forgotten still.
        sqlx::query(
            "update ledger
                set restored_at = $1,
                    restored_from = case when restored_from < $2 then restored_from else $2 end",
        )
        .bind(now.timestamp_micros())
        .bind(from.timestamp_micros())
        .execute(&mut **tx)
        .await?;
        let detail = json!({ "why": why, "from": from });
        event::append(tx, now, None, RESTORED, &detail).await?;
        let newest = tx.end().await?;
        (reached.event, reached.hash) = (newest.number, newest.hash.clone());
    }
    mark.set(&reached)?;
    Ok(sign)
}

/// The event of a ledger that was put back.
const RESTORED: &str = "restored";

/// When the newest event happened that is not itself about a ledger put back: noticing it again,
/// after a crash, adds no knowledge.
async fn last_knowledge(tx: &mut AnyConnection) -> Result<DateTime<Utc>, LedgerError> {
    let newest = "select at from event where what <> $1 order by number desc limit 1";
    let newest = sqlx::query(newest).bind(RESTORED).fetch_optional(&mut *tx).await?;
    let at: i64 = match newest {
        Some(event) => event.try_get("at")?,
        None => {
            let ledger = sqlx::query("select created_at from ledger").fetch_one(&mut *tx).await?;
            ledger.try_get("created_at")?
        }
    };
    row::time(at)
}

/// What the mark said when a change began.
pub(in crate::ledger) struct Marked {
    said: Reached,
}

impl Marked {
    /// What it is to say after the change.
    pub(in crate::ledger) fn then(self, newest: &End) -> Option<Move> {
        let Self { said: from } = self;
        let to = Reached {
            generation: from.generation,
            event: newest.number,
            hash: newest.hash.clone(),
        };
        (from.event < to.event).then_some(Move { from, to })
    }
}

/// A step of the mark.
pub(in crate::ledger) struct Move {
    from: Reached,
    to: Reached,
}

/// How far the ledger has come.
struct Position {
    path: String,
    generation: Option<Uuid>,
    /// When it was made, of a copy.
    backup_at: Option<DateTime<Utc>>,
    last_event: i64,
    head: String,
    /// The hash that it has of the event that the mark names.
    hash_at_mark: Option<String>,
}

impl Position {
    fn reached(&self) -> Option<Reached> {
        let hash = self.head.clone();
        self.generation.map(|generation| Reached { generation, event: self.last_event, hash })
    }
}

struct Compared {
    position: Position,
    marked: Option<Reached>,
    verdict: Verdict,
}

impl Compared {
    /// What the mark says and what it should say, of a ledger in order.
    fn in_order(self) -> Result<(Reached, Reached), LedgerError> {
        let why = match self.verdict {
            Verdict::InOrder => match (self.marked, self.position.reached()) {
                (Some(marked), Some(reached)) => return Ok((marked, reached)),
                _ => NO_GENERATION.to_owned(),
            },
            Verdict::First => NO_GENERATION.to_owned(),
            Verdict::Joins => Sign::NoMark.to_string(),
            Verdict::Restored(sign) => sign.to_string(),
        };
        Err(LedgerError::Replaced { path: self.position.path, why })
    }
}

const NO_GENERATION: &str = "it has no generation";

#[derive(Debug, Clone, PartialEq, Eq)]
enum Verdict {
    /// Neither was marked before.
    First,
    InOrder,
    /// This machine takes part for the first time.
    Joins,
    Restored(Sign),
}

/// By what a ledger that was put back was known.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Sign {
    Copy { made: DateTime<Utc> },
    NoMark,
    OtherGeneration,
    Behind { newest: i64, marked: i64 },
    OtherEvent { number: i64 },
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Copy { made } => {
                write!(f, "it is a copy that was made at {}", made.format("%Y-%m-%d %H:%M:%S UTC"))
            }
            Self::NoMark => f.write_str("the mark beside it is missing"),
            Self::OtherGeneration => f.write_str("the mark beside it is of another generation"),
            Self::Behind { newest, marked } => {
                write!(f, "it ends with event {newest}, and had come to event {marked}")
            }
            Self::OtherEvent { number } => write!(f, "its event {number} is another one than was"),
        }
    }
}

/// The mark is read first: the ledger, read later, is never behind it.
async fn compare(
    mark: &Mark,
    executor: impl Executor<'_, Database = Any>,
) -> Result<Compared, LedgerError> {
    let marked = mark.read()?;
    let number = marked.as_ref().map_or(0, |marked| marked.event);
    let row = sqlx::query(
        "select id, path, generation, backup_at, last_event, head,
                (select hash from event where number = $1) as hash_at_mark
           from ledger",
    )
    .bind(number)
    .fetch_one(executor)
    .await?;
    let generation: Option<String> = row.try_get("generation")?;
    let backup_at: Option<i64> = row.try_get("backup_at")?;
    let hash_at_mark = if number == 0 { row.try_get("id")? } else { row.try_get("hash_at_mark")? };
    let position = Position {
        path: row.try_get("path")?,
        generation: generation.as_deref().map(row::uuid).transpose()?,
        backup_at: backup_at.map(row::time).transpose()?,
        last_event: row.try_get("last_event")?,
        head: row.try_get("head")?,
        hash_at_mark,
    };
    let verdict = judge(&position, marked.as_ref(), mark.holders);
    Ok(Compared { position, marked, verdict })
}

/// The tables above.
fn judge(ledger: &Position, marked: Option<&Reached>, holders: Holders) -> Verdict {
    if let Some(made) = ledger.backup_at {
        return Verdict::Restored(Sign::Copy { made });
    }
    let Some(marked) = marked else {
        return match ledger.generation {
            None => Verdict::First,
            Some(_) if holders == Holders::Several => Verdict::Joins,
            Some(_) => Verdict::Restored(Sign::NoMark),
        };
    };
    if holders == Holders::One
        && ledger.generation.is_some_and(|generation| generation != marked.generation)
    {
        Verdict::Restored(Sign::OtherGeneration)
    } else if ledger.last_event < marked.event {
        let (newest, marked) = (ledger.last_event, marked.event);
        Verdict::Restored(Sign::Behind { newest, marked })
    } else if ledger.hash_at_mark.as_deref() != Some(&marked.hash) {
        Verdict::Restored(Sign::OtherEvent { number: marked.event })
    } else if ledger.generation.is_none() {
        Verdict::First
    } else {
        Verdict::InOrder
    }
}
