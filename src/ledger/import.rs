//! An export becomes a ledger again, in either engine: all of it or nothing.
//!
//! What is imported is the ledger itself, with its id, its events and every attempt, not a copy that
//! starts a life of its own. So it goes only where no ledger is; what was imported has to be whole (see
//! [`super::integrity`]); and the site's marker names the new place from then on, so that the old one is
//! refused. The mark of this machine stays where it is: if the old ledger went on after it was exported,
//! the imported one does not have the newest event that the mark knows, and counts as put back.
//!
//! The marker moves before the commit. A process that dies in between leaves a marker that names a place
//! without a ledger, where nothing is sent, and the import can be run again.

use std::fs;
use std::io::BufRead;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sqlx::{AnyConnection, AssertSqlSafe};

use super::change::Change;
use super::export::TABLES;
use super::store::{self, Tables};
use super::{Health, Ledger, LedgerError, Place, SiteMark, binding, generation, integrity, row};

/// How much was imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Imported {
    pub rows: u64,
    pub deliveries: i64,
    pub attempts: i64,
    pub events: i64,
}

/// One line of an export.
#[derive(Deserialize)]
struct Line {
    table: String,
    /// Of the tables; only in the first line.
    version: Option<i64>,
    row: Map<String, Value>,
}

impl Ledger {
    /// Makes the ledger of a site out of an export, where there is none yet.
    ///
    /// # Errors
    /// [`LedgerError::NotEmpty`] if there is a ledger; [`LedgerError::NoExport`] if the lines are none,
    /// or not all of it, or of another version of the tables; [`LedgerError::SecondLedger`] or
    /// [`LedgerError::OtherSite`] if it is not this site's. Then nothing was imported.
    pub async fn import(
        mut lines: impl BufRead,
        place: impl Into<Place>,
        site: &SiteMark,
        now: DateTime<Utc>,
    ) -> Result<Imported, LedgerError> {
        let place = place.into();
        let first = next(&mut lines, 1)?.filter(|line| line.table == "ledger");
        let first = first.ok_or_else(|| no_export(1, "it does not begin with a ledger"))?;
        let newest = store::newest_version();
        if first.version != Some(newest) {
            let why = format!(
                "it has another version of the tables than {newest}: bring the ledger up to date with \
                 `handbill ledger migrate` and export it again"
            );
            return Err(no_export(1, why));
        }
        let draft = Draft::of(&place);
        let Tables { engine, writer, mark, path } =
            Tables::make_regardless_of_marker(&place).await?;
        let mut tx = Change::new(engine.begin_writing(&writer).await?, None);
        store::migrate(&mut tx, &path).await?;
        if binding::is_bound(&mut tx).await? {
            return Err(LedgerError::NotEmpty { path: place.to_string() });
        }
        insert(&mut tx, 1, "ledger", &first.row).await?;
        binding::take_over(&mut tx, &path, site).await?;
        let rows = 1 + insert_rest(&mut tx, &mut lines).await?;
        let Health { flaws, deliveries, attempts, chain } = integrity::health(&mut tx).await?;
        if let Some(flaw) = flaws.first() {
            return Err(LedgerError::NoExport { why: format!("it is not whole: {}", flaw.what) });
        }
        let events = chain.map_or(0, |chain| chain.events);
        binding::mark(&mut tx, &path, site).await?;
        if let Some(why) = generation::open(&mut tx, &mark, now).await? {
            tracing::warn!("this ledger counts as put back from a copy: {why}");
        }
        tx.commit().await?;
        writer.close().await;
        draft.keep();
        Ok(Imported { rows, deliveries, attempts, events })
    }
}

/// A file that the import made, and that goes again unless the import succeeds.
struct Draft(Option<PathBuf>);

impl Draft {
    fn of(place: &Place) -> Self {
        Self(place.file().filter(|path| !path.exists()).map(Path::to_owned))
    }

    fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        let Some(path) = &self.0 else { return };
        for suffix in ["", "-wal", "-shm"] {
            let mut name = path.clone().into_os_string();
            name.push(suffix);
            // What was never made need not go.
            let _ = fs::remove_file(name);
        }
    }
}

/// Inserts all that comes after the ledger's own row, and says how many rows that were.
async fn insert_rest(tx: &mut Change, lines: &mut impl BufRead) -> Result<u64, LedgerError> {
    let mut rows = 0;
    let mut targets = Vec::new();
    let mut number = 2;
    while let Some(Line { table, mut row, .. }) = next(lines, number)? {
        let known = TABLES.iter().any(|known| known.name == table);
        if !known {
            return Err(no_export(number, format!("there is no table `{table}`")));
        }
        // A delivery may be about one that comes later.
        if table == "delivery"
            && let Some(Value::String(target)) = row.remove("target")
            && let Some(Value::String(key)) = row.get("key")
        {
            targets.push((key.clone(), target));
        }
        insert(tx, number, &table, &row).await?;
        (rows, number) = (rows + 1, number + 1);
    }
    for (key, target) in targets {
        sqlx::query("update delivery set target = $2 where key = $1")
            .bind(key)
            .bind(target)
            .execute(&mut **tx)
            .await?;
    }
    Ok(rows)
}

/// Inserts one row with the columns that have a value: the others are null without a word.
async fn insert(
    connection: &mut AnyConnection,
    number: u64,
    table: &str,
    values: &Map<String, Value>,
) -> Result<(), LedgerError> {
    let values: Vec<(&String, &Value)> =
        values.iter().filter(|(_, value)| !value.is_null()).collect();
    let plain =
        |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if let Some((name, _)) = values.iter().find(|(name, _)| !plain(name)) {
        return Err(no_export(number, format!("there is no column `{name}`")));
    }
    let columns: Vec<&str> = values.iter().map(|(name, _)| name.as_str()).collect();
    let places: Vec<String> = (1..=values.len()).map(|place| format!("${place}")).collect();
    let insert =
        format!("insert into {table} ({}) values ({})", columns.join(", "), places.join(", "));
    let mut query = sqlx::query(AssertSqlSafe(insert));
    for (name, value) in values {
        query = match value {
            Value::String(text) => query.bind(row::storable(text)),
            Value::Number(value) if value.is_i64() => query.bind(value.as_i64()),
            _ => return Err(no_export(number, format!("`{name}` is neither text nor number"))),
        };
    }
    let inserted = query.execute(connection).await;
    inserted.map(|_| ()).map_err(|error| match error {
        sqlx::Error::Database(error) => no_export(number, error.message()),
        error => error.into(),
    })
}

/// The next line; `None` after the last one.
fn next(lines: &mut impl BufRead, number: u64) -> Result<Option<Line>, LedgerError> {
    let mut line = String::new();
    let read = lines.read_line(&mut line).map_err(|error| no_export(number, error.to_string()))?;
    if read == 0 {
        return Ok(None);
    }
    if !line.ends_with('\n') {
        return Err(no_export(number, "it ends in the middle of a line"));
    }
    serde_json::from_str(&line).map(Some).map_err(|error| no_export(number, error.to_string()))
}

fn no_export(line: u64, why: impl AsRef<str>) -> LedgerError {
    LedgerError::NoExport { why: format!("line {line}: {}", why.as_ref()) }
}
