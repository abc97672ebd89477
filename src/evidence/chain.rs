//! The part of the chain of events that an archive carries, one event a line, after a line with the
//! hash before them. Pure.

use chrono::DateTime;
use serde::{Deserialize, Serialize};

use super::EvidenceError;
use crate::channel::DeliveryKey;
use crate::ledger::{Event, event};

/// The first line: the hash of the event before the first one here, or the ledger's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Before {
    previous: String,
}

/// An event as the chain hashes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Link {
    pub(super) number: i64,
    /// Microseconds since 1970.
    pub(super) at: i64,
    pub(super) delivery: Option<DeliveryKey>,
    pub(super) what: String,
    pub(super) detail: String,
    pub(super) hash: String,
}

impl From<&Event> for Link {
    fn from(event: &Event) -> Self {
        Self {
            number: event.number,
            at: event.at.timestamp_micros(),
            delivery: event.delivery,
            what: event.what.clone(),
            detail: event.detail.clone(),
            hash: event.hash.clone(),
        }
    }
}

impl Link {
    pub(super) fn event(&self) -> Option<Event> {
        Some(Event {
            number: self.number,
            at: DateTime::from_timestamp_micros(self.at)?,
            delivery: self.delivery,
            what: self.what.clone(),
            detail: self.detail.clone(),
            hash: self.hash.clone(),
            words: None,
        })
    }
}

/// The lines of a part of the chain.
pub(super) fn written(previous: &str, links: &[Link]) -> Result<String, EvidenceError> {
    let made = |error: serde_json::Error| EvidenceError::Unwritable(error.to_string());
    let first = Before { previous: previous.to_owned() };
    let mut lines = serde_json::to_string(&first).map_err(made)? + "\n";
    for link in links {
        lines.push_str(&serde_json::to_string(link).map_err(made)?);
        lines.push('\n');
    }
    Ok(lines)
}

/// Reads a part of the chain, each event after the one before it.
///
/// # Errors
/// The first line that does not say what was written, in words.
pub(super) fn verified(lines: &str) -> Result<Vec<Link>, String> {
    let mut lines = lines.lines();
    let before: Before = serde_json::from_str(lines.next().unwrap_or_default())
        .map_err(|error| format!("its first line names no hash: {error}"))?;
    let mut previous = before.previous;
    let mut links: Vec<Link> = Vec::new();
    for line in lines {
        let link: Link = serde_json::from_str(line)
            .map_err(|error| format!("a line of it is no event: {error}"))?;
        if links.last().is_some_and(|last| last.number + 1 != link.number) {
            return Err(format!("before event {} one is missing", link.number));
        }
        let event = link.event().ok_or_else(|| format!("event {} has no time", link.number))?;
        previous = event::hash_after(&previous, &event);
        if previous != link.hash {
            return Err(format!("event {} does not say what was written", link.number));
        }
        links.push(link);
    }
    Ok(links)
}
