//! Opens the ledger: an SQLite file with write-ahead log, `synchronous=full` and foreign keys.
//!
//! One process writes through one connection, reads through a few. A write waits up to twenty
//! seconds for another process to finish its own (`busy_timeout`); then it fails with
//! [`LedgerError::Database`] and has changed nothing. Every change is one transaction together
//! with its event.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{Any, AnyConnection, AnyPool, Connection, Executor, Row, SqlSafeStr};
use url::Url;
use uuid::Uuid;

use super::binding::{self, SiteMark};
use super::change::Change;
use super::group::Group;
use super::mark::Mark;
use super::{LedgerError, generation, row};

/// The durable record. Clones share one set of connections.
#[derive(Debug, Clone)]
pub struct Ledger {
    id: Uuid,
    pub(in crate::ledger) writer: AnyPool,
    pub(in crate::ledger) reader: AnyPool,
    turnstile: Option<Arc<dyn Turnstile>>,
    /// Who decides what is written, if a person does who is known.
    person: Option<Arc<str>>,
    pub(in crate::ledger) group: Arc<Group>,
    /// `None` if it was opened to read.
    pub(in crate::ledger) mark: Option<Mark>,
}

/// How a ledger is opened; the default is what [`Ledger::open`] does.
#[derive(Debug, Clone, Default)]
pub struct Opening {
    /// The id of a ledger that is made new; by default a random one.
    pub id: Option<Uuid>,
    /// Passed before every change. Reading and writing share one connection then, so that of two
    /// things one always happens after the other: for simulations, which repeat themselves.
    pub turnstile: Option<Arc<dyn Turnstile>>,
}

/// Stands before every change of a ledger: a simulation says here whose turn it is, and that the
/// disk is full or the file is locked. A change is one transaction, so one that fails before its
/// beginning is the same to its caller as one that fails inside.
#[async_trait]
pub trait Turnstile: fmt::Debug + Send + Sync {
    /// # Errors
    /// What the change is to fail with.
    async fn pass(&self) -> Result<(), LedgerError>;
}

/// How a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ledger) enum Mode {
    /// Writes; the file is there.
    Write,
    /// Reads beside a writer, or what a writer left in the write-ahead log.
    Read,
    /// Reads a file that nobody has open, and leaves no file beside it.
    ReadUntouched,
    /// Reads beside writers that come and go; may leave and remove SQLite's files beside it.
    Upkeep,
    /// Writes to a copy that nobody else knows of, with no files beside it.
    Copy,
}

impl Mode {
    /// How to read this file and make none.
    pub(in crate::ledger) fn to_read(path: &Path) -> Self {
        let mut log = path.to_owned().into_os_string();
        log.push("-wal");
        let at_rest = PathBuf::from(log).metadata().map_or(true, |log| log.len() == 0);
        if at_rest { Self::ReadUntouched } else { Self::Read }
    }
}

impl Ledger {
    /// Opens the ledger at `path` for the site, and makes file, folder and marker if there are
    /// none. The file is readable by its owner only. A ledger that was put back from a copy is
    /// noticed here (see [`generation`]).
    ///
    /// # Errors
    /// [`LedgerError::SecondLedger`] or [`LedgerError::OtherSite`] if the ledger is not this
    /// site's (see [`binding`]); [`LedgerError::Open`] if there is no way to the file;
    /// [`LedgerError::Migration`] if a newer Handbill wrote it.
    pub async fn open(
        path: &Path,
        site: &SiteMark,
        now: DateTime<Utc>,
    ) -> Result<Self, LedgerError> {
        Self::open_with(path, site, now, Opening::default()).await
    }

    /// Opens the ledger in another way than usual.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub async fn open_with(
        path: &Path,
        site: &SiteMark,
        now: DateTime<Utc>,
        opening: Opening,
    ) -> Result<Self, LedgerError> {
        let (ledger, put_back) = Self::open_and_compare(path, site, now, opening).await?;
        if let Some(why) = put_back {
            tracing::warn!("this ledger counts as put back from a copy: {why}");
        }
        Ok(ledger)
    }

    /// Opens the ledger, and says why if it counts as put back from a copy since.
    pub(in crate::ledger) async fn open_and_compare(
        path: &Path,
        site: &SiteMark,
        now: DateTime<Utc>,
        opening: Opening,
    ) -> Result<(Self, Option<String>), LedgerError> {
        let path = std::path::absolute(path).map_err(|error| cannot_open(path, &error))?;
        if !path.exists() {
            if let Some(marker) = binding::read_marker(site)? {
                return Err(binding::second_ledger(&marker, &path, site));
            }
            create_file(&path).map_err(|error| cannot_open(&path, &error))?;
        }
        let path = path.canonicalize().map_err(|error| cannot_open(&path, &error))?;
        let writer = pool(&path, Mode::Write, 1).await?;

        let mut tx = writer.begin_with(BEGIN_WRITING).await?;
        migrate(&mut tx, &path).await?;
        let new_id = opening.id.unwrap_or_else(Uuid::new_v4);
        let id = binding::bind(&mut tx, &path, site, new_id, now).await?;
        tx.commit().await?;

        let mut tx = Change::new(writer.begin_with(BEGIN_WRITING).await?, None);
        binding::mark(&mut tx, &path, site).await?;
        let mark = Mark::of(&path);
        let put_back = generation::open(&mut tx, &mark, now).await?;
        tx.commit().await?;

        let turnstile = opening.turnstile;
        let reader = match turnstile {
            None => pool(&path, Mode::Write, 3).await?,
            Some(_) => writer.clone(),
        };
        let (group, mark) = (Arc::default(), Some(mark));
        Ok((Self { id, writer, reader, turnstile, person: None, group, mark }, put_back))
    }

    /// The version of the tables of the ledger at `path`, which is that of the newest migration;
    /// `None` if there is no ledger.
    ///
    /// # Errors
    /// [`LedgerError::Open`] if the file is there and cannot be read.
    pub async fn version(path: &Path) -> Result<Option<i64>, LedgerError> {
        let Some(path) = existing(path)? else { return Ok(None) };
        let reader = pool(&path, Mode::Upkeep, 1).await?;
        let version = version(&reader, &path).await;
        reader.close().await;
        version.map(Some)
    }

    /// The version of the tables that this Handbill writes.
    pub fn current_version() -> i64 {
        newest_version()
    }

    /// Opens the ledger at `path` for its upkeep: to check, copy or export all of it as it was at
    /// one moment, while others write; `None` if there is none. Changes nothing in it, brings
    /// nothing up to date, and compares no mark; every method that writes fails. Unlike
    /// [`Ledger::open_existing_read_only`] it takes a ledger that an older Handbill wrote, and
    /// needs the right to write in the folder.
    ///
    /// # Errors
    /// [`LedgerError::Open`] if the file is there and cannot be read, or a newer Handbill wrote it.
    pub async fn open_for_upkeep(path: &Path) -> Result<Option<Self>, LedgerError> {
        let Some(path) = existing(path)? else { return Ok(None) };
        let reader = pool(&path, Mode::Upkeep, 1).await?;
        if version(&reader, &path).await? > newest_version() {
            return Err(cannot_open(&path, &NEWER));
        }
        Self::reading(reader).await
    }

    /// A ledger that only reads; `None` if it has not got its own row yet.
    async fn reading(reader: AnyPool) -> Result<Option<Self>, LedgerError> {
        let ledger = sqlx::query("select id from ledger").fetch_optional(&reader).await?;
        let Some(ledger) = ledger else { return Ok(None) };
        let id: String = ledger.try_get("id")?;
        let id = row::uuid(&id)?;
        let (writer, group) = (reader.clone(), Arc::default());
        Ok(Some(Self { id, writer, reader, turnstile: None, person: None, group, mark: None }))
    }

    /// Opens the ledger at `path` to read it; `None` if there is none. Creates and changes
    /// nothing, but for SQLite's own index of a write-ahead log that is there (`-shm`); every
    /// method that writes fails. A process that found the ledger at rest may not see what is
    /// written to it later: this is for commands that end, not for a daemon.
    ///
    /// # Errors
    /// [`LedgerError::Open`] if the file is there and cannot be read, or was written by another
    /// version of Handbill.
    pub async fn open_existing_read_only(path: &Path) -> Result<Option<Self>, LedgerError> {
        let Some(path) = existing(path)? else { return Ok(None) };
        let reader = pool(&path, Mode::to_read(&path), 1).await?;
        check_version(&reader, &path).await?;
        Self::reading(reader).await
    }

    /// The ledger's own id, from which every delivery's key is made.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// Waits until no statement of this process is under way, and nobody before this call waits for
    /// its turn: for simulations, whose ledgers have one connection.
    ///
    /// # Errors
    /// [`LedgerError`] if there is no connection.
    pub async fn rest(&self) -> Result<(), LedgerError> {
        drop(self.writer.acquire().await?);
        Ok(())
    }

    /// Closes the file in good order: the write-ahead log is folded in and removed. A process
    /// that ends without it loses nothing.
    pub async fn close(self) {
        if let Err(error) = self.advance_mark().await {
            tracing::warn!("{error}");
        }
        self.reader.close().await;
        self.writer.close().await;
    }

    /// Whether it was closed: what fails on it then says nothing of the ledger itself.
    pub fn is_closed(&self) -> bool {
        self.reader.is_closed()
    }

    /// The same ledger for a person: each event that is written through it names her; of an ad beside
    /// the chain, where it can be erased with the ad, of a pause in it.
    pub fn in_the_name_of(&self, person: &str) -> Self {
        Self { person: Some(person.into()), ..self.clone() }
    }

    /// Begins the transaction of one change. There is one writer at a time: on SQLite the
    /// statement takes the write lock before anything is read, so what is read stays true until
    /// the commit. Another engine has to lock the row of `ledger` here.
    pub(in crate::ledger) async fn begin(&self) -> Result<Change, LedgerError> {
        if let Some(turnstile) = &self.turnstile {
            turnstile.pass().await?;
        }
        let tx = self.writer.begin_with(BEGIN_WRITING).await?;
        Ok(Change::new(tx, self.person.clone()))
    }
}

const BEGIN_WRITING: &str = "begin immediate";

const NEWER: &str = "a newer Handbill wrote it; use that one";

fn migrations() -> Migrator {
    let migration = |version, description: &'static str, sql: &'static str| {
        let kind = MigrationType::Simple;
        Migration::new(version, description.into(), kind, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(vec![
        migration(1, "ledger", include_str!("migrations/0001_ledger.sql")),
        migration(2, "append only", include_str!("migrations/0002_append_only.sqlite.sql")),
        migration(3, "decisions", include_str!("migrations/0003_decisions.sql")),
        migration(4, "generation", include_str!("migrations/0004_generation.sql")),
        migration(5, "notices", include_str!("migrations/0005_notices.sql")),
        migration(6, "erasure", include_str!("migrations/0006_erasure.sql")),
        migration(7, "arrival", include_str!("migrations/0007_arrival.sql")),
        migration(8, "pictures", include_str!("migrations/0008_pictures.sql")),
        migration(9, "carried", include_str!("migrations/0009_carried.sql")),
    ])
}

/// The version of the tables that this Handbill writes.
pub(in crate::ledger) fn newest_version() -> i64 {
    migrations().iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// Brings the tables up to date.
pub(in crate::ledger) async fn migrate(
    connection: &mut AnyConnection,
    path: &Path,
) -> Result<(), LedgerError> {
    // `Migrator::run` does the same, but its future cannot move between threads.
    match migrations().run_direct(None, connection, false).await {
        Err(MigrateError::VersionMissing(_)) => Err(cannot_open(path, &NEWER)),
        other => Ok(other?),
    }
}

pub(in crate::ledger) async fn version(
    executor: impl Executor<'_, Database = Any>,
    path: &Path,
) -> Result<i64, LedgerError> {
    sqlx::query("select max(version) as version from _sqlx_migrations")
        .fetch_one(executor)
        .await
        .and_then(|row| row.try_get("version"))
        .map_err(|error| cannot_open(path, &error))
}

async fn check_version(reader: &AnyPool, path: &Path) -> Result<(), LedgerError> {
    let why = match version(reader, path).await?.cmp(&newest_version()) {
        std::cmp::Ordering::Equal => return Ok(()),
        std::cmp::Ordering::Less => {
            "an older Handbill wrote it\nhelp: `handbill ledger migrate` brings it up to date"
        }
        std::cmp::Ordering::Greater => NEWER,
    };
    Err(cannot_open(path, &why))
}

async fn pool(path: &Path, mode: Mode, connections: u32) -> Result<AnyPool, LedgerError> {
    sqlx::any::install_default_drivers();
    let options = options(path, mode)?;
    try_patiently(&options, mode).await.map_err(|error| cannot_open(path, &error))?;
    AnyPoolOptions::new()
        .max_connections(connections)
        // A file does not hang up.
        .test_before_acquire(false)
        // A file costs nothing to keep open, and a process that has it open can be told by that.
        .idle_timeout(None)
        .max_lifetime(None)
        .after_connect(move |connection, _| Box::pin(prepare(connection, mode)))
        .connect_with(options)
        .await
        .map_err(|error| cannot_open(path, &error))
}

/// How often, and how long apart, a busy file is tried: about as long as `busy_timeout`.
const TRIES: u32 = 400;
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

/// SQLite does not wait for others while it turns to write-ahead logging, as several processes may
/// that open a new file at once; so it is waited for here.
async fn try_patiently(options: &AnyConnectOptions, mode: Mode) -> Result<(), sqlx::Error> {
    for _ in 1..TRIES {
        match try_once(options, mode).await {
            Err(error) if is_busy(&error) => tokio::time::sleep(BETWEEN_TRIES).await,
            other => return other,
        }
    }
    try_once(options, mode).await
}

/// Whether somebody else is at work on the file (SQLITE_BUSY and its extended codes).
pub(in crate::ledger) fn is_busy(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut => true,
        sqlx::Error::Database(error) => error
            .code()
            .and_then(|code| code.parse::<u32>().ok())
            .is_some_and(|code| code & 0xff == 5),
        _ => false,
    }
}

/// Opens and closes one connection: a pool tries for half a minute and then says only that it did.
async fn try_once(options: &AnyConnectOptions, mode: Mode) -> Result<(), sqlx::Error> {
    let mut connection = AnyConnection::connect_with(options).await?;
    prepare(&mut connection, mode).await?;
    connection.close().await
}

/// One connection to a file, beside all pools.
pub(in crate::ledger) async fn connect(
    path: &Path,
    mode: Mode,
) -> Result<AnyConnection, LedgerError> {
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect_with(&options(path, mode)?)
        .await
        .map_err(|error| cannot_open(path, &error))?;
    prepare(&mut connection, mode).await.map_err(|error| cannot_open(path, &error))?;
    Ok(connection)
}

async fn prepare(connection: &mut AnyConnection, mode: Mode) -> Result<(), sqlx::Error> {
    connection.execute("pragma busy_timeout = 20000").await?;
    connection.execute("pragma foreign_keys = on").await?;
    match mode {
        Mode::Write => {
            connection.execute("pragma journal_mode = wal").await?;
            // With `normal` a committed attempt could vanish in a power cut, after it was sent.
            connection.execute("pragma synchronous = full").await?;
            // What is replaced or erased is overwritten, so that it does not lie about in the file.
            connection.execute("pragma secure_delete = on").await?;
            // What a statement may have to undo is kept in memory, not in a file beside.
            connection.execute("pragma temp_store = memory").await?;
            // A page that changes often goes into the ledger's own file once for many changes.
            connection.execute("pragma wal_autocheckpoint = 4000").await?;
        }
        Mode::Upkeep => {
            connection.execute("pragma query_only = on").await?;
        }
        Mode::Copy => {
            connection.execute("pragma journal_mode = delete").await?;
        }
        Mode::Read | Mode::ReadUntouched => {}
    }
    Ok(())
}

fn options(path: &Path, mode: Mode) -> Result<AnyConnectOptions, LedgerError> {
    let file = Url::from_file_path(path).map_err(|()| cannot_open(path, &"no absolute path"))?;
    let query = match mode {
        Mode::Write | Mode::Upkeep | Mode::Copy => "mode=rw",
        Mode::Read => "mode=ro",
        Mode::ReadUntouched => "mode=ro&immutable=1",
    };
    format!("sqlite://{}?{query}", file.path())
        .parse()
        .map_err(|error: sqlx::Error| cannot_open(path, &error))
}

/// The path of a ledger that is there; `None` if it is not.
fn existing(path: &Path) -> Result<Option<PathBuf>, LedgerError> {
    let path = std::path::absolute(path).map_err(|error| cannot_open(path, &error))?;
    match path.metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(cannot_open(&path, &error)),
        // A file that was made and never written to: the process was stopped in between.
        Ok(file) if file.len() == 0 => Ok(None),
        Ok(_) => Ok(Some(path)),
    }
}

/// Makes the file before SQLite does, because SQLite would let everybody read it. The files that
/// SQLite puts beside it get the same permissions.
fn create_file(path: &Path) -> std::io::Result<()> {
    create_folder_of(path)?;
    let mut file = std::fs::OpenOptions::new();
    file.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    file.open(path)?.sync_all()
}

pub(in crate::ledger) fn create_folder_of(path: &Path) -> std::io::Result<()> {
    let mut folder = std::fs::DirBuilder::new();
    folder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    path.parent().map_or(Ok(()), |parent| folder.create(parent))
}

pub(in crate::ledger) fn cannot_open(path: &Path, why: &impl ToString) -> LedgerError {
    LedgerError::Open { path: path.display().to_string(), why: why.to_string() }
}
