//! X, API v2, in the context of a user: OAuth 1.0a or OAuth 2.0.
//!
//! X knows no idempotency key and no editing. What it answers is described in its OpenAPI
//! document (<https://docs.x.com>); a repeated text is refused with 403 and no id, so that the
//! account's own timeline has to be asked. `answer` says what an answer to a write means.

mod answer;
mod picture;
mod signer;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::http::{self, Exchange, Http, Reading, Request, Unread};
use super::oauth2::Client;
use super::setting::{web_address, wrong};
use super::wire::{HttpRequest, Verb};
use super::{
    Abilities, Action, Address, Arrival, BuildError, Can, Channel, Context, Edit, Kind, Outcome,
    Permit, PrepareError, Probe, Receipt, Search, Sight, Sought, Trace, Wire, steps, words,
};
use crate::adapt::count::Count;
use crate::adapt::{CardUse, Form, Rendition};
use crate::channel::secret::SecretRef;
use signer::Signer;

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

const AUTHORIZATION: &str = "Authorization";

/// The `[x]` table of a channel's file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
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
    /// The four keys of OAuth 1.0a, which do not expire; or `[x.oauth2]`.
    pub consumer_key: Option<SecretRef>,
    pub consumer_secret: Option<SecretRef>,
    pub access_token: Option<SecretRef>,
    pub access_token_secret: Option<SecretRef>,
    /// Needs the scopes `tweet.read`, `tweet.write`, `users.read` and `offline.access`; for pictures
    /// `media.write` too.
    pub oauth2: Option<Client>,
}

impl Config {
    pub fn secrets_mut(&mut self) -> Vec<(&'static str, &mut SecretRef)> {
        let keys = [
            ("consumer_key", &mut self.consumer_key),
            ("consumer_secret", &mut self.consumer_secret),
            ("access_token", &mut self.access_token),
            ("access_token_secret", &mut self.access_token_secret),
        ];
        let keys = keys.into_iter().filter_map(|(name, key)| Some((name, key.as_mut()?)));
        keys.chain(self.oauth2.iter_mut().flat_map(Client::secrets_mut)).collect()
    }
}

/// One account.
pub struct X {
    config: Config,
    api: Url,
    web: Url,
    signer: Signer,
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
        let signer = Signer::new(&config, &api, context.reach)
            .map_err(|(key, why)| wrong(channel, key, why))?;
        Ok(Self { config, api, web, signer, http: Http::new(context.reach) })
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
            headers: vec![(AUTHORIZATION.to_owned(), self.signer.authorization())],
            body: None,
            remote_id: remote_id.map(str::to_owned),
            reference: Some(address.reference.to_owned()),
            ask_first: None,
            key: None,
        }
    }

    /// Signs and sends. With a permit it writes, without one it reads.
    async fn exchange(&self, request: &Request, permit: Option<&Permit<'_>>) -> Exchange {
        let mut request = request.clone();
        // What is on record may be signed in another way by now.
        for (name, value) in &mut request.headers {
            if name == AUTHORIZATION {
                *value = self.signer.authorization();
            }
        }
        let signature = match self.signer.sign(&request).await {
            Ok(signature) => signature,
            Err(outcome) => return Exchange::NoAnswer(outcome),
        };
        let credential = Some(&signature.credential);
        let exchange = match permit {
            Some(permit) => self.http.write(&request, credential, permit).await,
            None => self.http.send(&request, credential).await,
        };
        match exchange {
            Exchange::Answer(answer) if answer.status == 401 => {
                Exchange::NoAnswer(self.signer.refused(&signature, answer.summary()).await)
            }
            exchange => exchange,
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
        let request = Request::get(url).header(AUTHORIZATION, &self.signer.authorization());
        Reading::of(self.exchange(&request, None).await)
    }

    /// The words of one post of the account: from its own timeline, cut to this one, because what an
    /// account reads of its own costs a fifth. What is not in it is asked for by its id.
    async fn post(&self, id: &str) -> Result<String, Unread> {
        if let Ok(number) = id.parse::<u64>() {
            let mut url = self.timeline();
            url.query_pairs_mut()
                .append_pair("max_results", "5")
                .append_pair("since_id", &number.saturating_sub(1).to_string())
                .append_pair("until_id", &number.saturating_add(1).to_string());
            if let Ok(Reading { json, .. }) = self.read_posts(url).await {
                let posts = json["data"].as_array().map(Vec::as_slice).unwrap_or_default();
                if let Some(post) = posts.iter().find(|post| post["id"] == id) {
                    return Ok(words_of_post(post));
                }
            }
        }
        let url = http::endpoint(&self.api, &format!("/2/tweets/{id}"));
        let Reading { json, .. } = self.read_posts(url).await?;
        match json.get("data") {
            Some(post) => Ok(words_of_post(post)),
            // A post that is gone answers 200 with `errors` and without `data`; so does one that is
            // only not shown to us.
            None if is_gone(&json) => Err(Unread::Gone),
            None => Err(Unread::Unable { why: words::excerpt(&json.to_string()) }),
        }
    }

    fn timeline(&self) -> Url {
        http::endpoint(&self.api, &format!("/2/users/{}/tweets", self.config.user_id))
    }

    /// Posts with what is needed of them. X's guides call the parameter `tweet.fields`, its
    /// description of the API `post.fields`; it answers 400 to a parameter that it does not know.
    async fn read_posts(&self, url: Url) -> Result<Reading, Unread> {
        let asked = |parameter: &str| {
            let mut url = url.clone();
            url.query_pairs_mut().append_pair(parameter, "created_at,entities,text");
            url
        };
        match self.read(asked("tweet.fields")).await {
            Err(Unread::Unable { why }) => {
                self.read(asked("post.fields")).await.map_err(|_| Unread::Unable { why })
            }
            read => read,
        }
    }

    /// Our own post that says `text` and is not older than the attempt, looked for in the
    /// account's timeline back to then.
    async fn search(&self, text: &str, search: &Search<'_>) -> Result<Trace, Unread> {
        let mut sought = Sought::new(text, search);
        let mut next: Option<String> = None;
        let mut read = 0;
        let mut some_hidden = false;
        for _ in 0..PAGES {
            let mut url = self.timeline();
            url.query_pairs_mut().append_pair("max_results", "100");
            if let Some(token) = &next {
                url.query_pairs_mut().append_pair("pagination_token", token);
            }
            let Reading { json, behind, .. } = self.read_posts(url).await?;
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
            edit: Edit::No,
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
        let Reading { json: me, headers, .. } =
            answer.map_err(|unread| unread.into_words("X does not know this account"))?;
        let field = |name: &str| me["data"][name].as_str().unwrap_or_default().to_owned();
        let (id, username) = (field("id"), field("username"));
        if id != self.config.user_id {
            let wanted = &self.config.user_id;
            return Err(format!(
                "the keys are those of @{username} with the id {id}, but `x.user_id` says {wanted}"
            ));
        }
        let may = self.signer.may(&headers).await?;
        Ok(Probe { identity: format!("@{username}{may}"), expires: None })
    }
}

/// Whether X says of a single thing that it is not there, and not only that it shows nothing of it.
fn is_gone(json: &Value) -> bool {
    let errors = json["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    let not_found = |error: &Value| {
        error["type"].as_str().is_some_and(|kind| kind.ends_with("/resource-not-found"))
    };
    !errors.is_empty() && errors.iter().all(not_found)
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

/// When a post was made: as X says, or else as its id does, whose first bits count milliseconds
/// since this day (docs.x.com/fundamentals/x-ids).
fn created_at(post: &Value) -> Option<DateTime<Utc>> {
    const FIRST_MILLISECOND: i64 = 1_288_834_974_657;
    let said = post["created_at"].as_str().and_then(|it| DateTime::parse_from_rfc3339(it).ok());
    said.map(|at| at.to_utc()).or_else(|| {
        let id: i64 = post["id"].as_str()?.parse().ok()?;
        DateTime::from_timestamp_millis((id >> 22).checked_add(FIRST_MILLISECOND)?)
    })
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
