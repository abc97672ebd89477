//! Boards: job boards with an interface of their own, described as data.
//!
//! Boards know no idempotency key, and several do not even notice a double; but all take a number
//! of ours. So the board is asked for it before anything is created, and a copy that is there is
//! not made again.
//!
//! `description` is the `[board]` table, `check` whether it can work; `filling` fills placeholders
//! in and `body` makes bodies; `question` asks what changes nothing, `reading` and `selector` take
//! values out of answers; `search` asks for our reference, `later` for what becomes of a copy;
//! `authorisation` shows who we are, and `session` what a board gives out for the next request.

mod authorisation;
mod body;
mod check;
pub mod description;
mod filling;
mod later;
mod question;
mod reading;
mod search;
mod selector;
mod service_account;
mod session;

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::json;
use url::Url;

use super::http::{Answer, Busy, Exchange, Http};
use super::steps::{self, StepByStep};
use super::wire::{HttpRequest, Step, Steps, Verb, id_of};
use super::{
    Abilities, Action, Address, Arrival, BuildError, Can, Channel, Context, Edit, Kind, Outcome,
    Permit, PrepareError, Probe, Receipt, Search, Sight, Trace, Wire, http, words,
};
use crate::adapt::{Form, Rendition};
use authorisation::Authorisation;
use description::Poll;
pub use description::{Auth, Body, Config, Find, Place, Repeat, Request, Success, Visit};
use filling::Values;
use reading::{Judgement, Shown, Want, title_of};
use search::{Standing, State};
use session::{Freshness, Session};

/// How the record calls the request that creates, where another one follows it.
const CREATE: &str = "create";
/// And that one.
const PUBLISH: &str = "publish";

/// The requests of one attempt take [`http::TOTAL_TIMEOUT`] each at most; the rest is for a board
/// that shows in its search what it took only after some minutes.
const IN_FLIGHT_SECONDS: u32 = 5 * 60;

/// A person is asked about what waits at a board for longer than two weeks.
const PATIENCE_SECONDS: u64 = 14 * 24 * 60 * 60;

/// One account at one board.
pub struct Board {
    config: Config,
    authorisation: Authorisation,
    session: Session,
    http: Http,
}

/// What a request is made for.
struct Purpose<'a> {
    verb: Verb,
    request: &'a Request,
    usual_body: Body,
    copy: Option<&'a Receipt>,
    document: Option<&'a str>,
}

impl Board {
    /// # Errors
    /// [`BuildError`] if the description cannot work.
    pub fn new(config: Config, context: Context) -> Result<Self, BuildError> {
        config.check().map_err(|(key, why)| BuildError::Setting {
            channel: context.channel.clone(),
            key,
            why,
        })?;
        let http = Http::new(context.reach)
            .showing(config.client_certificate.clone())
            .trusting(config.ca.clone());
        let authorisation = Authorisation::new(config.auth.clone(), context.reach);
        Ok(Self { config, authorisation, session: Session::default(), http })
    }

    /// The same, with somebody who sees each exchange.
    #[must_use]
    pub fn watched_by(self, witness: std::sync::Arc<dyn http::Witness>) -> Self {
        Self { http: self.http.watched_by(witness), ..self }
    }

    fn request(
        &self,
        purpose: &Purpose<'_>,
        address: &Address<'_>,
    ) -> Result<HttpRequest, PrepareError> {
        let Purpose { verb, request, copy, document, .. } = purpose;
        let key = address.key.to_string();
        let values = Values {
            id: copy.and_then(|it| it.remote_id.as_deref()),
            link: copy.and_then(|it| it.link.as_ref()).map(Url::as_str),
            reference: Some(address.reference),
            key: Some(&key),
            at: Some(address.at),
            verb: Some(*verb),
            document: *document,
            ..Values::of(&self.config)
        };
        let mut headers = self.headers(&values, &request.headers)?;
        let body = request.body.as_ref().unwrap_or(&purpose.usual_body);
        let what = match copy {
            Some(Receipt { link: None, .. }) if request.url.contains("{link}") => "link",
            _ => "id of the board",
        };
        let unknown = || PrepareError::NoReceipt { what };
        if copy.is_some_and(|it| it.remote_id.is_none()) && request.names_id() {
            return Err(unknown());
        }
        let made = body.make(&values, self.config.format, self.config.content_type.as_deref())?;
        let body = made.map(|made| {
            if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
                headers.push(("Content-Type".to_owned(), made.content_type));
            }
            made.text
        });
        let url = values.address(&request.url).ok_or_else(unknown)?;
        let url = match (Url::parse(&url), &self.config.auth) {
            (Ok(url), Auth::Query { .. }) => self.authorisation.address(url).to_string(),
            _ => url,
        };
        Ok(HttpRequest {
            verb: *verb,
            method: request.method.to_uppercase(),
            url,
            headers,
            body,
            remote_id: copy.and_then(|it| it.remote_id.clone()),
            reference: Some(address.reference.to_owned()),
            ask_first: self.config.find.as_ref().and_then(|find| values.address(&find.url)),
            key: self.fills_in_by_key().then_some(key),
        })
    }

    /// Whether placeholders that bear the delivery's key may stand in a request.
    fn fills_in_by_key(&self) -> bool {
        !self.config.session.is_empty() || matches!(self.config.auth, Auth::Body { .. })
    }

    /// The headers of a request, or of one that only reads, with placeholders for what is filled in as
    /// it goes out.
    fn headers(
        &self,
        values: &Values<'_>,
        own: &BTreeMap<String, String>,
    ) -> Result<Vec<(String, String)>, PrepareError> {
        let is_own = |name: &str| own.keys().any(|it| it.eq_ignore_ascii_case(name));
        let common = self.config.headers.iter().filter(|(name, _)| !is_own(name));
        let mut headers = Vec::new();
        for (name, template) in common.chain(own) {
            match values.text(template) {
                Some(value) => headers.push((name.clone(), value)),
                // A request that only reads is about no delivery.
                None if values.verb.is_none() && !is_own(name) => {}
                None => {
                    let why = format!("the header {name} needs a value that is not known");
                    return Err(PrepareError::Invalid(why));
                }
            }
        }
        headers.extend(self.authorisation.headers());
        headers.extend(self.cookies(values.key.unwrap_or_default()));
        Ok(headers)
    }

    async fn outcome(
        &self,
        on_record: &HttpRequest,
        described: &Request,
        answer: &Answer,
    ) -> Outcome {
        let known = on_record.remote_id.as_deref();
        let is_gone =
            described.gone.as_ref().is_some_and(|it| it.judge(answer) == Judgement::Success);
        match described.ok.judge(answer) {
            _ if is_gone && on_record.verb == Verb::Withdraw => {}
            _ if is_gone => {
                let why = format!("the board has no such copy any more: {}", answer.summary());
                return Outcome::Refused { why };
            }
            Judgement::Success => {}
            Judgement::Error => return Outcome::Refused { why: answer.summary() },
            Judgement::Unexpected => {
                let why = format!("the board's answer is no success: {}", answer.summary());
                return Outcome::Unknown { why };
            }
            // Taking back what is gone already has done what was asked.
            Judgement::Status
                if on_record.verb == Verb::Withdraw && matches!(answer.status, 404 | 410) => {}
            // A conflict can mean that our reference is taken, by a copy of ours.
            Judgement::Status
                if on_record.verb == Verb::Create
                    && answer.status == 409
                    && self.config.find.is_some() =>
            {
                return Outcome::Unknown { why: answer.summary() };
            }
            // The same request is wanted somewhere else (RFC 9110 §15.4.2, §15.4.8, §15.4.9): a person
            // says where, or every try would end so. A board that did it all the same is asked for
            // our reference before the next one.
            Judgement::Status if matches!(answer.status, 301 | 307 | 308) => {
                let why = format!("{}; correct the address in the board's file", answer.summary());
                return Outcome::Blocked { why };
            }
            Judgement::Status => return answer.failure(Busy::Unsaid),
        }
        let Ok(asked) = Url::parse(&on_record.url) else {
            return Outcome::Unknown { why: "the address on record cannot be read".to_owned() };
        };
        let json = answer.json();
        let shown = Shown { answer, text: &answer.body, json: json.as_ref(), asked: &asked };
        let reference = on_record.reference.as_deref();
        let document = on_record.body.as_deref();
        let values = Values { id: known, reference, document, ..Values::of(&self.config) };
        if on_record.verb == Verb::Create
            && let State::Refused(word) = self.state(described.state.as_ref(), shown, &values)
        {
            return Outcome::Refused { why: format!("the board calls it `{word}`") };
        }
        let id = match (&described.id, known) {
            (Some(place), _) if on_record.verb == Verb::Create => {
                match shown.read(place, &values, Want::Id) {
                    Some(id) => Some(id),
                    None => {
                        let why = format!("the board names no id: {}", answer.summary());
                        return Outcome::Unknown { why };
                    }
                }
            }
            (None, None) if on_record.verb == Verb::Create => {
                // The board says its id only when it is asked.
                if let (Some(ask), Some(reference)) = (&on_record.ask_first, reference)
                    && let Ok(Some(standing)) = self.look(ask, reference).await
                {
                    return Outcome::Posted(standing.receipt);
                }
                None
            }
            (_, known) => known.map(str::to_owned),
        };
        let values = Values { id: id.as_deref(), ..values };
        let link = described
            .link
            .as_ref()
            .and_then(|place| shown.read(place, &values, Want::Link))
            .and_then(|link| Url::parse(&link).ok());
        Outcome::Posted(Receipt { remote_id: id, link, ..Receipt::default() })
    }

    fn described(&self, verb: Verb) -> Option<&Request> {
        match verb {
            Verb::Create => Some(&self.config.create),
            Verb::Update => self.config.update.as_ref(),
            Verb::Withdraw => self.config.withdraw.as_ref(),
            Verb::Upload => None,
        }
    }

    /// How long the board says that it works through what it took before that is seen.
    fn queued_seconds(&self) -> u32 {
        let after = self.config.poll.as_ref().and_then(|poll| poll.after);
        after.and_then(|it| u32::try_from(it.0.num_seconds()).ok()).unwrap_or_default()
    }

    /// Whether a copy that was created is still to be published.
    fn has_to_publish(&self, search: &Search<'_>) -> bool {
        self.config.publish.is_some() && !search.done.iter().any(|it| it.step == PUBLISH)
    }

    /// What a copy under our reference means for a search that was made for it.
    fn trace_of(&self, standing: Standing) -> Trace {
        let Standing { receipt, state } = standing;
        match state {
            State::Pending(word) => {
                let why = format!("it waits at the board, which calls that `{word}`");
                Trace::Held { receipt, why }
            }
            State::Refused(word) => {
                Trace::TurnedDown { why: format!("the board calls it `{word}`") }
            }
            State::Withdrawn => Trace::Absent,
            State::Shown
                if receipt.link.is_none() && self.config.create.link == Some(Place::Manual) =>
            {
                let why = "it stands at the board, which does not say where readers find it: look, \
                           and record the link";
                Trace::Held { receipt, why: why.to_owned() }
            }
            State::Shown => Trace::Found(receipt),
        }
    }
}

#[async_trait]
impl Channel for Board {
    fn kind(&self) -> Kind {
        Kind::Board
    }

    fn abilities(&self) -> Abilities {
        let can = |request: &Option<Request>| if request.is_some() { Can::Yes } else { Can::No };
        let config = &self.config;
        let patience = config.states.as_ref().and_then(|it| it.patience);
        let patience = patience.and_then(|it| u64::try_from(it.0.num_seconds()).ok());
        Abilities {
            edit: if config.update.is_some() { Edit::InPlace } else { Edit::No },
            follow_up: Can::No,
            withdraw: can(&config.withdraw),
            find: Can::Yes,
            // Our reference is in every copy, and an answer that may not come from a search for it
            // is `CannotTell`. A board that takes the same reference for the same copy is not asked:
            // repeating is harmless there.
            proves_absence: Can::Yes,
            in_flight_seconds: IN_FLIGHT_SECONDS.saturating_add(self.queued_seconds()),
            repeat_safe_seconds: (config.create.repeat == Repeat::Replaces).then_some(u64::MAX),
            arrival: match (config.is_seen_later(), &config.create.link) {
                (false, _) => Arrival::AtOnce,
                // Only a person knows the link, so nobody else is waited for.
                (true, Some(Place::Manual)) if config.states.is_none() => {
                    Arrival::Later { give_up_after_seconds: 0 }
                }
                (true, _) => {
                    Arrival::Later { give_up_after_seconds: patience.unwrap_or(PATIENCE_SECONDS) }
                }
            },
        }
    }

    fn place(&self) -> String {
        self.config.base.to_string()
    }

    fn form(&self) -> Form {
        Form::Board { media_type: self.config.format, limits: Box::new(self.config.limits.clone()) }
    }

    fn prepare(&self, action: Action<'_>, address: &Address<'_>) -> Result<Wire, PrepareError> {
        let unable = |verb| PrepareError::Unable { kind: Kind::Board, verb };
        let purpose = match action {
            Action::Publish(rendition) => {
                let document = Some(document_of(rendition)?);
                let create = Purpose {
                    verb: Verb::Create,
                    request: &self.config.create,
                    usual_body: Body::Document,
                    copy: None,
                    document,
                };
                let step = |name: &str, request| Step {
                    name: name.to_owned(),
                    request,
                    picture: None,
                    shows: None,
                };
                let Some(publish) = &self.config.publish else {
                    let create = self.request(&create, address)?;
                    // What it returns is needed later, so it is kept as the id of a step.
                    return Ok(if self.config.poll.as_ref().is_some_and(Poll::names_id) {
                        Wire::Steps(Steps { steps: vec![step(CREATE, create)] })
                    } else {
                        Wire::Http(create)
                    });
                };
                let made = Receipt { remote_id: Some(id_of(CREATE)), ..Receipt::default() };
                let publish = Purpose {
                    verb: Verb::Update,
                    request: publish,
                    usual_body: Body::None,
                    copy: Some(&made),
                    document,
                };
                let create = step(CREATE, self.request(&create, address)?);
                let publish = self.request(&publish, address)?;
                let publish = step(PUBLISH, HttpRequest { remote_id: None, ..publish });
                return Ok(Wire::Steps(Steps { steps: vec![create, publish] }));
            }
            Action::FollowUp(..) => return Err(unable("follow up")),
            Action::Edit(rendition, receipt) => Purpose {
                verb: Verb::Update,
                request: self.config.update.as_ref().ok_or_else(|| unable("change a copy"))?,
                usual_body: Body::Document,
                copy: Some(receipt),
                document: Some(document_of(rendition)?),
            },
            Action::Withdraw(receipt) => Purpose {
                verb: Verb::Withdraw,
                request: self.config.withdraw.as_ref().ok_or_else(|| unable("take a copy back"))?,
                usual_body: Body::None,
                copy: Some(receipt),
                document: None,
            },
        };
        self.request(&purpose, address).map(Wire::Http)
    }

    async fn send(&self, wire: &Wire, permit: &Permit<'_>) -> Outcome {
        match wire {
            Wire::Http(on_record) => {
                self.send_one(on_record, self.described(on_record.verb), permit).await
            }
            Wire::Steps(steps) => match steps::send(self, steps, permit).await {
                // What `create` returned is a ticket: the copy's own id comes with the result.
                Outcome::Posted(_)
                    if self.config.poll.as_ref().is_some_and(|poll| poll.id.is_some()) =>
                {
                    Outcome::Posted(Receipt::default())
                }
                outcome => outcome,
            },
            _ => super::not_ours(Kind::Board),
        }
    }

    /// By our reference, which comes back whatever a copy says: so every likeness is the same.
    async fn find(&self, search: &Search<'_>) -> Trace {
        match search.wire {
            Wire::Http(request) => self.look_for(request, search).await,
            Wire::Steps(steps) => {
                let is_done = |step: &Step| search.done.iter().any(|it| it.step == step.name);
                match steps.steps.first() {
                    // All is done, and what is asked is what became of it.
                    Some(create) if steps.steps.iter().all(is_done) => {
                        self.look_for(&create.request, search).await
                    }
                    _ => steps::find(self, steps, search).await,
                }
            }
            _ => Trace::CannotTell { why: "the record is no request to a board".to_owned() },
        }
    }

    /// What the board itself says, where its file tells how to ask, and then whether the page behind
    /// the link shows the posting's title.
    async fn verify(&self, receipt: &Receipt, expected: Option<&Rendition>) -> Sight {
        let unseen = |why: String| Sight::Unseen { why };
        let document = expected.and_then(|it| document_of(it).ok());
        if let Some(verify) = &self.config.verify {
            match self.ask_for_copy(verify, receipt, document).await {
                Sight::Agrees
                    if receipt.link.is_none() && self.config.create.link != Some(Place::Manual) =>
                {
                    return Sight::Agrees;
                }
                Sight::Agrees => {}
                sight => return sight,
            }
        }
        let Some(link) = &receipt.link else {
            return unseen("the board gave no link".to_owned());
        };
        let title = expected.map(|_| document.and_then(title_of));
        if title == Some(None) && self.config.verify.is_none() {
            return unseen("what was sent names no `title` to look for".to_owned());
        }
        let shows_it =
            |page: &str| title.iter().flatten().all(|title| words::page_shows(page, title));
        match self.http.fetch(link).await {
            Exchange::Answer(answer) if matches!(answer.status, 404 | 410) => Sight::Gone,
            Exchange::Answer(answer) if !answer.is_success() => unseen(answer.summary()),
            Exchange::Answer(answer) if shows_it(&answer.body) => Sight::Agrees,
            Exchange::Answer(answer) => Sight::Differs { found: words::excerpt(&answer.body) },
            Exchange::NoAnswer(outcome) => unseen(outcome.why().to_owned()),
        }
    }

    async fn probe(&self) -> Result<Probe, String> {
        let identity = self.config.base.host_str().unwrap_or_default().to_owned();
        let Some(find) = &self.config.find else {
            // Nothing can be asked that changes nothing; the credentials can be had, at least.
            return match self.credential("", Freshness::Kept).await {
                Ok(_) => Ok(Probe { identity, expires: None }),
                Err(outcome) => Err(outcome.why().to_owned()),
            };
        };
        // A search for a number that nobody has: it shows address and credentials, and no more.
        let key = "00000000-0000-0000-0000-000000000000";
        let values = Values {
            reference: Some("handbill-probe"),
            key: Some(key),
            ..Values::of(&self.config)
        };
        let asked = values.address(&find.url).ok_or("`board.find` needs an id")?;
        match self.look(&asked, "handbill-probe").await {
            Ok(_) => Ok(Probe { identity, expires: None }),
            Err(outcome) => Err(outcome.why().to_owned()),
        }
    }
}

#[async_trait]
impl StepByStep for Board {
    async fn transmit(
        &self,
        request: &HttpRequest,
        _picture: Option<Vec<u8>>,
        permit: &Permit<'_>,
    ) -> Outcome {
        // Of several requests the first creates, and the second makes that visible.
        let described = match request.verb {
            Verb::Update => self.config.publish.as_ref(),
            verb => self.described(verb),
        };
        self.send_one(request, described, permit).await
    }

    async fn look_for(&self, request: &HttpRequest, search: &Search<'_>) -> Trace {
        let cannot = |why: &str| Trace::CannotTell { why: why.to_owned() };
        if request.verb == Verb::Update {
            // The same change once more changes nothing.
            return Trace::Absent;
        }
        if let (Verb::Create, Some(poll)) = (request.verb, &self.config.poll) {
            let ticket = search.done.iter().rfind(|it| it.step == CREATE).map(|it| it.id.as_str());
            // Of an answer that was lost the ticket is not known: the board is asked.
            if ticket.is_some() || !poll.names_id() {
                return self.result_of(poll, search, request, ticket).await;
            }
        }
        let (Some(ask), Some(reference)) = (&request.ask_first, &request.reference) else {
            if self.config.create.repeat == Repeat::Replaces || request.verb == Verb::Withdraw {
                // The same once more changes nothing.
                return Trace::Absent;
            }
            return cannot("the record does not say how the board is asked");
        };
        match (request.verb, self.look(ask, reference).await) {
            (Verb::Withdraw, Ok(Some(_)))
            | (Verb::Create | Verb::Update | Verb::Upload, Ok(None)) => Trace::Absent,
            (Verb::Withdraw, Ok(None)) => {
                Trace::Found(Receipt { remote_id: request.remote_id.clone(), ..Receipt::default() })
            }
            (Verb::Create | Verb::Update | Verb::Upload, Ok(Some(standing))) => {
                match &standing.receipt.remote_id {
                    Some(id) if search.owned.contains(id) => cannot(&format!(
                        "under our reference the board names the copy {id}, which is of another delivery"
                    )),
                    _ => match self.trace_of(standing) {
                        // A draft waits for our own second request, not for somebody at the board.
                        Trace::Held { receipt, .. } if self.has_to_publish(search) => {
                            Trace::Found(receipt)
                        }
                        trace => trace,
                    },
                }
            }
            (_, Err(Outcome::Deferred { why, .. })) => Trace::NotYet { why },
            (_, Err(outcome)) => cannot(outcome.why()),
        }
    }
}

impl Board {
    /// Sends one request, once; before one that creates, the board is asked for our reference.
    async fn send_one(
        &self,
        on_record: &HttpRequest,
        described: Option<&Request>,
        permit: &Permit<'_>,
    ) -> Outcome {
        let Some(described) = described else {
            let why = "nothing was sent: the board's file does not describe this request any more";
            return Outcome::Refused { why: why.to_owned() };
        };
        if let (Verb::Create, Some(ask), Some(reference)) =
            (on_record.verb, &on_record.ask_first, &on_record.reference)
        {
            // Asking is no use any more, and the record of the attempt is closed.
            if let Err(outcome) = permit.send_by().check() {
                return outcome;
            }
            let found = match self.look(ask, reference).await {
                Ok(found) => found,
                Err(outcome) => return outcome,
            };
            if let Some(Standing { receipt, .. }) = &found {
                match permit.journal().copy_of_another(receipt).await {
                    Ok(None) => {}
                    Ok(Some(posting)) => {
                        let why = format!(
                            "under our reference `{reference}` the board names the copy of \
                             `{posting}`; give one of the two another `job.id`"
                        );
                        return Outcome::Refused { why };
                    }
                    Err(why) => return Outcome::Deferred { why, after: None },
                }
            }
            let receipt = found.as_ref().map(|it| &it.receipt);
            let noted =
                permit.note("asked", &json!({ "reference": reference, "found": receipt })).await;
            match (found, noted) {
                (Some(Standing { state: State::Refused(word), .. }), _) => {
                    let why = format!("the board has it already, and calls it `{word}`");
                    return Outcome::Refused { why };
                }
                // It stands there, whether that could be noted or not.
                (Some(standing), _) => return Outcome::Posted(standing.receipt),
                (None, Err(outcome)) => return outcome,
                (None, Ok(())) => {}
            }
        }
        let request = match http::Request::from_wire(on_record) {
            Ok(request) => request,
            Err(why) => return Outcome::Refused { why },
        };
        let key = on_record.key.as_deref().unwrap_or_default();
        let credential = match self.credential(key, Freshness::New).await {
            Ok(credential) => credential,
            Err(outcome) => return outcome,
        };
        match self.http.write(&request, credential.as_ref(), permit).await {
            Exchange::Answer(answer) => {
                if answer.status == 401 {
                    self.forget().await;
                }
                self.outcome(on_record, described, &answer).await
            }
            Exchange::NoAnswer(outcome) => outcome,
        }
    }
}

fn document_of(rendition: &Rendition) -> Result<&str, PrepareError> {
    match rendition {
        Rendition::Document { body, .. } => Ok(body),
        _ => Err(PrepareError::Invalid("a board takes a document, and this is none".to_owned())),
    }
}
