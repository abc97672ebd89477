//! LinkedIn, its versioned Posts API, for a page or a member.
//!
//! Source: learn.microsoft.com/linkedin/marketing, "Posts API". LinkedIn knows no idempotency key. A
//! page's posts can be read back; a member's cannot, so after a lost answer a person is asked. Of a
//! post only the words can be changed: the card below them stays as it was announced.

mod answer;
mod author;
mod picture;
mod reading;

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::http::{self, Answer, Credential, Exchange, Http, Reading, Request, Unread};
use super::oauth2::{Access, Age, Client, Habits, Tokens};
use super::setting::{web_address, wrong};
use super::wire::{HttpRequest, SECRET, Verb};
use super::{
    Abilities, Action, Address, Arrival, BuildError, Can, Channel, Context, Edit, Kind, Outcome,
    Permit, PrepareError, Probe, Receipt, Search, Sight, Sought, Trace, Wire, steps, words,
};
use crate::adapt::count::Count;
use crate::adapt::{Card, CardUse, Form, Rendition, little_text};
use crate::channel::secret::SecretRef;
use crate::channel::steps::StepByStep;
use answer::is_post;
pub use author::{Author, Version};
use reading::Post;

/// What a post may have, its escapes counted.
const LIMIT: usize = 3000;

/// What clocks may differ by when posts are matched with an attempt.
const CLOCK_SLACK: TimeDelta = TimeDelta::minutes(5);

/// One request takes [`http::TOTAL_TIMEOUT`] at most; the rest is for the list of a page's posts,
/// which promises nothing about when it shows a new one.
const IN_FLIGHT_SECONDS: u32 = 15 * 60;

/// Posts asked for at once (the API's maximum), and how often more are asked for.
const PAGE: usize = 100;
const PAGES: usize = 30;

/// Where people read posts.
const HOSTS: [&str; 2] = ["www.linkedin.com", "linkedin.com"];

/// The `[linkedin]` table of a channel's file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Default `https://api.linkedin.com`.
    pub api: Option<Url>,
    /// Where people read; default `https://www.linkedin.com`.
    pub web: Option<Url>,
    /// `urn:li:organization:NUMBER` or `urn:li:person:ID`.
    #[schemars(with = "String")]
    pub author: Author,
    /// Of the API, for example `202609`.
    #[schemars(with = "String")]
    pub version: Version,
    /// An access token with `w_organization_social` and `r_organization_social` for a page,
    /// `w_member_social` for a member. It lives 60 days: `expires` beside it says until when.
    pub token: Option<SecretRef>,
    /// What the token may do, as LinkedIn said when it gave it.
    pub scopes: Option<String>,
    /// Instead of it, where LinkedIn has given the app refresh tokens, which live a year: only
    /// approved partners have them.
    pub oauth2: Option<Client>,
}

impl Config {
    pub fn secrets_mut(&mut self) -> Vec<(&'static str, &mut SecretRef)> {
        let token = self.token.iter_mut().map(|token| ("token", token));
        token.chain(self.oauth2.iter_mut().flat_map(Client::secrets_mut)).collect()
    }
}

/// Where access tokens come from.
enum Source {
    Token(SecretRef),
    Refreshed(Arc<Tokens>),
}

/// One author.
pub struct LinkedIn {
    config: Config,
    api: Url,
    web: Url,
    source: Source,
    http: Http,
}

impl LinkedIn {
    /// # Errors
    /// [`BuildError`] if a setting cannot work.
    pub fn new(config: Config, context: Context) -> Result<Self, BuildError> {
        let channel = &context.channel;
        let api =
            web_address(channel, "linkedin.api", config.api.as_ref(), "https://api.linkedin.com")?;
        let web =
            web_address(channel, "linkedin.web", config.web.as_ref(), "https://www.linkedin.com")?;
        let source = match (&config.token, &config.oauth2) {
            (Some(token), None) => Source::Token(token.clone()),
            (None, Some(client)) => {
                let usual = http::endpoint(&web, "/oauth/v2/accessToken");
                Source::Refreshed(client.tokens(usual, Habits::default(), context.reach))
            }
            (None, None) => {
                let why = "it is missing; write where the access token is, or `[linkedin.oauth2]`";
                return Err(wrong(channel, "linkedin.token", why.to_owned()));
            }
            (Some(_), Some(_)) => {
                let why = "there is a `token` too; one is enough";
                return Err(wrong(channel, "linkedin.oauth2", why.to_owned()));
            }
        };
        Ok(Self { config, api, web, source, http: Http::new(context.reach) })
    }

    fn request(
        &self,
        verb: Verb,
        method: &str,
        urn: Option<&str>,
        address: &Address<'_>,
    ) -> HttpRequest {
        HttpRequest {
            verb,
            method: method.to_owned(),
            url: self.posts(urn).into(),
            headers: self.headers(),
            body: None,
            remote_id: urn.map(str::to_owned),
            reference: Some(address.reference.to_owned()),
            ask_first: None,
            key: None,
        }
    }

    /// The address of all posts, or of one.
    fn posts(&self, urn: Option<&str>) -> Url {
        let path = match urn {
            Some(urn) => format!("/rest/posts/{}", utf8_percent_encode(urn, NON_ALPHANUMERIC)),
            None => "/rest/posts".to_owned(),
        };
        http::endpoint(&self.api, &path)
    }

    fn headers(&self) -> Vec<(String, String)> {
        [
            ("Authorization", format!("Bearer {SECRET}")),
            ("LinkedIn-Version", self.config.version.to_string()),
            ("X-Restli-Protocol-Version", "2.0.0".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    fn create(&self, rendition: &Rendition, address: &Address<'_>) -> Result<Wire, PrepareError> {
        let (text, card) = status_of(rendition)?;
        let mut body = json!({
            "author": self.config.author.urn(),
            "commentary": little_text::escape(text),
            "visibility": "PUBLIC",
            "distribution": {
                "feedDistribution": "MAIN_FEED",
                "targetEntities": [],
                "thirdPartyDistributionChannels": [],
            },
            "lifecycleState": "PUBLISHED",
            "isReshareDisabledByAuthor": false,
        });
        if let Some(card) = card {
            body["content"] = json!({ "article": article(card) });
        }
        let mut request = self.request(Verb::Create, "POST", None, address);
        let steps = self.with_thumbnail(&mut body, rendition, address);
        with_json(&mut request, &body);
        Ok(picture::after(steps, request))
    }

    fn outcome(&self, request: &HttpRequest, answer: &Answer) -> Outcome {
        if request.verb == Verb::Withdraw && matches!(answer.status, 404 | 410) {
            return Outcome::Posted(Receipt {
                remote_id: request.remote_id.clone(),
                ..Receipt::default()
            });
        }
        if !answer.is_success() {
            return answer::failure(request, answer);
        }
        match (request.verb, request.remote_id.as_deref()) {
            (Verb::Create, _) => match answer.header("x-restli-id").filter(|urn| is_post(urn)) {
                Some(urn) => Outcome::Posted(self.receipt(urn)),
                None => answer::unexpected(answer),
            },
            (Verb::Update, Some(urn)) => Outcome::Posted(self.receipt(urn)),
            (Verb::Update, None) | (Verb::Upload, _) => answer::unexpected(answer),
            (Verb::Withdraw, urn) => {
                Outcome::Posted(Receipt { remote_id: urn.map(str::to_owned), ..Receipt::default() })
            }
        }
    }

    fn receipt(&self, urn: &str) -> Receipt {
        Receipt {
            remote_id: Some(urn.to_owned()),
            link: Some(self.link(urn)),
            ..Receipt::default()
        }
    }

    fn link(&self, urn: &str) -> Url {
        http::endpoint(&self.web, &format!("/feed/update/{urn}/"))
    }

    /// The access token of this moment. Nothing is sent with one that is known to have expired.
    async fn access(&self, now: DateTime<Utc>) -> Result<Access, Outcome> {
        let token = match &self.source {
            Source::Refreshed(tokens) => return tokens.access().await,
            Source::Token(token) => token,
        };
        if let Some(last) = token.expires.filter(|last| now.date_naive() > *last) {
            return Err(Outcome::Blocked {
                why: format!(
                    "nothing was sent: the access token {} expired on {last}; get a new one with \
                     `handbill channels renew`, or write its date as `expires` beside `token`",
                    token.place()
                ),
            });
        }
        match token.read() {
            Ok(token) => Ok(Access { token, age: Age::New }),
            Err(error) => Err(Outcome::Blocked { why: error.to_string() }),
        }
    }

    /// Sends. With a permit it writes, without one it reads.
    async fn exchange(&self, request: &Request, permit: Option<&Permit<'_>>) -> Exchange {
        let now = permit.map_or_else(Utc::now, |permit| permit.send_by().now());
        let access = match self.access(now).await {
            Ok(access) => access,
            Err(outcome) => return Exchange::NoAnswer(outcome),
        };
        let credential = Credential::new(access.token.clone());
        let exchange = match permit {
            Some(permit) => self.http.write(request, Some(&credential), permit).await,
            None => self.http.send(request, Some(&credential)).await,
        };
        match (exchange, &self.source) {
            (Exchange::Answer(answer), Source::Refreshed(tokens)) if answer.status == 401 => {
                let why = answer::not_taken(&answer.summary());
                Exchange::NoAnswer(tokens.refused(&access, why).await)
            }
            (exchange, _) => exchange,
        }
    }

    /// A GET whose answer is JSON.
    async fn read(&self, url: Url, method: Option<&str>) -> Result<Reading, Unread> {
        let mut request = Request { headers: self.headers(), ..Request::get(url) };
        if let Some(method) = method {
            request = request.header(METHOD, method);
        }
        match self.exchange(&request, None).await {
            Exchange::Answer(answer) if answer.status == 426 => {
                Err(Unread::Unable { why: answer::retired(&answer.summary()) })
            }
            Exchange::Answer(answer) if answer.status == 401 => {
                Err(Unread::Unable { why: answer::not_taken(&answer.summary()) })
            }
            exchange => Reading::of(exchange),
        }
    }

    async fn post(&self, urn: &str) -> Result<Value, Unread> {
        let Reading { json, .. } = self.read(self.posts(Some(urn)), None).await?;
        Ok(json)
    }

    /// A page of the author's posts, the newest first.
    async fn posts_from(&self, start: usize, count: usize) -> Result<Reading, Unread> {
        let mut url = self.posts(None);
        url.query_pairs_mut()
            .append_pair("author", &self.config.author.urn())
            .append_pair("q", "author")
            .append_pair("count", &count.to_string())
            .append_pair("start", &start.to_string())
            .append_pair("sortBy", "CREATED");
        self.read(url, Some("FINDER")).await
    }

    /// Our own post that says `text` and is not older than the attempt, looked for among the page's
    /// posts back to then.
    async fn search(&self, text: &str, search: &Search<'_>) -> Result<Trace, Unread> {
        let mut sought = Sought::new(text, search);
        let mut start = 0;
        for _ in 0..PAGES {
            let Reading { json, behind, .. } = self.posts_from(start, PAGE).await?;
            let since = search.since.min(Utc::now()) - CLOCK_SLACK - behind;
            let Some(posts) = json["elements"].as_array() else {
                return Ok(sought.not_far_enough("LinkedIn's answer holds no list of posts"));
            };
            // Some of a page may be hidden, so only one without any is the last.
            if posts.is_empty() {
                return Ok(sought.none_of_them());
            }
            let mut beyond = false;
            for post in posts {
                let Some(post) = Post::read(post) else {
                    let why = "a post in LinkedIn's list has no readable id and time";
                    return Ok(sought.not_far_enough(why));
                };
                if post.created_at < since {
                    beyond = true;
                } else if sought
                    .is_it(&post.urn, &post.beside(text), || self.link(&post.urn).into())
                {
                    return Ok(Trace::Found(self.receipt(&post.urn)));
                }
            }
            if beyond {
                return Ok(sought.none_of_them());
            }
            start += PAGE;
        }
        Ok(sought.not_far_enough("the page's posts could not be read back far enough"))
    }

    /// Whether a changed post says `text` now.
    async fn changed(&self, urn: &str, text: &str) -> Result<Trace, Unread> {
        let post = self.post(urn).await?;
        Ok(if says(&post, text) { Trace::Found(self.receipt(urn)) } else { Trace::Absent })
    }

    /// Looks for what one request left.
    async fn look_for_one(&self, request: &HttpRequest, search: &Search<'_>) -> Trace {
        if let Author::Member(_) = self.config.author {
            let why =
                "LinkedIn lets nobody read what a member posts; look at the member's activity";
            return Trace::CannotTell { why: why.to_owned() };
        }
        let text = request.body.as_deref().and_then(text_of_body);
        let found = match (request.verb, request.remote_id.as_deref(), text) {
            (Verb::Create, _, Some(text)) => self.search(&text, search).await,
            (Verb::Update, Some(urn), Some(text)) => self.changed(urn, &text).await,
            (Verb::Withdraw, Some(urn), _) => self.withdrawn(urn).await,
            _ => {
                Ok(Trace::CannotTell { why: "the record of the attempt is incomplete".to_owned() })
            }
        };
        found.unwrap_or_else(|unread| unread.into_trace("LinkedIn does not have it any more"))
    }

    async fn withdrawn(&self, urn: &str) -> Result<Trace, Unread> {
        match self.post(urn).await {
            Ok(_) => Ok(Trace::Absent),
            Err(Unread::Gone) => {
                Ok(Trace::Found(Receipt { remote_id: Some(urn.to_owned()), ..Receipt::default() }))
            }
            Err(unread) => Err(unread),
        }
    }

    /// What the token may do, as far as LinkedIn has said so.
    async fn granted(&self) -> Option<String> {
        match &self.source {
            Source::Token(_) => self.config.scopes.clone(),
            Source::Refreshed(tokens) => tokens.scope().await,
        }
    }

    /// Whose the token is, as far as it may say so.
    async fn member(&self, id: &str) -> Result<String, String> {
        let url = http::endpoint(&self.api, "/v2/userinfo");
        let gone = "LinkedIn does not know this member";
        let Reading { json, .. } =
            self.read(url, None).await.map_err(|unread| unread.into_words(gone))?;
        let (sub, name) = (json["sub"].as_str(), json["name"].as_str().unwrap_or_default());
        if sub == Some(id) {
            return Ok(format!("{name} ({})", self.config.author.urn()).trim_start().to_owned());
        }
        Err(format!(
            "the token is {name}'s, urn:li:person:{}, but `linkedin.author` says {}",
            sub.unwrap_or_default(),
            self.config.author.urn()
        ))
    }
}

/// Names the Rest.li method where the HTTP method does not say it.
const METHOD: &str = "X-RestLi-Method";

#[async_trait]
impl Channel for LinkedIn {
    fn kind(&self) -> Kind {
        Kind::LinkedIn
    }

    fn abilities(&self) -> Abilities {
        let readable = match self.config.author {
            Author::Organisation(_) => Can::Yes,
            Author::Member(_) => Can::No,
        };
        Abilities {
            edit: Edit::InPlace,
            // A comment is no post of its own, and few readers see it.
            follow_up: Can::No,
            withdraw: Can::Yes,
            find: readable,
            // If the list was read back to the attempt; else `find` says `CannotTell`.
            proves_absence: readable,
            in_flight_seconds: IN_FLIGHT_SECONDS,
            repeat_safe_seconds: None,
            arrival: Arrival::AtOnce,
        }
    }

    fn place(&self) -> String {
        self.api.to_string()
    }

    fn form(&self) -> Form {
        Form::Status { count: Count::LinkedIn, limit: LIMIT, card: CardUse::Ours }
    }

    fn prepare(&self, action: Action<'_>, address: &Address<'_>) -> Result<Wire, PrepareError> {
        match action {
            Action::Publish(rendition) => self.create(rendition, address),
            Action::FollowUp(..) => {
                Err(PrepareError::Unable { kind: Kind::LinkedIn, verb: "follow up on a post" })
            }
            Action::Edit(rendition, receipt) => {
                let (text, _) = status_of(rendition)?;
                let set = json!({ "commentary": little_text::escape(text) });
                let mut request =
                    self.request(Verb::Update, "POST", Some(urn_of(receipt)?), address);
                request.headers.push((METHOD.to_owned(), "PARTIAL_UPDATE".to_owned()));
                with_json(&mut request, &json!({ "patch": { "$set": set } }));
                Ok(Wire::Http(request))
            }
            Action::Withdraw(receipt) => {
                let mut request =
                    self.request(Verb::Withdraw, "DELETE", Some(urn_of(receipt)?), address);
                request.headers.push((METHOD.to_owned(), "DELETE".to_owned()));
                Ok(Wire::Http(request))
            }
        }
    }

    async fn send(&self, wire: &Wire, permit: &Permit<'_>) -> Outcome {
        match wire {
            Wire::Http(request) => self.transmit("", request, None, permit).await,
            Wire::Steps(steps) => steps::send(self, steps, permit).await,
            _ => super::not_ours(Kind::LinkedIn),
        }
    }

    async fn find(&self, search: &Search<'_>) -> Trace {
        match search.wire {
            Wire::Http(request) => self.look_for_one(request, search).await,
            Wire::Steps(steps) => steps::find(self, steps, search).await,
            _ => Trace::CannotTell { why: "the record is no request to LinkedIn".to_owned() },
        }
    }

    /// `/feed/update/urn:li:share:N/`. The addresses that readers copy name an activity, which no
    /// request can address.
    fn recognise(&self, link: &Url) -> Option<String> {
        let at_linkedin = matches!(link.scheme(), "http" | "https")
            && link.port().is_none()
            && link.host_str().is_some_and(|host| HOSTS.contains(&host));
        if !at_linkedin && link.origin() != self.web.origin() {
            return None;
        }
        let base = self.web.path().trim_end_matches('/');
        let path = link.path().strip_prefix(base)?.trim_matches('/');
        let urn = percent_decode_str(path.strip_prefix("feed/update/")?).decode_utf8().ok()?;
        is_post(&urn).then(|| urn.into_owned())
    }

    async fn verify(&self, receipt: &Receipt, expected: Option<&Rendition>) -> Sight {
        if let Author::Member(_) = self.config.author {
            let why = "LinkedIn lets nobody read what a member posts";
            return Sight::Unseen { why: why.to_owned() };
        }
        let expected = expected.map(status_of).transpose();
        let (Some(urn), Ok(expected)) = (receipt.remote_id.as_deref(), expected) else {
            return Sight::Unseen { why: "the receipt names no post".to_owned() };
        };
        match self.post(urn).await {
            Ok(post) if expected.is_none_or(|(text, _)| says(&post, text)) => Sight::Agrees,
            Ok(post) => Sight::Differs { found: reading::text_of(&post) },
            Err(unread) => unread.into_sight(),
        }
    }

    async fn probe(&self) -> Result<Probe, String> {
        let mut identity = match &self.config.author {
            Author::Member(id) => self.member(id).await?,
            // The token, the version and the permission to read are all needed for this.
            Author::Organisation(_) => {
                let gone = "LinkedIn does not know this page";
                self.posts_from(0, 1).await.map_err(|unread| unread.into_words(gone))?;
                self.config.author.urn()
            }
        };
        if let Some(granted) = self.granted().await {
            let missing = self.config.author.missing(&granted);
            if !missing.is_empty() {
                return Err(lacking(&missing));
            }
            identity = format!("{identity}; scopes {granted}");
        }
        let midnight = NaiveTime::MIN;
        let last = self.config.token.as_ref().and_then(|token| token.expires);
        let expires = last.and_then(|last| last.succ_opt());
        Ok(Probe { identity, expires: expires.map(|day| day.and_time(midnight).and_utc()) })
    }
}

/// What is said of a token that may not do all that is needed.
pub fn lacking(scopes: &[&str]) -> String {
    format!(
        "the token may not do `{}`: see that the app has the product for it (a page needs Community \
         Management API, a member Share on LinkedIn), and sign in once more",
        scopes.join("`, `")
    )
}

fn with_json(request: &mut HttpRequest, body: &Value) {
    request.headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
    request.body = Some(body.to_string());
}

/// The card, whose fields are plain text. LinkedIn does not fetch the page: what is not said here is
/// not shown.
fn article(card: &Card) -> Value {
    let mut article = json!({ "source": card.link, "title": card.title });
    if let Some(description) = &card.description {
        article["description"] = description.as_str().into();
    }
    article
}

fn says(post: &Value, text: &str) -> bool {
    words::same(&reading::with_our_addresses(&reading::text_of(post), text), text)
}

fn status_of(rendition: &Rendition) -> Result<(&str, Option<&Card>), PrepareError> {
    match rendition {
        Rendition::Status { text, card, .. } => Ok((text, card.as_ref())),
        _ => Err(PrepareError::Invalid("LinkedIn takes a status, and this is none".to_owned())),
    }
}

/// The words of a request on record: those of a new post, or those that it changes to.
fn text_of_body(body: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    let commentary = body.pointer("/patch/$set/commentary").or_else(|| body.get("commentary"))?;
    commentary.as_str().map(little_text::unescape)
}

/// The URN of a post, if it is one that may stand in an address.
fn urn_of(receipt: &Receipt) -> Result<&str, PrepareError> {
    let urn = receipt.remote_id.as_deref().ok_or(PrepareError::NoReceipt { what: "URN" })?;
    if !is_post(urn) {
        return Err(PrepareError::Invalid(format!("`{urn}` is no URN of a post")));
    }
    Ok(urn)
}
