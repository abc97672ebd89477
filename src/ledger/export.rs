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
//! | `approval` | `posting`, `channel` |
//! | `picture` | `posting`, `sha256` |
//! | `attempt` | `delivery`, `number` |
//! | `carried` | `delivery`, `attempt` |
//! | `step` | `delivery`, `attempt`, `number` |
//! | `event` | `number` |
//! | `event_words` | `number`, of the event |
//! | `answer` | `id` |
//! | `mailbox` | `name` |
//! | `notice` | `about` |
//! | `telling` | `id` |
//! | `told` | `telling`, `notice` |
//!
//! [`super::import`] makes a ledger of it again.

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

/// A table, and how its rows are read page by page: each begins after the last key of the one before.
pub(in crate::ledger) struct Table {
    pub(in crate::ledger) name: &'static str,
    query: &'static str,
    /// The columns of the key that are texts; the query knows their last values as `$1` and `$4`.
    texts: &'static [&'static str],
    /// Those that are numbers: `$3` and `$5`.
    numbers: &'static [&'static str],
}

/// The tables after `ledger`. `$2` is how many rows are wanted.
pub(in crate::ledger) const TABLES: [Table; 15] = [
    Table {
        name: "channel",
        query: "select * from channel where name > $1 order by name limit $2",
        texts: &["name"],
        numbers: &[],
    },
    Table {
        name: "posting",
        query: "select * from posting where id > $1 order by id limit $2",
        texts: &["id"],
        numbers: &[],
    },
    Table {
        name: "delivery",
        query: "select * from delivery where key > $1 order by key limit $2",
        texts: &["key"],
        numbers: &[],
    },
    Table {
        name: "approval",
        query: "select * from approval where (posting, channel) > ($1, $4)
                 order by posting, channel limit $2",
        texts: &["posting", "channel"],
        numbers: &[],
    },
    Table {
        name: "picture",
        query: "select * from picture where (posting, sha256) > ($1, $4)
                 order by posting, sha256 limit $2",
        texts: &["posting", "sha256"],
        numbers: &[],
    },
    Table {
        name: "attempt",
        query: "select * from attempt where (delivery, number) > ($1, $3)
                 order by delivery, number limit $2",
        texts: &["delivery"],
        numbers: &["number"],
    },
    Table {
        name: "carried",
        query: "select * from carried where (delivery, attempt) > ($1, $3)
                 order by delivery, attempt limit $2",
        texts: &["delivery"],
        numbers: &["attempt"],
    },
    Table {
        name: "step",
        query: "select * from step where (delivery, attempt, number) > ($1, $3, $5)
                 order by delivery, attempt, number limit $2",
        texts: &["delivery"],
        numbers: &["attempt", "number"],
    },
    Table {
        name: "event",
        query: "select * from event where number > $3 order by number limit $2",
        texts: &[],
        numbers: &["number"],
    },
    Table {
        name: "event_words",
        query: "select * from event_words where number > $3 order by number limit $2",
        texts: &[],
        numbers: &["number"],
    },
    Table {
        name: "answer",
        query: "select * from answer where id > $1 order by id limit $2",
        texts: &["id"],
        numbers: &[],
    },
    Table {
        name: "mailbox",
        query: "select * from mailbox where name > $1 order by name limit $2",
        texts: &["name"],
        numbers: &[],
    },
    Table {
        name: "notice",
        query: "select * from notice where about > $1 order by about limit $2",
        texts: &["about"],
        numbers: &[],
    },
    Table {
        name: "telling",
        query: "select * from telling where id > $1 order by id limit $2",
        texts: &["id"],
        numbers: &[],
    },
    Table {
        name: "told",
        query: "select * from told where (telling, notice) > ($1, $4)
                 order by telling, notice limit $2",
        texts: &["telling", "notice"],
        numbers: &[],
    },
];

/// The key of the last row that was read.
#[derive(Debug, Default)]
struct Last {
    texts: [String; 2],
    numbers: [i64; 2],
}

impl Last {
    fn read(table: &Table, row: &AnyRow) -> Result<Self, LedgerError> {
        let mut last = Self::default();
        for (place, column) in last.texts.iter_mut().zip(table.texts) {
            *place = row.try_get(column)?;
        }
        for (place, column) in last.numbers.iter_mut().zip(table.numbers) {
            *place = row.try_get(column)?;
        }
        Ok(last)
    }
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
        let mut tx = self.begin_reading().await?;
        let version = store::version(&mut *tx, Path::new("")).await?;
        let ledger = sqlx::query("select * from ledger").fetch_one(&mut *tx).await;
        let ledger = values(&ledger.map_err(LedgerError::from)?)?;
        write(&line(&json!({ "table": "ledger", "version": version, "row": ledger }))?)?;
        let mut exported = Exported { rows: 1 };
        for table in &TABLES {
            let mut last = Last::default();
            loop {
                let rows = page(&mut tx, table, last).await?;
                let Some(newest) = rows.last() else { break };
                last = Last::read(table, newest)?;
                let mut lines = String::new();
                for row in &rows {
                    lines.push_str(&line(&json!({ "table": table.name, "row": values(row)? }))?);
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
    table: &Table,
    last: Last,
) -> Result<Vec<AnyRow>, LedgerError> {
    let Last { texts: [text, other_text], numbers: [number, other_number] } = last;
    let query = sqlx::query(table.query).bind(text).bind(PAGE);
    let query = query.bind(number).bind(other_text).bind(other_number);
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
