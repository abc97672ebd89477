//! Mastodon and servers that speak its API.
//!
//! Writing does not go through megalodon: it cannot send `Idempotency-Key`, its calls have no
//! timeout, it reports a published status as an error when a field of the answer is missing, and
//! the exact bytes of its requests cannot be put on record. So the three writes are plain
//! requests, and megalodon reads.

mod reading;
mod thread;

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{TimeDelta, Utc};
use megalodon::entities::Status;
use megalodon::megalodon::GetAccountStatusesInputOptions;
use megalodon::{Megalodon, SNS};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::http::{self, Answer, Busy, Credential, Exchange, Http};
use super::wire::{HttpRequest, SECRET, Verb};
use super::{
    Abilities, Action, Address, Arrival, BuildError, Can, Channel, Context, Kind, Outcome, Permit,
    PrepareError, Probe, Receipt, Search, Sight, Sought, Trace, Wire, words,
};
use crate::adapt::count::Count;
use crate::adapt::{CardUse, Form, Rendition};
use crate::channel::secret::SecretRef;
use reading::{Unread, guarded, stays_here};

/// How long Mastodon and Pleroma remember an `Idempotency-Key`: `setex 3600` in Mastodon's
/// `PostStatusService`. Mastodon remembers successes only; Pleroma repeats whatever it answered
/// first, a refusal too.
const KEY_KEPT_SECONDS: u64 = 3600;

/// One request takes [`http::TOTAL_TIMEOUT`] at most. The rest is for a server that is still working
/// on what it was given; once stored, a status is in the account's own list at once, which is read
/// from the database (`AccountStatusesFilter`).
const IN_FLIGHT_SECONDS: u32 = 5 * 60;

/// What clocks may differ by when statuses are matched with an attempt.
const CLOCK_SLACK: TimeDelta = TimeDelta::minutes(5);

/// Statuses asked for at once (the API's maximum), and how often more are asked for.
const PAGE: u32 = 40;
const PAGES: usize = 50;

/// What a refusal says when the token or the account is shut out altogether: Doorkeeper's scopes,
/// and `require_user!` of Mastodon's API.
const SHUT_OUT: [&str; 5] = [
    "outside the authorized scopes",
    "requires an authenticated user",
    "login is currently disabled",
    "login is currently pending approval",
    "login is missing a confirmed e-mail address",
];

/// The `[mastodon]` table of a channel's file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// For example `https://social.example`.
    pub server: Url,
    pub token: SecretRef,
    #[serde(default)]
    pub visibility: Visibility,
    /// Characters that the server allows; default 500.
    pub limit: Option<usize>,
    /// What the server runs; decides whether it honours `Idempotency-Key`.
    #[serde(default)]
    pub software: Software,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    #[default]
    Public,
    Unlisted,
    Private,
    Direct,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Software {
    #[default]
    Mastodon,
    Pleroma,
    /// Honours no key: GoToSocial, Takahe, snac and others.
    Other,
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
        let mut body = json!({
            "status": text,
            "visibility": self.config.visibility.as_str(),
            "language": language,
        });
        if let Some(id) = answers {
            body["in_reply_to_id"] = id.into();
        }
        let mut request = self.request(Verb::Create, "POST", "/api/v1/statuses", None, address);
        request.headers.push(("Idempotency-Key".to_owned(), address.key.to_string()));
        request.body = Some(body.to_string());
        self.published(request, rendition, address)
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
        }
    }

    fn outcome(request: &HttpRequest, answer: &Answer) -> Outcome {
        let known = || Receipt { remote_id: request.remote_id.clone(), ..Receipt::default() };
        match request.verb {
            // Deleting what is gone already has done what was asked.
            Verb::Withdraw if answer.is_success() || matches!(answer.status, 404 | 410) => {
                Outcome::Posted(known())
            }
            Verb::Create | Verb::Update if answer.is_success() => match receipt_of(answer) {
                Some(receipt) => Outcome::Posted(receipt),
                None => Outcome::Unknown {
                    why: format!("the server took it, but names no status: {}", answer.summary()),
                },
            },
            Verb::Upload => answer.failure(Busy::Unsaid),
            _ if matches!(answer.status, 403 | 422)
                && SHUT_OUT.iter().any(|words| answer.body.contains(words)) =>
            {
                Outcome::Blocked { why: answer.summary() }
            }
            _ => answer.failure(Busy::Unsaid),
        }
    }

    fn reader(&self) -> Result<Arc<dyn Megalodon + Send + Sync>, Unread> {
        self.http.allows(&self.config.server).map_err(Unread::other)?;
        stays_here(self.config.server.host_str().unwrap_or_default()).map_err(Unread::other)?;
        let token = self.config.token.read().map_err(|error| Unread::other(error.to_string()))?;
        let software = match self.config.software {
            Software::Mastodon | Software::Other => SNS::Mastodon,
            Software::Pleroma => SNS::Pleroma,
        };
        let client = megalodon::generator(
            software,
            self.config.server.as_str().trim_end_matches('/').to_owned(),
            Some(token.expose_secret().to_owned()),
            Some(concat!("handbill/", env!("CARGO_PKG_VERSION")).to_owned()),
        );
        client.map(Arc::from).map_err(Unread::from)
    }

    async fn status(&self, id: &str) -> Result<Status, Unread> {
        let (reader, id) = (self.reader()?, id.to_owned());
        guarded(async move { reader.get_status(id).await }).await.map(|response| response.json)
    }

    /// Looks for what one request left.
    async fn look_for_one(&self, request: &HttpRequest, search: &Search<'_>) -> Trace {
        let said = |key: &str| request.body.as_deref().and_then(|body| field_of_body(body, key));
        let found = match (request.verb, request.remote_id.as_deref(), said("status")) {
            (Verb::Create, _, Some(text)) => {
                self.search(&text, said("in_reply_to_id").as_deref(), search).await
            }
            (Verb::Update, Some(id), Some(text)) => self.status(id).await.map(|status| {
                if words::same(&text, &words::plain_text_of_html(&status.content)) {
                    Trace::Found(Receipt {
                        link: link_of(status.url.as_deref(), Some(&status.uri)),
                        remote_id: Some(status.id),
                        ..Receipt::default()
                    })
                } else {
                    Trace::Absent
                }
            }),
            (Verb::Withdraw, Some(id), _) => match self.status(id).await {
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
        let client = self.reader()?;
        let reader = Arc::clone(&client);
        let me = guarded(async move { reader.verify_account_credentials().await }).await?;
        let now = Utc::now();
        let since = search.since.min(now) - CLOCK_SLACK - http::behind(&me.header, now);
        let account = me.json.id;
        let mut sought = Sought::new(text, search);
        let mut older_than = None;
        for _ in 0..PAGES {
            let (reader, id) = (Arc::clone(&client), account.clone());
            let options = GetAccountStatusesInputOptions {
                limit: Some(PAGE),
                max_id: older_than.clone(),
                exclude_reblogs: Some(true),
                ..Default::default()
            };
            let page =
                guarded(async move { reader.get_account_statuses(id, Some(&options)).await })
                    .await?
                    .json;
            let ours = page.iter().find(|status| {
                let link = || link_of(status.url.as_deref(), Some(&status.uri));
                let place = || link().map_or_else(|| format!("status {}", status.id), String::from);
                status.account.id == account
                    && status.reblog.is_none()
                    && status.created_at >= since
                    // Of an answer to a status that is gone the server forgets what it answered.
                    && status.in_reply_to_id.as_deref().is_none_or(|it| Some(it) == answers)
                    && sought.is_it(&status.id, &words::plain_text_of_html(&status.content), place)
            });
            if let Some(status) = ours {
                return Ok(Trace::Found(Receipt {
                    remote_id: Some(status.id.clone()),
                    link: link_of(status.url.as_deref(), Some(&status.uri)),
                    ..Receipt::default()
                }));
            }
            let Some(last) = page.last() else { return Ok(sought.none_of_them()) };
            if page.iter().any(|status| status.created_at < since) {
                return Ok(sought.none_of_them());
            }
            if older_than.as_deref() == Some(last.id.as_str()) {
                break;
            }
            older_than = Some(last.id.clone());
        }
        Ok(sought
            .not_far_enough("the account's list of statuses could not be read back far enough"))
    }
}

#[async_trait]
impl Channel for Mastodon {
    fn kind(&self) -> Kind {
        Kind::Mastodon
    }

    fn abilities(&self) -> Abilities {
        Abilities {
            edit: Can::Yes,
            follow_up: Can::Yes,
            withdraw: Can::Yes,
            find: Can::Yes,
            // The account's own list leaves out nothing that stands; one that cannot be read back
            // to the attempt is `CannotTell`.
            proves_absence: Can::Yes,
            in_flight_seconds: IN_FLIGHT_SECONDS,
            repeat_safe_seconds: match self.config.software {
                Software::Mastodon | Software::Pleroma => Some(KEY_KEPT_SECONDS),
                Software::Other => None,
            },
            arrival: Arrival::AtOnce,
        }
    }

    fn place(&self) -> String {
        self.config.server.to_string()
    }

    fn form(&self) -> Form {
        Form::Status {
            count: Count::Mastodon,
            limit: self.config.limit.unwrap_or(500),
            card: CardUse::NotOurs,
        }
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
                // A server clears what is left out, so everything is sent again.
                let body = json!({
                    "status": text,
                    "language": language,
                    "sensitive": false,
                    "spoiler_text": "",
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
            Exchange::Answer(answer) => Self::outcome(on_record, &answer),
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
        match self.status(id).await {
            Ok(status) => {
                let shown = words::plain_text_of_html(&status.content);
                match (words_expected, expected) {
                    (Some((text, _)), _) if !words::same(text, &shown) => {
                        Sight::Differs { found: shown }
                    }
                    (_, Some(expected)) => self.verify_parts(receipt, expected).await,
                    (_, None) => Sight::Agrees,
                }
            }
            Err(unread) if unread.is_gone() => Sight::Gone,
            Err(unread) => Sight::Unseen { why: unread.why },
        }
    }

    async fn probe(&self) -> Result<Probe, String> {
        let reader = self.reader().map_err(|unread| unread.why)?;
        let me = guarded(async move { reader.verify_account_credentials().await }).await;
        let account = me.map_err(|unread| unread.why)?.json;
        let host = self.config.server.host_str().unwrap_or_default();
        Ok(Probe { identity: format!("@{}@{host}", account.username), expires: None })
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
    let fit = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    !id.is_empty() && id.bytes().all(fit)
}

fn is_local_user(name: &str) -> bool {
    !name.is_empty() && !name.contains('@')
}

fn field_of_body(body: &str, key: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    body.get(key)?.as_str().map(str::to_owned)
}

/// Reads id and link and nothing else, so that an unusual server's answer is no error.
fn receipt_of(answer: &Answer) -> Option<Receipt> {
    let status = answer.json()?;
    let id = match status.get("id")? {
        Value::String(id) if !id.is_empty() => id.clone(),
        Value::Number(id) => id.to_string(),
        _ => return None,
    };
    let text = |key: &str| status.get(key).and_then(Value::as_str);
    let link = link_of(text("url"), text("uri"));
    Some(Receipt { remote_id: Some(id), link, ..Receipt::default() })
}

fn link_of(url: Option<&str>, uri: Option<&str>) -> Option<Url> {
    [url, uri]
        .into_iter()
        .flatten()
        .filter_map(|text| Url::parse(text).ok())
        .find(|url| matches!(url.scheme(), "http" | "https"))
}
