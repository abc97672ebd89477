//! Everything that the ledger holds, as JSON Lines, to be read by another program or another
//! engine.
//!
//! One object a line: `{"table": …, "row": {…}}`, with every column of the table under its name, as
//! it is stored: numbers, texts and nulls; times in microseconds since 1970; what is stored as JSON
//! stays a text, so that not a byte of it changes. The line of the ledger itself comes first and
//! has the version of the tables too, `"version": 4`. The order is always the same:
//!
//! | table | in the order of |
//! | --- | --- |
//! | `ledger` | one row |
//! | `channel` | `name` |
//! | `posting` | `id` |
//! | `delivery` | `key`; a `target` may come after the delivery that names it |
//! | `attempt` | `delivery`, `number` |
//! | `event` | `number` |
//! | `event_words` | `number`, of the event |
//! | `answer` | `id` |
//!
//! What people were told (`notice`, `telling`, `told`) is no part of it, nor how far a mailbox was read
//! (`mailbox`): reading it once more changes nothing.

use std::path::Path;

use serde::Serialize;
use serde_json::{Map, Value, json};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Column, Row};

use super::{Ledger, LedgerError, row, store};

/// How much was exported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Exported {
    pub rows: u64,
}

/// How many rows are held in memory at a time.
const PAGE: i64 = 500;

/// The tables after `ledger`: each page begins after the last key of the one before.
const TABLES: [(&str, &str, Keys); 7] = [
    ("channel", "select * from channel where name > $1 order by name limit $2", Keys::One("name")),
    ("posting", "select * from posting where id > $1 order by id limit $2", Keys::One("id")),
    ("delivery", "select * from delivery where key > $1 order by key limit $2", Keys::One("key")),
    (
        "attempt",
        "select * from attempt where (delivery, number) > ($1, $3)
          order by delivery, number limit $2",
        Keys::Numbered("delivery"),
    ),
    ("event", "select * from event where number > $3 order by number limit $2", Keys::Number),
    (
        "event_words",
        "select * from event_words where number > $3 order by number limit $2",
        Keys::Number,
    ),
    ("answer", "select * from answer where id > $1 order by id limit $2", Keys::One("id")),
];

/// What tells the rows of a table apart.
#[derive(Debug, Clone, Copy)]
enum Keys {
    /// This text.
    One(&'static str),
    /// This text, then `number`.
    Numbered(&'static str),
    /// `number` alone.
    Number,
}

impl Ledger {
    /// Writes everything, as it was at one moment, in pieces of whole lines.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be read, and whatever `write` says.
    pub async fn export<E: From<LedgerError>>(
        &self,
        mut write: impl FnMut(&str) -> Result<(), E>,
    ) -> Result<Exported, E> {
        let mut tx = self.reader.begin().await.map_err(LedgerError::from)?;
        let version = store::version(&mut *tx, Path::new("")).await?;
        let ledger = sqlx::query("select * from ledger").fetch_one(&mut *tx).await;
        let ledger = values(&ledger.map_err(LedgerError::from)?)?;
        write(&line(&json!({ "table": "ledger", "version": version, "row": ledger }))?)?;
        let mut exported = Exported { rows: 1 };
        for (table, query, keys) in TABLES {
            let (mut text, mut number) = (String::new(), 0);
            loop {
                let rows = page(&mut tx, query, &text, number).await?;
                let Some(last) = rows.last() else { break };
                if let Keys::One(column) | Keys::Numbered(column) = keys {
                    text = last.try_get(column).map_err(LedgerError::from)?;
                }
                if let Keys::Numbered(_) | Keys::Number = keys {
                    number = last.try_get("number").map_err(LedgerError::from)?;
                }
                let mut lines = String::new();
                for row in &rows {
                    lines.push_str(&line(&json!({ "table": table, "row": values(row)? }))?);
                }
                write(&lines)?;
                exported.rows += rows.len() as u64;
            }
        }
        Ok(exported)
    }
}

async fn page(
    connection: &mut AnyConnection,
    query: &'static str,
    text: &str,
    number: i64,
) -> Result<Vec<AnyRow>, LedgerError> {
    let query = sqlx::query(query).bind(text.to_owned()).bind(PAGE).bind(number);
    Ok(query.fetch_all(connection).await?)
}

fn values(row: &AnyRow) -> Result<Value, LedgerError> {
    let mut values = Map::new();
    for column in row.columns() {
        // There are only texts and numbers.
        let value = match row.try_get::<Option<String>, _>(column.ordinal()) {
            Ok(text) => json!(text),
            Err(_) => json!(row.try_get::<Option<i64>, _>(column.ordinal())?),
        };
        values.insert(column.name().to_owned(), value);
    }
    Ok(Value::Object(values))
}

fn line(value: &Value) -> Result<String, LedgerError> {
    Ok(row::to_json(value)? + "\n")
}
