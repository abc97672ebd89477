//! A ledger in an SQLite file: with write-ahead log, `synchronous=full` and foreign keys.
//!
//! A write waits up to twenty seconds for another process to finish its own (`busy_timeout`); then it
//! fails with [`LedgerError::Database`] and has changed nothing.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyConnection, AnyPool, Connection, Executor};
use url::Url;

use super::LedgerError;
use super::engine::is_busy;
use super::store::{cannot_open, create_folder_of};

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

pub(in crate::ledger) async fn pool(
    path: &Path,
    mode: Mode,
    connections: u32,
) -> Result<AnyPool, LedgerError> {
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
pub(in crate::ledger) fn existing(path: &Path) -> Result<Option<PathBuf>, LedgerError> {
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
pub(in crate::ledger) fn create_file(path: &Path) -> std::io::Result<()> {
    create_folder_of(path)?;
    let mut file = std::fs::OpenOptions::new();
    file.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    file.open(path)?.sync_all()
}
