//! Notices: somebody is told, once, what needs a person.
//!
//! [`due`] names what is worth telling, purely, from what the ledger and the plan say; [`words`] puts
//! it into a mail or a webhook's body, purely; `send` brings it there. The outbox is the ledger's
//! ([`crate::ledger::notice`]): a notice is written down under what it is about before it is sent,
//! so it is told once, over restarts and beside other processes.
//!
//! It cannot loop. A message that is not taken is tried again, less and less often, for
//! [`TRIED_FOR`], and then given up; that is seen in the log and in [`crate::ledger::Outbox`], and is
//! never the cause of another notice. Nothing reads answers.
//!
//! The window that remains: a process that dies between sending and writing that down, or that
//! loses the answer, sends the same message once more: a mail with the same Message-ID, by which
//! mailboxes drop it, a webhook with the same `id`.

pub mod due;
mod send;
pub mod words;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use tracing::{info, warn};
use url::Url;

use crate::adapt::card::written;
use crate::adapt::{Occasion, Rendition};
use crate::channel::{ChannelName, DeliveryKey, Wire};
use crate::clock::Clock;
use crate::ledger::notice::Wanted;
use crate::ledger::{
    Anchor, Carried, Concerns, DeliveryName, Heard, Ledger, LedgerError, NewNotice, Telling, Way,
};
use crate::plan::Plan;
use crate::posting::PostingId;
use crate::site::Site;
use crate::site::notices::Notices;
pub use due::{due_notices, next_asked_again};
pub use send::SIGNATURE;

/// For how long a message that is not taken is tried.
pub const TRIED_FOR: TimeDelta = TimeDelta::days(3);

/// It is tried so often at least, though this machine slept meanwhile: half a day.
const FEWEST_TRIES: u32 = 8;

/// The wait after the first try; doubled with every further one, up to [`LONGEST_WAIT`].
const FIRST_WAIT: TimeDelta = TimeDelta::minutes(5);
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(6);

/// How long a message belongs to the process that claimed it: longer than any sending takes.
const CLAIMED_FOR: TimeDelta = TimeDelta::minutes(15);

/// Something that a person should know, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Names it for ever: what it is about, and which time.
    pub about: String,
    pub kind: Kind,
    pub since: DateTime<Utc>,
    /// One line.
    pub title: String,
    /// What happened, in a sentence or two.
    pub what: String,
    /// What to do, in words.
    pub help: String,
    /// What to type, one of these.
    pub commands: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub posting: Option<PostingId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<ChannelName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<DeliveryKey>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<Url>,
    /// What a person is to publish, or the errand in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errand: Option<String>,
}

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Nobody knows whether it arrived, and the channel cannot say.
    Unknown,
    /// It was handed over and is not to be seen, or the list wants an answer.
    Silent,
    /// A letter came back, and nobody can tell which ad it is about.
    Letter,
    Refused,
    /// A person is asked to do it.
    Errand,
    /// It cannot be prepared, or its channel has to be asked first and does not answer.
    Stuck,
    /// The words wait for a person's agreement.
    Approval,
    /// What the page says in a sentence waits to be declared.
    Declaration,
    /// An ad waits to be accepted.
    Acceptance,
    /// A page is gone, and its copies stand.
    PageGone,
    Paused,
    Credential,
    /// Where the chain of events stands: to be kept, not to be acted on.
    Anchor,
}

/// What came of telling.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Told {
    /// How many notices are new.
    pub new: usize,
    /// How many messages were taken.
    pub told: usize,
    /// Why messages were not taken: they are tried again.
    pub failed: Vec<String>,
    /// Why messages were given up.
    pub given_up: Vec<String>,
}

/// Tells people what came up since the last time, and what could not be told then. To be called
/// after every round; does nothing on a site without `[notices]`.
///
/// # Errors
/// [`LedgerError`] if the outbox fails; what was not written down is told the next time.
pub async fn tell(
    site: &Site,
    ledger: &Ledger,
    plan: &Plan,
    clock: &Clock,
) -> Result<Told, LedgerError> {
    let Some(notices) = &site.notices else { return Ok(Told::default()) };
    let concerns = ledger.concerns(clock.now()).await?;
    let new = take_notice(site, notices, ledger, &concerns, plan, clock.now()).await?;
    let mut told = Told { new, ..Told::default() };
    // One way that is down keeps no other waiting.
    let ways = Way::ALL.map(|way| empty(site, notices, ledger, &concerns, way, clock));
    for of_way in futures_util::future::join_all(ways).await {
        let of_way = of_way?;
        told.told += of_way.told;
        told.failed.extend(of_way.failed);
        told.given_up.extend(of_way.given_up);
    }
    Ok(told)
}

/// Writes down what is new.
async fn take_notice(
    site: &Site,
    notices: &Notices,
    ledger: &Ledger,
    concerns: &Concerns,
    plan: &Plan,
    now: DateTime<Utc>,
) -> Result<usize, LedgerError> {
    let mut due = due_notices(concerns, plan, site, now);
    for notice in due.iter_mut().filter(|it| it.kind == Kind::Errand) {
        let Some(key) = notice.delivery else { continue };
        let attempt = ledger.last_attempt(key).await?;
        let Some(carried) = attempt.and_then(|attempt| attempt.carried) else { continue };
        let delivery = concerns.deliveries.iter().find(|it| it.key == key);
        if let Some(delivery) = delivery.filter(|it| it.name.occasion != Occasion::Close)
            && matches!(carried.rendition, Rendition::Card { .. })
        {
            let DeliveryName { channel, posting, .. } = &delivery.name;
            notice.commands.insert(0, format!("handbill card {channel} {posting}"));
        }
        notice.errand = Some(errand(carried));
    }
    if due.is_empty() {
        return Ok(0);
    }
    put_out(notices, ledger, &due, now).await
}

/// Puts the end of the chain of events among what is told, so that it lies in a mailbox too.
///
/// # Errors
/// [`LedgerError`] if it could not be written down.
pub async fn take_anchor(
    notices: &Notices,
    ledger: &Ledger,
    anchor: &Anchor,
    now: DateTime<Utc>,
) -> Result<(), LedgerError> {
    let Anchor { ledger: id, event, hash, at } = anchor;
    let notice = Notice {
        about: format!("anchor {event} {hash}"),
        kind: Kind::Anchor,
        since: *at,
        title: format!("The chain of events ends with event {event}"),
        what: format!("Ledger {id}, event {event} of {}: {hash}", at.to_rfc3339()),
        help: "Keep this message: what was on record then cannot be changed without it showing"
            .to_owned(),
        commands: Vec::new(),
        posting: None,
        channel: None,
        delivery: None,
        link: None,
        errand: None,
    };
    put_out(notices, ledger, &[notice], now).await?;
    Ok(())
}

/// Writes notices into the outbox, for each way of telling, and says how many are new.
async fn put_out(
    notices: &Notices,
    ledger: &Ledger,
    due: &[Notice],
    now: DateTime<Utc>,
) -> Result<usize, LedgerError> {
    let new: Vec<NewNotice> = due
        .iter()
        .map(|notice| {
            let content = serde_json::to_string(notice)
                .map_err(|error| LedgerError::Corrupt(error.to_string()))?;
            Ok::<_, LedgerError>(NewNotice { about: notice.about.clone(), content })
        })
        .collect::<Result<_, _>>()?;
    let digest = notices.digest.as_ref().and_then(|digest| digest.next(now));
    let wanted = digest.map_or(Wanted::AtOnce, Wanted::Digest);
    let ways: Vec<Way> =
        [notices.mail.as_ref().map(|_| Way::Mail), notices.webhook.as_ref().map(|_| Way::Webhook)]
            .into_iter()
            .flatten()
            .collect();
    ledger.take_notice(&new, &ways, wanted, now).await
}

/// What a person is asked to do, in the words of the attempt.
fn errand(carried: Carried) -> String {
    match (carried.wire, carried.rendition) {
        (Wire::Errand { text }, _) => text,
        (Wire::Commit(commit), _) => format!(
            "The commit is pushed. Open a request for its branch at the link above, if none is \
             open.\n\n{}\n\n{}",
            commit.request.title, commit.request.body
        ),
        (_, Rendition::Status { text, .. }) => text,
        (_, Rendition::Mail { subject, text, .. }) => format!("{subject}\n\n{text}"),
        (_, Rendition::Document { body, .. }) => body,
        (_, Rendition::Card { fields, .. }) => written::text(&fields),
    }
}

/// Sends what is due one way, until one is not taken: then the others wait as well.
async fn empty(
    site: &Site,
    notices: &Notices,
    ledger: &Ledger,
    concerns: &Concerns,
    way: Way,
    clock: &Clock,
) -> Result<Told, LedgerError> {
    let mut told = Told::default();
    loop {
        let now = clock.now();
        let Some(telling) = ledger.claim_telling(way, now, now + CLAIMED_FOR).await? else {
            return Ok(told);
        };
        let sent = match read(&telling, concerns) {
            Ok(message) if message.open.is_empty() => Ok(()),
            Ok(message) => send::send(site, notices, &telling, &message, clock).await,
            Err(why) => Err(why),
        };
        let heard = heard(&telling, sent, clock.now());
        match &heard {
            Heard::Told => {
                info!(telling = %telling.id, way = way.as_str(), "people were told");
                told.told += 1;
            }
            Heard::NotYet { why, .. } => {
                warn!(telling = %telling.id, way = way.as_str(), why, "people could not be told yet");
                told.failed.push(format!("{}: {why}", way.as_str()));
            }
            Heard::GivenUp { why } => {
                warn!(telling = %telling.id, way = way.as_str(), why, "telling people was given up");
                told.given_up.push(format!("{}: {why}", way.as_str()));
            }
        }
        ledger.heard(&telling, &heard, clock.now()).await?;
        if heard != Heard::Told {
            return Ok(told);
        }
    }
}

/// What a message says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// What still needs a person.
    pub open: Vec<Notice>,
    /// What came right while the message waited; nobody is told of that alone.
    pub settled: Vec<Notice>,
}

fn read(telling: &Telling, concerns: &Concerns) -> Result<Message, String> {
    let mut message = Message::default();
    for content in &telling.contents {
        let notice: Notice = serde_json::from_str(content).map_err(|error| error.to_string())?;
        if due::is_settled(&notice, concerns) {
            message.settled.push(notice);
        } else {
            message.open.push(notice);
        }
    }
    Ok(message)
}

/// What the end of a try means.
fn heard(telling: &Telling, sent: Result<(), String>, now: DateTime<Utc>) -> Heard {
    match sent {
        Ok(()) => Heard::Told,
        Err(why) if telling.attempt >= FEWEST_TRIES && now - telling.wanted_at >= TRIED_FOR => {
            Heard::GivenUp { why }
        }
        Err(why) => Heard::NotYet { why, again_at: now + wait(telling.attempt) },
    }
}

/// How long to wait after a try.
fn wait(attempt: u32) -> TimeDelta {
    let doubled = 2_i32.checked_pow(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
    FIRST_WAIT.checked_mul(doubled).unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT)
}
