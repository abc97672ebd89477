//! One delivery whole: attempts, exactly what was sent, answers, and what a person can say of it.

use serde::Serialize;

use super::shown::{self, Line, Shown};
use super::{Moment, Outlook, link};
use crate::decide::resolve;
use crate::deliver::compose::Composed;
use crate::deliver::preview;
use crate::ledger::{CopyState, Delivery, State};
use crate::log::story::Story;
use crate::log::{self, Row};

#[derive(Debug, Serialize)]
pub struct Page {
    pub row: Row,
    pub state: String,
    pub key: String,
    pub revision: String,
    /// How it stands on this page: what is decided here counts only while it is so.
    pub seen: String,
    pub posting: String,
    pub due: Moment,
    pub since: Moment,
    pub link: Option<String>,
    /// That it is not there is something that a person can say, and what comes of it.
    pub not_there: Option<NotThere>,
    /// Its link may be written down.
    pub can_record: bool,
    /// What was asked has no link of its own.
    pub is_done_without_link: bool,
    pub attempts: Vec<Attempt>,
    pub changed: Vec<Line>,
    pub letters: Vec<Letter>,
    pub events: Vec<Event>,
}

/// What a person can say of a delivery of which only a person can say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct NotThere {
    pub heading: &'static str,
    pub what_comes_of_it: &'static str,
    pub button: &'static str,
}

#[derive(Debug, Serialize)]
pub struct Attempt {
    pub number: u32,
    pub at: Moment,
    pub worker: String,
    pub outcome: String,
    pub detail: String,
    pub shown: Option<Shown>,
    /// As `handbill log show` draws it, credentials masked.
    pub sent: String,
}

#[derive(Debug, Serialize)]
pub struct Letter {
    pub sender: String,
    pub at: Moment,
    pub subject: String,
    pub words: String,
}

#[derive(Debug, Serialize)]
pub struct Event {
    pub at: Moment,
    pub what: String,
    pub told: String,
}

/// Computes the page.
pub fn page(story: &Story, outlook: &Outlook<'_>) -> Page {
    let delivery = &story.delivery;
    let row = log::row_of(delivery, outlook.past);
    let attempts = story.attempts.iter().map(|attempt| Attempt {
        number: attempt.number,
        at: outlook.moment(attempt.began_at),
        worker: attempt.worker.clone(),
        outcome: attempt.outcome.clone().unwrap_or_else(|| "on its way".to_owned()),
        detail: attempt.detail.clone(),
        shown: attempt.carried.as_ref().map(|it| shown::shown(&it.rendition)),
        sent: match (&attempt.carried, attempt.erased_at) {
            (Some(carried), _) => preview::draw(&Composed {
                rendition: carried.rendition.clone(),
                wire: carried.wire.clone(),
                picture: None,
            }),
            (None, Some(at)) => format!("erased on {}", at.format("%Y-%m-%d")),
            (None, None) => String::new(),
        },
    });
    Page {
        state: row.standing().to_owned(),
        key: delivery.key.to_string(),
        revision: delivery.revision.short().to_owned(),
        seen: seen(delivery),
        posting: link::of_pair(&delivery.name.posting, &delivery.name.channel),
        due: outlook.moment(delivery.due_at),
        since: outlook.moment(delivery.changed_at),
        link: delivery.receipt.as_ref().and_then(|it| it.link.as_ref()).and_then(link::for_readers),
        not_there: not_there(delivery),
        can_record: matches!(delivery.state, State::Asked | State::Posted),
        is_done_without_link: delivery.state == State::Asked
            && resolve::is_done_without_link(delivery),
        attempts: attempts.collect(),
        changed: shown::lines(&story.changed),
        letters: story
            .letters
            .iter()
            .map(|letter| Letter {
                sender: letter.sender.clone(),
                at: outlook.moment(letter.read_at),
                subject: letter.subject.clone(),
                words: letter.words.clone(),
            })
            .collect(),
        events: story
            .events
            .iter()
            .map(|event| Event {
                at: outlook.moment(event.at),
                what: event.what.clone(),
                told: told(&event.told()),
            })
            .collect(),
        row,
    }
}

/// As `Ledger::resolve` takes it.
fn not_there(delivery: &Delivery) -> Option<NotThere> {
    let (heading, what_comes_of_it, button) = match delivery.state {
        State::Unknown => (
            "It is certainly not there",
            "It is sent again then. Look where readers look, and be sure: if it is there all the same, \
             they see it twice.",
            "It is not there",
        ),
        State::Asked => {
            ("It was not done", "It is refused then, and nobody is asked again.", "Not done")
        }
        State::Refused => ("It should be tried again", "It is sent once more.", "Try again"),
        State::Posted if delivery.copy.is_some_and(CopyState::is_on_its_way) => (
            "It never arrived",
            "It is not sent again by itself: a list that lost it may still find it.",
            "It never arrived",
        ),
        _ => return None,
    };
    Some(NotThere { heading, what_comes_of_it, button })
}

/// How a delivery stands, for a form that is sent later.
pub fn seen(delivery: &Delivery) -> String {
    let copy = delivery.copy.map_or("", CopyState::as_str);
    format!("{} {copy} {}", delivery.state.as_str(), delivery.attempts)
}

/// What an event says, as words: `link: https://…; by: M. Brandt`.
fn told(json: &str) -> String {
    let Ok(serde_json::Value::Object(fields)) = serde_json::from_str(json) else {
        return json.to_owned();
    };
    let words = fields.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        format!("{name}: {value}")
    });
    words.collect::<Vec<_>>().join("; ")
}
