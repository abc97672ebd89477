//! Whether an archive holds together, by itself and with what was written down outside. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::chain::{self, Link};
use super::page::page;
use super::{Archive, CHAIN, DATA, EvidenceError, FORMAT, PAGE, SUMS, text};
use crate::adapt::Rendition;
use crate::adapt::picture::sha256;
use crate::ledger::{Anchor, Event, Words};
use crate::log::words_of;

/// What was looked at, and what is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Checked {
    pub posting: String,
    pub files: usize,
    /// Events of the chain that follow from each other.
    pub events: usize,
    /// The hash of the newest one.
    pub head: String,
    /// The anchors that agree, the newest last.
    pub anchors: Vec<Anchor>,
    /// Anchors of events that the archive does not reach: they say nothing of it.
    pub beyond: usize,
    /// In words; empty if it holds together.
    pub flaws: Vec<String>,
}

/// Looks whether an archive holds together, and agrees with anchors.
///
/// # Errors
/// [`EvidenceError`] if it is no archive of evidence at all.
pub fn check(archive: &Archive, anchors: &[Anchor]) -> Result<Checked, EvidenceError> {
    let data: Value = serde_json::from_str(archive.text(DATA)?).map_err(|error| {
        EvidenceError::Unreadable { file: DATA.to_owned(), why: error.to_string() }
    })?;
    if text(&data, "format") != FORMAT {
        return Err(EvidenceError::NotOurs(format!(
            "this is no evidence of the format {FORMAT}\nhelp: the Handbill that made it reads it"
        )));
    }
    let mut checked = Checked {
        posting: text(&data["posting"], "id").to_owned(),
        files: archive.files.len(),
        ..Checked::default()
    };
    if archive.text(SUMS)? != archive.sums() {
        checked.flaws.push(format!("the files are not those that {SUMS} lists"));
    }
    checked.flaws.extend(files(archive, &data));
    match page(&data) {
        Ok(drawn) if archive.text(PAGE)? == drawn => {}
        _ if text(&data, "program") != concat!("handbill ", env!("CARGO_PKG_VERSION")) => checked
            .flaws
            .push(format!("{PAGE} was drawn by {}, so only that one can tell whether it says what {DATA} says", text(&data, "program"))),
        _ => checked.flaws.push(format!("{PAGE} does not say what {DATA} says")),
    }
    match chain::verified(archive.text(CHAIN)?) {
        Ok(links) => of_chain(&links, &data, anchors, &mut checked),
        Err(why) => checked.flaws.push(format!("the chain is broken: {why}")),
    }
    Ok(checked)
}

/// That what is named is there and has the hash that is named.
fn files(archive: &Archive, data: &Value) -> Vec<String> {
    let attempts = list(&data["deliveries"]).flat_map(|it| list(&it["attempts"]));
    let named = attempts.flat_map(|attempt| {
        [&attempt["sent"], &attempt["message"]].into_iter().chain(list(&attempt["pictures"]))
    });
    let named = named.chain([&data["page"]]).filter(|file| !file.is_null());
    let is_wrong = |file: &&Value| {
        let content = archive.files.get(text(file, "file"));
        content.is_none_or(|content| sha256(content) != text(file, "sha256"))
    };
    named
        .filter(is_wrong)
        .map(|file| format!("{} is not what was named", text(file, "file")))
        .collect()
}

/// That the data says what the chain says.
fn of_chain(links: &[Link], data: &Value, anchors: &[Anchor], checked: &mut Checked) {
    let by_number: BTreeMap<i64, &Link> = links.iter().map(|link| (link.number, link)).collect();
    checked.events = links.len();
    checked.head = links.last().map(|link| link.hash.clone()).unwrap_or_default();
    let flaws = &mut checked.flaws;
    let chain = &data["ledger"]["chain"];
    if text(chain, "state") == "whole" && text(chain, "head") != checked.head {
        flaws.push("the chain does not end where the ledger's did".to_owned());
    }
    for event in list(&data["events"]) {
        let number = event["number"].as_i64().unwrap_or_default();
        let Some(link) = by_number.get(&number).filter(|it| it.hash == text(event, "hash")) else {
            flaws.push(format!("event {number} is not in the chain"));
            continue;
        };
        flaws.extend(of_event(event, link));
    }
    let own: Vec<&Link> = list(&data["events"])
        .filter_map(|event| by_number.get(&event["number"].as_i64()?).copied())
        .collect();
    for delivery in list(&data["deliveries"]) {
        flaws.extend(of_link(delivery, &own));
        for attempt in list(&delivery["attempts"]) {
            flaws.extend(of_attempt(delivery, attempt, &own));
        }
    }
    for anchor in anchors {
        if text(&data["ledger"], "id") != anchor.ledger.to_string() {
            flaws.push(format!("the anchor of {} is another ledger's", anchor.at));
            continue;
        }
        match by_number.get(&anchor.event) {
            Some(link) if link.hash == anchor.hash => checked.anchors.push(anchor.clone()),
            Some(_) => flaws.push(format!(
                "the anchor of {} says that event {} was another one: the chain was written anew",
                anchor.at, anchor.event
            )),
            None => checked.beyond += 1,
        }
    }
}

/// That an event reads as the chain has it, and its words have the hash that the chain holds.
fn of_event(event: &Value, link: &Link) -> Option<String> {
    let number = link.number;
    let detail: Value = serde_json::from_str(&link.detail).unwrap_or_default();
    let words = event["words"].as_str();
    match (detail["words"].as_str(), words) {
        (Some(hash), Some(words)) if sha256(words.as_bytes()) != hash => {
            return Some(format!("the words of event {number} are not those that were written"));
        }
        (None, Some(_)) => return Some(format!("event {number} had no words")),
        _ => {}
    }
    let erased_at = text(event, "erased_at").parse().ok();
    let written = link.event().map(|written| Event {
        words: detail["words"]
            .is_string()
            .then(|| Words { content: words.map(str::to_owned), erased_at }),
        ..written
    });
    let reads = |name: &str, written: Option<String>| event[name].as_str() == written.as_deref();
    let same = written.is_some_and(|written| {
        text(event, "what") == written.what
            && text(event, "at").parse() == Ok(written.at)
            && reads("told", Some(written.told()))
            && reads("delivery", written.delivery.map(|key| key.to_string()))
            && reads("approved_by", written.says("approved_by"))
            && reads("channel", written.says("channel"))
    });
    (!same).then(|| format!("event {number} reads otherwise than in the chain"))
}

/// That the link of a copy is one that an event tells of.
fn of_link(delivery: &Value, events: &[&Link]) -> Option<String> {
    let link = delivery["receipt"]["link"].as_str()?;
    let quoted = Value::from(link).to_string();
    let is_told = events.iter().any(|event| event.detail.contains(&quoted));
    (!is_told).then(|| format!("no event tells of the link {link}"))
}

/// That what an attempt sent, and what it says, is what the chain has the hashes of.
fn of_attempt(delivery: &Value, attempt: &Value, links: &[&Link]) -> Vec<String> {
    let (key, number) = (text(delivery, "key"), &attempt["number"]);
    let began = links.iter().find_map(|link| {
        let is_it = link.what == "attempt" && link.delivery.is_some_and(|it| it.to_string() == key);
        let detail: Value = serde_json::from_str(&link.detail).ok()?;
        (is_it && detail["attempt"] == *number).then_some(detail)
    });
    let id = text(delivery, "id");
    let Some(began) = began else {
        return vec![format!("no event tells of attempt {number} of {id}")];
    };
    let mut flaws = Vec::new();
    // Handbill before this format wrote no hash of what it sent into the chain.
    let sent = attempt["sent"]["sha256"].as_str();
    if sent.zip(began["sent"].as_str()).is_some_and(|(here, chain)| here != chain) {
        flaws.push(format!("attempt {number} of {id} sent other bytes than are here"));
    }
    let rendition = &attempt["rendition"];
    let said: Option<Rendition> = Rendition::deserialize(rendition).ok();
    let is_same = said.as_ref().is_some_and(|said| {
        words_of(said) == text(attempt, "says")
            && began["content_hash"].as_str().is_none_or(|hash| hash == said.content_hash())
    });
    if !rendition.is_null() && !is_same || rendition.is_null() && attempt["says"].is_string() {
        flaws.push(format!("attempt {number} of {id} said other words than are here"));
    }
    flaws
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
