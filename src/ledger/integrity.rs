//! Whether the ledger is whole: the file, what its rows point at, the chain of events, and that
//! each delivery stands where its events and attempts left it. Changes nothing.
//!
//! Three statements are SQLite's own: `pragma integrity_check`, `pragma quick_check` and
//! `pragma_foreign_key_check`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::engine::Engine;
use super::{ChainReport, Event, Ledger, LedgerError, State, event, row, store, words};
use crate::channel::DeliveryKey;

/// What a check looked at and found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Health {
    pub deliveries: i64,
    pub attempts: i64,
    /// The chain of events; `None` if it is broken.
    pub chain: Option<ChainReport>,
    /// What is broken; empty if the ledger is whole.
    pub flaws: Vec<Flaw>,
}

/// Something broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Flaw {
    pub part: Part,
    /// In words.
    pub what: String,
}

/// Where something is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// The pages and indexes of the file.
    File,
    /// A row points at one that is missing.
    References,
    /// The chain of events.
    Chain,
    /// A row does not agree with the events, or a delivery with its attempts.
    Records,
}

impl Part {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::References => "references",
            Self::Chain => "chain",
            Self::Records => "records",
        }
    }
}

/// The first version of the tables in which words are beside the chain.
const WORDS_SINCE: i64 = 6;
/// Since when what an attempt carried is beside it.
const CARRIED_SINCE: i64 = 9;

/// How many deliveries are read at a time.
const PAGE: i64 = 1000;

impl Ledger {
    /// Looks at everything, as it was at one moment. What cannot be read is a flaw, not an error.
    ///
    /// # Errors
    /// [`LedgerError`] if there is no connection to the ledger.
    pub async fn check(&self) -> Result<Health, LedgerError> {
        health(&mut *self.begin_reading().await?).await
    }
}

/// Looks at everything that a connection sees. What cannot be read is a flaw, not an error.
pub(in crate::ledger) async fn health(
    connection: &mut AnyConnection,
) -> Result<Health, LedgerError> {
    let mut flaws = Flaws::default();
    let file = flaws_of_file(&mut *connection).await;
    flaws.add(Part::File, file);
    let references = missing_references(&mut *connection).await;
    flaws.add(Part::References, references);
    let mut story = Story::default();
    let chain = event::walk(&mut *connection, |event| story.tell(event)).await;
    let chain = chain.map_err(|error| flaws.push(Part::Chain, error.to_string())).ok();
    if chain.is_some() {
        let disagreements = story.compare(&mut *connection).await;
        flaws.add(Part::Records, disagreements);
    }
    if store::version(&mut *connection, Path::new("")).await? >= WORDS_SINCE {
        let words = words::flaws(&mut *connection).await;
        flaws.add(Part::Records, words);
    }
    let attempts_and_states = attempts_and_states(&mut *connection).await;
    flaws.add(Part::Records, attempts_and_states);
    if store::version(&mut *connection, Path::new("")).await? >= CARRIED_SINCE {
        let carried = ask(&mut *connection, NOTHING_CARRIED, |key, n| {
            format!("attempt {n} of delivery {key} has lost what it carried")
        });
        flaws.add(Part::Records, carried.await);
    }
    let deliveries = count(&mut *connection, "select count(*) as n from delivery").await;
    let attempts = count(&mut *connection, "select count(*) as n from attempt").await;
    Ok(Health {
        // What cannot be counted was named above.
        deliveries: deliveries.unwrap_or_default(),
        attempts: attempts.unwrap_or_default(),
        chain,
        flaws: flaws.0,
    })
}

/// What a short look at a ledger shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Glance {
    pub events: i64,
    /// When the newest event happened.
    pub newest: Option<DateTime<Utc>>,
    /// What is broken, as far as a short look shows it; empty if nothing is.
    pub flaws: Vec<Flaw>,
}

impl Ledger {
    /// Looks at the pages of the file, without its indexes, and at the end of the chain of events:
    /// much quicker than [`Ledger::check`]. What cannot be read is a flaw.
    ///
    /// # Errors
    /// [`LedgerError`] if there is no connection to the ledger.
    pub async fn glance(&self) -> Result<Glance, LedgerError> {
        let mut tx = self.begin_reading().await?;
        let mut flaws = Flaws::default();
        let file = flaws_named_by(&mut tx, "pragma quick_check").await;
        flaws.add(Part::File, file);
        let end = end_of_chain(&mut tx).await;
        let (events, newest) = match end {
            Ok(Ok(end)) => end,
            Ok(Err(broken)) => {
                flaws.push(Part::Chain, broken);
                (0, None)
            }
            Err(error) => {
                flaws.push(Part::Chain, format!("it cannot be read: {error}"));
                (0, None)
            }
        };
        Ok(Glance { events, newest, flaws: flaws.0 })
    }
}

type End = (i64, Option<DateTime<Utc>>);

/// How many events there are and when the newest happened; or, in words, that it is not the one
/// that the ledger wrote last.
async fn end_of_chain(connection: &mut AnyConnection) -> Result<Result<End, String>, LedgerError> {
    let ledger =
        sqlx::query("select last_event, head from ledger").fetch_one(&mut *connection).await?;
    let (last, head): (i64, String) = (ledger.try_get("last_event")?, ledger.try_get("head")?);
    let newest = sqlx::query("select number, at, hash from event order by number desc limit 1")
        .fetch_optional(&mut *connection)
        .await?;
    let Some(newest) = newest else {
        return Ok(if last == 0 { Ok((0, None)) } else { Err("its end is missing".to_owned()) });
    };
    let (number, hash): (i64, String) = (newest.try_get("number")?, newest.try_get("hash")?);
    if (number, &hash) != (last, &head) {
        return Ok(Err(format!("event {number} is not the newest that was written")));
    }
    Ok(Ok((number, Some(row::time(newest.try_get("at")?)?))))
}

/// That a copy of a ledger, of this or an older version, is whole as a file, with all that its rows
/// point at, and an unbroken chain.
///
/// # Errors
/// The first flaw, in words.
pub(in crate::ledger) async fn whole(
    connection: &mut AnyConnection,
) -> Result<ChainReport, String> {
    let mut flaws = flaws_of_file(connection).await.map_err(|error| error.to_string())?;
    flaws.extend(missing_references(connection).await.map_err(|error| error.to_string())?);
    match flaws.into_iter().next() {
        Some(flaw) => Err(flaw),
        None => event::walk(connection, |_| ()).await.map_err(|error| error.to_string()),
    }
}

#[derive(Default)]
struct Flaws(Vec<Flaw>);

impl Flaws {
    fn push(&mut self, part: Part, what: String) {
        self.0.push(Flaw { part, what });
    }

    fn add(&mut self, part: Part, found: Result<Vec<String>, LedgerError>) {
        match found {
            Ok(found) => found.into_iter().for_each(|what| self.push(part, what)),
            Err(error) => self.push(part, format!("it cannot be read: {error}")),
        }
    }
}

async fn flaws_of_file(connection: &mut AnyConnection) -> Result<Vec<String>, LedgerError> {
    flaws_named_by(connection, "pragma integrity_check").await
}

/// A server looks after its own files.
async fn flaws_named_by(
    connection: &mut AnyConnection,
    check: &'static str,
) -> Result<Vec<String>, LedgerError> {
    if Engine::of(connection) == Engine::Postgres {
        return Ok(Vec::new());
    }
    let rows = sqlx::query(check).fetch_all(connection).await?;
    let mut flaws = Vec::new();
    for row in rows {
        let found: String = row.try_get(0)?;
        if found != "ok" {
            flaws.push(found);
        }
    }
    Ok(flaws)
}

/// PostgreSQL lets no reference be without its row, but for who turns that off.
async fn missing_references(connection: &mut AnyConnection) -> Result<Vec<String>, LedgerError> {
    if Engine::of(connection) == Engine::Postgres {
        return Ok(Vec::new());
    }
    let rows = sqlx::query(
        "select \"table\" as child, parent, count(*) as n from pragma_foreign_key_check
          group by child, parent order by child, parent",
    )
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            let (child, parent, n): (String, String, i64) =
                (row.try_get("child")?, row.try_get("parent")?, row.try_get("n")?);
            let rows = if n == 1 { "row points" } else { "rows point" };
            Ok(format!("{n} {rows} from `{child}` at a missing `{parent}`"))
        })
        .collect()
}

async fn count(connection: &mut AnyConnection, query: &'static str) -> Result<i64, LedgerError> {
    Ok(sqlx::query(query).fetch_one(connection).await?.try_get("n")?)
}

/// What the attempts say of the deliveries, and the other way round.
async fn attempts_and_states(connection: &mut AnyConnection) -> Result<Vec<String>, LedgerError> {
    type Words = fn(&str, i64) -> String;
    let questions: [(&'static str, Words); 4] = [
        (
            "select key, attempts as n from delivery
              where attempts <> (select count(*) from attempt where attempt.delivery = key)
                 or attempts <> (select coalesce(max(number), 0) from attempt
                                  where attempt.delivery = key)
              order by key",
            |key, n| format!("delivery {key}: its attempts are not the {n} that it has had"),
        ),
        (
            "select key, attempts as n from delivery
              where state = 'sending'
                and not exists (select 1 from attempt
                                 where attempt.delivery = key and number = attempts
                                   and ended_at is null)
              order by key",
            |key, n| format!("delivery {key} is sending, but its attempt {n} does not run"),
        ),
        (
            "select delivery as key, number as n from attempt
              where ended_at is null
                and not exists (select 1 from delivery
                                 where delivery.key = attempt.delivery and state = 'sending'
                                   and attempts = number)
              order by key, n",
            |key, n| format!("attempt {n} of delivery {key} runs, but the delivery is not sending"),
        ),
        (
            "select key, attempts as n from delivery
              where state = 'posted'
                and not exists (select 1 from attempt
                                 where attempt.delivery = key and outcome = 'posted')
                and not exists (select 1 from event
                                 where event.delivery = key
                                   and what in ('found', 'resolved', 'recorded', 'adopted'))
              order by key",
            |key, _| format!("delivery {key} is posted, but nothing says how that came about"),
        ),
    ];
    let mut flaws = Vec::new();
    for (question, words) in questions {
        flaws.extend(ask(connection, question, words).await?);
    }
    Ok(flaws)
}

/// An attempt whose bytes are on record no more, though nobody had them erased.
const NOTHING_CARRIED: &str = "
    select attempt.delivery as key, attempt.number as n from attempt
     where erased_at is null
       and not exists (select 1 from carried
                        where carried.delivery = attempt.delivery
                          and carried.attempt = attempt.number)
     order by key, n";

/// What a question finds, in words: the key of a delivery, and a number.
async fn ask(
    connection: &mut AnyConnection,
    question: &'static str,
    words: fn(&str, i64) -> String,
) -> Result<Vec<String>, LedgerError> {
    let mut flaws = Vec::new();
    for row in sqlx::query(question).fetch_all(&mut *connection).await? {
        flaws.push(words(&row.try_get::<String, _>("key")?, row.try_get("n")?));
    }
    Ok(flaws)
}

/// What the events say should be there.
#[derive(Default)]
struct Story {
    postings: BTreeSet<String>,
    channels: BTreeSet<String>,
    deliveries: BTreeMap<DeliveryKey, Told>,
}

/// Where the events left a delivery, and which one did.
struct Told {
    state: Option<State>,
    number: i64,
}

/// What an event does to the state of its delivery.
enum Effect {
    Becomes(State),
    Stays,
    /// It is not known here.
    CannotTell,
}

impl Story {
    fn tell(&mut self, event: &Event) {
        let Some(key) = event.delivery else {
            match event.what.as_str() {
                "seen" => self.postings.extend(event.says("posting")),
                "channel" => self.channels.extend(event.says("name")),
                _ => {}
            }
            return;
        };
        let told = self.deliveries.entry(key).or_insert(Told { state: None, number: event.number });
        match effect(event) {
            Effect::Becomes(state) => *told = Told { state: Some(state), number: event.number },
            Effect::Stays => {}
            Effect::CannotTell => told.state = None,
        }
    }

    /// What the rows say otherwise.
    async fn compare(mut self, connection: &mut AnyConnection) -> Result<Vec<String>, LedgerError> {
        let mut flaws = Vec::new();
        let names = |rows: Vec<AnyRow>| {
            rows.iter().map(|row| row.try_get(0)).collect::<Result<BTreeSet<String>, _>>()
        };
        let rows = sqlx::query("select id from posting").fetch_all(&mut *connection).await?;
        for missing in self.postings.difference(&names(rows)?) {
            flaws.push(format!("posting {missing} was seen, but is missing"));
        }
        let rows = sqlx::query("select name from channel").fetch_all(&mut *connection).await?;
        for missing in self.channels.difference(&names(rows)?) {
            flaws.push(format!("channel {missing} was seen, but is missing"));
        }
        let mut last = String::new();
        loop {
            let rows =
                sqlx::query("select key, state from delivery where key > $1 order by key limit $2")
                    .bind(last.clone())
                    .bind(PAGE)
                    .fetch_all(&mut *connection)
                    .await?;
            if rows.is_empty() {
                break;
            }
            for found in rows {
                last = found.try_get("key")?;
                let state: String = found.try_get("state")?;
                match self.deliveries.remove(&row::key(&last)?) {
                    None => {
                        flaws.push(format!("delivery {last} is there, but no event tells of it"))
                    }
                    Some(Told { state: Some(told), number }) if told.as_str() != state => {
                        flaws.push(format!(
                            "delivery {last} is {state}, but event {number} left it {}",
                            told.as_str()
                        ));
                    }
                    Some(_) => {}
                }
            }
        }
        for missing in self.deliveries.keys() {
            flaws.push(format!("delivery {missing} was planned, but is missing"));
        }
        Ok(flaws)
    }
}

fn effect(event: &Event) -> Effect {
    match event.what.as_str() {
        "planned" | "rescheduled" | "deferred" | "blocked" | "absent" => {
            Effect::Becomes(State::Planned)
        }
        "attempt" => Effect::Becomes(State::Sending),
        "found" | "recorded" | "adopted" => Effect::Becomes(State::Posted),
        "resolved" => {
            let state = event.says("is").and_then(|word| State::parse(&word));
            state.map_or(Effect::CannotTell, Effect::Becomes)
        }
        "late" | "held back" | "still unknown" | "sight" | "edited" | "withdrawn" => Effect::Stays,
        word => State::parse(word).map_or(Effect::CannotTell, Effect::Becomes),
    }
}
