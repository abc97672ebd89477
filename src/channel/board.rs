//! Boards: job boards with an interface of their own, described as data.
//!
//! Boards know no idempotency key, and several do not even notice a double; but all take a number
//! of ours. So the board is asked for it before anything is created, and a copy that is there is
//! not made again.
//!
//! `description` is the `[board]` table, `check` whether it can work; `prepare` makes requests,
//! `filling` fills placeholders in and `body` makes bodies; `question` asks what changes nothing,
//! `outcome` says what an answer means, `reading` and `selector` take values out of it; `search` asks
//! for our reference, `later` for what becomes of a copy; `authorisation` shows who we are, and
//! `session` what a board gives out for the next request.

mod authorisation;
mod body;
mod check;
pub mod description;
mod filling;
mod later;
mod outcome;
mod prepare;
mod question;
mod reading;
mod search;
mod selector;
mod service_account;
mod session;

use async_trait::async_trait;
use serde_json::json;

use super::http::{Exchange, Http};
use super::steps::{self, StepByStep};
use super::wire::{HttpRequest, Step, Verb};
use super::{
    Abilities, Action, Address, Arrival, BuildError, Can, Channel, Context, Edit, Kind, Outcome,
    Permit, PrepareError, Probe, Receipt, Search, Sight, Trace, Wire, http, words,
};
use crate::adapt::{Form, Rendition};
use authorisation::Authorisation;
pub use description::{Auth, Body, Config, Find, Place, Repeat, Request, Success, Visit};
use filling::Values;
use prepare::{CREATE, document_of, publish_step};
use reading::title_of;
use search::{Standing, State};
use session::{Freshness, Session};

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
        let is_done = |name: String| search.done.iter().any(|it| it.step == name);
        !(0..self.config.publish.len()).map(publish_step).all(is_done)
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
        self.prepared(action, address)
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
        step: &str,
        request: &HttpRequest,
        _picture: Option<Vec<u8>>,
        permit: &Permit<'_>,
    ) -> Outcome {
        // Of several requests the first creates, and the others make that visible.
        let mut publish = self.config.publish.iter().enumerate();
        let described = match request.verb {
            Verb::Update => publish.find(|(number, _)| publish_step(*number) == step),
            _ => None,
        };
        let described = described.map(|(_, it)| it).or_else(|| self.described(request.verb));
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
