//! A ledger in PostgreSQL: how it is reached, and what its server has to promise.
//!
//! The tables stand in a schema of their own, which is the only one that a connection sees. An address
//! that leads over a network is only used with TLS and a certificate that is valid for its host,
//! unless it says another `sslmode` itself. A server that would forget what it has confirmed (`fsync`
//! off), or that only follows another one, is refused.

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyConnection, AnyPool, AssertSqlSafe, Connection, Row};
use url::Url;

use super::engine::Engine;
use super::place::{Database, Place};
use super::{Ledger, LedgerError, row};

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ledger) enum Use {
    Write,
    Read,
}

/// The oldest server that is known to do: its triggers and functions are written as ours are.
const OLDEST_SERVER: i64 = 13;

/// A connection that rested for so long may have been forgotten by a firewall.
const REST: Duration = Duration::from_secs(300);

impl Database {
    /// Connections to the schema.
    ///
    /// # Errors
    /// [`LedgerError::Open`] if the address cannot be had or nobody answers there.
    pub(in crate::ledger) async fn pool(
        &self,
        access: Use,
        connections: u32,
    ) -> Result<AnyPool, LedgerError> {
        sqlx::any::install_default_drivers();
        let options = self.options()?;
        // A pool tries for half a minute and then says only that it did.
        let first = AnyConnection::connect_with(&options).await;
        let close = first.map_err(|error| self.unusable(&error))?.close();
        close.await.map_err(|error| self.unusable(&error))?;
        let schema = self.schema.clone();
        AnyPoolOptions::new()
            .max_connections(connections)
            .idle_timeout(REST)
            .max_lifetime(None)
            .after_connect(move |connection, _| {
                let read_only = match access {
                    Use::Write => "off",
                    Use::Read => "on",
                };
                let prepare = format!(
                    "set client_min_messages = warning;
                     set default_transaction_read_only = {read_only};
                     set search_path = {schema};"
                );
                Box::pin(async move {
                    sqlx::raw_sql(AssertSqlSafe(prepare)).execute(connection).await.map(|_| ())
                })
            })
            .connect_with(options)
            .await
            .map_err(|error| self.unusable(&error))
    }

    fn options(&self) -> Result<AnyConnectOptions, LedgerError> {
        let address = self.address.read().map_err(|error| self.unusable(&error))?;
        // Nothing of the address is in what is said of it: there may be a password in it.
        let mut url = Url::parse(address.expose_secret())
            .ok()
            .filter(|url| matches!(url.scheme(), "postgres" | "postgresql"))
            .ok_or_else(|| self.unusable(&NO_ADDRESS))?;
        if is_elsewhere(&url) && !url.query_pairs().any(|(key, _)| key == "sslmode") {
            url.query_pairs_mut().append_pair("sslmode", "verify-full");
        }
        url.as_str().parse().map_err(|_: sqlx::Error| self.unusable(&NO_ADDRESS))
    }

    /// That the server keeps what it confirms, and takes changes.
    ///
    /// # Errors
    /// [`LedgerError::Open`] with what has to be changed there.
    pub(in crate::ledger) async fn check_server(
        &self,
        connection: &mut AnyConnection,
    ) -> Result<(), LedgerError> {
        match Server::look(connection).await?.refusal {
            Some(why) => Err(self.unusable(&why)),
            None => Ok(()),
        }
    }

    /// Makes the schema unless it is there.
    pub(in crate::ledger) async fn make_schema(
        &self,
        connection: &mut AnyConnection,
    ) -> Result<(), LedgerError> {
        if !self.has_schema(connection).await? {
            let make = format!("create schema {}", self.schema);
            let made = sqlx::raw_sql(AssertSqlSafe(make)).execute(connection).await;
            made.map_err(|error| self.unusable(&error))?;
        }
        Ok(())
    }

    async fn has_schema(&self, connection: &mut AnyConnection) -> Result<bool, LedgerError> {
        let found = sqlx::query("select nspname::text from pg_namespace where nspname = $1")
            .bind(self.schema.as_str().to_owned())
            .fetch_optional(connection)
            .await?;
        Ok(found.is_some())
    }

    /// Whether there are tables of a ledger.
    pub(in crate::ledger) async fn has_tables(&self, pool: &AnyPool) -> Result<bool, LedgerError> {
        let found = sqlx::query(
            "select tablename::text from pg_tables where schemaname = $1 and tablename = 'ledger'",
        )
        .bind(self.schema.as_str().to_owned())
        .fetch_optional(pool)
        .await?;
        Ok(found.is_some())
    }

    /// What the ledger is called in its own row and in the site's marker: the same from every
    /// machine, by whatever address each one comes.
    pub(in crate::ledger) async fn name(
        &self,
        connection: &mut AnyConnection,
    ) -> Result<PathBuf, LedgerError> {
        let row = sqlx::query("select current_database()::text as name").fetch_one(connection);
        let name: String = row.await?.try_get("name")?;
        Ok(PathBuf::from(format!("{SCHEME}{name}/{}", self.schema)))
    }

    fn unusable(&self, why: &impl ToString) -> LedgerError {
        let path = Place::Postgres(self.clone()).to_string();
        LedgerError::Open { path, why: why.to_string() }
    }
}

/// What can be known of the server of a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// As it names itself, for example `15.8`.
    pub version: String,
    /// What time it is there.
    pub now: DateTime<Utc>,
    pub standbys: Standbys,
    /// Why nothing is written there, and what to change; `None` if it does.
    pub refusal: Option<String>,
}

/// The servers that follow one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standbys {
    None,
    /// What is confirmed is on one of them too.
    WaitedFor,
    /// One that takes over may not have heard of the last changes.
    NotWaitedFor,
}

impl Server {
    async fn look(connection: &mut AnyConnection) -> Result<Self, LedgerError> {
        let row = sqlx::query(
            "select cast(extract(epoch from clock_timestamp()) * 1000000 as bigint) as now,
                    current_setting('server_version') as version,
                    cast(current_setting('server_version_num') as bigint) / 10000 as major,
                    current_setting('fsync') as fsync,
                    current_setting('server_encoding') as encoding,
                    cast(pg_is_in_recovery() as text) as follows,
                    current_setting('synchronous_standby_names') as waited_for,
                    (select count(*) from pg_stat_replication) as standbys",
        )
        .fetch_one(connection)
        .await?;
        let says = |column: &str| row.try_get::<String, _>(column);
        let (major, standbys): (i64, i64) = (row.try_get("major")?, row.try_get("standbys")?);
        let refusal = if major < OLDEST_SERVER {
            Some(format!(
                "its server is version {major}\nhelp: PostgreSQL {OLDEST_SERVER} or newer does"
            ))
        } else if says("fsync")? != "on" {
            Some(NO_FSYNC.to_owned())
        } else if says("encoding")? != "UTF8" {
            Some(NO_UTF8.to_owned())
        } else if says("follows")? != "false" {
            Some(FOLLOWS.to_owned())
        } else {
            None
        };
        let standbys = match (standbys, says("waited_for")?.is_empty()) {
            (0, _) => Standbys::None,
            (_, false) => Standbys::WaitedFor,
            (_, true) => Standbys::NotWaitedFor,
        };
        let now = row::time(row.try_get("now")?)?;
        Ok(Self { version: says("version")?, now, standbys, refusal })
    }
}

impl Ledger {
    /// The server of a ledger in PostgreSQL; `None` of one in a file.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read.
    pub async fn server(&self) -> Result<Option<Server>, LedgerError> {
        match self.engine {
            Engine::Sqlite => Ok(None),
            Engine::Postgres => Ok(Some(Server::look(&mut *self.reader.acquire().await?).await?)),
        }
    }
}

/// How the name of a ledger in PostgreSQL begins.
const SCHEME: &str = "postgresql:";

/// Whether a ledger of this name is in PostgreSQL.
pub(in crate::ledger) fn is_name(name: &str) -> bool {
    name.starts_with(SCHEME)
}

/// Whether an address leads to another machine.
fn is_elsewhere(url: &Url) -> bool {
    let named = url.query_pairs().find(|(key, _)| key == "host").map(|(_, host)| host.into_owned());
    let host = named.or_else(|| url.host_str().map(str::to_owned)).unwrap_or_default();
    let is_socket = host.starts_with('/') || host.to_ascii_lowercase().starts_with("%2f");
    let is_here = matches!(&*host, "" | "localhost" | "127.0.0.1" | "::1" | "[::1]");
    !is_socket && !is_here
}

const NO_ADDRESS: &str = "what stands there is no address of PostgreSQL\n\
    help: it reads `postgres://USER@HOST/DATABASE`, or \
    `postgres:///DATABASE?host=/var/run/postgresql` on this machine";
const NO_FSYNC: &str = "its server does not wait for its disk (`fsync` is off), so it could forget \
    what was sent\nhelp: set `fsync = on` in postgresql.conf";
const NO_UTF8: &str = "its database is not in UTF-8\n\
    help: make one with `createdb --encoding=UTF8 --template=template0 NAME`";
const FOLLOWS: &str = "its server only follows another one and takes no changes\n\
    help: name the primary server";
