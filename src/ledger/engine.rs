//! What the two database engines do differently inside of a change; all else is the SQL that they
//! share.
//!
//! Both have one writer at a time. SQLite locks its file; on PostgreSQL every change waits for one
//! advisory lock of the ledger's schema first, which ends with its transaction. So what a change has
//! read stays true until its commit, the chain of events has one end, and a claim is had by one
//! worker, on whichever machine. The lock is no worker's: a connection that is lost gives it back, and
//! one that keeps it for a minute without a word is ended by the server.
//!
//! A commit that fails wrote nothing to a file. To a server it may have, if only the answer was lost. So
//! who is told of a failure does nothing that needs the change, and makes it again where that is
//! harmless: an attempt that may be on record is sent by nobody and becomes unknown, an outcome is
//! written once more and counts once.

use std::io;
use std::time::Duration;

use sqlx::{Any, AnyConnection, AnyPool, Transaction};

use super::LedgerError;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ledger) enum Engine {
    Sqlite,
    Postgres,
}

/// Takes the write lock before anything is read.
const SQLITE_WRITES: &str = "begin immediate";

/// The same on PostgreSQL, in a transaction that has begun. A commit returns once it is on the
/// server's disk, and on that of every standby that the server waits for, whatever the server's
/// default is. The waits are those of SQLite's `busy_timeout`.
const POSTGRES_WRITES: &str = "
    set local synchronous_commit = on;
    set local lock_timeout = '20s';
    set local idle_in_transaction_session_timeout = '60s';
    select pg_advisory_xact_lock(hashtext('handbill'), hashtext(current_setting('search_path')));";

/// A server that vanishes without a word, as one without power does, never answers. This is longer than
/// anything that is waited for on purpose: a connection of the pool, a lock, a slow disk.
const LONGEST_ANSWER: Duration = Duration::from_secs(90);

/// Everything is read as it was at one moment. SQLite's transactions do so anyway.
const POSTGRES_READS: &str = "begin transaction isolation level repeatable read read only";

impl Engine {
    /// The engine that a connection talks to.
    pub(in crate::ledger) fn of(connection: &AnyConnection) -> Self {
        match connection.backend_name() {
            "PostgreSQL" => Self::Postgres,
            _ => Self::Sqlite,
        }
    }

    /// Begins the transaction of a change, as the only writer.
    pub(in crate::ledger) async fn begin_writing(
        self,
        writer: &AnyPool,
    ) -> Result<Transaction<'static, Any>, LedgerError> {
        match self {
            Self::Sqlite => Ok(writer.begin_with(SQLITE_WRITES).await?),
            Self::Postgres => {
                let begin = async {
                    let mut tx = writer.begin().await?;
                    sqlx::raw_sql(POSTGRES_WRITES).execute(&mut *tx).await?;
                    Ok(tx)
                };
                Ok(self.in_time(begin).await?)
            }
        }
    }

    /// Begins to read several things as they were at one moment.
    pub(in crate::ledger) async fn begin_reading(
        self,
        reader: &AnyPool,
    ) -> Result<Transaction<'static, Any>, LedgerError> {
        match self {
            Self::Sqlite => Ok(reader.begin().await?),
            Self::Postgres => Ok(reader.begin_with(POSTGRES_READS).await?),
        }
    }

    /// Waits for a server's answer, but not for ever. Whether it did what it was asked to is then as
    /// unknown as where the connection is lost. A file answers itself.
    pub(in crate::ledger) async fn in_time<T>(
        self,
        answer: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, sqlx::Error> {
        if self == Self::Sqlite {
            return answer.await;
        }
        let answered = tokio::time::timeout(LONGEST_ANSWER, answer).await;
        answered.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()))
    }
}

/// Whether somebody else is at work on the ledger, so that it may be had a little later.
pub(in crate::ledger) fn is_busy(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| is_busy_code(&code)),
        _ => false,
    }
}

/// PostgreSQL says in five characters that a lock was not to be had in time (`lock_not_available`);
/// SQLite in a number whose low byte is SQLITE_BUSY.
fn is_busy_code(code: &str) -> bool {
    match code.len() {
        5 => code == "55P03",
        _ => code.parse::<u32>().is_ok_and(|code| code & 0xff == 5),
    }
}
