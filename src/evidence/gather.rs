//! Reads from the ledger what an archive says.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::chain::{self, Link};
use super::page::page;
use super::{Archive, CHAIN, DATA, EvidenceError, FORMAT, PAGE, SUMS};
use crate::channel::{DeliveryKey, Wire};
use crate::ledger::{Attempt, Delivery, Event, Ledger, LedgerError};
use crate::log::words_of;
use crate::posting::PostingId;

/// How many events are read at a time.
const EVENTS_AT_ONCE: u32 = 1000;

/// How often it is read anew because something was written meanwhile.
const TRIES: u32 = 5;

/// Everything that the ledger holds of a posting, as it stood at one moment.
///
/// # Errors
/// [`EvidenceError`] if the ledger cannot be read, or knows no such posting.
pub async fn gather(
    ledger: &Ledger,
    site: (&str, &str),
    posting: &PostingId,
) -> Result<Archive, EvidenceError> {
    for _ in 0..TRIES {
        let before = ledger.last_event().await?;
        let archive = read(ledger, site, posting).await?;
        if ledger.last_event().await? == before {
            return Ok(archive);
        }
    }
    Err(EvidenceError::Busy)
}

async fn read(
    ledger: &Ledger,
    (name, address): (&str, &str),
    id: &PostingId,
) -> Result<Archive, EvidenceError> {
    let mut archive = Archive::default();
    let past = ledger.past().await?;
    let known = past.postings.get(id).ok_or_else(|| LedgerError::NoSuchPosting(id.clone()))?;
    let of_posting = |it: &&Delivery| it.name.posting == *id;
    let ours: Vec<&Delivery> = past.deliveries.iter().filter(of_posting).collect();
    let keys: BTreeSet<DeliveryKey> = ours.iter().map(|it| it.key).collect();
    let story = Story::read(ledger, id, &keys).await?;

    let page_text = match ledger.page_text(id).await? {
        Some((text, language)) => {
            json!({ "file": "page.md", "sha256": archive.add("page.md", text), "language": language })
        }
        None => Value::Null,
    };
    let mut deliveries = Vec::new();
    for delivery in ours {
        deliveries.push(of_delivery(ledger, delivery, &mut archive).await?);
    }
    let chain = match ledger.verify_chain().await {
        Ok(report) => json!({ "state": "whole", "events": report.events, "head": report.head }),
        Err(error @ LedgerError::BrokenChain { .. }) => {
            json!({ "state": "broken", "why": error.to_string() })
        }
        Err(error) => return Err(error.into()),
    };
    let data = json!({
        "format": FORMAT,
        "program": concat!("handbill ", env!("CARGO_PKG_VERSION")),
        "site": { "name": name, "address": address },
        "ledger": { "id": ledger.id(), "as_of": story.as_of, "chain": chain },
        "posting": known,
        "page": page_text,
        "deliveries": deliveries,
        "events": story.events,
    });
    archive.add(CHAIN, chain::written(&story.previous, &story.links)?);
    archive.add(PAGE, page(&data)?);
    let text = serde_json::to_string_pretty(&data)
        .map_err(|error| EvidenceError::Unwritable(error.to_string()))?;
    archive.add(DATA, text + "\n");
    let sums = archive.sums();
    archive.add(SUMS, sums);
    Ok(archive)
}

/// The events: the ad's own, and the chain from its first one to the newest.
struct Story {
    /// The hash before the first of them.
    previous: String,
    links: Vec<Link>,
    events: Vec<Value>,
    as_of: Option<DateTime<Utc>>,
}

impl Story {
    async fn read(
        ledger: &Ledger,
        id: &PostingId,
        keys: &BTreeSet<DeliveryKey>,
    ) -> Result<Self, LedgerError> {
        let previous = ledger.id().to_string();
        let mut story = Self { previous, links: Vec::new(), events: Vec::new(), as_of: None };
        let mut last = 0;
        loop {
            let events = ledger.events(last, EVENTS_AT_ONCE).await?;
            let Some(newest) = events.last() else { return Ok(story) };
            last = newest.number;
            story.as_of = Some(newest.at);
            for event in &events {
                let is_ours = event.delivery.is_some_and(|key| keys.contains(&key))
                    || event.says("posting").as_deref() == Some(id.as_str());
                if is_ours {
                    story.events.push(told(event));
                }
                if story.events.is_empty() {
                    story.previous.clone_from(&event.hash);
                } else {
                    story.links.push(Link::from(event));
                }
            }
        }
    }
}

fn told(event: &Event) -> Value {
    json!({
        "number": event.number,
        "at": event.at,
        "delivery": event.delivery,
        "what": event.what,
        "told": event.told(),
        // What the chain holds the hash of, salt and all, so that it can be looked up there.
        "words": event.words.as_ref().and_then(|words| words.content.as_deref()),
        "erased_at": event.words.as_ref().and_then(|words| words.erased_at),
        "approved_by": event.says("approved_by"),
        "channel": event.says("channel"),
        "hash": event.hash,
    })
}

async fn of_delivery(
    ledger: &Ledger,
    delivery: &Delivery,
    archive: &mut Archive,
) -> Result<Value, EvidenceError> {
    let mut attempts = Vec::new();
    for attempt in ledger.attempts(delivery.key).await? {
        attempts.push(of_attempt(ledger, &attempt, archive).await?);
    }
    let mut told = serde_json::to_value(delivery)
        .map_err(|error| EvidenceError::Unwritable(error.to_string()))?;
    told["id"] = delivery.key.short().into();
    told["says"] = delivery.standing.as_ref().map(|it| words_of(&it.rendition)).into();
    told["attempts"] = attempts.into();
    told["letters"] = json!(ledger.answers_to(delivery.key).await?);
    Ok(told)
}

async fn of_attempt(
    ledger: &Ledger,
    attempt: &Attempt,
    archive: &mut Archive,
) -> Result<Value, EvidenceError> {
    let name = format!("sent/{}-{}", attempt.delivery.compact(), attempt.number);
    let sent = ledger.on_record(attempt.delivery, attempt.number).await?;
    let file = |name: String, sha256: String| json!({ "file": name, "sha256": sha256 });
    let sent = sent.map(|sent| {
        let name = format!("{name}.json");
        let hash = archive.add(&name, sent);
        file(name, hash)
    });
    let (mut message, mut pictures) = (None, Vec::new());
    match attempt.carried.as_ref().map(|it| &it.wire) {
        Some(Wire::Mail(mail)) => {
            let name = format!("{name}.eml");
            let hash = archive.add(&name, mail.message.clone());
            message = Some(file(name, hash));
        }
        Some(Wire::Steps(steps)) => {
            for sha256 in steps.steps.iter().filter_map(|it| it.picture.as_ref()) {
                if let Some(bytes) = ledger.picture(sha256).await? {
                    let name = format!("pictures/{sha256}");
                    archive.add(&name, bytes);
                    pictures.push(file(name, sha256.clone()));
                }
            }
        }
        _ => {}
    }
    let steps = ledger.steps(attempt.delivery, attempt.number).await?;
    Ok(json!({
        "number": attempt.number,
        "worker": attempt.worker,
        "began_at": attempt.began_at,
        "send_by": attempt.send_by,
        "ended_at": attempt.ended_at,
        "outcome": attempt.outcome,
        "answer": attempt.detail,
        "says": attempt.carried.as_ref().map(|it| words_of(&it.rendition)),
        "rendition": attempt.carried.as_ref().map(|it| &it.rendition),
        "sent": sent,
        "message": message,
        "pictures": pictures,
        "steps": steps,
        "erased_at": attempt.erased_at,
    }))
}
