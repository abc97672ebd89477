//! Copies of the ledger: made while others write, and put back.
//!
//! A copy is one file without any beside it, readable by its owner only, whole as of one moment,
//! and looked through before it gets its name. It says of itself that it is a copy (but a copy of
//! a ledger from before generations cannot), so that it is noticed when it is put back, by whatever
//! means. A ledger that makes way for a copy is kept beside it, never deleted.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{AnyConnection, Connection, Executor, Row};
use uuid::Uuid;

use super::engine::Engine;
use super::mark::sync_folder;
use super::sqlite::{self, Mode};
use super::store;
use super::{
    ChainReport, Database, Ledger, LedgerError, Opening, Place, Restored, SiteMark, binding,
    engine, integrity, row,
};

/// A copy that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Backup {
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// How many events it holds.
    pub events: i64,
    /// The time of the newest.
    pub newest: Option<DateTime<Utc>>,
}

/// What to do where the ledger in place is whole and knows more than the copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfNewer {
    /// Leave everything as it is.
    Refuse,
    /// Restore all the same.
    Over,
}

/// What a restore did.
#[derive(Debug)]
pub struct Restoration {
    /// Open, and noticed as restored.
    pub ledger: Ledger,
    pub restored: Restored,
    /// How many events the copy holds.
    pub events: i64,
    /// Where the ledger that was in place is now; `None` if there was none.
    pub kept: Option<PathBuf>,
}

/// The first version of the tables in which a copy can say that it is one.
const SIGNED_SINCE: i64 = 4;

/// How long another process has the file open before it counts as in use.
const MOMENT: Duration = Duration::from_millis(500);

impl Ledger {
    /// Makes a copy while others write.
    ///
    /// # Errors
    /// [`LedgerError::Exists`] if there is such a file; [`LedgerError::Copy`] if it cannot be
    /// written, or is not whole, as that of a broken ledger; [`LedgerError::InPostgres`], whose own
    /// programs make copies. Then no file of that name was made.
    pub async fn backup(&self, to: &Path, now: DateTime<Utc>) -> Result<Backup, LedgerError> {
        if self.engine == Engine::Postgres {
            let schema = sqlx::query("select current_setting('search_path') as schema");
            let schema = schema.fetch_one(&self.reader).await?.try_get("schema")?;
            return Err(LedgerError::InPostgres { schema });
        }
        let to = std::path::absolute(to).map_err(|error| cannot_copy(to, &error))?;
        if to.symlink_metadata().is_ok() {
            return Err(LedgerError::Exists { path: to.display().to_string() });
        }
        let mut connection = self.reader.acquire().await?.detach();
        let copy = Draft::copy(&mut connection, &to).await;
        connection.close().await?;
        let copy = copy?;
        let mut connection = sqlite::connect(&copy.path, Mode::Copy).await?;
        if store::version(&mut connection, &copy.path).await? >= SIGNED_SINCE {
            sign(&mut connection, now).await?;
        }
        let newest = newest_event(&mut connection).await?;
        connection.close().await?;
        let events = look_through(&copy.path)
            .await?
            .map_err(|why| cannot_copy(&to, &format!("the ledger is not whole: {why}")))?
            .events;
        let bytes = copy.put(&to)?;
        Ok(Backup { path: to, bytes, events, newest })
    }

    /// Puts a copy in the place of the ledger at `path`: one made by [`Ledger::backup`], or any
    /// ledger file that is whole and this site's own. The ledger in place is kept beside it, as
    /// `LEDGER.before-restore-TIME`. If the process ends before the copy is in place, either the
    /// ledger is where it was, or there is none and the site's marker refuses a new one: then
    /// restore again.
    ///
    /// # Errors
    /// [`LedgerError::InPostgres`]; [`LedgerError::Unfit`] if the copy is not whole;
    /// [`LedgerError::SecondLedger`] or
    /// [`LedgerError::OtherSite`] if it is not this site's; [`LedgerError::InUse`] if another
    /// process has the ledger open; [`LedgerError::StillWhole`] if there is nothing to mend and
    /// `if_newer` says to refuse.
    pub async fn restore(
        from: &Path,
        place: impl Into<Place>,
        site: &SiteMark,
        if_newer: IfNewer,
        now: DateTime<Utc>,
    ) -> Result<Restoration, LedgerError> {
        let unfit = |why: String| LedgerError::Unfit { path: from.display().to_string(), why };
        let from = from.canonicalize().map_err(|error| unfit(error.to_string()))?;
        let path = match place.into() {
            Place::File(path) => place_of(&path)?,
            Place::Postgres(Database { schema, .. }) => {
                return Err(LedgerError::InPostgres { schema: schema.to_string() });
            }
        };
        if from == path {
            return Err(unfit("it is the ledger itself".to_owned()));
        }
        let mut connection = sqlite::connect(&from, Mode::to_read(&from)).await?;
        integrity::whole(&mut connection).await.map_err(unfit)?;
        let copy = Draft::copy(&mut connection, &path).await?;
        connection.close().await?;

        let mut connection = sqlite::connect(&copy.path, Mode::Copy).await?;
        binding::admit(&mut connection, &from, &path, site).await?;
        store::migrate(&mut connection, &from).await?;
        let made = newest_event(&mut connection).await?.unwrap_or(now);
        sign(&mut connection, made).await?;
        connection.close().await?;
        let events = look_through(&copy.path).await?.map_err(unfit)?.events;

        if is_in_use(&path).await {
            return Err(LedgerError::InUse { path: path.display().to_string() });
        }
        if if_newer == IfNewer::Refuse
            && let Some(newest) = whole_until(&path).await
            && newest > events
        {
            let path = path.display().to_string();
            return Err(LedgerError::StillWhole { path, newest, copied: events });
        }
        let kept = set_aside(&path, now)?;
        copy.put(&path)?;
        // That it counts as put back is no news here.
        let (ledger, _) =
            Self::open_and_compare(&(&path).into(), site, now, Opening::default()).await?;
        let restored = ledger.restored().await?.ok_or_else(|| {
            LedgerError::Corrupt("it was restored and does not know it".to_owned())
        })?;
        Ok(Restoration { ledger, restored, events, kept })
    }
}

/// A copy that has no name yet. It is removed unless it gets one.
struct Draft {
    path: PathBuf,
}

impl Draft {
    /// Copies everything, as it is at one moment, into a new file beside `target`.
    async fn copy(connection: &mut AnyConnection, target: &Path) -> Result<Self, LedgerError> {
        let id = Uuid::new_v4().simple().to_string();
        let draft =
            Self { path: beside(target, &format!(".{}.partial", id.get(..8).unwrap_or(&id))) };
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&draft.path).map_err(|error| cannot_copy(target, &error))?;
        let Some(name) = draft.path.to_str() else {
            return Err(cannot_copy(target, &"its path is not UTF-8"));
        };
        // It is SQLite's own way to copy beside writers; an empty file it fills.
        connection.execute("pragma query_only = off").await?;
        let copied = sqlx::query("vacuum into $1").bind(name.to_owned()).execute(connection).await;
        copied.map_err(|error| cannot_copy(target, &error))?;
        Ok(draft)
    }

    /// Gives it its name, on disk, and says its size.
    fn put(self, path: &Path) -> Result<u64, LedgerError> {
        let put = || {
            let file = fs::File::open(&self.path)?;
            file.sync_all()?;
            fs::rename(&self.path, path)?;
            sync_folder(path)?;
            Ok(file.metadata()?.len())
        };
        put().map_err(|error: io::Error| cannot_copy(path, &error))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Once it has its name there is nothing here any more.
        let _ = fs::remove_file(&self.path);
        let _ = fs::remove_file(beside(&self.path, "-journal"));
    }
}

/// Has a copy say that it is one, unless it does.
async fn sign(connection: &mut AnyConnection, made: DateTime<Utc>) -> Result<(), LedgerError> {
    sqlx::query("update ledger set backup_at = coalesce(backup_at, $1)")
        .bind(made.timestamp_micros())
        .execute(connection)
        .await?;
    Ok(())
}

async fn newest_event(
    connection: &mut AnyConnection,
) -> Result<Option<DateTime<Utc>>, LedgerError> {
    let newest = sqlx::query("select at from event order by number desc limit 1")
        .fetch_optional(connection)
        .await?;
    newest.map(|event| row::time(event.try_get("at")?)).transpose()
}

/// Whether the finished copy is whole.
async fn look_through(copy: &Path) -> Result<Result<ChainReport, String>, LedgerError> {
    let mut connection = sqlite::connect(copy, Mode::ReadUntouched).await?;
    let chain = integrity::whole(&mut connection).await;
    connection.close().await?;
    Ok(chain)
}

/// Whether another process has the ledger open, as far as SQLite can tell. A file that is no
/// database any more is in nobody's use.
async fn is_in_use(path: &Path) -> bool {
    let alone = async {
        let mut connection = sqlite::connect(path, Mode::Upkeep).await?;
        let patience = format!("pragma busy_timeout = {}", MOMENT.as_millis());
        connection.execute(sqlx::AssertSqlSafe(patience)).await?;
        connection.execute("pragma locking_mode = exclusive").await?;
        connection.execute("select count(*) from sqlite_master").await?;
        connection.close().await?;
        Ok::<_, LedgerError>(())
    };
    matches!(alone.await, Err(LedgerError::Database(error)) if engine::is_busy(&error))
}

/// The number of the newest event of the ledger in place, if that is whole.
async fn whole_until(path: &Path) -> Option<i64> {
    let mut connection = sqlite::connect(path, Mode::Upkeep).await.ok()?;
    let chain = integrity::whole(&mut connection).await.ok();
    connection.close().await.ok()?;
    chain.map(|chain| chain.events)
}

/// Moves the ledger at `path` out of the way, with what SQLite has beside it: a write-ahead log that
/// stayed would be read as part of the copy.
fn set_aside(path: &Path, now: DateTime<Utc>) -> Result<Option<PathBuf>, LedgerError> {
    let parts = ["", "-wal", "-shm"];
    if parts.iter().all(|part| beside(path, part).symlink_metadata().is_err()) {
        return Ok(None);
    }
    let time = now.format("%Y%m%dT%H%M%SZ");
    let free = |name: &PathBuf| name.symlink_metadata().is_err();
    let first = beside(path, &format!(".before-restore-{time}"));
    let others = (2..u32::MAX).map(|number| beside(&first, &format!("-{number}")));
    let Some(kept) = std::iter::once(first.clone()).chain(others).find(free) else {
        return Err(LedgerError::Exists { path: first.display().to_string() });
    };
    for part in parts {
        let from = beside(path, part);
        if from.symlink_metadata().is_ok() {
            fs::rename(&from, beside(&kept, part)).map_err(|error| cannot_copy(&kept, &error))?;
        }
    }
    Ok(Some(kept))
}

/// Where the ledger is, or will be; its folder is made.
fn place_of(path: &Path) -> Result<PathBuf, LedgerError> {
    let resolved = || {
        let path = std::path::absolute(path)?;
        if path.exists() {
            return path.canonicalize();
        }
        store::create_folder_of(&path)?;
        match (path.parent(), path.file_name()) {
            (Some(folder), Some(name)) => Ok(folder.canonicalize()?.join(name)),
            _ => Ok(path),
        }
    };
    resolved().map_err(|error| store::cannot_open(path, &error))
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.to_owned().into();
    name.push(suffix);
    name.into()
}

fn cannot_copy(path: &Path, why: &impl ToString) -> LedgerError {
    LedgerError::Copy { path: path.display().to_string(), why: why.to_string() }
}
