//! X, API v2 with OAuth 1.0a user context.
//!
//! X knows no idempotency key and no editing. What it answers is described in its OpenAPI
//! document (<https://docs.x.com>); a repeated text is refused with 403 and no id, so that the
//! account's own timeline has to be asked.

mod picture;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::http::{self, Answer, Busy, Credential, Exchange, Http, Reading, Request, Unread};
use super::oauth1::{self, Keys, Moment};
use super::setting::{web_address, wrong};
use super::wire::{HttpRequest, SECRET, Verb};
use super::{
    Abilities, Action, Address, Arrival, BuildError, Can, Channel, Context, Kind, Outcome, Permit,
    PrepareError, Probe, Receipt, Search, Sight, Sought, Trace, Wire, steps, words,
};
use crate::adapt::count::Count;
use crate::adapt::{CardUse, Form, Rendition};
use crate::channel::secret::SecretRef;

/// Weighted characters that a post may have.
const LIMIT: usize = 280;

/// What clocks may differ by when posts are matched with an attempt.
const CLOCK_SLACK: TimeDelta = TimeDelta::minutes(5);

/// One request takes [`http::TOTAL_TIMEOUT`] at most; the rest is for the timeline, which is said to
/// show a new post within seconds and promises nothing.
const IN_FLIGHT_SECONDS: u32 = 15 * 60;

/// Pages of a hundred posts that are read back.
const PAGES: usize = 33;

/// The API gives no more than the last 3200 posts, those that are hidden counted: a timeline that
/// ends near there is not at its end.
const TIMELINE_ENDS_NEAR: usize = 3000;

/// Where people read posts.
const HOSTS: [&str; 6] =
    ["x.com", "www.x.com", "mobile.x.com", "twitter.com", "www.twitter.com", "mobile.twitter.com"];

/// What a 403 says when the account or the app is shut out altogether, and not this text refused.
const SHUT_OUT: [&str; 4] = [
    "usage-capped",
    "user-suspended",
    "unsupported authentication",
    "you are not permitted to perform this action",
];

/// The `[x]` table of a channel's file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Default `https://api.x.com`.
    pub api: Option<Url>,
    /// Where people read; default `https://x.com`.
    pub web: Option<Url>,
    /// The account's name without `@`, for links.
    pub username: String,
    /// The account's numeric id; needed to look into its timeline after a lost answer.
    pub user_id: String,
    pub consumer_key: SecretRef,
    pub consumer_secret: SecretRef,
    pub access_token: SecretRef,
    pub access_token_secret: SecretRef,
}

/// One account.
pub struct X {
    config: Config,
    api: Url,
    web: Url,
    http: Http,
}

impl X {
    /// # Errors
    /// [`BuildError`] if a setting cannot work.
    pub fn new(config: Config, context: Context) -> Result<Self, BuildError> {
        let channel = &context.channel;
        let api = web_address(channel, "x.api", config.api.as_ref(), "https://api.x.com")?;
        let web = web_address(channel, "x.web", config.web.as_ref(), "https://x.com")?;
        if config.user_id.is_empty() || !config.user_id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong(
                channel,
                "x.user_id",
                format!(
                    "`{}` is no numeric id; it is the number behind the account, not its name",
                    config.user_id
                ),
            ));
        }
        let name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if config.username.is_empty() || !config.username.bytes().all(name) {
            let why = format!("`{}` is no account name; write it without `@`", config.username);
            return Err(wrong(channel, "x.username", why));
        }
        Ok(Self { config, api, web, http: Http::new(context.reach) })
    }

    fn create(
        &self,
        rendition: &Rendition,
        answers: Option<&str>,
        address: &Address<'_>,
    ) -> Result<Wire, PrepareError> {
        let mut body = json!({ "text": text_of(rendition)? });
        if let Some(id) = answers {
            body["reply"] = json!({ "in_reply_to_tweet_id": id });
        }
        let mut request = self.request(Verb::Create, "POST", "/2/tweets", None, address);
        request.headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
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
        HttpRequest {
            verb,
            method: method.to_owned(),
            url: http::endpoint(&self.api, path).into(),
            headers: vec![("Authorization".to_owned(), format!("OAuth {SECRET}"))],
            body: None,
            remote_id: remote_id.map(str::to_owned),
            reference: Some(address.reference.to_owned()),
            ask_first: None,
        }
    }

    /// Signs and sends: nonce and time are of this moment, so they are not on record. With a
    /// permit it writes, without one it reads.
    async fn exchange(&self, request: &Request, permit: Option<&Permit<'_>>) -> Exchange {
        let keys = match self.keys() {
            Ok(keys) => keys,
            Err(why) => return Exchange::NoAnswer(Outcome::Blocked { why }),
        };
        let header = oauth1::authorization(&request.method, &request.url, &keys, &Moment::now());
        let parts = vec![
            keys.consumer_key,
            keys.consumer_secret,
            keys.access_token,
            keys.access_token_secret,
        ];
        let credential = Credential::made_from(header, parts);
        match permit {
            Some(permit) => self.http.write(request, Some(&credential), permit).await,
            None => self.http.send(request, Some(&credential)).await,
        }
    }

    fn keys(&self) -> Result<Keys, String> {
        let read = |secret: &SecretRef| secret.read().map_err(|error| error.to_string());
        Ok(Keys {
            consumer_key: read(&self.config.consumer_key)?,
            consumer_secret: read(&self.config.consumer_secret)?,
            access_token: read(&self.config.access_token)?,
            access_token_secret: read(&self.config.access_token_secret)?,
        })
    }

    fn outcome(&self, request: &HttpRequest, answer: &Answer) -> Outcome {
        if answer.status == 403 {
            return forbidden(answer);
        }
        if request.verb == Verb::Withdraw && answer.status == 404 {
            return Outcome::Posted(Receipt {
                remote_id: request.remote_id.clone(),
                ..Receipt::default()
            });
        }
        if !answer.is_success() {
            return answer.failure(Busy::Unsaid);
        }
        let data = answer.json().and_then(|json| json.get("data").cloned()).unwrap_or_default();
        match request.verb {
            Verb::Withdraw if data.get("deleted") == Some(&Value::Bool(true)) => {
                Outcome::Posted(Receipt {
                    remote_id: request.remote_id.clone(),
                    ..Receipt::default()
                })
            }
            Verb::Create | Verb::Update => match data.get("id").and_then(Value::as_str) {
                Some(id) => Outcome::Posted(self.receipt(id)),
                None => unexpected(answer),
            },
            Verb::Withdraw | Verb::Upload => unexpected(answer),
        }
    }

    fn receipt(&self, id: &str) -> Receipt {
        Receipt { remote_id: Some(id.to_owned()), link: Some(self.link(id)), ..Receipt::default() }
    }

    fn link(&self, id: &str) -> Url {
        http::endpoint(&self.web, &format!("/{}/status/{id}", self.config.username))
    }

    /// A signed GET whose answer is JSON.
    async fn read(&self, url: Url) -> Result<Reading, Unread> {
        let request = Request::get(url).header("Authorization", &format!("OAuth {SECRET}"));
        Reading::of(self.exchange(&request, None).await)
    }

    /// The words of one post.
    async fn post(&self, id: &str) -> Result<String, Unread> {
        let mut url = http::endpoint(&self.api, &format!("/2/tweets/{id}"));
        url.query_pairs_mut().append_pair("tweet.fields", "created_at,entities,text");
        let Reading { json, .. } = self.read(url).await?;
        // A post that is gone answers 200 with `errors` and without `data`.
        json.get("data").map(words_of_post).ok_or(Unread::Gone)
    }

    /// Our own post that says `text` and is not older than the attempt, looked for in the
    /// account's timeline back to then.
    async fn search(&self, text: &str, search: &Search<'_>) -> Result<Trace, Unread> {
        let path = format!("/2/users/{}/tweets", self.config.user_id);
        let mut sought = Sought::new(text, search);
        let mut next: Option<String> = None;
        let mut read = 0;
        let mut some_hidden = false;
        for _ in 0..PAGES {
            let mut url = http::endpoint(&self.api, &path);
            url.query_pairs_mut()
                .append_pair("max_results", "100")
                .append_pair("tweet.fields", "created_at,entities,text");
            if let Some(token) = &next {
                url.query_pairs_mut().append_pair("pagination_token", token);
            }
            let Reading { json, behind } = self.read(url).await?;
            let since = search.since.min(Utc::now()) - CLOCK_SLACK - behind;
            let posts = json.get("data").and_then(Value::as_array).cloned().unwrap_or_default();
            some_hidden |= json.get("errors").is_some();
            read += posts.len();
            let mut beyond = false;
            for post in &posts {
                let (Some(id), Some(made)) = (post["id"].as_str(), created_at(post)) else {
                    let why = "a post of the timeline has no readable id and time";
                    return Ok(sought.not_far_enough(why));
                };
                let place = || self.link(id).into();
                if made < since {
                    beyond = true;
                } else if sought.is_it(id, &words_of_post(post), place) {
                    return Ok(Trace::Found(self.receipt(id)));
                }
            }
            next = json["meta"]["next_token"].as_str().map(str::to_owned);
            if some_hidden {
                let why =
                    format!("X does not show all of it: {}", words::excerpt(&json.to_string()));
                return Ok(sought.not_far_enough(&why));
            }
            if beyond || (next.is_none() && read < TIMELINE_ENDS_NEAR) {
                return Ok(sought.none_of_them());
            }
            if next.is_none() {
                break;
            }
        }
        Ok(sought.not_far_enough("the account's timeline could not be read back far enough"))
    }

    /// Looks for what one request left.
    async fn look_for_one(&self, request: &HttpRequest, search: &Search<'_>) -> Trace {
        let text = request.body.as_deref().and_then(text_of_body);
        let found = match (request.verb, request.remote_id.as_deref(), text) {
            (Verb::Create, _, Some(text)) => self.search(&text, search).await,
            (Verb::Withdraw, Some(id), _) => match self.post(id).await {
                Ok(_) => Ok(Trace::Absent),
                Err(Unread::Gone) => Ok(Trace::Found(Receipt {
                    remote_id: Some(id.to_owned()),
                    ..Receipt::default()
                })),
                Err(unread) => Err(unread),
            },
            _ => {
                Ok(Trace::CannotTell { why: "the record of the attempt is incomplete".to_owned() })
            }
        };
        found.unwrap_or_else(|unread| unread.into_trace("the account has no timeline at X"))
    }
}

#[async_trait]
impl Channel for X {
    fn kind(&self) -> Kind {
        Kind::X
    }

    fn abilities(&self) -> Abilities {
        Abilities {
            edit: Can::No,
            follow_up: Can::Yes,
            withdraw: Can::Yes,
            find: Can::Yes,
            // If the timeline was read back to the attempt, and X said that it shows all of it;
            // else `find` says `CannotTell`.
            proves_absence: Can::Yes,
            in_flight_seconds: IN_FLIGHT_SECONDS,
            repeat_safe_seconds: None,
            arrival: Arrival::AtOnce,
        }
    }

    fn place(&self) -> String {
        self.api.to_string()
    }

    fn form(&self) -> Form {
        Form::Status { count: Count::X, limit: LIMIT, card: CardUse::NotOurs }
    }

    fn prepare(&self, action: Action<'_>, address: &Address<'_>) -> Result<Wire, PrepareError> {
        match action {
            Action::Publish(rendition) => self.create(rendition, None, address),
            Action::FollowUp(rendition, receipt) => {
                self.create(rendition, Some(id_of(receipt)?), address)
            }
            Action::Edit(..) => Err(PrepareError::Unable { kind: Kind::X, verb: "edit a post" }),
            Action::Withdraw(receipt) => {
                let id = id_of(receipt)?;
                let path = format!("/2/tweets/{id}");
                Ok(Wire::Http(self.request(Verb::Withdraw, "DELETE", &path, Some(id), address)))
            }
        }
    }

    async fn send(&self, wire: &Wire, permit: &Permit<'_>) -> Outcome {
        let on_record = match wire {
            Wire::Http(on_record) => on_record,
            Wire::Steps(steps) => return steps::send(self, steps, permit).await,
            _ => return super::not_ours(Kind::X),
        };
        let request = match Request::from_wire(on_record) {
            Ok(request) => request,
            Err(why) => return Outcome::Refused { why },
        };
        match self.exchange(&request, Some(permit)).await {
            Exchange::Answer(answer) => self.outcome(on_record, &answer),
            Exchange::NoAnswer(outcome) => outcome,
        }
    }

    async fn find(&self, search: &Search<'_>) -> Trace {
        match search.wire {
            Wire::Http(request) => self.look_for_one(request, search).await,
            Wire::Steps(steps) => steps::find(self, steps, search).await,
            _ => Trace::CannotTell { why: "the record is no request to X".to_owned() },
        }
    }

    /// `/user/status/ID` at X, under its old name too, if it is a post of this account.
    fn recognise(&self, link: &Url) -> Option<String> {
        let at_x = matches!(link.scheme(), "http" | "https")
            && link.port().is_none()
            && link.host_str().is_some_and(|host| HOSTS.contains(&host));
        if !at_x && link.origin() != self.web.origin() {
            return None;
        }
        match link.path().trim_matches('/').split('/').collect::<Vec<_>>().as_slice() {
            [user, "status", id]
                if user.eq_ignore_ascii_case(&self.config.username) && is_post_id(id) =>
            {
                Some((*id).to_owned())
            }
            _ => None,
        }
    }

    async fn verify(&self, receipt: &Receipt, expected: Option<&Rendition>) -> Sight {
        let text = expected.map(text_of).transpose();
        let (Some(id), Ok(text)) = (receipt.remote_id.as_deref(), text) else {
            return Sight::Unseen { why: "the receipt names no post".to_owned() };
        };
        match self.post(id).await {
            Ok(shown) if text.is_none_or(|text| words::same(text, &shown)) => Sight::Agrees,
            Ok(shown) => Sight::Differs { found: shown },
            Err(unread) => unread.into_sight(),
        }
    }

    async fn probe(&self) -> Result<Probe, String> {
        let answer = self.read(http::endpoint(&self.api, "/2/users/me")).await;
        let Reading { json: me, .. } =
            answer.map_err(|unread| unread.into_words("X does not know this account"))?;
        let field = |name: &str| me["data"][name].as_str().unwrap_or_default().to_owned();
        let (id, username) = (field("id"), field("username"));
        if id != self.config.user_id {
            let wanted = &self.config.user_id;
            return Err(format!(
                "the keys are those of @{username} with the id {id}, but `x.user_id` says {wanted}"
            ));
        }
        Ok(Probe { identity: format!("@{username}"), expires: None })
    }
}

/// A refusal with 403 has three meanings: the text stands there already, the account or the app
/// is shut out, or this text is not wanted.
fn forbidden(answer: &Answer) -> Outcome {
    let why = answer.summary();
    let said = answer.body.to_lowercase();
    if said.contains("duplicate content") {
        let why = format!("X says that this text is there already; {why}");
        return Outcome::Duplicate { why };
    }
    if SHUT_OUT.iter().any(|words| said.contains(words)) {
        return Outcome::Blocked { why };
    }
    Outcome::Refused { why }
}

fn unexpected(answer: &Answer) -> Outcome {
    Outcome::Unknown { why: format!("X took it, but does not say so: {}", answer.summary()) }
}

fn text_of(rendition: &Rendition) -> Result<&str, PrepareError> {
    match rendition {
        Rendition::Status { text, .. } => Ok(text),
        _ => Err(PrepareError::Invalid("X takes a status, and this is none".to_owned())),
    }
}

fn text_of_body(body: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    body.get("text")?.as_str().map(str::to_owned)
}

fn id_of(receipt: &Receipt) -> Result<&str, PrepareError> {
    let id = receipt.remote_id.as_deref().ok_or(PrepareError::NoReceipt { what: "post id" })?;
    if !is_post_id(id) {
        return Err(PrepareError::Invalid(format!("`{id}` is no id of a post")));
    }
    Ok(id)
}

fn is_post_id(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())
}

fn created_at(post: &Value) -> Option<DateTime<Utc>> {
    let text = post.get("created_at")?.as_str()?;
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc())
}

/// A post's text with the addresses that were written, which X replaces by short ones of its own.
fn words_of_post(post: &Value) -> String {
    let mut text = post["text"].as_str().unwrap_or_default().to_owned();
    for link in post["entities"]["urls"].as_array().into_iter().flatten() {
        // A picture is a link behind the text that nobody has written.
        if let (Some(short), true) = (link["url"].as_str(), link["media_key"].is_string()) {
            text = text.replace(short, "").trim_end().to_owned();
            continue;
        }
        if let (Some(short), Some(long)) = (link["url"].as_str(), link["expanded_url"].as_str()) {
            text = text.replace(short, long);
        }
    }
    words::decode_entities(&text)
}
