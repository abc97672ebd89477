//! `handbill log --follow`: what happens, line by line, as the ledger learns of it.

use std::time::Duration;

use chrono_tz::Tz;
use serde::Serialize;

use super::LogFormat;
use crate::cli::{CliError, End, say};
use crate::ledger::{Event, Ledger};
use crate::log::filter::Filter;
use crate::log::{Row, plain, row_of};
use crate::site::Site;

/// How long it is waited between two looks.
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

/// How many events are read at a time.
const PAGE: u32 = 200;

/// An event with the row that it led to.
#[derive(Debug, Serialize)]
struct Happened<'a> {
    number: i64,
    at: chrono::DateTime<chrono::Utc>,
    what: &'a str,
    #[serde(flatten)]
    row: &'a Row,
}

/// Says what happens until the process is ended; with `since`, what has happened from then on first.
pub(super) async fn follow(
    site: &Site,
    filter: &Filter,
    format: LogFormat,
) -> Result<End, CliError> {
    if !matches!(format, LogFormat::Table | LogFormat::Jsonl) {
        return Err(CliError::Usage(
            "what happens is followed as text, or with `--format jsonl`".to_owned(),
        ));
    }
    // Opened anew for each look: what is opened to read alone may be a file at rest, which does not
    // change for its reader.
    let mut after = match (Ledger::open_existing_read_only(&site.ledger_place).await?, filter.since)
    {
        (Some(ledger), None) => ledger.last_event().await?.map_or(0, |(number, _)| number),
        _ => 0,
    };
    loop {
        // The first `handbill post` makes it.
        if let Some(ledger) = Ledger::open_existing_read_only(&site.ledger_place).await? {
            after = news(&ledger, after, filter, format, site.settings.timezone).await?;
        }
        tokio::select! {
            () = tokio::time::sleep(BETWEEN_LOOKS) => {}
            _ = tokio::signal::ctrl_c() => return Ok(End::Done),
        }
    }
}

/// Says what is new, and up to where.
async fn news(
    ledger: &Ledger,
    mut after: i64,
    filter: &Filter,
    format: LogFormat,
    zone: Tz,
) -> Result<i64, CliError> {
    loop {
        let events = ledger.events(after, PAGE).await?;
        let Some(last) = events.last() else { return Ok(after) };
        after = last.number;
        let past = ledger.past().await?;
        for event in &events {
            let delivery = past.deliveries.iter().find(|it| Some(it.key) == event.delivery);
            let Some(delivery) = delivery else { continue };
            let mut row = row_of(delivery, &past);
            if filter.since.is_some_and(|since| event.at < since) {
                continue;
            }
            // When it happened counts, and what happened then.
            row.since = event.at;
            let wanted = Filter { states: Vec::new(), ..filter.clone() };
            let states = &filter.states;
            if wanted.includes(&row) && (states.is_empty() || states.contains(&event.what)) {
                tell(event, &row, format, zone)?;
            }
        }
    }
}

fn tell(event: &Event, row: &Row, format: LogFormat, zone: Tz) -> Result<(), CliError> {
    if format == LogFormat::Jsonl {
        let happened = Happened { number: event.number, at: event.at, what: &event.what, row };
        let line = serde_json::to_string(&happened).map_err(|error| super::cannot_write(&error))?;
        return say(&format!("{line}\n"));
    }
    let at = event.at.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S");
    let (channel, title) = (plain(&row.channel), plain(&row.title));
    say(&format!(
        "{at}  {:<8}  {:<10}  {channel}  {}  {title}\n",
        row.id, event.what, row.occasion
    ))?;
    if let Some(link) = &row.link {
        say(&format!("                     {}\n", plain(link)))?;
    }
    Ok(())
}
