//! Opens the ledger: a file (see `ledger::sqlite`) or a schema in PostgreSQL (see
//! [`super::postgres`]).
//!
//! One process writes through one connection, reads through a few. A write waits up to twenty
//! seconds for another process to finish its own; then it fails with [`LedgerError::Database`] and
//! has changed nothing. Every change is one transaction together with its event.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{Any, AnyConnection, AnyPool, Executor, Row, SqlSafeStr, Transaction};
use uuid::Uuid;

use super::binding::{self, SiteMark};
use super::change::Change;
use super::engine::Engine;
use super::group::Group;
use super::mark::Mark;
use super::place::Place;
use super::postgres::Use;
use super::sqlite::{self, Mode};
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
    pub(in crate::ledger) engine: Engine,
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

impl Ledger {
    /// Opens the ledger in its place for the site, and makes file, folder and marker, or the tables,
    /// if there are none. A file is readable by its owner only. A ledger that was put back from a
    /// copy is noticed here (see [`generation`]).
    ///
    /// # Errors
    /// [`LedgerError::SecondLedger`] or [`LedgerError::OtherSite`] if the ledger is not this
    /// site's (see [`binding`]); [`LedgerError::Open`] if there is no way to the file;
    /// [`LedgerError::Migration`] if a newer Handbill wrote it.
    pub async fn open(
        place: impl Into<Place>,
        site: &SiteMark,
        now: DateTime<Utc>,
    ) -> Result<Self, LedgerError> {
        Self::open_with(place, site, now, Opening::default()).await
    }

    /// Opens the ledger in another way than usual.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub async fn open_with(
        place: impl Into<Place>,
        site: &SiteMark,
        now: DateTime<Utc>,
        opening: Opening,
    ) -> Result<Self, LedgerError> {
        let place = place.into();
        let (ledger, put_back) = Self::open_and_compare(&place, site, now, opening).await?;
        if let Some(why) = put_back {
            tracing::warn!("this ledger counts as put back from a copy: {why}");
        }
        Ok(ledger)
    }

    /// Opens the ledger, and says why if it counts as put back from a copy since.
    pub(in crate::ledger) async fn open_and_compare(
        place: &Place,
        site: &SiteMark,
        now: DateTime<Utc>,
        opening: Opening,
    ) -> Result<(Self, Option<String>), LedgerError> {
        let Tables { engine, writer, mark, path } = Tables::make(place, site).await?;

        let mut tx = engine.begin_writing(&writer).await?;
        migrate(&mut tx, &path).await?;
        let new_id = opening.id.unwrap_or_else(Uuid::new_v4);
        let id = binding::bind(&mut tx, &path, site, new_id, now).await?;
        tx.commit().await?;

        let mut tx = Change::new(engine.begin_writing(&writer).await?, None);
        binding::mark(&mut tx, &path, site).await?;
        let put_back = generation::open(&mut tx, &mark, now).await?;
        tx.commit().await?;

        let turnstile = opening.turnstile;
        let reader = match (&turnstile, place) {
            (Some(_), _) => writer.clone(),
            (None, Place::File(_)) => sqlite::pool(&path, Mode::Write, 3).await?,
            (None, Place::Postgres(database)) => database.pool(Use::Read, 3).await?,
        };
        let (group, mark) = (Arc::default(), Some(mark));
        let ledger = Self { id, writer, reader, turnstile, person: None, group, mark, engine };
        Ok((ledger, put_back))
    }

    /// The version of the tables of the ledger in its place, which is that of the newest migration;
    /// `None` if there is no ledger.
    ///
    /// # Errors
    /// [`LedgerError::Open`] if it is there and cannot be read.
    pub async fn version(place: impl Into<Place>) -> Result<Option<i64>, LedgerError> {
        let Some(there) = There::look(place.into(), |_| Mode::Upkeep).await? else {
            return Ok(None);
        };
        let version = version(&there.reader, &there.path).await;
        there.reader.close().await;
        version.map(Some)
    }

    /// The version of the tables that this Handbill writes.
    pub fn current_version() -> i64 {
        newest_version()
    }

    /// Opens the ledger in its place for its upkeep: to check, copy or export all of it as it was at
    /// one moment, while others write; `None` if there is none. Changes nothing in it, brings
    /// nothing up to date, and compares no mark; every method that writes fails. Unlike
    /// [`Ledger::open_existing_read_only`] it takes a ledger that an older Handbill wrote, and
    /// needs the right to write in the folder of a file.
    ///
    /// # Errors
    /// [`LedgerError::Open`] if it is there and cannot be read, or a newer Handbill wrote it.
    pub async fn open_for_upkeep(place: impl Into<Place>) -> Result<Option<Self>, LedgerError> {
        let Some(there) = There::look(place.into(), |_| Mode::Upkeep).await? else {
            return Ok(None);
        };
        if version(&there.reader, &there.path).await? > newest_version() {
            return Err(cannot_open(&there.path, &NEWER));
        }
        Self::reading(there).await
    }

    /// A ledger that only reads; `None` if it has not got its own row yet.
    async fn reading(there: There) -> Result<Option<Self>, LedgerError> {
        let There { engine, reader, .. } = there;
        let ledger = sqlx::query("select id from ledger").fetch_optional(&reader).await?;
        let Some(ledger) = ledger else { return Ok(None) };
        let id: String = ledger.try_get("id")?;
        let id = row::uuid(&id)?;
        let (writer, group) = (reader.clone(), Arc::default());
        let (turnstile, person, mark) = (None, None, None);
        Ok(Some(Self { id, writer, reader, turnstile, person, group, mark, engine }))
    }

    /// Opens the ledger in its place to read it; `None` if there is none. Creates and changes
    /// nothing, but for SQLite's own index of a write-ahead log that is there (`-shm`); every
    /// method that writes fails. A process that found a file at rest may not see what is
    /// written to it later: this is for commands that end, not for a daemon.
    ///
    /// # Errors
    /// [`LedgerError::Open`] if it is there and cannot be read, or was written by another
    /// version of Handbill.
    pub async fn open_existing_read_only(
        place: impl Into<Place>,
    ) -> Result<Option<Self>, LedgerError> {
        let Some(there) = There::look(place.into(), Mode::to_read).await? else { return Ok(None) };
        check_version(&there.reader, &there.path).await?;
        Self::reading(there).await
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

    /// Begins the transaction of one change. There is one writer at a time, so what is read in it
    /// stays true until the commit (see [`super::engine`]).
    pub(in crate::ledger) async fn begin(&self) -> Result<Change, LedgerError> {
        if let Some(turnstile) = &self.turnstile {
            turnstile.pass().await?;
        }
        let tx = self.engine.begin_writing(&self.writer).await?;
        Ok(Change::new(tx, self.person.clone()))
    }

    /// Begins to read several things as they were at one moment.
    pub(in crate::ledger) async fn begin_reading(
        &self,
    ) -> Result<Transaction<'static, Any>, LedgerError> {
        self.engine.begin_reading(&self.reader).await
    }
}

/// Where a ledger's tables are to be, reached for writing.
pub(in crate::ledger) struct Tables {
    pub(in crate::ledger) engine: Engine,
    /// One connection.
    pub(in crate::ledger) writer: AnyPool,
    pub(in crate::ledger) mark: Mark,
    /// The file, or what stands for it.
    pub(in crate::ledger) path: PathBuf,
}

impl Tables {
    /// Makes the file unless the site has a ledger elsewhere, or the schema.
    async fn make(place: &Place, site: &SiteMark) -> Result<Self, LedgerError> {
        match place {
            Place::File(path) => {
                let path = std::path::absolute(path).map_err(|error| cannot_open(path, &error))?;
                if !path.exists()
                    && let Some(marker) = binding::read_marker(site)?
                {
                    return Err(binding::second_ledger(&marker, &path, site));
                }
                Self::make_regardless_of_marker(place).await
            }
            Place::Postgres(_) => Self::make_regardless_of_marker(place).await,
        }
    }

    /// The same, whatever the site's marker says.
    pub(in crate::ledger) async fn make_regardless_of_marker(
        place: &Place,
    ) -> Result<Self, LedgerError> {
        match place {
            Place::File(path) => {
                let path = std::path::absolute(path).map_err(|error| cannot_open(path, &error))?;
                if !path.exists() {
                    sqlite::create_file(&path).map_err(|error| cannot_open(&path, &error))?;
                }
                let path = path.canonicalize().map_err(|error| cannot_open(&path, &error))?;
                let writer = sqlite::pool(&path, Mode::Write, 1).await?;
                Ok(Self { engine: Engine::Sqlite, writer, mark: Mark::of(&path), path })
            }
            Place::Postgres(database) => {
                let beside = &database.beside;
                create_folder_of(beside).map_err(|error| cannot_open(beside, &error))?;
                let (engine, writer) = (Engine::Postgres, database.pool(Use::Write, 1).await?);
                let mut tx = engine.begin_writing(&writer).await?;
                database.check_server(&mut tx).await?;
                database.make_schema(&mut tx).await?;
                let path = database.name(&mut tx).await?;
                tx.commit().await?;
                Ok(Self { engine, writer, mark: Mark::of_shared(beside), path })
            }
        }
    }
}

/// A ledger that is there, reached for reading.
struct There {
    engine: Engine,
    /// One connection.
    reader: AnyPool,
    path: PathBuf,
}

impl There {
    /// `None` if there is none. `mode` is for a file.
    async fn look(place: Place, mode: fn(&Path) -> Mode) -> Result<Option<Self>, LedgerError> {
        match &place {
            Place::File(path) => {
                let Some(path) = sqlite::existing(path)? else { return Ok(None) };
                let reader = sqlite::pool(&path, mode(&path), 1).await?;
                Ok(Some(Self { engine: Engine::Sqlite, reader, path }))
            }
            Place::Postgres(database) => {
                let reader = database.pool(Use::Read, 1).await?;
                if !database.has_tables(&reader).await? {
                    return Ok(None);
                }
                let path = database.name(&mut *reader.acquire().await?).await?;
                Ok(Some(Self { engine: Engine::Postgres, reader, path }))
            }
        }
    }
}

const NEWER: &str = "a newer Handbill wrote it; use that one";

fn migrations(engine: Engine) -> Migrator {
    let append_only = match engine {
        Engine::Sqlite => include_str!("migrations/0002_append_only.sqlite.sql"),
        Engine::Postgres => include_str!("migrations/0002_append_only.postgres.sql"),
    };
    let migration = |version, description: &'static str, sql: &'static str| {
        let kind = MigrationType::Simple;
        Migration::new(version, description.into(), kind, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(vec![
        migration(1, "ledger", include_str!("migrations/0001_ledger.sql")),
        migration(2, "append only", append_only),
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
    migrations(Engine::Sqlite).iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// Brings the tables up to date.
pub(in crate::ledger) async fn migrate(
    connection: &mut AnyConnection,
    path: &Path,
) -> Result<(), LedgerError> {
    // `Migrator::run` does the same, but its future cannot move between threads.
    let migrations = migrations(Engine::of(connection));
    match migrations.run_direct(None, connection, false).await {
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
