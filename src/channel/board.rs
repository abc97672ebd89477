//! Boards: job boards with a REST interface, described as data.
//!
//! Boards know no idempotency key, and several do not even notice a double; but all take a number
//! of ours. So the board is asked for it before anything is created, and a copy that is there is
//! not made again.

mod reading;

use std::collections::BTreeMap;

use async_trait::async_trait;
use data_encoding::BASE64;
use reqwest::header::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::http::{Answer, Busy, Credential, Exchange, Http};
use super::wire::{HttpRequest, SECRET, Verb};
use super::{
    Abilities, Action, Address, Arrival, BuildError, Can, Channel, Context, Edit, Kind, Outcome,
    Permit, PrepareError, Probe, Receipt, Search, Sight, Trace, Wire, http, words,
};
use crate::adapt::{DocumentType, Form, Rendition};
use crate::channel::secret::SecretRef;
use reading::{Judgement, Values, Want, carries, check_address, check_place, title_of};

/// The requests of one attempt take [`http::TOTAL_TIMEOUT`] each at most; the rest is for a board
/// that shows in its search what it took only after some minutes.
const IN_FLIGHT_SECONDS: u32 = 5 * 60;

/// The `[board]` table of a channel's file: the board's description, usually from a preset in
/// `channels/`, and the account.
///
/// `{base}`, `{id}`, `{reference}` and `{key}` in addresses are replaced, percent-encoded; `{id}`
/// is the board's id of the copy, `{reference}` our number (the posting's id), `{key}` the
/// delivery's key.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Stands for `{base}` in the addresses below.
    pub base: Url,
    #[serde(default)]
    pub auth: Auth,
    /// The format of the template that makes the body.
    pub format: DocumentType,
    /// Headers for every request.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Looks for our reference before anything is created. Required: a board without it cannot be
    /// asked after a lost answer.
    pub find: Option<Find>,
    pub create: Request,
    pub update: Option<Request>,
    pub withdraw: Option<Request>,
}

/// How requests are authorised.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub enum Auth {
    #[default]
    None,
    Basic {
        username: String,
        password: SecretRef,
    },
    Bearer {
        token: SecretRef,
    },
    Header {
        name: String,
        value: SecretRef,
    },
}

/// A request and how its answer is read.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    pub method: String,
    /// For example `{base}/jobs/{id}`.
    pub url: String,
    /// What counts as success.
    #[serde(default)]
    pub ok: Success,
    /// Where the board's id stands in the answer.
    pub id: Option<Place>,
    /// Where the link stands in the answer.
    pub link: Option<Place>,
}

impl Request {
    /// Whether it can be made only for a copy whose id on the board is known.
    pub fn names_id(&self) -> bool {
        self.url.contains("{id}")
    }
}

/// A request that looks for a copy by our reference; the first hit counts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Find {
    pub method: String,
    pub url: String,
    #[serde(default)]
    pub ok: Success,
    pub id: Place,
    pub link: Option<Place>,
}

/// Success by status **and** body: boards answer 200 with an error text.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Success {
    /// Default: 200 to 299.
    #[serde(default)]
    pub status: Vec<u16>,
    /// Text that must stand in the body.
    pub body: Option<String>,
    /// Text that must not stand in the body.
    pub body_not: Option<String>,
}

/// Where a value stands in an answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// JSON pointer (RFC 6901), for example `/data/id`.
    Json(String),
    /// A header's name; for `Location` the last part of the path is the id.
    Header(String),
    /// Made of other values, for example `{base}/jobs/{id}`.
    Template(String),
}

/// One account at one board.
pub struct Board {
    config: Config,
    find: Find,
    http: Http,
}

impl Board {
    /// # Errors
    /// [`BuildError`] if the description cannot work.
    pub fn new(config: Config, context: Context) -> Result<Self, BuildError> {
        let setting =
            |key, why: String| BuildError::Setting { channel: context.channel.clone(), key, why };
        let Some(find) = config.find.clone() else {
            let why = "it is missing: a board that cannot be asked for our reference could be \
                       given the same posting twice; describe how it is asked, or use the kind \
                       `manual`";
            return Err(setting("board.find", why.to_owned()));
        };
        if !matches!(config.base.scheme(), "http" | "https") || config.base.host().is_none() {
            return Err(setting(
                "board.base",
                format!(
                    "`{}` is no web address; write it like `https://jobs.example/api`",
                    config.base
                ),
            ));
        }
        check_address(&find.method, &find.url).map_err(|why| setting("board.find", why))?;
        if !find.url.contains("{reference}") || find.url.contains("{id}") {
            let why =
                format!("`{}` does not ask for our number; write `{{reference}}` in it", find.url);
            return Err(setting("board.find", why));
        }
        check_place(Some(&find.id)).map_err(|why| setting("board.find", why))?;
        check_place(find.link.as_ref()).map_err(|why| setting("board.find", why))?;
        let requests = [
            ("board.create", Some(&config.create)),
            ("board.update", config.update.as_ref()),
            ("board.withdraw", config.withdraw.as_ref()),
        ];
        for (key, request) in requests {
            let Some(request) = request else { continue };
            check_address(&request.method, &request.url).map_err(|why| setting(key, why))?;
            check_place(request.id.as_ref()).map_err(|why| setting(key, why))?;
            check_place(request.link.as_ref()).map_err(|why| setting(key, why))?;
        }
        for (name, value) in &config.headers {
            if HeaderName::try_from(name).is_err() || HeaderValue::from_str(value).is_err() {
                let why = format!("`{name}` with this value is no header");
                return Err(setting("board.headers", why));
            }
        }
        if let Auth::Header { name, .. } = &config.auth
            && HeaderName::try_from(name).is_err()
        {
            return Err(setting("board.auth", format!("`{name}` is no name of a header")));
        }
        Ok(Self { http: Http::new(context.reach), config, find })
    }

    fn request(
        &self,
        verb: Verb,
        request: &Request,
        remote_id: Option<&str>,
        rendition: Option<&Rendition>,
        address: &Address<'_>,
    ) -> Result<Wire, PrepareError> {
        let key = address.key.to_string();
        let values = Values {
            base: &self.config.base,
            id: remote_id,
            reference: Some(address.reference),
            key: Some(&key),
        };
        let fill = |template: &str| {
            values.fill(template).ok_or(PrepareError::NoReceipt { what: "id of the board" })
        };
        let mut headers = self.headers();
        let body = rendition.map(document_of).transpose()?.map(str::to_owned);
        if body.is_some() {
            headers.push(("Content-Type".to_owned(), self.config.format.media_type().to_owned()));
        }
        let ask_first = values.fill(&self.find.url);
        Ok(Wire::Http(HttpRequest {
            verb,
            method: request.method.to_uppercase(),
            url: fill(&request.url)?,
            headers,
            body,
            remote_id: remote_id.map(str::to_owned),
            reference: Some(address.reference.to_owned()),
            ask_first,
        }))
    }

    fn headers(&self) -> Vec<(String, String)> {
        let mut headers: Vec<_> =
            self.config.headers.iter().map(|(name, it)| (name.clone(), it.clone())).collect();
        match &self.config.auth {
            Auth::None => {}
            Auth::Basic { .. } => {
                headers.push(("Authorization".to_owned(), format!("Basic {SECRET}")));
            }
            Auth::Bearer { .. } => {
                headers.push(("Authorization".to_owned(), format!("Bearer {SECRET}")));
            }
            Auth::Header { name, .. } => headers.push((name.clone(), SECRET.to_owned())),
        }
        headers
    }

    fn credential(&self) -> Result<Option<Credential>, Outcome> {
        let read = |secret: &SecretRef| {
            secret.read().map_err(|error| Outcome::Blocked { why: error.to_string() })
        };
        Ok(match &self.config.auth {
            Auth::None => None,
            Auth::Basic { username, password } => {
                let password = read(password)?;
                let pair = format!("{username}:{}", password.expose_secret());
                let value = SecretString::from(BASE64.encode(pair.as_bytes()));
                Some(Credential::made_from(value, vec![password]))
            }
            Auth::Bearer { token } => Some(Credential::new(read(token)?)),
            Auth::Header { value, .. } => Some(Credential::new(read(value)?)),
        })
    }

    /// The copy under our reference, if the board has one. The error is an outcome that says that
    /// nothing was created: the board could not be asked.
    async fn look(&self, asked: &str, reference: &str) -> Result<Option<Receipt>, Outcome> {
        let blocked = |why: String| Outcome::Blocked {
            why: format!("the board could not be asked for our reference: {why}"),
        };
        let url = Url::parse(asked).map_err(|error| blocked(error.to_string()))?;
        let request = http::Request {
            method: self.find.method.to_uppercase(),
            url,
            headers: self.headers(),
            body: None,
            bytes: None,
        };
        let answer = match self.http.send(&request, self.credential()?.as_ref()).await {
            Exchange::Answer(answer) => answer,
            Exchange::NoAnswer(Outcome::Unknown { why }) => {
                return Err(Outcome::Deferred { why, after: None });
            }
            Exchange::NoAnswer(outcome) => return Err(outcome),
        };
        let one_copy = self.names_one_copy();
        if one_copy && matches!(answer.status, 404 | 410) {
            return Ok(None);
        }
        match self.find.ok.judge(&answer) {
            Judgement::Success => {}
            Judgement::Error | Judgement::Unexpected => return Err(blocked(answer.summary())),
            Judgement::Status if (300..400).contains(&answer.status) => {
                return Err(blocked(answer.summary()));
            }
            Judgement::Status => {
                return Err(match answer.failure(Busy::BeforeProcessing) {
                    Outcome::Unknown { why } => Outcome::Deferred { why, after: None },
                    Outcome::Refused { why } => blocked(why),
                    outcome => outcome,
                });
            }
        }
        if matches!(self.find.id, Place::Json(_)) && answer.json().is_none() {
            return Err(blocked(format!("its answer is no JSON: {}", answer.summary())));
        }
        let values =
            Values { base: &self.config.base, id: None, reference: Some(reference), key: None };
        let Some(id) = values.read(&self.find.id, &answer, &request.url, Want::Id) else {
            return Ok(None);
        };
        // A search that a board does not understand answers with somebody's ads.
        if !one_copy && !carries(&answer, &self.find.id, reference) {
            return Err(blocked(format!(
                "asked for `{reference}`, it named the copy {id}, which does not carry it"
            )));
        }
        let values = Values { id: Some(&id), ..values };
        let link = self
            .find
            .link
            .as_ref()
            .and_then(|place| values.read(place, &answer, &request.url, Want::Link))
            .and_then(|link| Url::parse(&link).ok());
        Ok(Some(Receipt { remote_id: Some(id), link, ..Receipt::default() }))
    }

    /// Whether the search names one copy in its path, so that 404 says that there is none.
    fn names_one_copy(&self) -> bool {
        self.find.url.split('?').next().is_some_and(|path| path.contains("{reference}"))
    }

    async fn outcome(
        &self,
        on_record: &HttpRequest,
        described: &Request,
        answer: &Answer,
    ) -> Outcome {
        let known = on_record.remote_id.as_deref();
        match described.ok.judge(answer) {
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
            Judgement::Status if on_record.verb == Verb::Create && answer.status == 409 => {
                return Outcome::Unknown { why: answer.summary() };
            }
            Judgement::Status => return answer.failure(Busy::Unsaid),
        }
        let Ok(asked) = Url::parse(&on_record.url) else {
            return Outcome::Unknown { why: "the address on record cannot be read".to_owned() };
        };
        let reference = on_record.reference.as_deref();
        let values = Values { base: &self.config.base, id: known, reference, key: None };
        let id = match (&described.id, known) {
            (Some(place), _) if on_record.verb == Verb::Create => {
                match values.read(place, answer, &asked, Want::Id) {
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
                    && let Ok(Some(receipt)) = self.look(ask, reference).await
                {
                    return Outcome::Posted(receipt);
                }
                None
            }
            (_, known) => known.map(str::to_owned),
        };
        let values = Values { id: id.as_deref(), ..values };
        let link = described
            .link
            .as_ref()
            .and_then(|place| values.read(place, answer, &asked, Want::Link))
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
}

#[async_trait]
impl Channel for Board {
    fn kind(&self) -> Kind {
        Kind::Board
    }

    fn abilities(&self) -> Abilities {
        let can = |request: &Option<Request>| if request.is_some() { Can::Yes } else { Can::No };
        Abilities {
            edit: if self.config.update.is_some() { Edit::InPlace } else { Edit::No },
            follow_up: Can::No,
            withdraw: can(&self.config.withdraw),
            find: Can::Yes,
            // Our reference is in every copy, and an answer that may not come from a search for it
            // is `CannotTell`.
            proves_absence: Can::Yes,
            in_flight_seconds: IN_FLIGHT_SECONDS,
            repeat_safe_seconds: None,
            arrival: Arrival::AtOnce,
        }
    }

    fn place(&self) -> String {
        self.config.base.to_string()
    }

    fn form(&self) -> Form {
        Form::Document { media_type: self.config.format }
    }

    fn prepare(&self, action: Action<'_>, address: &Address<'_>) -> Result<Wire, PrepareError> {
        let unable = |verb| PrepareError::Unable { kind: Kind::Board, verb };
        match action {
            Action::Publish(rendition) => {
                self.request(Verb::Create, &self.config.create, None, Some(rendition), address)
            }
            Action::FollowUp(..) => Err(unable("follow up")),
            Action::Edit(rendition, receipt) => {
                let request = self.config.update.as_ref().ok_or_else(|| unable("change a copy"))?;
                let id = receipt.remote_id.as_deref();
                self.request(Verb::Update, request, id, Some(rendition), address)
            }
            Action::Withdraw(receipt) => {
                let request =
                    self.config.withdraw.as_ref().ok_or_else(|| unable("take a copy back"))?;
                let id = receipt.remote_id.as_deref();
                self.request(Verb::Withdraw, request, id, None, address)
            }
        }
    }

    async fn send(&self, wire: &Wire, permit: &Permit<'_>) -> Outcome {
        let Wire::Http(on_record) = wire else { return super::not_ours(Kind::Board) };
        let Some(described) = self.described(on_record.verb) else {
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
            let noted =
                permit.note("asked", &json!({ "reference": reference, "found": found })).await;
            match (found, noted) {
                // It stands there, whether that could be noted or not.
                (Some(receipt), _) => return Outcome::Posted(receipt),
                (None, Err(outcome)) => return outcome,
                (None, Ok(())) => {}
            }
        }
        let request = match http::Request::from_wire(on_record) {
            Ok(request) => request,
            Err(why) => return Outcome::Refused { why },
        };
        let credential = match self.credential() {
            Ok(credential) => credential,
            Err(outcome) => return outcome,
        };
        match self.http.write(&request, credential.as_ref(), permit).await {
            Exchange::Answer(answer) => self.outcome(on_record, described, &answer).await,
            Exchange::NoAnswer(outcome) => outcome,
        }
    }

    /// By our reference, which comes back whatever a copy says: so every likeness is the same.
    async fn find(&self, search: &Search<'_>) -> Trace {
        let cannot = |why: &str| Trace::CannotTell { why: why.to_owned() };
        let Wire::Http(request) = search.wire else {
            return cannot("the record is no request to a board");
        };
        if request.verb == Verb::Update {
            // The same change once more changes nothing.
            return Trace::Absent;
        }
        let (Some(ask), Some(reference)) = (&request.ask_first, &request.reference) else {
            return cannot("the record does not say how the board is asked");
        };
        match (request.verb, self.look(ask, reference).await) {
            (Verb::Withdraw, Ok(Some(_)))
            | (Verb::Create | Verb::Update | Verb::Upload, Ok(None)) => Trace::Absent,
            (Verb::Withdraw, Ok(None)) => {
                Trace::Found(Receipt { remote_id: request.remote_id.clone(), ..Receipt::default() })
            }
            (Verb::Create | Verb::Update | Verb::Upload, Ok(Some(receipt))) => {
                match &receipt.remote_id {
                    Some(id) if search.owned.contains(id) => cannot(&format!(
                        "under our reference the board names the copy {id}, which is of another delivery"
                    )),
                    _ => Trace::Found(receipt),
                }
            }
            (_, Err(Outcome::Deferred { why, .. })) => Trace::NotYet { why },
            (_, Err(outcome)) => cannot(outcome.why()),
        }
    }

    /// Whether the page behind the link shows the posting's title; what else a board shows, and
    /// how, is its own affair.
    async fn verify(&self, receipt: &Receipt, expected: Option<&Rendition>) -> Sight {
        let unseen = |why: String| Sight::Unseen { why };
        let Some(link) = &receipt.link else {
            return unseen("the board gave no link".to_owned());
        };
        let title = expected.map(|it| document_of(it).ok().and_then(title_of));
        if title == Some(None) {
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
        // A search for a number that nobody has: it shows address and credentials, and no more.
        let key = "00000000-0000-0000-0000-000000000000";
        let values = Values {
            base: &self.config.base,
            id: None,
            reference: Some("handbill-probe"),
            key: Some(key),
        };
        let asked = values.fill(&self.find.url).ok_or("`board.find` needs an id")?;
        match self.look(&asked, "handbill-probe").await {
            Ok(_) => Ok(Probe {
                identity: self.config.base.host_str().unwrap_or_default().to_owned(),
                expires: None,
            }),
            Err(outcome) => Err(outcome.why().to_owned()),
        }
    }
}

fn document_of(rendition: &Rendition) -> Result<&str, PrepareError> {
    match rendition {
        Rendition::Document { body, .. } => Ok(body),
        _ => Err(PrepareError::Invalid("a board takes a document, and this is none".to_owned())),
    }
}
