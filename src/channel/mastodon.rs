//! Mastodon and servers that speak its API.
//!
//! Writing does not go through megalodon: it cannot send `Idempotency-Key`, its calls have no
//! timeout, it reports a published status as an error when a field of the answer is missing, and
//! the exact bytes of its requests cannot be put on record. So the three writes are plain
//! requests, and megalodon reads (`reading`). `answer` says what an answer to a write means,
//! `instance` what a server says of itself.

mod answer;
mod instance;
mod reading;
mod thread;

use async_trait::async_trait;
use chrono::{TimeDelta, Utc};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::http::{self, Credential, Exchange, Http};
use super::wire::{HttpRequest, SECRET, Verb};
use super::{
    Abilities, Action, Address, Arrival, BuildError, Can, Channel, Context, Edit, Kind, Outcome,
    Permit, PrepareError, Probe, Receipt, Search, Sight, Sought, Trace, Wire, words,
};
use crate::adapt::count::Count;
use crate::adapt::{CardUse, Form, Rendition};
use crate::channel::secret::SecretRef;
pub use instance::{Instance, Software, USUAL_LIMIT};
use reading::{Me, Reader, Shown, Unread};

/// One request takes [`http::TOTAL_TIMEOUT`] at most. The rest is for a server that is still working
/// on what it was given; once stored, a status is in the account's own list at once, which is read
/// from the database (`AccountStatusesFilter`).
const IN_FLIGHT_SECONDS: u32 = 5 * 60;

/// What clocks may differ by when statuses are matched with an attempt.
const CLOCK_SLACK: TimeDelta = TimeDelta::minutes(5);

/// How often more statuses are asked for.
const PAGES: usize = 50;

/// The `[mastodon]` table of a channel's file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// For example `https://social.example`.
    pub server: Url,
    pub token: SecretRef,
    #[serde(default)]
    pub visibility: Visibility,
    /// Characters that a status may have; otherwise what the server says, and [`USUAL_LIMIT`] where
    /// it was not asked yet.
    pub limit: Option<usize>,
    /// What the server runs; otherwise what it says. It decides how it counts, and whether it
    /// honours `Idempotency-Key`.
    pub software: Option<Software>,
    /// Stands before each status, which opens only on demand; it counts as part of it.
    pub content_warning: Option<String>,
    /// What the server said of itself when it was asked last; no key of the file.
    #[serde(skip)]
    pub instance: Option<Instance>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    #[default]
    Public,
    Unlisted,
    Private,
    Direct,
}

impl Config {
    /// What the server runs, declared or as it says; `None` if nobody knows.
    pub fn software(&self) -> Option<Software> {
        self.software.or_else(|| self.instance.as_ref()?.software)
    }

    /// How the server counts, and up to how much.
    pub fn limit(&self) -> (Count, usize) {
        let (count, said) = match (&self.instance, self.software) {
            (Some(instance), None) => instance.limit(),
            (Some(instance), Some(software)) => (software.count(), instance.max_characters),
            (None, software) => (software.unwrap_or(Software::Mastodon).count(), None),
        };
        (count, self.limit.or(said).unwrap_or(USUAL_LIMIT))
    }

    fn content_warning(&self) -> &str {
        self.content_warning.as_deref().unwrap_or_default().trim()
    }
}

/// One account on one server.
pub struct Mastodon {
    config: Config,
    http: Http,
}

impl Mastodon {
    /// # Errors
    /// [`BuildError`] if a setting cannot work.
    pub fn new(config: Config, context: Context) -> Result<Self, BuildError> {
        if !matches!(config.server.scheme(), "http" | "https") || config.server.host().is_none() {
            return Err(BuildError::Setting {
                channel: context.channel,
                key: "mastodon.server",
                why: format!(
                    "`{}` is no web address; write it like `https://social.example`",
                    config.server
                ),
            });
        }
        Ok(Self { config, http: Http::new(context.reach) })
    }

    fn create(
        &self,
        rendition: &Rendition,
        answers: Option<&str>,
        address: &Address<'_>,
    ) -> Result<Wire, PrepareError> {
        let (text, language) = status_of(rendition)?;
        let request = self.new_status(text, language, answers, address);
        self.published(request, rendition, address)
    }

    /// The request that makes a new status of its own.
    fn new_status(
        &self,
        text: &str,
        language: &str,
        answers: Option<&str>,
        address: &Address<'_>,
    ) -> HttpRequest {
        let mut body = json!({
            "status": text,
            "visibility": self.config.visibility.as_str(),
            "language": language,
        });
        if !self.config.content_warning().is_empty() {
            body["spoiler_text"] = self.config.content_warning().into();
        }
        if let Some(id) = answers {
            body["in_reply_to_id"] = id.into();
        }
        let mut request = self.request(Verb::Create, "POST", "/api/v1/statuses", None, address);
        request.headers.push(("Idempotency-Key".to_owned(), address.key.to_string()));
        request.body = Some(body.to_string());
        request
    }

    fn request(
        &self,
        verb: Verb,
        method: &str,
        path: &str,
        remote_id: Option<&str>,
        address: &Address<'_>,
    ) -> HttpRequest {
        let mut headers = vec![
            ("Authorization".to_owned(), format!("Bearer {SECRET}")),
            ("Accept".to_owned(), "application/json".to_owned()),
        ];
        if verb != Verb::Withdraw {
            headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
        }
        HttpRequest {
            verb,
            method: method.to_owned(),
            url: http::endpoint(&self.config.server, path).into(),
            headers,
            body: None,
            remote_id: remote_id.map(str::to_owned),
            reference: Some(address.reference.to_owned()),
            ask_first: None,
            key: None,
        }
    }

    async fn shown(&self, id: &str) -> Result<Shown, Unread> {
        self.reader()?.status(id).await
    }

    fn reader(&self) -> Result<Reader, Unread> {
        let token = self.config.token.read().map_err(|error| Unread::other(error.to_string()))?;
        Reader::new(&self.config.server, self.config.software(), token, self.http.clone())
    }

    /// Asks the server what it runs and how long a status may be, to be kept as
    /// [`Config::instance`].
    ///
    /// # Errors
    /// In words, if it says nothing of itself, or does not answer.
    pub async fn ask_instance(&self) -> Result<Instance, String> {
        let reader = self.reader().map_err(|unread| unread.why)?;
        let document = async |path: &str| reader.document(path).await.map_err(|unread| unread.why);
        let mut instance = Instance { asked_at: Utc::now(), ..Instance::default() };
        for path in ["/api/v2/instance", "/api/v1/instance"] {
            if instance.max_characters.is_none()
                && let Some(json) = document(path).await?
            {
                instance.hear(&json);
            }
        }
        let links = document("/.well-known/nodeinfo").await?;
        let address = links.and_then(|it| instance::nodeinfo_address(&self.config.server, &it));
        if let Some(address) = address
            && let Some(json) = document(address.path()).await?
        {
            instance.hear_nodeinfo(&json);
        }
        if instance.says_something() {
            Ok(instance)
        } else {
            Err(format!("{} says nothing of itself that can be read", self.config.server))
        }
    }

    /// What the server runs and takes, for who asks how things are.
    async fn seen_of_the_server(&self) -> Result<String, String> {
        let config = match self.ask_instance().await {
            Ok(instance) => Config { instance: Some(instance), ..self.config.clone() },
            Err(_) => self.config.clone(),
        };
        let (_, limit) = config.limit();
        let said = config.instance.as_ref().and_then(|it| it.max_characters);
        if let Some(said) = said.filter(|said| *said < limit) {
            return Err(format!(
                "`limit` in the channel's file says {limit} characters, and the server takes {said}"
            ));
        }
        let runs = config.instance.as_ref().and_then(|it| it.version.as_deref());
        let keys = match config.software().and_then(Software::keeps_keys_seconds) {
            Some(_) => "honours Idempotency-Key",
            None => "is not known to honour Idempotency-Key",
        };
        Ok(format!("{} takes {limit} characters, {keys}", runs.unwrap_or("the server")))
    }

    /// Looks for what one request left.
    async fn look_for_one(&self, request: &HttpRequest, search: &Search<'_>) -> Trace {
        let said = |key: &str| request.body.as_deref().and_then(|body| field_of_body(body, key));
        let found = match (request.verb, request.remote_id.as_deref(), said("status")) {
            (Verb::Create, _, Some(text)) => {
                self.search(&text, said("in_reply_to_id").as_deref(), search).await
            }
            (Verb::Update, Some(id), Some(text)) => self.shown(id).await.map(|status| {
                if words::same(&text, &status.text) {
                    Trace::Found(Receipt {
                        remote_id: Some(status.id),
                        link: status.link,
                        ..Receipt::default()
                    })
                } else {
                    Trace::Absent
                }
            }),
            (Verb::Withdraw, Some(id), _) => match self.shown(id).await {
                Ok(_) => Ok(Trace::Absent),
                Err(unread) if unread.is_gone() => {
                    let remote_id = Some(id.to_owned());
                    Ok(Trace::Found(Receipt { remote_id, ..Receipt::default() }))
                }
                Err(unread) => Err(unread),
            },
            _ => Err(Unread::other("the record of the attempt is incomplete".to_owned())),
        };
        found.unwrap_or_else(Unread::into_trace)
    }

    /// Our own status that says `text`, answers `answers` and is not older than the attempt, looked
    /// for in the account's list back to then.
    async fn search(
        &self,
        text: &str,
        answers: Option<&str>,
        search: &Search<'_>,
    ) -> Result<Trace, Unread> {
        let reader = self.reader()?;
        let me = reader.me().await?;
        let since = search.since.min(Utc::now()) - CLOCK_SLACK - me.behind;
        let mut sought = Sought::new(text, search);
        let mut read = 0;
        let mut older_than: Option<String> = None;
        for _ in 0..PAGES {
            let page = reader.statuses(&me.id, older_than.as_deref()).await?;
            let ours = page.iter().find(|status| {
                let place = || match &status.link {
                    Some(link) => link.to_string(),
                    None => format!("status {}", status.id),
                };
                status.account.as_ref().is_none_or(|account| *account == me.id)
                    && !status.is_boost
                    && status.made_at.is_none_or(|at| at >= since)
                    // Of an answer to a status that is gone the server forgets what it answered.
                    && status.answers.as_deref().is_none_or(|it| Some(it) == answers)
                    && sought.is_it(&status.id, &status.text, place)
            });
            if let Some(status) = ours {
                if status.made_at.is_none() {
                    let why = format!("status {} says the same, and not since when", status.id);
                    return Ok(Trace::CannotTell { why });
                }
                return Ok(Trace::Found(Receipt {
                    remote_id: Some(status.id.clone()),
                    link: status.link.clone(),
                    ..Receipt::default()
                }));
            }
            let is_new = |it: &&Shown| {
                it.made_at.is_none_or(|at| at >= since)
                    && !it.is_boost
                    && !search.owned.contains(&it.id)
            };
            let may_be_it = |it: &&Shown| self.may_be(it, text, answers);
            if let Some(status) = page.iter().filter(is_new).find(may_be_it) {
                let why = format!("status {} was made since then, and may be it", status.id);
                return Ok(Trace::CannotTell { why });
            }
            read += page.len();
            match page.last() {
                // Not any of them: some servers put an old one that is pinned before the others.
                Some(last) if last.made_at.is_some_and(|at| at < since) => {
                    return Ok(sought.none_of_them());
                }
                None if self.is_the_end(&me, read) => return Ok(sought.none_of_them()),
                Some(last) if older_than.as_ref() != Some(&last.id) => {
                    older_than = Some(last.id.clone());
                }
                _ => break,
            }
        }
        Ok(sought
            .not_far_enough("the account's list of statuses could not be read back far enough"))
    }

    /// Whether a status with other words may say `text` all the same: its words cannot be read, or
    /// the server shows words otherwise than they were typed, and it has the same links; a part of a
    /// thread may have none, and answers the same.
    fn may_be(&self, status: &Shown, text: &str, answers: Option<&str>) -> bool {
        let garbled = char::REPLACEMENT_CHARACTER;
        if status.text.contains(garbled) && !text.contains(garbled) {
            return true;
        }
        let links = words::addresses(text);
        let is_like_it = match links.is_empty() {
            true => answers.is_some() && status.answers.as_deref() == answers,
            false => links.is_subset(&words::addresses(&status.text)),
        };
        is_like_it && !self.config.software().is_some_and(Software::shows_as_typed)
    }

    /// Whether a list that goes no further, and did not go back to the attempt, is at its end: a
    /// server that gives no more than a few, or nothing at all, proves nothing.
    fn is_the_end(&self, me: &Me, read: usize) -> bool {
        let counts = self.config.software().is_none_or(Software::counts_statuses);
        counts && me.statuses.is_some_and(|all| u64::try_from(read).is_ok_and(|read| read >= all))
    }
}

#[async_trait]
impl Channel for Mastodon {
    fn kind(&self) -> Kind {
        Kind::Mastodon
    }

    fn abilities(&self) -> Abilities {
        Abilities {
            edit: Edit::InPlace,
            follow_up: Can::Yes,
            withdraw: Can::Yes,
            find: Can::Yes,
            // The account's own list leaves out nothing that stands; one that cannot be read back
            // to the attempt is `CannotTell`.
            proves_absence: Can::Yes,
            in_flight_seconds: IN_FLIGHT_SECONDS,
            // What nobody knows is taken for a server that ignores keys.
            repeat_safe_seconds: self.config.software().and_then(Software::keeps_keys_seconds),
            arrival: Arrival::AtOnce,
        }
    }

    fn place(&self) -> String {
        self.config.server.to_string()
    }

    fn form(&self) -> Form {
        let (count, limit) = self.config.limit();
        let warning = count.length(self.config.content_warning());
        Form::Status { count, limit: limit.saturating_sub(warning), card: CardUse::NotOurs }
    }

    fn prepare(&self, action: Action<'_>, address: &Address<'_>) -> Result<Wire, PrepareError> {
        match action {
            Action::Publish(rendition) => self.create(rendition, None, address),
            Action::FollowUp(rendition, receipt) => {
                self.create(rendition, Some(id_of(receipt)?), address)
            }
            Action::Edit(rendition, receipt) => {
                let id = id_of(receipt)?;
                let (text, language) = status_of(rendition)?;
                let warning = self.config.content_warning();
                // A server clears what is left out, so everything is sent again.
                let body = json!({
                    "status": text,
                    "language": language,
                    "sensitive": !warning.is_empty(),
                    "spoiler_text": warning,
                });
                let path = format!("/api/v1/statuses/{id}");
                let mut request = self.request(Verb::Update, "PUT", &path, Some(id), address);
                request.body = Some(body.to_string());
                self.edited(request, rendition, receipt, address)
            }
            Action::Withdraw(receipt) => {
                let id = id_of(receipt)?;
                let path = format!("/api/v1/statuses/{id}");
                let request = self.request(Verb::Withdraw, "DELETE", &path, Some(id), address);
                self.withdrawn(request, receipt, address)
            }
        }
    }

    async fn send(&self, wire: &Wire, permit: &Permit<'_>) -> Outcome {
        let on_record = match wire {
            Wire::Http(on_record) => on_record,
            Wire::Steps(steps) => return self.send_steps(steps, permit).await,
            _ => return super::not_ours(Kind::Mastodon),
        };
        let request = match http::Request::from_wire(on_record) {
            Ok(request) => request,
            Err(why) => return Outcome::Refused { why },
        };
        let token = match self.config.token.read() {
            Ok(token) => Credential::new(token),
            Err(error) => return Outcome::Blocked { why: error.to_string() },
        };
        match self.http.write(&request, Some(&token), permit).await {
            Exchange::Answer(answer) => self.outcome(on_record, &answer),
            Exchange::NoAnswer(outcome) => outcome,
        }
    }

    async fn find(&self, search: &Search<'_>) -> Trace {
        match search.wire {
            Wire::Http(request) => self.look_for_one(request, search).await,
            Wire::Steps(steps) => self.find_steps(steps, search).await,
            _ => Trace::CannotTell { why: "the record is no request to Mastodon".to_owned() },
        }
    }

    /// `/@user/ID`, `/users/user/statuses/ID` and `/web/statuses/ID`, on this server; a status of another server (`/@user@host/ID`) is none of ours.
    fn recognise(&self, link: &Url) -> Option<String> {
        if link.origin() != self.config.server.origin() {
            return None;
        }
        let base = self.config.server.path().trim_end_matches('/');
        let path = link.path().strip_prefix(base)?.trim_matches('/');
        let id = match path.split('/').collect::<Vec<_>>().as_slice() {
            [user, id] if is_local_user(user.strip_prefix('@')?) => *id,
            ["users", user, "statuses", id] if is_local_user(user) => *id,
            ["web", "statuses", id] => *id,
            _ => return None,
        };
        is_status_id(id).then(|| id.to_owned())
    }

    async fn verify(&self, receipt: &Receipt, expected: Option<&Rendition>) -> Sight {
        let words_expected = expected.map(status_of).transpose();
        let (Some(id), Ok(words_expected)) = (receipt.remote_id.as_deref(), words_expected) else {
            return Sight::Unseen { why: "the receipt names no status".to_owned() };
        };
        match self.shown(id).await {
            Ok(status) => match (words_expected, expected) {
                (Some((text, _)), _) if !words::same(text, &status.text) => {
                    Sight::Differs { found: status.text }
                }
                (_, Some(expected)) => self.verify_parts(receipt, expected).await,
                (_, None) => Sight::Agrees,
            },
            Err(unread) if unread.is_gone() => Sight::Gone,
            Err(unread) => Sight::Unseen { why: unread.why },
        }
    }

    async fn probe(&self) -> Result<Probe, String> {
        let reader = self.reader().map_err(|unread| unread.why)?;
        let me = reader.me().await.map_err(|unread| unread.why)?;
        let host = self.config.server.host_str().unwrap_or_default();
        let account = format!("@{}@{host}", me.username);
        if let Some(restriction) = me.restriction {
            return Err(format!("moderators have {restriction} the account {account}"));
        }
        let scopes = reader.scopes().await;
        if let Some(missing) = scopes.as_deref().and_then(missing_scope) {
            return Err(format!(
                "the token of {account} may not do `{missing}`; make one with the scopes `read` \
                 and `write:statuses`"
            ));
        }
        let mut seen = vec![account];
        seen.extend(scopes.map(|scopes| format!("scopes {}", scopes.join(" "))));
        seen.push(self.seen_of_the_server().await?);
        Ok(Probe { identity: seen.join("; "), expires: None })
    }
}

impl Visibility {
    fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Unlisted => "unlisted",
            Self::Private => "private",
            Self::Direct => "direct",
        }
    }
}

fn status_of(rendition: &Rendition) -> Result<(&str, &str), PrepareError> {
    match rendition {
        Rendition::Status { text, language, .. } => Ok((text, language)),
        _ => Err(PrepareError::Invalid("Mastodon takes a status, and this is none".to_owned())),
    }
}

/// The id of a status, if it is one that may stand in an address.
fn id_of(receipt: &Receipt) -> Result<&str, PrepareError> {
    let id = receipt.remote_id.as_deref().ok_or(PrepareError::NoReceipt { what: "status id" })?;
    if !is_status_id(id) {
        return Err(PrepareError::Invalid(format!("`{id}` is no id of a status")));
    }
    Ok(id)
}

fn is_status_id(id: &str) -> bool {
    // Some servers number their statuses, others name them; none of these signs leads elsewhere.
    let fit = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~=:".contains(&byte);
    id.bytes().all(fit) && id.bytes().any(|byte| byte != b'.')
}

fn is_local_user(name: &str) -> bool {
    !name.is_empty() && !name.contains('@')
}

fn field_of_body(body: &str, key: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    body.get(key)?.as_str().map(str::to_owned)
}

/// A scope that is needed and that none of these covers (docs.joinmastodon.org/api/oauth-scopes).
fn missing_scope(scopes: &[String]) -> Option<&'static str> {
    const NEEDED: [&str; 3] = ["read:accounts", "read:statuses", "write:statuses"];
    let covers = |needed: &str| {
        scopes.iter().any(|scope| scope == needed || needed.split(':').next() == Some(scope))
    };
    NEEDED.into_iter().find(|needed| !covers(needed))
}
