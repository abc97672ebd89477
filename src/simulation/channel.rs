//! The channels of a simulation: they speak to a [`Server`] in this process, and between the two
//! happens what happens on networks.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use super::broken::Broken;
use super::chance::Chance;
use super::nature::{Nature, lock};
use super::server::{self, Answer, Copy, KEY_HEADER, Repeats, Server};
use super::thread;
use super::turns::{Daemon, Turns, What};
use crate::adapt::card::written;
use crate::adapt::count::Count;
use crate::adapt::{CardUse, Charset, DocumentType, Form, MailBody, MailForm, Rendition};
use crate::channel::bluesky::id::Tid;
use crate::channel::permit::NoJournal;
use crate::channel::steps;
use crate::channel::wire::{FeedEntry, HttpRequest, MailMessage, Verb};
use crate::channel::{
    Abilities, Action, Address, Arrival, Can, Channel, DeliveryKey, Edit, Kind, Likeness, Outcome,
    Permit, PrepareError, Probe, Receipt, Search, SendBy, Sight, Trace, Wire, words,
};

/// What clocks may differ by when copies are matched with an attempt.
const CLOCK_SLACK: TimeDelta = TimeDelta::minutes(5);

/// How long an archive may take to show a message that nobody holds.
const ARCHIVED_WITHIN: TimeDelta = TimeDelta::hours(1);

/// For how long a list that drops what it has had does so, as the real channel says.
const REPEAT_SAFE_SECONDS: u64 = 12 * 60 * 60;

/// For how long a list may be silent.
pub(super) const GIVE_UP_AFTER_SECONDS: u64 = 14 * 24 * 60 * 60;

/// A channel of one daemon.
pub struct SimulatedChannel {
    pub daemon: Daemon,
    pub name: String,
    pub kind: Kind,
    pub server: Arc<Mutex<Server>>,
    pub nature: Arc<Nature>,
    pub turns: Arc<Turns>,
}

/// What becomes of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Clean,
    /// No connection, no name.
    NotConnected,
    /// 429, with or without a time to wait.
    Busy(Option<Duration>),
    /// 4xx: certainly nothing was done.
    Refused,
    /// It takes so long, and is answered.
    Slow(TimeDelta),
    /// Connecting takes so long.
    SlowConnection(TimeDelta),
    /// The connection breaks before the request is whole.
    CutShort,
    /// The server has done it, and the answer is lost, unreadable or a 5xx.
    AnswerLost,
    AnswerGarbled(Did),
    ServerError(Did),
    /// It is under way for so long; nobody waits for the answer.
    Late(TimeDelta),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Did {
    It,
    Nothing,
}

impl SimulatedChannel {
    fn say(&self, what: impl FnOnce() -> String) {
        self.nature.say(&format!("daemon {}", self.daemon), what);
    }

    async fn step(&self, what: &str) {
        self.turns.take(self.daemon, What::Step(format!("{what} {}", self.name))).await;
    }

    /// Draws what becomes of a request; each has a stream of its own.
    fn fate(&self) -> Fate {
        let number = {
            let mut server = lock(&self.server);
            server.requests += 1;
            server.requests
        };
        let mut chance = Chance::of(self.nature.seed, &format!("{} request {number}", self.name));
        if !chance.per_cent(self.nature.faults()) {
            return Fate::Clean;
        }
        let in_flight = i64::from(self.in_flight());
        let did = chance.pick(Did::It, &[Did::Nothing]);
        match chance.below(15) {
            0 => Fate::NotConnected,
            1 => {
                let wait = Duration::from_secs(60 * (1 + chance.below(40)));
                Fate::Busy(chance.pick(None, &[Some(wait)]))
            }
            2 if chance.one_in(3) => Fate::Refused,
            2 | 3 => Fate::Slow(chance.seconds(5, 300)),
            4 => Fate::SlowConnection(chance.seconds(60, 300)),
            5 => Fate::CutShort,
            6 | 7 => Fate::AnswerLost,
            8 => Fate::AnswerGarbled(did),
            9 => Fate::ServerError(did),
            // What the server shows late must be shown within the same time.
            _ if in_flight > 0 => Fate::Late(chance.seconds(1, in_flight * 2 / 3)),
            _ => Fate::AnswerLost,
        }
    }

    /// As the real channels say it of themselves.
    fn in_flight(&self) -> u32 {
        match self.kind {
            Kind::Mail | Kind::Mastodon | Kind::X | Kind::LinkedIn => 15 * 60,
            Kind::Board | Kind::Bluesky | Kind::Git => 5 * 60,
            Kind::Feed | Kind::Manual => 0,
        }
    }

    /// What the server does, and says.
    fn reach(&self, wire: &Wire) -> Outcome {
        let now = self.nature.truth();
        let mut server = lock(&self.server);
        let before = server.copies.len();
        let answer = server.take(wire, now);
        let made = if server.copies.len() > before { ", a new copy" } else { "" };
        drop(server);
        self.say(|| {
            let says = words_of(wire);
            format!("{} takes it{made}: {}{says}", self.name, short(&answer))
        });
        match answer {
            Answer::Done(receipt) => Outcome::Posted(receipt),
            Answer::No(why) => Outcome::Refused { why },
            Answer::Duplicate => {
                let why = "X says that this text is there already";
                Outcome::Duplicate { why: why.to_owned() }
            }
        }
    }

    fn request(
        &self,
        verb: Verb,
        body: Option<String>,
        remote_id: Option<&str>,
        address: &Address<'_>,
    ) -> Wire {
        let method = match verb {
            Verb::Create | Verb::Upload => "POST",
            Verb::Update => "PUT",
            Verb::Withdraw => "DELETE",
        };
        let id = match (self.kind, remote_id) {
            (Kind::Bluesky, _) if verb != Verb::Withdraw => {
                Tid::of(address.key, address.at).as_str().to_owned()
            }
            (_, id) => id.unwrap_or("new").to_owned(),
        };
        Wire::Http(HttpRequest {
            verb,
            method: method.to_owned(),
            url: server::link(&lock(&self.server).name, &id).into(),
            headers: vec![(KEY_HEADER.to_owned(), address.key.to_string())],
            body,
            remote_id: remote_id.map(str::to_owned),
            reference: Some(address.reference.to_owned()),
            ask_first: None,
            key: None,
        })
    }

    fn mail(&self, rendition: &Rendition, address: &Address<'_>) -> Wire {
        let subject = match rendition {
            Rendition::Mail { subject, .. } => subject.clone(),
            _ => String::new(),
        };
        Wire::Mail(MailMessage {
            // Whose copy it is; a real one says it nowhere.
            server: address.reference.to_owned(),
            envelope_from: "office@tidal.example".to_owned(),
            envelope_to: format!("{}@lists.example", self.name),
            message_id: format!("{}@tidal.example", address.key.compact()),
            subject,
            message: said(rendition),
            report: None,
            signed_as: None,
        })
    }

    fn entry(&self, id: &str, document: Option<String>, address: &Address<'_>) -> Wire {
        let folder = format!("feeds/{}", self.name);
        let file = format!("{id}.jsonld");
        Wire::Entry(FeedEntry { folder, file, id: id.to_owned(), document, at: address.at })
    }

    /// The record of a broken engine that makes a key for each attempt.
    fn with_another_key(&self, wire: &Wire) -> Wire {
        let number = lock(&self.server).requests;
        let mut chance = Chance::of(self.nature.seed, &format!("{} key {number}", self.name));
        let key = DeliveryKey(uuid::Uuid::from_u64_pair(chance.below(u64::MAX), number));
        let mut wire = wire.clone();
        let another = |request: &mut HttpRequest| {
            for (name, value) in &mut request.headers {
                if name == KEY_HEADER {
                    *value = key.to_string();
                }
            }
            if self.kind == Kind::Bluesky && request.verb == Verb::Create {
                let tid = Tid::of(&key, self.nature.clock.now());
                request.url = server::link(&lock(&self.server).name, tid.as_str()).into();
            }
        };
        match &mut wire {
            Wire::Http(request) => another(request),
            Wire::Steps(steps) => {
                steps.steps.iter_mut().for_each(|step| another(&mut step.request));
            }
            Wire::Mail(mail) => mail.message_id = format!("{}@tidal.example", key.compact()),
            Wire::Entry(_) | Wire::Commit(_) | Wire::Errand { .. } => {}
        }
        wire
    }

    /// Sends, with what the network does to it.
    async fn transmit(&self, wire: &Wire, permit: &Permit<'_>) -> Outcome {
        match wire {
            Wire::Steps(steps) => steps::send(self, steps, permit).await,
            wire => self.transmit_one(wire, permit).await,
        }
    }

    /// Sends one request.
    pub(super) async fn transmit_one(&self, wire: &Wire, permit: &Permit<'_>) -> Outcome {
        let fate = self.fate();
        self.step("connects to").await;
        self.say(|| {
            let key = server::key_of(wire).map(|key| key.short()).unwrap_or_default();
            format!("connects to {} for {key} ({fate:?})", self.name)
        });
        match fate {
            Fate::NotConnected => {
                return Outcome::Deferred { why: "connection refused".to_owned(), after: None };
            }
            Fate::SlowConnection(time) => self.nature.pass(time),
            _ => {}
        }
        if let Some(found) = self.look_first(wire).await {
            return found;
        }
        self.step("writes to").await;
        // The law: immediately before the first byte.
        if let Err(outcome) = permit.send_by().check() {
            self.say(|| "its time to send had passed".to_owned());
            return outcome;
        }
        let unknown = |why: &str| Outcome::Unknown { why: why.to_owned() };
        if lock(&self.server).locked {
            return Outcome::Blocked { why: "HTTP 401: the token is not valid".to_owned() };
        }
        let outcome = match fate {
            Fate::Clean | Fate::SlowConnection(_) | Fate::NotConnected => self.reach(wire),
            Fate::Busy(after) => Outcome::Deferred { why: "HTTP 429".to_owned(), after },
            Fate::Refused => Outcome::Refused { why: "HTTP 422: not like this".to_owned() },
            Fate::Slow(time) => {
                let outcome = self.reach(wire);
                self.step("waits for").await;
                self.nature.pass(time);
                outcome
            }
            Fate::CutShort => unknown("the connection broke"),
            Fate::AnswerLost => {
                self.reach(wire);
                unknown("no answer came")
            }
            Fate::AnswerGarbled(did) => {
                self.if_done(did, wire);
                unknown("the answer makes no sense")
            }
            Fate::ServerError(did) => {
                self.if_done(did, wire);
                unknown("HTTP 502")
            }
            Fate::Late(time) => {
                let at = self.nature.truth() + time;
                lock(&self.server).transit.push((at, wire.clone()));
                unknown("no answer came in time")
            }
        };
        self.step("hears from").await;
        if matches!(fate, Fate::Late(_) | Fate::AnswerLost) {
            self.nature.pass(TimeDelta::seconds(60));
        }
        outcome
    }

    fn if_done(&self, did: Did, wire: &Wire) {
        if did == Did::It {
            self.reach(wire);
        }
    }

    /// A board is asked for our reference before anything is made.
    async fn look_first(&self, wire: &Wire) -> Option<Outcome> {
        let Wire::Http(request) = wire else { return None };
        if self.kind != Kind::Board || request.verb != Verb::Create {
            return None;
        }
        self.step("asks").await;
        let now = self.nature.truth();
        let server = lock(&self.server);
        if server.locked {
            return Some(Outcome::Blocked { why: "HTTP 401: the token is not valid".to_owned() });
        }
        let copy = server.copies.iter().find(|copy| is_referred_to(copy, request, now))?;
        Some(Outcome::Posted(copy.receipt()))
    }

    /// What the server's own lists show.
    pub(super) fn look(&self, search: &Search<'_>) -> Trace {
        let cannot = |why: &str| Trace::CannotTell { why: why.to_owned() };
        let now = self.nature.truth();
        let server = lock(&self.server);
        if server.locked {
            return cannot("HTTP 401: the token is not valid");
        }
        match search.wire {
            Wire::Http(request) if self.kind == Kind::Bluesky && request.verb != Verb::Withdraw => {
                self.under_its_key(&server.copies, request, search)
            }
            Wire::Http(request) => match request.verb {
                Verb::Create if self.kind == Kind::Board => {
                    let mut copies = server.copies.iter();
                    match copies.find(|copy| is_referred_to(copy, request, now)) {
                        Some(copy) => Trace::Found(copy.receipt()),
                        None => Trace::Absent,
                    }
                }
                Verb::Create => self.in_list(&server.copies, request, search),
                // Nobody sees what became of it.
                Verb::Upload => Trace::Absent,
                Verb::Update | Verb::Withdraw => {
                    let wanted = request.remote_id.as_deref();
                    let copy = server
                        .copies
                        .iter()
                        .find(|copy| Some(copy.id.as_str()) == wanted && copy.stands());
                    match (request.verb, copy) {
                        (Verb::Withdraw, None) => Trace::Found(Receipt {
                            remote_id: request.remote_id.clone(),
                            ..Receipt::default()
                        }),
                        (Verb::Update, Some(copy)) if request.body.as_ref() == Some(&copy.says) => {
                            Trace::Found(copy.receipt())
                        }
                        (Verb::Update, None) => cannot("HTTP 404"),
                        _ => Trace::Absent,
                    }
                }
            },
            Wire::Mail(mail) => {
                let archived = server.copies.iter().find(|copy| copy.id == mail.message_id);
                match archived {
                    Some(copy) if copy.is_listed(now) => Trace::Found(copy.receipt()),
                    _ if self.nature.clock.now() - search.since < ARCHIVED_WITHIN => {
                        Trace::NotYet { why: "the archive does not show it yet".to_owned() }
                    }
                    _ => cannot("the archive does not show it; a moderator may be holding it"),
                }
            }
            Wire::Entry(entry) => {
                let stands = server.copies.iter().find(|copy| copy.id == entry.id && copy.stands());
                if stands.map(|copy| &copy.says) == entry.document.as_ref() {
                    Trace::Found(Receipt {
                        remote_id: Some(entry.id.clone()),
                        ..Receipt::default()
                    })
                } else {
                    Trace::Absent
                }
            }
            Wire::Steps(_) => cannot("its requests are looked for one by one"),
            // Lists in repositories are not played here.
            Wire::Commit(_) | Wire::Errand { .. } => cannot("only a person can look there"),
        }
    }

    /// What stands under the key that a request named; after a restored backup, whose keys are
    /// forgotten, what the account's list shows.
    fn under_its_key(&self, copies: &[Copy], request: &HttpRequest, search: &Search<'_>) -> Trace {
        let id = server::record_key(request);
        let standing = |id: &str| copies.iter().find(|copy| copy.id == id && copy.stands());
        match (standing(&id), &request.remote_id, search.likeness) {
            (Some(copy), ..) if request.body.as_ref() == Some(&copy.says) => {
                Trace::Found(copy.receipt())
            }
            (Some(copy), ..) => {
                Trace::CannotTell { why: format!("{} says something else", copy.link) }
            }
            (None, Some(old), _) if standing(old).is_none() => {
                Trace::CannotTell { why: "the post that it would replace is gone".to_owned() }
            }
            (None, None, Likeness::Link(_)) => self.in_list(copies, request, search),
            (None, ..) => Trace::Absent,
        }
    }

    /// The account's own timeline.
    fn in_list(&self, copies: &[Copy], request: &HttpRequest, search: &Search<'_>) -> Trace {
        let now = self.nature.truth();
        let listed = copies.iter().filter(|copy| copy.is_listed(now));
        if self.nature.broken == Some(Broken::LinkOnlyFind) {
            let reference = request.reference.clone().unwrap_or_default();
            let mut listed = listed;
            return match listed.find(|copy| copy.reference == reference) {
                // Who knows the link alone has no id to compare with the owners'.
                Some(copy) => {
                    Trace::Found(Receipt { link: Some(copy.link.clone()), ..Receipt::default() })
                }
                None => Trace::Absent,
            };
        }
        let since = self.on_the_servers_clock(search.since) - CLOCK_SLACK;
        let owner_counts = self.nature.broken != Some(Broken::NoOwnerCheck);
        let body = request.body.as_deref().unwrap_or_default();
        let answers = request.url.split_once("?answers=").map(|(_, id)| id);
        let mut suspects = listed
            .filter(|copy| copy.made_at >= since)
            .filter(|copy| copy.answers.as_deref() == answers)
            .filter(|copy| !(owner_counts && search.owned.contains(&copy.id)));
        match search.likeness {
            Likeness::Words => match suspects.find(|copy| words::same(&copy.says, body)) {
                // A channel that does not look whose a copy is does not say which one it is.
                Some(copy) if !owner_counts => {
                    Trace::Found(Receipt { link: Some(copy.link.clone()), ..Receipt::default() })
                }
                Some(copy) => Trace::Found(copy.receipt()),
                None => Trace::Absent,
            },
            Likeness::Link(link) => match suspects.find(|copy| copy.says.contains(link.as_str())) {
                Some(copy) if words::same(&copy.says, body) => Trace::Found(copy.receipt()),
                Some(copy) => Trace::CannotTell {
                    why: format!("{} leads to the same page and says something else", copy.link),
                },
                None => Trace::Absent,
            },
        }
    }

    /// A server's answer carries its time (`Date`), so that a clock that is wrong now is known to
    /// be.
    fn on_the_servers_clock(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        at - self.nature.clock_error()
    }
}

/// Whether a board's search for a reference names this copy.
fn is_referred_to(copy: &Copy, request: &HttpRequest, now: DateTime<Utc>) -> bool {
    copy.is_listed(now) && request.reference.as_ref() == Some(&copy.reference)
}

/// The words of a rendition, as a server keeps them.
pub fn said(rendition: &Rendition) -> String {
    match rendition {
        Rendition::Status { text, .. } => text.clone(),
        Rendition::Mail { subject, text, .. } => format!("{subject}\n\n{text}"),
        Rendition::Document { body, .. } => body.clone(),
        Rendition::Card { fields, .. } => written::text(fields),
    }
}

/// An answer, for the trace.
fn short(answer: &Answer) -> String {
    match answer {
        Answer::Done(receipt) => receipt.remote_id.clone().unwrap_or_else(|| "done".to_owned()),
        Answer::No(why) => why.clone(),
        Answer::Duplicate => "a duplicate".to_owned(),
    }
}

/// What a request says, for the trace.
fn words_of(wire: &Wire) -> String {
    let words = match wire {
        Wire::Http(HttpRequest { body, .. }) => body.as_deref(),
        Wire::Steps(_) => None,
        Wire::Mail(mail) => Some(mail.subject.as_str()),
        Wire::Entry(entry) => entry.document.as_deref(),
        Wire::Commit(commit) => commit.entry.as_deref(),
        Wire::Errand { text } => Some(text.as_str()),
    };
    words.map(|words| format!(", “{}”", words.trim())).unwrap_or_default()
}

fn id_of(receipt: &Receipt) -> Result<&str, PrepareError> {
    receipt.remote_id.as_deref().ok_or(PrepareError::NoReceipt { what: "id" })
}

/// The kinds whose servers say what they hold, and take it back.
const SEARCHABLE: &[Kind] =
    &[Kind::Mastodon, Kind::X, Kind::Bluesky, Kind::LinkedIn, Kind::Board, Kind::Feed];

#[async_trait]
impl Channel for SimulatedChannel {
    fn kind(&self) -> Kind {
        self.kind
    }

    fn abilities(&self) -> Abilities {
        let can = |kinds: &[Kind]| if kinds.contains(&self.kind) { Can::Yes } else { Can::No };
        let too_early = self.nature.broken == Some(Broken::AbsentTooEarly);
        Abilities {
            edit: match self.kind {
                Kind::Mastodon | Kind::LinkedIn | Kind::Board | Kind::Feed | Kind::Git => {
                    Edit::InPlace
                }
                Kind::Bluesky => Edit::Anew,
                Kind::Mail | Kind::X | Kind::Manual => Edit::No,
            },
            follow_up: can(&[Kind::Mail, Kind::Mastodon, Kind::X, Kind::Bluesky]),
            withdraw: can(SEARCHABLE),
            find: if self.kind == Kind::Manual { Can::No } else { Can::Yes },
            proves_absence: can(SEARCHABLE),
            in_flight_seconds: if too_early { 0 } else { self.in_flight() },
            repeat_safe_seconds: (self.kind == Kind::Mail
                && lock(&self.server).habits.repeats == Repeats::Dropped)
                .then_some(REPEAT_SAFE_SECONDS),
            arrival: match self.kind {
                Kind::Mail if self.nature.broken != Some(Broken::SentIsLive) => {
                    Arrival::Later { give_up_after_seconds: GIVE_UP_AFTER_SECONDS }
                }
                _ => Arrival::AtOnce,
            },
        }
    }

    fn form(&self) -> Form {
        match self.kind {
            Kind::Mail => Form::Mail(MailForm {
                body: MailBody::Text,
                charset: Charset::Utf8,
                subject_limit: 200,
            }),
            Kind::Mastodon | Kind::X | Kind::Bluesky | Kind::LinkedIn => {
                Form::Status { count: Count::Characters, limit: 5000, card: CardUse::NotOurs }
            }
            Kind::Board | Kind::Feed | Kind::Git | Kind::Manual => {
                Form::Document { media_type: DocumentType::Text }
            }
        }
    }

    fn prepare(&self, action: Action<'_>, address: &Address<'_>) -> Result<Wire, PrepareError> {
        let unable = |verb| PrepareError::Unable { kind: self.kind, verb };
        if let Some(wire) = self.steps(action, address)? {
            return Ok(wire);
        }
        Ok(match (self.kind, action) {
            (Kind::Manual, Action::Publish(rendition)) => Wire::Errand { text: said(rendition) },
            (Kind::Manual, _) => return Err(unable("change what a person did")),
            (Kind::Mail, Action::Publish(rendition)) => self.mail(rendition, address),
            (Kind::Mail, Action::FollowUp(rendition, receipt)) => {
                id_of(receipt)?;
                self.mail(rendition, address)
            }
            (Kind::Mail, _) => return Err(unable("change what was sent")),
            (Kind::Feed, Action::Publish(rendition)) => {
                self.entry(address.reference, Some(said(rendition)), address)
            }
            (Kind::Feed, Action::Edit(rendition, receipt)) => {
                self.entry(id_of(receipt)?, Some(said(rendition)), address)
            }
            (Kind::Feed, Action::Withdraw(receipt)) => self.entry(id_of(receipt)?, None, address),
            (Kind::Feed | Kind::Board | Kind::LinkedIn, Action::FollowUp(..)) => {
                return Err(unable("follow up"));
            }
            (Kind::X, Action::Edit(..)) => return Err(unable("edit")),
            (_, Action::Publish(rendition)) => {
                self.request(Verb::Create, Some(said(rendition)), None, address)
            }
            (_, Action::FollowUp(rendition, receipt)) => {
                id_of(receipt)?;
                self.request(Verb::Create, Some(said(rendition)), None, address)
            }
            (_, Action::Edit(rendition, receipt)) => {
                self.request(Verb::Update, Some(said(rendition)), Some(id_of(receipt)?), address)
            }
            (_, Action::Withdraw(receipt)) => {
                self.request(Verb::Withdraw, None, Some(id_of(receipt)?), address)
            }
        })
    }

    async fn send(&self, wire: &Wire, permit: &Permit<'_>) -> Outcome {
        if self.kind == Kind::Manual {
            return Outcome::Posted(Receipt::default());
        }
        let outcome = match self.nature.broken {
            Some(Broken::KeyPerAttempt) => {
                self.transmit(&self.with_another_key(wire), permit).await
            }
            Some(Broken::LeaseWithoutSendBy) => {
                let never = self.nature.clock.now() + TimeDelta::days(4000);
                let never = SendBy::new(never, self.nature.clock.clone());
                self.transmit(wire, &Permit::new(never, permit.journal())).await
            }
            Some(Broken::StepsFromTheStart) => {
                let forgetful = Permit::new(permit.send_by().clone(), &NoJournal);
                self.transmit(wire, &forgetful).await
            }
            _ => self.transmit(wire, permit).await,
        };
        self.say(|| match &outcome {
            Outcome::Posted(_) => format!("hears from {}: posted", self.name),
            outcome => format!("hears from {}: {outcome:?}", self.name),
        });
        match outcome {
            Outcome::Unknown { why } if self.nature.broken == Some(Broken::RetryOnUnknown) => {
                Outcome::Deferred { why, after: None }
            }
            outcome => outcome,
        }
    }

    async fn find(&self, search: &Search<'_>) -> Trace {
        self.step("searches").await;
        let number = {
            let mut server = lock(&self.server);
            server.requests += 1;
            server.requests
        };
        let mut chance = Chance::of(self.nature.seed, &format!("{} search {number}", self.name));
        let trace = if chance.per_cent(self.nature.faults() / 2) {
            Trace::NotYet { why: "it does not answer".to_owned() }
        } else if let Wire::Steps(steps) = search.wire {
            steps::find(self, steps, search).await
        } else {
            self.look(search)
        };
        self.say(|| {
            let found = match &trace {
                Trace::Found(receipt) => format!("found {}", id_of(receipt).unwrap_or("it")),
                trace => format!("{trace:?}"),
            };
            format!("searches {} for {}: {found}", self.name, search.key.short())
        });
        trace
    }

    fn place(&self) -> String {
        // Channels that share an account share its server.
        format!("{:p}", Arc::as_ptr(&self.server))
    }

    fn recognise(&self, link: &Url) -> Option<String> {
        link.path_segments()?.next_back().map(str::to_owned)
    }

    async fn verify(&self, receipt: &Receipt, expected: Option<&Rendition>) -> Sight {
        self.step("looks at").await;
        let unseen = |why: &str| Sight::Unseen { why: why.to_owned() };
        let now = self.nature.truth();
        let server = lock(&self.server);
        let Some(id) = &receipt.remote_id else { return unseen("the receipt names no copy") };
        if self.kind == Kind::Manual || server.locked {
            return unseen("only a person can look there");
        }
        let copy = server.copies.iter().rev().find(|copy| copy.id == *id);
        match copy {
            Some(copy) if self.kind == Kind::Mail && !copy.is_listed(now) => {
                unseen("the archive does not show it")
            }
            Some(copy) if !copy.stands() => Sight::Gone,
            Some(copy) if expected.is_none_or(|it| words::same(&copy.says, &said(it))) => {
                match expected {
                    Some(rendition) if !thread::agrees(&server, receipt, rendition) => {
                        Sight::Differs { found: "other parts".to_owned() }
                    }
                    _ => Sight::Agrees,
                }
            }
            Some(copy) => Sight::Differs { found: copy.says.clone() },
            None => Sight::Gone,
        }
    }

    async fn probe(&self) -> Result<Probe, String> {
        Ok(Probe { identity: self.name.clone(), expires: None })
    }
}
